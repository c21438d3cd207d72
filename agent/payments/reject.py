"""A result that the shop takes back: a wish of ours, and what the terminal made of it.

Only in the running dialogue, only a sale, and only where the terminal's settings say that it was
tried. The payment is unclear until the terminal has shown that nothing is booked.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.journal.schema.entry import (
    AnyBody,
    BecameUnclear,
    Completed,
    Fact,
    Rejected,
    Resolved,
    TerminalResult,
)
from agent.payments.context import Context
from agent.payments.kinds import kind_of
from agent.payments.mapping import closing
from agent.payments.record import Record
from agent.rules.after import ApprovalContext, decide_after
from agent.terminals.connection import TerminalConnection, Withdrawn
from drivers.terminal import ConnectionLost, DialogueEnded, EndReason

TAKEN_BACK = Fact("payment.rejected_taken_back")
STANDS = Fact("payment.rejected_stands")


def rejection(
    context: Context, record: Record, told: Sequence[AnyBody], terminal: TerminalConnection
) -> list[AnyBody]:
    """The entry that asks for it: for one good approval of a sale that the rules block; else none."""
    if not terminal.can_reject or kind_of(record.payment).direction != "in" or record.result is not None:
        return []
    match list(told):
        case [TerminalResult(verdict="approved") as said]:
            asked = ApprovalContext(record.payment, record.amount, record.currency, said, context.policy)
            decision = decide_after(asked)
        case _:
            return []
    if decision.action != "block":
        return []
    blocking = next(reason for reason in decision.reasons if reason.action == "block")
    return [Rejected(payment_id=record.payment_id, why=Fact(blocking.text_key, blocking.figures))]


def ended(
    context: Context, record: Record, event: DialogueEnded | ConnectionLost | Withdrawn
) -> list[AnyBody]:
    """The entries that the end of a dialogue adds. After a rejection it proves or contradicts it."""
    if not record.rejected or not isinstance(event, DialogueEnded):
        return closing(record, event)
    if event.end_reason is EndReason.ABORTED:
        return [Resolved(payment_id=record.payment_id, verdict="declined", proof=TAKEN_BACK)]
    alarm = context.alarms.raising("rejection_ignored", record.payment_id)
    doubt = BecameUnclear(payment_id=record.payment_id, why=STANDS)
    return [doubt, Completed(payment_id=record.payment_id), *alarm]
