"""What can be known of an interrupted payment (reference 7): little, and nothing is guessed.

E+ has no question. What proves is an answer that the terminal delivered late, under
the payment's own mark; the session remembers it. V3 has the duplicate of its last receipt:
it proves a payment when it carries that payment's mark. That there is no such receipt
proves nothing, since no source says when a terminal stores one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from drivers.operation import FINANCIAL
from drivers.telium.packet import Dialect, mark_of
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

# A terminal repeats an answer that nobody took for a few ENQs, each some seconds apart. Late
# answers are taken at any time; this only keeps the till's own ENQ out of the way at first.
LISTEN_S: Final = 15.0

BOOKED: Final = DriverFact("telium.booked")
NOT_BOOKED: Final = DriverFact("telium.not_booked")
NO_QUESTION: Final = DriverFact("telium.no_question")
NO_ANSWER: Final = DriverFact("telium.no_duplicate")
NO_MARK: Final = DriverFact("telium.no_mark")
OTHER_MARK: Final = DriverFact("telium.other_mark")


class TeliumResolver:
    """`drivers.terminal.Resolver` for both variants."""

    listen_s = LISTEN_S

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._has_duplicate = Operation.REPEAT_RECEIPT in dialect.actions

    def refusal_reason(self, command: Command) -> DriverFact | None:
        return self._dialect.refusal_reason(command)

    def questions(self, unclear: Unclear) -> tuple[Command, ...]:
        """One, by the payment's mark. The session answers it by itself if it can; E+ is never asked."""
        if unclear.command.operation not in FINANCIAL:
            return ()
        return (replace(unclear.command, operation=Operation.REPEAT_RECEIPT),)

    def belongs(self, unclear: Unclear, result: Result) -> bool:
        """The mark decides; a terminal that returns none is known by the amount."""
        command = unclear.command
        if command.operation not in FINANCIAL:
            return False
        if result.order == mark_of(command):
            return True
        return not result.order and result.amount == command.amount

    def names(self, command: Command, result: Result) -> bool:
        return bool(result.order) and result.order == mark_of(command)

    def fits(self, unclear: Unclear, result: Result) -> bool:
        """One without a mark, which may be cut short, is known by its amount, where it tells one."""
        command = unclear.command
        if command.operation not in FINANCIAL or result.order:
            return self.names(command, result)
        return result.status is not ResultStatus.APPROVED or result.amount in {None, command.amount}

    def ack_would_book(self, unclear: Unclear, result: Result) -> bool:  # noqa: ARG002 - the question of the protocol
        """Never: the booking stood before the answer was sent (reference 3)."""
        return False

    def conclude(self, unclear: Unclear, answers: Sequence[Result | None]) -> BookingFinding:
        last = answers[-1] if answers else None
        if last is not None and last.order == mark_of(unclear.command):
            return _proven(last)
        return BookingFinding(BookingProof.UNPROVEN, self._why_unproven(last))

    def _why_unproven(self, last: Result | None) -> DriverFact:
        if not self._has_duplicate:
            return NO_QUESTION
        if last is None or last.status is not ResultStatus.APPROVED:
            return NO_ANSWER
        return OTHER_MARK if last.order else NO_MARK


def _proven(last: Result) -> BookingFinding:
    if last.status is ResultStatus.APPROVED:
        return BookingFinding(BookingProof.BOOKED, BOOKED, last)
    return BookingFinding(BookingProof.NOT_BOOKED, NOT_BOOKED, last)
