"""All rules on one request: every result is kept, the strictest wins.

A new rule is a function and a row in `RULES`. Nothing here knows what a rule is about.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from agent.journal.schema.entry import Reason
from agent.rules.action import Action
from agent.rules.checks import limits
from agent.rules.checks.limits import RuleContext, RuleResult
from agent.rules.context import Decision, RuleRequest
from agent.rules.policy import Policy
from agent.rules.totals import DayTotals

NamedRule = tuple[str, Callable[[RuleContext], RuleResult | None]]

RULES: Final[tuple[NamedRule, ...]] = (
    ("amount", limits.amount),
    ("currency", limits.currency),
    ("min", limits.minimum),
    ("soft", limits.soft),
    ("hard", limits.hard),
    ("day_count", limits.day_count),
    ("day_sum", limits.day_sum),
    ("refund", limits.refund),
    ("refund_count", limits.refund_count),
    ("refund_sum", limits.refund_sum),
    ("original", limits.original),
    ("hours", limits.hours),
    ("clock", limits.clock),
    ("training", limits.training),
)


def decide(
    request: RuleRequest,
    totals: DayTotals,
    policy: Policy,
    now: datetime,
    rules: tuple[NamedRule, ...] = RULES,
) -> Decision:
    """Run all rules. `now` is the wall clock with its offset."""
    context = RuleContext(request, totals, policy, now)
    reasons = tuple(reason for name, rule in rules if (reason := _run_rule(name, rule, context)) is not None)
    strictest = max((Action.of(reason.action) for reason in reasons), default=Action.ALLOW)
    return Decision(strictest.label, reasons)


def _run_rule(
    name: str, rule: Callable[[RuleContext], RuleResult | None], context: RuleContext
) -> Reason | None:
    """One rule's reason. A rule that cannot be worked out blocks: a limit must not fail open."""
    try:
        result = rule(context)
    except Exception as error:  # noqa: BLE001 - whatever it is, the payment must not pass unchecked
        text = f'The rule "{name}" failed ({type(error).__name__}), so nothing is charged: call support.'
        return Reason(rule=name, action="block", text=text)
    if result is None:
        return None
    return Reason(rule=name, action=result.action.label, text=result.text, figures=result.figures)
