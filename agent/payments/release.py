"""Whether the goods of an approved payment may go: held until a second person has looked at it.

A hold is written in the commit of the approval, whatever road that came by. It lasts over a restart.
A second person ends it, and nobody else: "no" withholds the goods, silence and a cancel leave them held.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from agent.journal.schema.entry import ACTION_ORDER, ActionName, AnyBody, Fact, Reason, Release, Replied
from agent.payments.outcome import Approval, Find
from agent.payments.people import Signatures
from agent.rules import Policy
from agent.rules.after import ApprovalContext, decide_after

# What lets the goods go without a person. An action that is not named here holds them back.
LETS_GO: Final[frozenset[ActionName]] = frozenset({"allow", "note"})

SIGNED: Final = Fact("payment.release_signed")
SAID_NO: Final = Fact("payment.release_said_no")


def hold(policy: Policy, find: Find, approval: Approval) -> Sequence[Release]:
    """A watcher of approvals: the rules once more, with what came back. `find` finds the original."""
    record, told = approval.record, approval.facts
    if record is None or told is None:
        return []
    original = find(record.original) if record.original else None
    sale = original.last_approval if original else None
    card = sale.card if sale else None
    asked = ApprovalContext(record.payment, record.amount, record.currency, told, policy, card)
    decision = decide_after(asked)
    if decision.action in LETS_GO:
        return []
    reasons = [reason for reason in decision.reasons if reason.action not in LETS_GO]
    return [Release(payment_id=record.payment_id, state="held", why=_why(reasons), reasons=reasons)]


def after_reply(reply: Replied, *, by_till: bool) -> list[AnyBody]:
    """The entries for an answer at the till. Silence, and a cancel by the till, leave the goods held."""
    if reply.answer == "yes":
        signed = Signatures(reply.operator, reply.person)
        return [reply, release_by(reply.payment_id, "released", signed)]
    if reply.answer == "no" and not by_till:
        signed = Signatures(reply.operator, reply.person)
        return [reply, release_by(reply.payment_id, "withheld", signed)]
    return [reply]


def release_by(payment_id: str, state: Literal["released", "withheld"], signed: Signatures) -> Release:
    """The entry for the word of persons whose credentials were checked."""
    why = SIGNED if state == "released" else SAID_NO
    return Release(payment_id=payment_id, state=state, why=why, person=signed.person, witness=signed.operator)


def _why(reasons: Sequence[Reason]) -> Fact:
    strictest = max(reasons, key=lambda reason: ACTION_ORDER.index(reason.action))
    return Fact(strictest.text_key, strictest.figures)
