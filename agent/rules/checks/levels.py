"""Levels that a value may be above, shared by the checks of amounts, days and refunds.

"Above" means greater than: what equals a limit passes. Amounts are integers of
minor units, and the payment asked about is added to what the totals hold.
"""

from __future__ import annotations

from agent.journal.schema.kinds import TotalName
from agent.rules.action import Action
from agent.rules.context import RuleContext, RuleResult
from agent.rules.totals import Total

# The strictest level stands first.
Levels = tuple[tuple[Action, int | None], ...]


def amount_above(context: RuleContext, code: str, levels: Levels) -> RuleResult | None:
    """The amount asked for is above a level."""
    found = _exceeded(context.amount, levels) if context.comparable else None
    if found is None:
        return None
    action, limit = found
    return RuleResult(action, code, {"amount": context.amount, "limit": limit, "currency": context.currency})


def count_above(context: RuleContext, code: str, total: TotalName, levels: Levels) -> RuleResult | None:
    """With this payment the number of the day is above a level."""
    if context.kind.total != total or not context.comparable:
        return None
    number = _today(context, total).count + 1
    found = _exceeded(number, levels)
    return RuleResult(found[0], code, {"number": number, "limit": found[1]}) if found else None


def sum_above(context: RuleContext, code: str, total: TotalName, levels: Levels) -> RuleResult | None:
    """With this payment the sum of the day is above a level."""
    if context.kind.total != total or not context.comparable:
        return None
    amount, added = context.amount, _today(context, total).sum + context.amount
    found = _exceeded(added, levels)
    if found is None:
        return None
    action, limit = found
    return RuleResult(
        action, code, {"amount": amount, "sum": added, "limit": limit, "currency": context.currency}
    )


def _today(context: RuleContext, total: TotalName) -> Total:
    return context.totals.total(total, context.request.till, context.currency, context.now)


def _exceeded(value: int, levels: Levels) -> tuple[Action, int] | None:
    return next(((action, limit) for action, limit in levels if limit is not None and value > limit), None)
