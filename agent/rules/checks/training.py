"""Training is written into the decision, so that nobody takes it for a real payment."""

from __future__ import annotations

from agent.rules.action import Action
from agent.rules.context import RuleContext, RuleResult


def training(context: RuleContext) -> RuleResult | None:
    """A note on every payment of a training agent."""
    return RuleResult(Action.NOTE, "training", {}) if context.request.training else None
