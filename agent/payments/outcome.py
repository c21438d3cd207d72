"""An approval became known: the one place that every road into the journal passes.

An approval can come from a running payment, an unsolicited result, the answer to a question, two
persons' word or a restart. Each of these is an entry, and `Context.write`, which writes all entries
about money, asks here. Anything that must follow an approval (rules with the card, a hold, an alarm)
is a watcher. Its entries are in the same commit as the approval. So a kill leaves both or none, and
a restart has nothing to catch up with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent.alarms.standing import Figures, StandingAlarms
from agent.journal.schema.entry import AlarmRaised, AnyBody, Resolved, TerminalResult, UnsolicitedResult
from agent.payments.record import Record
from agent.terminals.merchants import MerchantNumbers


class Road(StrEnum):
    """How an approval became known."""

    PAYMENT = "payment"
    UNSOLICITED = "unsolicited"
    ASKING = "asking"
    PERSONS = "persons"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval that is about to be written for the first time.

    `record` is the payment before the approval; None if no payment of ours accounts for it.
    `facts` is the terminal's result; None if the approval rests on persons or on its silence.
    """

    road: Road
    record: Record | None
    facts: TerminalResult | None


# A watcher gives the entries that belong to an approval. An error in it ends the agent before the
# approval is written or acknowledged: without the watcher nobody knows whether the goods may go.
ApprovalWatcher = Callable[[Approval], Sequence[AnyBody]]
Find = Callable[[str], Record | None]


def approval_became_known(approval: Approval, watchers: Sequence[ApprovalWatcher]) -> list[AnyBody]:
    """The entries of all watchers for one approval, in the watchers' order."""
    return [body for watcher in watchers for body in watcher(approval)]


def with_what_follows(
    bodies: Sequence[AnyBody], find: Find, watchers: Sequence[ApprovalWatcher], road: Road | None = None
) -> list[AnyBody]:
    """The entries of one commit, followed by the watchers' entries for the approvals among them.

    `road` names the road where the entries alone do not tell it.
    """
    entries = list(bodies)
    for body in bodies:
        approval = approval_in(body, find)
        if approval is not None:
            known = approval if road is None else Approval(road, approval.record, approval.facts)
            entries += approval_became_known(known, watchers)
    return entries


def approval_in(body: AnyBody, find: Find) -> Approval | None:
    """The approval in an entry; None if there is none, or if it is known already."""
    brought = _brought(body)
    if brought is None:
        return None
    road, payment_id, facts = brought
    record = find(payment_id) if payment_id else None
    if record is not None and record.approval_known:
        return None
    return Approval(road, record, facts)


def _brought(body: AnyBody) -> tuple[Road, str, TerminalResult | None] | None:
    match body:
        case TerminalResult(verdict="approved"):
            return Road.PAYMENT, body.payment_id, body
        case UnsolicitedResult(result=TerminalResult(verdict="approved") as told):
            return Road.UNSOLICITED, told.payment_id, told
        case Resolved(verdict="approved"):
            return Road.PERSONS if body.person else Road.ASKING, body.payment_id, body.result
        case _:
            return None


def merchant_alarm(
    standing: StandingAlarms, known: MerchantNumbers, approval: Approval
) -> Sequence[AlarmRaised]:
    """The money of an approval goes to another contract than before: shown, and never a block."""
    record, told = approval.record, approval.facts
    if record is None or told is None or not known.is_new(record.terminal, told):
        return []
    figures: Figures = {"terminal": record.terminal, "told": told.merchant_id}
    return standing.raising("merchant_new", record.payment_id, figures)


def differs_alarm(standing: StandingAlarms, approval: Approval) -> Sequence[AlarmRaised]:
    """An approval for something else than was asked is shown until a person has dealt with it."""
    record, told = approval.record, approval.facts
    if record is None or told is None or not told.differs:
        return []
    if told.differs == ["amount"]:
        figures: Figures = {
            "asked": record.amount or 0,
            "told": told.amount or 0,
            "currency": record.currency or "",
        }
        return standing.raising("amount_differs", record.payment_id, figures)
    return standing.raising("approval_differs", record.payment_id, {"fields": ", ".join(told.differs)})
