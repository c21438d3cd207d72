"""What a request means: two requests with the same meaning are the same payment.

The meaning is kind, amount, currency, original and terminal, after defaults. Who asks and
from which till is no part of it, and neither is a field that a later version adds.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.payments.commands import PaymentCommand
from agent.payments.record import Record


@dataclass(frozen=True, slots=True)
class PaymentMeaning:
    """The part of a request that makes it one payment and no other."""

    payment: str
    amount: int | None
    currency: str | None
    original: str
    terminal: str


def meaning_of(command: PaymentCommand, terminal: str) -> PaymentMeaning:
    """The meaning of a command, once it is known which terminal it is for."""
    return PaymentMeaning(command.payment, command.amount, command.currency, command.original, terminal)


def same_meaning(known: Record, command: PaymentCommand) -> bool:
    """Whether a command asks for the payment that is known; a terminal that it does not name is the same."""
    asked = meaning_of(command, command.terminal or known.terminal)
    return asked == PaymentMeaning(
        known.payment, known.amount, known.currency, known.original, known.terminal
    )
