"""The shop's own rules: pure functions between a request, today's totals and the limits."""

from __future__ import annotations

from agent.rules.action import Action
from agent.rules.context import Decision, Original, RuleRequest
from agent.rules.decide import RULES, decide
from agent.rules.policy import Hours, Opening, Policy
from agent.rules.totals import SHOP, DayTotals, business_day, terminal_place, till_place

__all__ = [
    "RULES",
    "SHOP",
    "Action",
    "DayTotals",
    "Decision",
    "Hours",
    "Opening",
    "Original",
    "Policy",
    "RuleRequest",
    "business_day",
    "decide",
    "terminal_place",
    "till_place",
]
