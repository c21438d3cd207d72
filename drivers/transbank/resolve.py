"""How a Transbank terminal is asked what became of a command (reference 6).

It repeats a response for 20 s. After that it tells its last sale, and the ticket in it is the
only name of a request. The reference takes any other ticket as a no "if nothing newer exists":
that is proven only when the last sale is still the one that was the last before. "No sale since
the last close" proves nothing about a sale, since the day may have been closed after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from drivers.clocks import in_time, told_at
from drivers.operation import CHANGING
from drivers.terminal import (
    BookingFinding,
    BookingProof,
    Command,
    DriverFact,
    Operation,
    Result,
    ResultStatus,
    Unclear,
)
from drivers.transbank.commands import operation_number, refusal_reason
from drivers.transbank.line import TERMINAL_REPEATS_S, TRANSMISSIONS
from drivers.transbank.packet import same_ticket, ticket
from drivers.transbank.texts import NO_SALE

# Questions to the cashier, a cardholder in no hurry.
LONGEST_DIALOGUE: Final = timedelta(minutes=20)

SILENT: Final = DriverFact("transbank.no_last_sale_told")
STORED: Final = DriverFact("transbank.stored")
SAME: Final = DriverFact("transbank.same")
TIME: Final = DriverFact("transbank.time")
NO_LAST_SALE: Final = DriverFact("transbank.no_last_sale")
OTHER: Final = DriverFact("transbank.other")
VOID: Final = DriverFact("transbank.void")
NOT_CLOSED: Final = DriverFact("transbank.not_closed")
DAY_CLOSE: Final = DriverFact("transbank.day_close")


class TransbankResolver:
    """`drivers.terminal.Resolver` for Transbank."""

    # Reference 6: the terminal has sent its last repeat by then.
    listen_s = TRANSMISSIONS * TERMINAL_REPEATS_S

    def refusal_reason(self, command: Command) -> DriverFact | None:
        return refusal_reason(command)

    def questions(self, unclear: Unclear) -> tuple[Command, ...]:
        """Reference 3 has a question about sales alone: nothing tells of a void."""
        asks = unclear.command.operation in {Operation.SALE, Operation.CLOSE_DAY}
        return (Command(Operation.REPEAT_RECEIPT),) if asks else ()

    def belongs(self, unclear: Unclear, result: Result) -> bool:
        """A sale names its ticket, a void the operation; the end of the day has no name."""
        command = unclear.command
        if command.operation is Operation.SALE:
            return _is_ours(unclear, result)
        if command.operation is Operation.REVERSAL:
            return result.original_trace is not None and result.original_trace == operation_number(command)
        return command.operation is Operation.CLOSE_DAY and not result.order and result.original_trace is None

    def names(self, command: Command, result: Result) -> bool:
        if command.operation is Operation.SALE:
            return bool(result.order) and same_ticket(result.order, ticket(command.sequence))
        number = operation_number(command)
        return (
            command.operation is Operation.REVERSAL and number is not None and result.original_trace == number
        )

    def fits(self, unclear: Unclear, result: Result) -> bool:
        """A nameless answer may be that of any sale whose amount it does not contradict."""
        command = unclear.command
        if result.order or result.original_trace is not None or command.operation is not Operation.SALE:
            return self.names(command, result)
        return result.status is not ResultStatus.APPROVED or result.amount in {None, command.amount}

    def ack_would_book(self, unclear: Unclear, result: Result) -> bool:  # noqa: ARG002 - the call that all have
        """Never: an acknowledgement only ends the repeats of what is booked already."""
        return False

    def conclude(self, unclear: Unclear, answers: Sequence[Result | None]) -> BookingFinding:
        last = answers[-1] if answers else None
        if unclear.command.operation is Operation.REVERSAL:
            return _void(unclear)
        if (
            unclear.command.operation not in CHANGING
            or last is None
            or (last.status is not ResultStatus.APPROVED and last.code != NO_SALE)
        ):
            return BookingFinding(BookingProof.UNPROVEN, SILENT)
        if unclear.command.operation is Operation.CLOSE_DAY:
            return _closed(unclear, last)
        return _sale(unclear, last)


def _sale(unclear: Unclear, last: Result) -> BookingFinding:
    if _is_ours(unclear, last):
        if not _in_time(unclear, last):
            return BookingFinding(BookingProof.UNPROVEN, TIME)
        return BookingFinding(BookingProof.BOOKED, STORED.about(number=last.trace or "-"), last)
    if last.code == NO_SALE:
        return BookingFinding(BookingProof.UNPROVEN, NO_LAST_SALE)
    if _is_the_one_before(unclear, last):
        return BookingFinding(BookingProof.NOT_BOOKED, SAME.about(number=last.trace or "-"))
    return BookingFinding(BookingProof.UNPROVEN, OTHER.about(ticket=ticket(unclear.command.sequence)))


def _void(unclear: Unclear) -> BookingFinding:
    return BookingFinding(BookingProof.UNPROVEN, VOID.about(number=operation_number(unclear.command) or "-"))


def _closed(unclear: Unclear, last: Result) -> BookingFinding:
    """A close empties the terminal's memory. Empty proves nothing, for an earlier close did that, too."""
    if _is_the_one_before(unclear, last):
        return BookingFinding(BookingProof.NOT_BOOKED, NOT_CLOSED)
    return BookingFinding(BookingProof.UNPROVEN, DAY_CLOSE)


def _is_ours(unclear: Unclear, result: Result) -> bool:
    return bool(result.order) and same_ticket(result.order, ticket(unclear.command.sequence))


def _is_the_one_before(unclear: Unclear, last: Result) -> bool:
    """Whether the last sale is the one that was the last before: its number, and no later time.

    Numbers may begin again with a new day, so the number alone would not do.
    """
    at = told_at(last.date, last.time, unclear.asked_at)
    same = last.trace is not None and last.trace == unclear.trace_before
    return same and at is not None and at <= unclear.asked_at + unclear.clocks_apart


def _in_time(unclear: Unclear, last: Result) -> bool:
    """Whether its time (fields 15 and 16) is that of the dialogue; also when it tells none."""
    at = told_at(last.date, last.time, unclear.asked_at)
    return at is None or in_time(unclear, at, LONGEST_DIALOGUE)
