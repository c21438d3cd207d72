"""The shop's own rules: pure functions between a request, today's totals and the limits."""

from __future__ import annotations

from agent.rules.action import Rung
from agent.rules.context import Decision, Original, RuleRequest
from agent.rules.decide import RULES, decide
from agent.rules.policy import Hours, Opening, Policy
from agent.rules.totals import Windows, business_day

__all__ = [
    "RULES",
    "Decision",
    "Hours",
    "Opening",
    "Original",
    "Policy",
    "RuleRequest",
    "Rung",
    "Windows",
    "business_day",
    "decide",
]
