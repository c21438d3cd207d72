"""All rules on one request: every hit is kept, the strictest wins.

A new rule is a function and a row in `RULES`. Nothing here knows what a rule is about.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from agent.journal.schema.entry import Reason
from agent.rules.action import Rung
from agent.rules.checks import limits
from agent.rules.checks.limits import Case, Hit
from agent.rules.context import Decision, RuleRequest
from agent.rules.policy import Policy
from agent.rules.totals import Windows

Rule = tuple[str, Callable[[Case], Hit | None]]

RULES: Final[tuple[Rule, ...]] = (
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
    windows: Windows,
    policy: Policy,
    now: datetime,
    rules: tuple[Rule, ...] = RULES,
) -> Decision:
    """Run all rules. `now` is the wall clock with its offset."""
    case = Case(request, windows, policy, now)
    reasons = tuple(reason for name, rule in rules if (reason := _ask(name, rule, case)) is not None)
    strictest = max((Rung.of(reason.step) for reason in reasons), default=Rung.ALLOW)
    return Decision(strictest.step, reasons)


def _ask(name: str, rule: Callable[[Case], Hit | None], case: Case) -> Reason | None:
    """One rule's reason. A rule that cannot be worked out blocks: a limit must not fail open."""
    try:
        hit = rule(case)
    except Exception as error:  # noqa: BLE001 - whatever it is, the payment must not pass unchecked
        text = f'The rule "{name}" failed ({type(error).__name__}), so nothing is charged: call support.'
        return Reason(rule=name, step="block", text=text)
    if hit is None:
        return None
    return Reason(rule=name, step=hit.rung.step, text=hit.text, figures=hit.figures)
