"""Whose is it? What a terminal tells outside of a dialogue is given to the payment that it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from agent.journal.schema.entry import AnyBody, BecameUnclear, Fact, TerminalResult, UnsolicitedResult
from agent.payments.compare import consistent, same_transaction
from agent.payments.context import Context
from agent.payments.kinds import kind_of
from agent.payments.record import Record
from agent.terminals.connection import TerminalConnection
from drivers.terminal import Command, Operation, Result, ResultStatus, Unclear

# A terminal that was away over a weekend still tells of a payment of Friday: no more are looked through.
LOOK_BACK_PAYMENTS: Final = 100


def owner_of(context: Context, terminal: TerminalConnection, result: Result) -> Record | None:
    """The payment that a result is about; None if no payment of ours accounts for it."""
    recent = list(context.payments.recent(terminal.name, LOOK_BACK_PAYMENTS))
    approved = result.status is ResultStatus.APPROVED and not _may_be_in_doubt(context, terminal, result)
    finders = (  # each looks only if those before have found nothing
        _named(context, terminal, result, recent),
        _told_before(context, result, recent),
        _in_doubt(context, terminal, result),
        _fitting(context, terminal, result, recent) if approved else iter(()),
    )
    return next((record for finder in finders for record in finder), None)


def _named(
    context: Context, terminal: TerminalConnection, result: Result, recent: Sequence[Record]
) -> Iterator[Record]:
    """By the name that the till gave it."""
    return (record for record in recent if terminal.resolver.names(context.command(record), result))


def _told_before(context: Context, result: Result, recent: Sequence[Record]) -> Iterator[Record]:
    """By the numbers under which the terminal told it before."""
    said = context.result_of(None, result)
    for record in recent:
        known = (record.result, record.unsolicited)
        if any(one is not None and same_transaction(one, said) for one in known):
            yield record


def _in_doubt(context: Context, terminal: TerminalConnection, result: Result) -> Iterator[Record]:
    """By what the terminal is asked about."""
    for record in context.payments.unclear(terminal.name):
        if terminal.resolver.belongs(context.unclear_command(record), result):
            yield record


def _may_be_in_doubt(context: Context, terminal: TerminalConnection, result: Result) -> bool:
    """Whether it may be what is in doubt just now. Too little is known to say that it is."""
    doubts = (context.unclear_command(record) for record in context.payments.unclear(terminal.name))
    return any(terminal.resolver.fits(doubt, result) for doubt in doubts)


def _fitting(
    context: Context, terminal: TerminalConnection, result: Result, recent: Sequence[Record]
) -> Iterator[Record]:
    """By amount, currency, kind and time. Those that were in doubt come first: most of them were lost."""
    fits = [
        record
        for record in recent
        if _may_be_told_yet(record) and terminal.resolver.fits(context.unclear_command(record), result)
    ]
    yield from sorted(fits, key=lambda record: not record.resolved)


def _may_be_told_yet(record: Record) -> bool:
    """Its approval may still come: no terminal has told one, or one that somebody took for none."""
    if record.verdict in {None, "unclear"} or not kind_of(record.payment).moves_money:
        return False
    return record.result is None or record.result.verdict != "approved"


def late(context: Context, terminal: TerminalConnection, result: Result) -> tuple[list[AnyBody], bool]:
    """The entries for a late result, and whether it may be acknowledged.

    A result that moves no money always is. Where an acknowledgement books, an approval stays unanswered
    if it contradicts a verdict, or if no payment accounts for it. The terminal then takes it back.
    """
    record = owner_of(context, terminal, result)
    said = context.result_of(record, result)
    kept: list[AnyBody] = [UnsolicitedResult(terminal=terminal.name, result=said)]
    books = result.status is ResultStatus.APPROVED and _ack_would_book(context, terminal, result)
    if record is None:
        return [*kept, *_unclaimed(context, terminal, result, said)], not books or _hangs(
            context, terminal, result
        )
    if said.verdict == "unclear":
        return kept, True
    if record.verdict is None or record.verdict == "unclear":
        return kept, record.disputed not in _NO_MONEY or not books
    if _agrees(record, said):
        return kept, True
    return [*kept, *_contradiction(context, record, said)], not books


_NO_MONEY: Final = frozenset({"declined", "cancelled", "not_sent", "refused"})


def _agrees(record: Record, said: TerminalResult) -> bool:
    """Whether the result says what the verdict says."""
    if (record.verdict == "approved") != (said.verdict == "approved"):
        return False
    if said.verdict != "approved":
        return True
    known = record.result if record.result and record.result.verdict == "approved" else None
    return consistent(known, said) if known else not said.differs


def _contradiction(context: Context, record: Record, said: TerminalResult) -> list[AnyBody]:
    """In doubt again, and somebody has to know: both facts stand in the alarm."""
    figures: dict[str, int | str] = {
        "verdict": record.verdict or "",
        "said": said.verdict,
        "amount": record.amount or 0 if said.amount is None else said.amount,
        "currency": said.currency or record.currency or "",
        "receipt": "-" if said.receipt_number is None else said.receipt_number,
        "trace": "-" if said.trace is None else said.trace,
    }
    doubt = BecameUnclear(payment_id=record.payment_id, why=Fact("payment.contradicted", figures))
    return [doubt, *context.alarms.raising("verdict_contradicted", record.payment_id, figures)]


def _hangs(context: Context, terminal: TerminalConnection, result: Result) -> bool:
    """Whether it may be of an unclear payment: a terminal without an answer may serve nobody else."""
    doubts = (context.unclear_command(record) for record in context.payments.unclear(terminal.name))
    return any(not terminal.resolver.ack_would_book(doubt, result) for doubt in doubts)


def _unclaimed(
    context: Context, terminal: TerminalConnection, result: Result, said: TerminalResult
) -> Sequence[AnyBody]:
    """Money that no payment accounts for. What the terminal had stored before is told again, and no news."""
    known = _stored_before(context, terminal.name, said) or _may_be_in_doubt(context, terminal, result)
    if said.verdict != "approved" or known:
        return []
    number = said.receipt_number if said.receipt_number is not None else said.trace
    subject = terminal.name if number is None else f"{terminal.name}.{number}"
    figures: dict[str, int | str] = {
        "terminal": terminal.name,
        "amount": said.amount or 0,
        "currency": said.currency or str(context.policy.currency),
        "receipt": "-" if said.receipt_number is None else said.receipt_number,
        "trace": "-" if said.trace is None else said.trace,
    }
    return context.alarms.raising("unclaimed_approval", subject, figures)


def _stored_before(context: Context, terminal: str, said: TerminalResult) -> bool:
    numbers = zip(context.payments.last_numbers(terminal), (said.trace, said.receipt_number), strict=True)
    told = [(known, now) for known, now in numbers if known is not None and now is not None]
    return bool(told) and all(known == now for known, now in told)


def _ack_would_book(context: Context, terminal: TerminalConnection, result: Result) -> bool:
    """Whether its acknowledgement books what the terminal has not stored yet."""
    trace, receipt = context.payments.last_numbers(terminal.name)
    nothing = Unclear(Command(Operation.STATUS), trace, receipt, context.clock.wall())
    return terminal.resolver.ack_would_book(nothing, result)
