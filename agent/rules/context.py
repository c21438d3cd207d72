"""What the rules are told about a payment, and what they say."""

from __future__ import annotations

from dataclasses import dataclass

from agent.journal.schema.entry import ActionName, PaymentKind, Reason


@dataclass(frozen=True, slots=True)
class Original:
    """What is known of the payment that a refund or a reversal names.

    `left` is what may still be given back and `refunded` what was given back or
    may have been, both in minor units of `currency`.
    """

    approved: bool
    reversed: bool
    left: int
    currency: str
    refunded: int = 0
    kind: PaymentKind = "sale"


@dataclass(frozen=True, slots=True)
class RuleRequest:
    """One payment that is asked for; `amount` in minor units.

    `original` is None when the till named none or named one that is not known here.
    """

    kind: PaymentKind
    amount: int | None
    currency: str | None
    till: str
    original: Original | None = None
    training: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The strictest action of all `reasons`; "allow" when no rule had anything to say."""

    action: ActionName
    reasons: tuple[Reason, ...]
