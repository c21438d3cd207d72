"""The time of a payment: the opening hours, and a clock that was set back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from agent.rules.action import Action
from agent.rules.context import RuleContext, RuleResult
from agent.rules.policy import MINUTES_PER_DAY, Hours

# Time servers and a drifting clock stay well inside this; a clock set by hand does not.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)

# A week's closing is usual. After a longer one, somebody says once whether the date is right.
CLOCK_LEAP: Final = timedelta(days=8)


def opening(context: RuleContext) -> RuleResult | None:
    """Payments outside the opening hours, with some minutes of grace, ask once more."""
    policy = context.policy
    if not context.kind.moves_money or is_open(policy.hours, policy.hours_grace_min, context.now):
        return None
    usual, now = policy.hours.of_weekday(context.now.weekday()), f"{context.now:%H:%M}"
    if not usual.spans:
        return RuleResult(Action.CONFIRM, "closed", {"time": now})
    return RuleResult(Action.CONFIRM, "hours", {"time": now, "usual": str(usual)})


def clock(context: RuleContext) -> RuleResult | None:
    """The clock of the host stands before the last payment: limits count on for the later time."""
    behind = context.totals.logical(context.now) - context.now
    if behind <= CLOCK_TOLERANCE:
        return None
    return RuleResult(Action.CONFIRM, "clock", {"behind_min": behind // timedelta(minutes=1)})


def leap(context: RuleContext) -> RuleResult | None:
    """The clock of the host stands far behind the last payment in time: a flat battery, or long holidays."""
    if context.totals.ahead(context.now) <= CLOCK_LEAP:
        return None
    return RuleResult(Action.CONFIRM, "leap", {"date": f"{context.now:%Y-%m-%d}"})


def is_open(opening_hours: Hours, grace_min: int, now: datetime) -> bool:
    """True inside the opening hours by local time, `grace_min` minutes on either side included."""
    minute = now.hour * 60 + now.minute
    for days in (-1, 0, 1):
        for start, end in opening_hours.of_weekday((now.weekday() + days) % 7).spans:
            length = end - start if end > start else end - start + MINUTES_PER_DAY
            begins = days * MINUTES_PER_DAY + start
            if begins - grace_min <= minute < begins + length + grace_min:
                return True
    return False
