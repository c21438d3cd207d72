"""The amount of one payment: that it is one, in the shop's currency, and within the limits."""

from __future__ import annotations

from agent.base.money import MAX_MINOR
from agent.rules.action import Action
from agent.rules.checks.levels import amount_above
from agent.rules.context import RuleContext, RuleResult


def whole(context: RuleContext) -> RuleResult | None:
    """A sale or refund has a whole amount that a terminal can hold."""
    value = context.request.amount
    if not context.moves_money or (type(value) is int and 0 < value <= MAX_MINOR):
        return None
    return RuleResult(Action.BLOCK, "amount", {})


def currency(context: RuleContext) -> RuleResult | None:
    """The currency is the shop's."""
    if not context.moves_money or context.comparable:
        return None
    asked = context.request.currency
    if not asked:
        return RuleResult(Action.BLOCK, "currency_missing", {"shop": context.currency})
    return RuleResult(Action.BLOCK, "currency", {"asked": asked, "shop": context.currency})


def minimum(context: RuleContext) -> RuleResult | None:
    """Sales below `min` ask once more: stolen cards are tried with tiny amounts."""
    limit = context.policy.min
    if context.request.kind != "sale" or not context.comparable or limit is None or context.amount >= limit:
        return None
    figures: dict[str, int | str] = {"amount": context.amount, "limit": limit, "currency": context.currency}
    return RuleResult(Action.CONFIRM, "min", figures)


def soft(context: RuleContext) -> RuleResult | None:
    """Payments above `soft` need what `soft_action` says."""
    levels = ((Action.of(context.policy.soft_action), context.policy.soft),)
    return amount_above(context, "soft", levels)


def hard(context: RuleContext) -> RuleResult | None:
    """Payments above `hard` are not possible; without `hard` none is."""
    if not context.moves_money:
        return None
    if context.policy.hard is None:
        return RuleResult(Action.BLOCK, "hard_unset", {})
    return amount_above(context, "hard", ((Action.BLOCK, context.policy.hard),))
