"""What the result in a running dialogue is worth: the payment's own, fresh, and without contradiction.

Whatever is not sure is no verdict. The payment is then in doubt, and the terminal is asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent.journal.schema.entry import AnyBody, BecameUnclear, Fact, TerminalResult
from agent.payments.compare import consistent
from agent.payments.context import Context
from agent.payments.kinds import kind_of
from agent.payments.record import Record, without_seal
from agent.terminals.connection import TerminalConnection
from drivers.terminal import Result


def told(context: Context, record: Record, result: Result, terminal: TerminalConnection) -> list[AnyBody]:
    """The entries for a result in the payment's own dialogue; none if it was told before."""
    said = context.result_now(record, result, terminal.terminal_id)
    if record.result == without_seal(said):
        return []
    entries: list[AnyBody] = [said]
    why = _contradicted(record, said)
    if why is not None:
        entries.append(BecameUnclear(payment_id=record.payment_id, why=why))
    others = list(_perhaps_of(context, record, result, terminal)) if said.verdict != "unclear" else []
    return entries + (_both_in_doubt(context, record, said, others) if others else [])


def _contradicted(record: Record, said: TerminalResult) -> Fact | None:
    """Two results that cannot both be true: the last one does not win."""
    if record.result is None or "unclear" in {record.result.verdict, said.verdict}:
        return None  # a result that decides nothing contradicts nothing, and leaves it in doubt by itself
    if consistent(record.result, said):
        return None
    return Fact("payment.two_results")


def _perhaps_of(
    context: Context, record: Record, result: Result, terminal: TerminalConnection
) -> Iterator[Record]:
    """The payments whose dialogue broke just before this one, if the result may be theirs."""
    if not kind_of(record.payment).moves_money or terminal.resolver.names(context.command(record), result):
        return
    for other in context.payments.loose(terminal.name):
        if other.payment_id != record.payment_id and terminal.resolver.fits(
            context.unclear_command(other), result
        ):
            yield other


def _both_in_doubt(
    context: Context, record: Record, said: TerminalResult, others: list[Record]
) -> list[AnyBody]:
    names = ", ".join(other.payment_id for other in others)
    entries: list[AnyBody] = [
        BecameUnclear(
            payment_id=record.payment_id, why=Fact("payment.answer_may_be_anothers", {"other": names})
        )
    ]
    for other in others:
        if other.verdict != "unclear" and (other.verdict == "approved") != (said.verdict == "approved"):
            why = Fact("payment.answer_may_be_this_ones", {"other": record.payment_id})
            entries.append(BecameUnclear(payment_id=other.payment_id, why=why))
    return entries + list(context.alarms.raising("answer_without_name", record.payment_id, {"other": names}))
