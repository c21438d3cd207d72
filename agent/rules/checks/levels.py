"""Levels that a value may be above, shared by the checks of amounts, days and refunds.

"Above" means greater than: what equals a limit passes. Amounts are integers of
minor units, and the payment asked about is added to what the totals hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agent.journal.schema.kinds import TotalName
from agent.rules.action import Action
from agent.rules.context import RuleContext, RuleResult
from agent.rules.policy import SCOPES, Scope

# The strictest level stands first.
Levels = tuple[tuple[Action, int | None], ...]
# The actions that a limit of the day has a level for. The strictest stands first.
Keys = tuple[Action, ...]

# The limits of a day, and the code of their findings over each scope.
SUMS_AND_COUNTS: Final = ("day_count", "day_sum", "refund_count", "refund_sum")
CODES: Final[dict[Scope, tuple[str, ...]]] = {
    "till": SUMS_AND_COUNTS,
    "terminal": (
        "terminal_day_count",
        "terminal_day_sum",
        "terminal_refund_count",
        "terminal_refund_sum",
    ),
    "shop": ("shop_day_count", "shop_day_sum", "shop_refund_count", "shop_refund_sum"),
}


def amount_above(context: RuleContext, code: str, levels: Levels) -> RuleResult | None:
    """The amount asked for is above a level."""
    found = _exceeded(context.amount, levels) if context.comparable else None
    if found is None:
        return None
    action, limit = found
    return RuleResult(action, code, {"amount": context.amount, "limit": limit, "currency": context.currency})


def count_above(
    context: RuleContext, total: TotalName, scope: Scope, rule: str, keys: Keys
) -> RuleResult | None:
    """With this payment the number of the day is above a level of the scope."""
    if context.kind.total != total or not context.comparable:
        return None
    found = _first_above(context, scope, rule, keys, lambda at: context.today(at, total).count + 1)
    if found is None:
        return None
    action, limit, number = found
    return RuleResult(action, _code(scope, rule), {"number": number, "limit": limit})


def sum_above(
    context: RuleContext, total: TotalName, scope: Scope, rule: str, keys: Keys
) -> RuleResult | None:
    """With this payment the sum of the day is above a level of the scope."""
    if context.kind.total != total or not context.comparable:
        return None
    amount = context.amount
    found = _first_above(context, scope, rule, keys, lambda at: context.today(at, total).sum + amount)
    if found is None:
        return None
    action, limit, added = found
    figures: dict[str, int | str] = {"amount": amount, "sum": added, "limit": limit}
    return RuleResult(action, _code(scope, rule), figures | {"currency": context.currency})


def _first_above(
    context: RuleContext, scope: Scope, rule: str, keys: Keys, figure: Callable[[Scope], int]
) -> tuple[Action, int, int] | None:
    """Action, limit and figure of a scope, if a level is exceeded there and not as much in a narrower scope.

    A shop with one terminal and one till would hear the same three times.
    """
    found = _above_at(context, scope, rule, keys, figure)
    narrower = SCOPES[: SCOPES.index(scope)]
    return None if any(_above_at(context, at, rule, keys, figure) == found for at in narrower) else found


def _above_at(
    context: RuleContext, scope: Scope, rule: str, keys: Keys, figure: Callable[[Scope], int]
) -> tuple[Action, int, int] | None:
    value = figure(scope)
    exceeded = _exceeded(value, _levels(context, scope, rule, keys))
    return (*exceeded, value) if exceeded else None


def _levels(context: RuleContext, scope: Scope, rule: str, keys: Keys) -> Levels:
    return tuple((action, context.level(scope, f"{rule}_{action.label}")) for action in keys)


def _code(scope: Scope, rule: str) -> str:
    return CODES[scope][SUMS_AND_COUNTS.index(rule)]


def _exceeded(value: int, levels: Levels) -> tuple[Action, int] | None:
    return next(((action, limit) for action, limit in levels if limit is not None and value > limit), None)
