"""How the service says no: a code with its figures, never a sentence.

The table `agent.api.refusals` has every code, with its status and its meaning for the money.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from agent.payments.state import PaymentState

RefusalCode = Literal[
    # The request contradicts itself, or names something that is not here.
    "unknown_kind",
    "missing_for_kind",
    "not_for_kind",
    "unknown_currency",
    "terminal_not_named",
    "unknown_terminal",
    "unknown_payment",
    # The payment id belongs to a payment with another meaning.
    "already_used",
    # The till went away, or its request came later than it was valid.
    "nobody_waits",
    # The terminal is busy with another payment, or held by an unclear one.
    "terminal_busy",
    "terminal_unclear",
    # The agent takes no payments at all for now.
    "stopping",
    "not_started",
    "no_acquirer_key",
    "key_expired",
    "disk_full",
    "journal_contradicted",
    # It is too late for this.
    "question_over",
    "not_unclear",
    "not_held",
    # No alarm of this id stands, or none that could be written down.
    "unknown_alarm",
    "journal_full",
    # A person's answer is not enough.
    "identity_missing",
    "credential_missing",
    "operator_missing",
    "same_person",
    "wrong_credential",
    "locked_out",
    "too_many_guesses",
]


class Refusal(Exception):
    """A request that cannot be served. `payment` is the payment that stands in its way, if there is one."""

    def __init__(self, code: str, payment: PaymentState | None = None, /, **figures: int | str) -> None:
        super().__init__(code, figures)
        self.code = code
        self.payment = payment
        self.figures = figures
