"""The sales of one business day: of a till, of a terminal, of the shop."""

from __future__ import annotations

from typing import Final

from agent.rules.action import Action
from agent.rules.checks.levels import count_above, sum_above
from agent.rules.context import RuleContext, RuleResult
from agent.rules.policy import Scope

_ACTIONS: Final = (Action.BLOCK, Action.SUPERVISOR, Action.NOTE)


def count(context: RuleContext, scope: Scope = "till") -> RuleResult | None:
    """By number."""
    return count_above(context, "sale", scope, "day_count", _ACTIONS)


def total(context: RuleContext, scope: Scope = "till") -> RuleResult | None:
    """By value."""
    return sum_above(context, "sale", scope, "day_sum", _ACTIONS)
