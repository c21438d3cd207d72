"""All rules on one request: every result is kept, the strictest wins.

A new rule is a function and a row in `RULES`. Nothing here knows what a rule is about.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from agent.journal.schema.entry import Reason
from agent.journal.schema.kinds import KINDS
from agent.rules.action import Action
from agent.rules.checks import amount, day, hours, refund, training
from agent.rules.context import Decision, RuleContext, RuleRequest, RuleResult
from agent.rules.policy import SCOPES, Policy
from agent.rules.totals import DayTotals

NamedRule = tuple[str, Callable[[RuleContext], RuleResult | None]]


def _by_scope(name: str, rule: Callable[..., RuleResult | None]) -> tuple[NamedRule, ...]:
    """A rule of the day for a till, a terminal and the shop, each with its own name."""
    return tuple(
        (name if scope == "till" else f"{scope}_{name}", partial(rule, scope=scope)) for scope in SCOPES
    )


RULES: Final[tuple[NamedRule, ...]] = (
    ("amount", amount.whole),
    ("currency", amount.currency),
    ("min", amount.minimum),
    ("soft", amount.soft),
    ("hard", amount.hard),
    *_by_scope("day_count", day.count),
    *_by_scope("day_sum", day.total),
    ("refund", refund.single),
    *_by_scope("refund_count", refund.count),
    *_by_scope("refund_sum", refund.total),
    ("original", refund.original),
    ("hours", hours.opening),
    ("clock", hours.clock),
    ("leap", hours.leap),
    ("training", training.training),
)

# The finding for a rule that failed.
FAILED: Final = "failed"


def decide(
    request: RuleRequest,
    totals: DayTotals,
    policy: Policy,
    now: datetime,
    rules: tuple[NamedRule, ...] = RULES,
) -> Decision:
    """Run all rules. `now` is the wall clock with its offset.

    An unknown kind or currency is refused before any rule runs.
    """
    if request.kind not in KINDS:
        unknown = Reason(
            rule="kind", action="block", code="kind_unknown", figures={"kind": str(request.kind)}
        )
        return Decision(unknown.action, (unknown,))
    context = RuleContext(request, totals, policy, now)
    reasons = tuple(reason for name, rule in rules if (reason := _run_rule(name, rule, context)) is not None)
    strictest = max((Action.of(reason.action) for reason in reasons), default=Action.ALLOW)
    return Decision(strictest.label, reasons)


def _run_rule(
    name: str, rule: Callable[[RuleContext], RuleResult | None], context: RuleContext
) -> Reason | None:
    """One rule's reason. A rule that fails blocks: a limit must not fail open."""
    try:
        result = rule(context)
        return _reason(name, result) if result is not None else None
    except Exception as error:  # noqa: BLE001 - whatever it is, the payment must not pass unchecked
        figures: dict[str, int | str] = {"rule": name, "error": type(error).__name__}
        return Reason(rule=name, action="block", code=FAILED, figures=figures)


def _reason(name: str, result: RuleResult) -> Reason:
    """Raises for an unknown action: the rule counts as failed."""
    return Reason(rule=name, action=Action(result.action).label, code=result.code, figures=result.figures)
