"""How an ECRHub terminal is asked what became of a payment (reference 6): by the order's number.

The state of exactly this order is the proof, whatever else the terminal did. An
order that it does not know proves nothing: after a restart it may not have caught up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from drivers.ecrhub.commands import order_number, refusal_reason
from drivers.operation import FINANCIAL
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

NOT_TOLD: Final = DriverFact("ecrhub.not_told")
OTHER_ORDER: Final = DriverFact("ecrhub.other_order")
BOOKED: Final = DriverFact("ecrhub.booked")
NOT_BOOKED: Final = {
    ResultStatus.DECLINED: DriverFact("ecrhub.order_closed"),
    ResultStatus.CANCELLED: DriverFact("ecrhub.order_cancelled"),
}


class EcrHubResolver:
    """`drivers.terminal.Resolver` for ECRHub."""

    # The handshake takes up to a second; then whatever the terminal still repeats comes at once.
    listen_s = 2.0

    def refusal_reason(self, command: Command) -> DriverFact | None:
        """What the till interface lacks, or what the order would need."""
        return refusal_reason(command)

    def questions(self, unclear: Unclear) -> tuple[Command, ...]:
        command = unclear.command
        if command.operation not in FINANCIAL:
            return ()
        return (
            Command(
                Operation.REPEAT_RECEIPT,
                command.payment_id,
                currency=command.currency,
                sequence=command.sequence,
            ),
        )

    def belongs(self, unclear: Unclear, result: Result) -> bool:
        """No other payment ever has this order's number."""
        return result.order == _order(unclear)

    def names(self, command: Command, result: Result) -> bool:
        return bool(result.order) and result.order == order_number(command.payment_id, command.sequence)

    def fits(self, unclear: Unclear, result: Result) -> bool:
        """Every result names its order."""
        return self.names(unclear.command, result)

    def ack_would_book(self, unclear: Unclear, result: Result) -> bool:  # noqa: ARG002 - the call that all resolvers have
        """The terminal has booked before it tells: an acknowledgement only ends its repeating."""
        return False

    def conclude(self, unclear: Unclear, answers: Sequence[Result | None]) -> BookingFinding:
        told = answers[-1] if answers else None
        if told is None:
            return BookingFinding(BookingProof.UNPROVEN, NOT_TOLD)
        if told.order != _order(unclear):
            return BookingFinding(BookingProof.UNPROVEN, OTHER_ORDER)
        if told.status is ResultStatus.APPROVED:
            return BookingFinding(BookingProof.BOOKED, BOOKED, told)
        return BookingFinding(BookingProof.NOT_BOOKED, NOT_BOOKED[told.status], told)


def _order(unclear: Unclear) -> str:
    return order_number(unclear.command.payment_id, unclear.command.sequence)
