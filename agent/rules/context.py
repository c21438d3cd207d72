"""What the rules are told about a payment, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent.journal.schema.entry import ActionName, PaymentKind, Reason
from agent.journal.schema.kinds import Kind, kind_of
from agent.rules.action import Action
from agent.rules.policy import Policy
from agent.rules.totals import DayTotals


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
    kind: PaymentKind
    refunded: int = 0


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


@dataclass(frozen=True, slots=True)
class RuleContext:
    """One request with all that a rule may look at. `now` is the wall clock, with its offset."""

    request: RuleRequest
    totals: DayTotals
    policy: Policy
    now: datetime

    @property
    def amount(self) -> int:
        """The amount asked for; 0 for what has none (a reversal, a close of the day)."""
        return self.request.amount or 0

    @property
    def currency(self) -> str:
        """The letters of the shop's currency."""
        return self.policy.currency.letters

    @property
    def kind(self) -> Kind:
        """What is asked for. Raises `UnknownKindError`, which blocks."""
        return kind_of(self.request.kind)

    @property
    def comparable(self) -> bool:
        """The amount can be held against the limits; in another currency it is blocked as such."""
        return self.kind.has_amount and self.request.currency == self.currency


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What a rule found: an action, the code of the finding, and the figures it compared.

    The sentence is made from code and figures where people read it (`agent/texts/en/rules.py`).
    """

    action: Action
    code: str
    figures: dict[str, int | str]
