"""The input of the rules, and their findings."""

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

    Both are in minor units of `currency`. `left` may still be given back. `refunded` was, or may
    have been, given back.
    """

    approved: bool
    reversed: bool
    left: int
    currency: str
    kind: PaymentKind
    refunded: int = 0


@dataclass(frozen=True, slots=True)
class RuleRequest:
    """One requested payment; `amount` in minor units.

    `original` is None if the till named none, or one that is not known here.
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
    """One request, with everything that a rule may look at. `now` is the wall clock with its offset."""

    request: RuleRequest
    totals: DayTotals
    policy: Policy
    now: datetime

    @property
    def amount(self) -> int:
        """The requested amount; 0 for a kind without one (a reversal, a close of the day)."""
        return self.request.amount or 0

    @property
    def currency(self) -> str:
        """The letters of the shop's currency."""
        return self.policy.currency.letters

    @property
    def kind(self) -> Kind:
        """The row of the requested kind. Raises `UnknownKindError`, which blocks."""
        return kind_of(self.request.kind)

    @property
    def comparable(self) -> bool:
        """The limits apply to the amount. An amount in another currency is blocked by its own rule."""
        return self.kind.has_amount and self.request.currency == self.currency


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What a rule found: an action, the code of the finding, and the figures it compared.

    The text catalogue (`agent/texts/en/rules.py`) makes the sentence from code and figures.
    """

    action: Action
    code: str
    figures: dict[str, int | str]
