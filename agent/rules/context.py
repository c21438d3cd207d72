"""The input of the rules, and their findings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent.journal.schema.entry import ActionName, PaymentKind, Reason
from agent.journal.schema.kinds import Kind, TotalName, kind_of
from agent.rules.action import Action
from agent.rules.policy import Policy, Scope
from agent.rules.totals import SHOP, DayTotals, Total, terminal_place, till_place


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

    `original` is None if the till named none, or one that is not known here. `terminals` is how many
    terminals the shop has here.
    """

    kind: PaymentKind
    amount: int | None
    currency: str | None
    till: str
    original: Original | None = None
    training: bool = False
    terminal: str = ""
    terminals: int = 1


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
        """What is to move: the requested amount, or what a reversal gives back; 0 for a close of the day."""
        if self.takes_back_whole is not None:
            return self.takes_back_whole.left
        return self.request.amount or 0

    @property
    def takes_back_whole(self) -> Original | None:
        """The original of a reversal, which asks as a refund of all that is left of it would."""
        return self.request.original if self.kind.takes_back == "whole" else None

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
        whole = self.takes_back_whole
        if whole is not None:
            return whole.currency == self.currency
        return self.kind.has_amount and self.request.currency == self.currency

    def level(self, scope: Scope, key: str) -> int | None:
        """The level of a day's limit."""
        return self.policy.level(scope, key, self.request.terminals)

    def today(self, scope: Scope, total: TotalName) -> Total:
        """What the day has brought so far, over one scope."""
        places = {
            "till": till_place(self.request.till),
            "terminal": terminal_place(self.request.terminal),
            "shop": SHOP,
        }
        return self.totals.total(total, places[scope], self.currency, self.now)


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What a rule found: an action, the code of the finding, and the figures it compared.

    The text catalogue (`agent/texts/en/rules.py`) makes the sentence from code and figures.
    """

    action: Action
    code: str
    figures: dict[str, int | str]
