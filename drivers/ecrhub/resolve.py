"""How an ECRHub terminal is asked what became of a payment (reference 6): by the order's number.

The state of exactly this order is the proof, whatever else the terminal did. An
order that it does not know proves nothing: after a restart it may not have caught up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from drivers.ecrhub.commands import order_number, refusal_reason
from drivers.operation import FINANCIAL
from drivers.terminal import BookingFinding, BookingProof, Command, Operation, Result, ResultStatus, Unclear

NOT_TOLD: Final = (
    "The terminal does not tell the end of this payment: it is not finished, or it does not know it yet, "
    "which is no proof after a restart. It is asked again every minute. To prove it yourself, look it up in "
    "the list of payments on the terminal or at the acquirer."
)
OTHER_ORDER: Final = "The terminal told the state of another order."
BOOKED: Final = "The terminal has this order as completed."
NOT_BOOKED: Final = {
    ResultStatus.DECLINED: "The terminal has this order as closed or failed: nothing was paid.",
    ResultStatus.CANCELLED: "The terminal has this order as cancelled: nothing was paid.",
}


class EcrHubResolver:
    """`drivers.terminal.Resolver` for ECRHub."""

    # The handshake takes up to a second; then whatever the terminal still repeats comes at once.
    listen_s = 2.0

    def refusal_reason(self, command: Command) -> str:
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
