"""The sales of a till on one business day."""

from __future__ import annotations

from agent.rules.action import Action
from agent.rules.checks.levels import count_above, sum_above
from agent.rules.context import RuleContext, RuleResult


def count(context: RuleContext) -> RuleResult | None:
    """By number."""
    policy = context.policy
    levels = (
        (Action.BLOCK, policy.day_count_block),
        (Action.SUPERVISOR, policy.day_count_supervisor),
        (Action.NOTE, policy.day_count_note),
    )
    return count_above(context, "day_count", "sale", levels)


def total(context: RuleContext) -> RuleResult | None:
    """By value."""
    policy = context.policy
    levels = (
        (Action.BLOCK, policy.day_sum_block),
        (Action.SUPERVISOR, policy.day_sum_supervisor),
        (Action.NOTE, policy.day_sum_note),
    )
    return sum_above(context, "day_sum", "sale", levels)
