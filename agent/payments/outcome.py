"""An approval became known: the one place that every road into the journal passes.

A running payment, a result that nobody waited for, the answer to a question, the word of
two persons, a restart: whatever brings an approval is an entry, and every entry about money
is written by `Context.write`, which asks here. What has to follow an approval (rules with the
card, a hold, an alarm) is a watcher. Its entries stand in the same commit as the approval, so
a kill leaves both or none, and a restart has nothing to catch up with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent.journal.schema.entry import AnyBody, Resolved, TerminalResult, UnsolicitedResult
from agent.payments.record import Record


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

    `record` is the payment as it was before, None if none of ours accounts for the approval.
    `facts` is what the terminal told, None if persons or its silence said it.
    """

    road: Road
    record: Record | None
    facts: TerminalResult | None


# A watcher gives the entries that belong to an approval. What it raises ends the agent before
# the approval is written or acknowledged: nobody would know whether the goods may go.
ApprovalWatcher = Callable[[Approval], Sequence[AnyBody]]
Find = Callable[[str], Record | None]


def approval_became_known(approval: Approval, watchers: Sequence[ApprovalWatcher]) -> list[AnyBody]:
    """Everything that follows an approval, in the order of the watchers."""
    return [body for watcher in watchers for body in watcher(approval)]


def with_what_follows(
    bodies: Sequence[AnyBody], find: Find, watchers: Sequence[ApprovalWatcher], road: Road | None = None
) -> list[AnyBody]:
    """The entries of one commit, and behind them what follows the approvals among them.

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
    """The approval that an entry brings; None if it brings none, or one that is known already."""
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
