"""The shop's own rules: pure functions between a request, today's totals and the limits."""

from __future__ import annotations

from agent.rules.decide import RULES, decide
from agent.rules.ladder import Rung
from agent.rules.policy import Hours, Opening, Policy
from agent.rules.request import Decision, Original, RuleRequest
from agent.rules.windows import Windows, business_day

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
