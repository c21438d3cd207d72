"""The amount of one payment: that it is one, in the shop's currency, and within the limits."""

from __future__ import annotations

from agent.base.money import MAX_MINOR
from agent.rules.action import Action
from agent.rules.checks.levels import amount_above
from agent.rules.context import RuleContext, RuleResult


def whole(context: RuleContext) -> RuleResult | None:
    """What has an amount has a whole one that a terminal can hold; nothing else has one at all."""
    value = context.request.amount
    if not context.kind.has_amount:
        return None if value is None else RuleResult(Action.BLOCK, "amount_not_asked", {})
    if type(value) is int and 0 < value <= MAX_MINOR:
        return None
    return RuleResult(Action.BLOCK, "amount", {})


def currency(context: RuleContext) -> RuleResult | None:
    """The currency is the shop's."""
    asked, whole = context.request.currency, context.takes_back_whole
    if whole is not None and asked is None and whole.currency != context.currency:
        return RuleResult(Action.BLOCK, "original_currency", {"original": whole.currency})
    if not context.kind.has_amount:
        return None if asked is None else RuleResult(Action.BLOCK, "amount_not_asked", {})
    if context.comparable:
        return None
    if not asked:
        return RuleResult(Action.BLOCK, "currency_missing", {"shop": context.currency})
    return RuleResult(Action.BLOCK, "currency", {"asked": asked, "shop": context.currency})


def minimum(context: RuleContext) -> RuleResult | None:
    """Sales below `min` ask once more: stolen cards are tried with tiny amounts."""
    limit = context.policy.min
    asks = context.kind.asks_below_minimum and context.comparable
    if not asks or limit is None or context.amount >= limit:
        return None
    figures: dict[str, int | str] = {"amount": context.amount, "limit": limit, "currency": context.currency}
    return RuleResult(Action.CONFIRM, "min", figures)


def soft(context: RuleContext) -> RuleResult | None:
    """Payments above `soft` need what `soft_action` says."""
    levels = ((Action.of(context.policy.soft_action), context.policy.soft),)
    return amount_above(context, "soft", levels)


def hard(context: RuleContext) -> RuleResult | None:
    """Payments above `hard` are not possible; without `hard` none is. A reversal counts as its original."""
    if not context.kind.moves_money:
        return None
    if context.policy.hard is None:
        return RuleResult(Action.BLOCK, "hard_unset", {})
    return amount_above(context, "hard", ((Action.BLOCK, context.policy.hard),))
