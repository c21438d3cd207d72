"""How a ZVT terminal is asked what became of a payment (reference 11.4).

All it can tell is its last *stored* transaction, by repeat receipt (06 20, service
byte 03). A payment that it took back was never stored. So the numbers of the
transaction before ours decide: the same again, and ours was not stored; a newer
one is ours if all that the terminal says of it fits, and else a person's matter.
A close of the day shows in the totals (06 10), if there was something to close.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from typing import Final

from drivers.clocks import in_time, told_at
from drivers.operation import FINANCIAL, question_about, unsupported
from drivers.terminal import (
    BookingFinding,
    BookingProof,
    Command,
    Day,
    DriverFact,
    Operation,
    Result,
    ResultStatus,
    Unclear,
)
from drivers.zvt.commands import OPERATIONS
from drivers.zvt.config import T4_S
from drivers.zvt.sender import T2_S

# Questions to the cashier, T4 as a terminal may lengthen it, a cardholder in no hurry.
LONGEST_DIALOGUE: Final = timedelta(minutes=20)

NO_RECEIPT_NUMBER: Final = DriverFact("zvt.no_receipt_number")
MAY_WORK_ON: Final = DriverFact("zvt.may_work_on")
SILENT: Final = DriverFact("zvt.silent")
NOTHING_BEFORE: Final = DriverFact("zvt.nothing_before")
CLOSED: Final = DriverFact("zvt.closed")
NOT_CLOSED: Final = DriverFact("zvt.not_closed")
DAY_CLOSE: Final = DriverFact("zvt.day_close")
SAME: Final = DriverFact("zvt.same")
STORED: Final = DriverFact("zvt.stored")
AS_SAID: Final = DriverFact("zvt.as_said")
OTHER_AMOUNT: Final = DriverFact("zvt.other_amount")
OTHER_CURRENCY: Final = DriverFact("zvt.other_currency")
OTHER_TIME: Final = DriverFact("zvt.other_time")
IS_REVERSAL: Final = DriverFact("zvt.is_reversal")
OTHER_ORIGINAL: Final = DriverFact("zvt.other_original")
NO_REVERSAL: Final = DriverFact("zvt.is_no_reversal")


class ZvtResolver:
    """`drivers.terminal.Resolver` for ZVT."""

    # Reference 11.4, step 2: a terminal repeats a pending result once the line is back.
    listen_s = 2 * T2_S

    def __init__(self, t4_s: float = T4_S) -> None:
        self._longest_silence = timedelta(seconds=t4_s)

    def refusal_reason(self, command: Command) -> DriverFact | None:
        """Reference 8, 06 30: a reversal names the receipt."""
        nameless = command.operation is Operation.REVERSAL and command.original_receipt is None
        return unsupported(command.operation, OPERATIONS) or (NO_RECEIPT_NUMBER if nameless else None)

    def questions(self, unclear: Unclear) -> tuple[Command, ...]:
        question = question_about(unclear.command.operation)
        return (Command(question),) if question else ()

    def belongs(self, unclear: Unclear, result: Result) -> bool:
        """An approval must fit in everything: it may be the answer to a question about an older one."""
        if result.status is not ResultStatus.APPROVED:
            return True
        return _newer(unclear, result) is True and not _misfit(unclear, result)

    def names(self, command: Command, result: Result) -> bool:  # noqa: ARG002 - the call that all resolvers have
        """A result has no name."""
        return False

    def fits(self, unclear: Unclear, result: Result) -> bool:
        return _newer(unclear, result) is not False and (
            result.status is not ResultStatus.APPROVED or not _misfit(unclear, result)
        )

    def ack_would_book(self, unclear: Unclear, result: Result) -> bool:
        """Only an approval does, and neither the one that was the last before nor what was asked for.

        Clocks that differ, or numbers that nobody knew before, are no reason to leave a terminal
        waiting: one that does not reverse by itself would serve nobody until it has its answer
        (card complete). They are no proof either; the payment stays unclear.
        """
        if result.status is not ResultStatus.APPROVED or _newer(unclear, result) is False:
            return False
        if _charges_nobody(result):
            return False
        nothing_asked = unclear.command.operation is Operation.STATUS
        return nothing_asked or bool(_other_command(unclear, result))

    def conclude(self, unclear: Unclear, answers: Sequence[Result | None]) -> BookingFinding:
        last = answers[-1] if answers else None
        if unclear.command.operation is Operation.CLOSE_DAY:
            return self._if_over(unclear, _day(unclear.day, last))
        if (
            unclear.command.operation not in FINANCIAL
            or last is None
            or last.status is not ResultStatus.APPROVED
        ):
            return BookingFinding(BookingProof.UNPROVEN, SILENT)
        if _as_said(unclear, last):
            return BookingFinding(BookingProof.BOOKED, _named(AS_SAID, last), last)
        return self._if_over(unclear, _compared(unclear, last))

    def _if_over(self, unclear: Unclear, finding: BookingFinding) -> BookingFinding:
        """A no counts once the dialogue must be over: "ready" may be said in the middle of one.

        A terminal that works on is silent for T4 at most; after it, nothing of the lost dialogue can come.
        """
        if finding.found is not BookingProof.NOT_BOOKED or unclear.lost_at is None:
            return finding
        if unclear.inquired_at is not None and unclear.inquired_at >= unclear.lost_at + self._longest_silence:
            return finding
        minutes = ceil(self._longest_silence / timedelta(minutes=1))
        return BookingFinding(BookingProof.UNPROVEN, MAY_WORK_ON.about(minutes=minutes))


def _charges_nobody(result: Result) -> bool:
    """Totals of a day, or a result without amount and card: the close that a terminal does by itself.

    With a piece that could not be read nobody knows whether an amount stood in it.
    """
    return bool(result.totals) or (not result.amount and result.card is None and not result.unknown)


def _day(day: Day, said: Result | None) -> BookingFinding:
    """BMP 60 of the totals (06 10) is empty after a close. Nothing is sold while a close is unclear."""
    if said is None or said.status is not ResultStatus.APPROVED or not said.totals or not day.count:
        return BookingFinding(BookingProof.UNPROVEN, DAY_CLOSE)
    count, total = sum(line.count for line in said.totals), sum(line.total for line in said.totals)
    if not count and not total:
        return BookingFinding(BookingProof.BOOKED, CLOSED.about(count=day.count))
    if (count, total) == (day.count, day.total):
        return BookingFinding(BookingProof.NOT_BOOKED, NOT_CLOSED.about(count=day.count))
    return BookingFinding(BookingProof.UNPROVEN, DAY_CLOSE)


def _compared(unclear: Unclear, last: Result) -> BookingFinding:
    """What the last stored transaction proves by its numbers and its content."""
    newer = _newer(unclear, last)
    if newer is None:
        return BookingFinding(BookingProof.UNPROVEN, NOTHING_BEFORE)
    if not newer:
        return BookingFinding(BookingProof.NOT_BOOKED, _named(SAME, last))
    misfit = _misfit(unclear, last)
    if misfit is not None:
        return BookingFinding(BookingProof.UNPROVEN, _named(misfit, last))
    return BookingFinding(BookingProof.BOOKED, _named(STORED, last), last)


def _as_said(unclear: Unclear, last: Result) -> bool:
    """Whether the stored transaction has the numbers of the approval that was given for ours."""
    pairs = ((unclear.trace_said, last.trace), (unclear.receipt_said, last.receipt_number))
    known = [(said, now) for said, now in pairs if said is not None and now is not None]
    return bool(known) and all(said == now for said, now in known)


def _newer(unclear: Unclear, last: Result) -> bool | None:
    """Whether a stored transaction came after the last one known before; None if nobody can tell."""
    pairs = ((unclear.trace_before, last.trace), (unclear.receipt_before, last.receipt_number))
    known = [(before, now) for before, now in pairs if before is not None and now is not None]
    if not known:
        return None
    return any(before != now for before, now in known)


def _misfit(unclear: Unclear, result: Result) -> DriverFact | None:
    """In what a stored transaction contradicts the command or its time; None if it fits."""
    return _other_command(unclear, result) or (None if _in_time(unclear, result) else OTHER_TIME)


def _other_command(unclear: Unclear, result: Result) -> DriverFact | None:
    """In what a result contradicts the command; None if it fits."""
    command = unclear.command
    tip, remaining = result.tip or 0, result.remaining or 0
    fitting = {command.amount, (command.amount or 0) + tip, (command.amount or 0) - remaining}
    if command.amount is not None and result.amount not in fitting:
        return OTHER_AMOUNT
    if command.currency is not None and result.currency not in {None, command.currency}:
        return OTHER_CURRENCY
    if (result.original_trace is not None) is not (command.operation is Operation.REVERSAL):
        return IS_REVERSAL if result.original_trace is not None else NO_REVERSAL
    return _other_original(command, result) if command.operation is Operation.REVERSAL else None


def _other_original(command: Command, result: Result) -> DriverFact | None:
    """In what a reversal contradicts the payment that was to be taken back."""
    if command.original_trace is not None and result.original_trace != command.original_trace:
        return OTHER_ORIGINAL
    if None in {command.original_amount, result.amount} or result.amount == command.original_amount:
        return None
    return OTHER_AMOUNT


def _in_time(unclear: Unclear, result: Result) -> bool:
    """Whether its time (BMP 0C, 0D) is that of the dialogue; also when it tells none."""
    if len(result.time) != 6 or len(result.date) != 4:
        return True
    at = told_at(result.date, result.time, unclear.asked_at)
    return at is not None and in_time(unclear, at, LONGEST_DIALOGUE)


def _named(fact: DriverFact, last: Result) -> DriverFact:
    """The fact with the numbers of the transaction that it is about."""
    return fact.about(**{name: "-" if number is None else number for name, number in _numbers(last)})


def _numbers(result: Result) -> tuple[tuple[str, int | None], ...]:
    return ("receipt", result.receipt_number), ("trace", result.trace)
