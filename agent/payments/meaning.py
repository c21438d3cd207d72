"""What a request means: two requests with the same meaning are the same payment.

The meaning is kind, amount, currency, original and terminal, after defaults. The operator and the
till are not part of it, nor is a field that a later version adds.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.payments.commands import PaymentCommand
from agent.payments.record import Record


@dataclass(frozen=True, slots=True)
class PaymentMeaning:
    """The part of a request that identifies one payment."""

    payment: str
    amount: int | None
    currency: str | None
    original: str
    terminal: str


def meaning_of(command: PaymentCommand, terminal: str) -> PaymentMeaning:
    """The meaning of a command, once its terminal is known."""
    return PaymentMeaning(command.payment, command.amount, command.currency, command.original, terminal)


def same_meaning(known: Record, command: PaymentCommand) -> bool:
    """Whether a command asks for the known payment. A command without a terminal fits any."""
    asked = meaning_of(command, command.terminal or known.terminal)
    return asked == PaymentMeaning(
        known.payment, known.amount, known.currency, known.original, known.terminal
    )
