"""The static limits: each is a function from a context to a result or to nothing.

"Above" means greater than: what equals a limit passes. Amounts are integers of
minor units, and the payment asked about is added to what the totals hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from agent.base.money import MAX_MINOR, format_amount
from agent.rules.action import Action
from agent.rules.context import RuleRequest
from agent.rules.policy import MINUTES_PER_DAY, Hours, Policy
from agent.rules.totals import DayTotals

# Time servers and a drifting clock stay well inside this; a clock set by hand does not.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class RuleContext:
    """One request with all that a rule may look at. `now` is the wall clock, with its offset."""

    request: RuleRequest
    totals: DayTotals
    policy: Policy
    now: datetime

    @property
    def amount(self) -> int:
        """The amount asked for; 0 for what has none (a reversal, a close of the day)."""
        return self.request.amount or 0

    @property
    def moves_money(self) -> bool:
        """A sale or a refund: what has an amount of its own."""
        return self.request.kind in {"sale", "refund"}

    @property
    def comparable(self) -> bool:
        """The amount can be held against the limits; in another currency it is blocked as such."""
        return self.moves_money and self.request.currency == self.policy.currency.letters

    def money(self, minor: int) -> str:
        """An amount for a sentence: 12.50 EUR."""
        return f"{format_amount(minor, self.policy.currency)} {self.policy.currency}"


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What a rule found: an action, one sentence, and the figures it compared."""

    action: Action
    text: str
    figures: dict[str, int]


def amount(context: RuleContext) -> RuleResult | None:
    """A sale or refund has a whole amount that a terminal can hold."""
    value = context.request.amount
    if not context.moves_money or (type(value) is int and 0 < value <= MAX_MINOR):
        return None
    return RuleResult(Action.BLOCK, "The amount is not one that a terminal can take.", {})


def currency(context: RuleContext) -> RuleResult | None:
    """The currency is the shop's."""
    if not context.moves_money or context.comparable:
        return None
    asked = context.request.currency or "no currency"
    text = f"The till asked for {asked}, but this shop's currency is {context.policy.currency}."
    return RuleResult(Action.BLOCK, text, {})


def minimum(context: RuleContext) -> RuleResult | None:
    """Sales below `min` ask once more: stolen cards are tried with tiny amounts."""
    limit = context.policy.min
    if context.request.kind != "sale" or not context.comparable or limit is None or context.amount >= limit:
        return None
    text = f"{context.money(context.amount)} is below the smallest usual sale of {context.money(limit)}."
    return RuleResult(Action.CONFIRM, text, {"amount": context.amount, "limit": limit})


def soft(context: RuleContext) -> RuleResult | None:
    """Payments above `soft` need what `soft_action` says."""
    levels = ((Action.of(context.policy.soft_action), context.policy.soft),)
    return _amount_above(context, "the soft limit", levels)


def hard(context: RuleContext) -> RuleResult | None:
    """Payments above `hard` are not possible; without `hard` none is."""
    if not context.moves_money:
        return None
    if context.policy.hard is None:
        return RuleResult(Action.BLOCK, "The shop has not set its hard limit, so nothing can be charged.", {})
    return _amount_above(context, "the hard limit", ((Action.BLOCK, context.policy.hard),))


def day_count(context: RuleContext) -> RuleResult | None:
    """The sales of a till on one business day, by number."""
    policy = context.policy
    levels = (
        (Action.BLOCK, policy.day_count_block),
        (Action.SUPERVISOR, policy.day_count_supervisor),
        (Action.NOTE, policy.day_count_note),
    )
    return _count_above(context, "sale", levels)


def day_sum(context: RuleContext) -> RuleResult | None:
    """The sales of a till on one business day, by value."""
    policy = context.policy
    levels = (
        (Action.BLOCK, policy.day_sum_block),
        (Action.SUPERVISOR, policy.day_sum_supervisor),
        (Action.NOTE, policy.day_sum_note),
    )
    return _sum_above(context, "sale", levels)


def refund(context: RuleContext) -> RuleResult | None:
    """One refund, by value."""
    policy = context.policy
    levels = ((Action.BLOCK, policy.refund_block), (Action.SUPERVISOR, policy.refund_supervisor))
    return (
        _amount_above(context, "the limit for one refund", levels)
        if context.request.kind == "refund"
        else None
    )


def refund_count(context: RuleContext) -> RuleResult | None:
    """The refunds of a till on one business day, by number."""
    policy = context.policy
    levels = ((Action.BLOCK, policy.refund_count_block), (Action.SUPERVISOR, policy.refund_count_supervisor))
    return _count_above(context, "refund", levels)


def refund_sum(context: RuleContext) -> RuleResult | None:
    """The refunds of a till on one business day, by value."""
    policy = context.policy
    levels = ((Action.BLOCK, policy.refund_sum_block), (Action.SUPERVISOR, policy.refund_sum_supervisor))
    return _sum_above(context, "refund", levels)


def original(context: RuleContext) -> RuleResult | None:
    """A refund or reversal takes back an approved sale, and never more than is left of it."""
    kind, known = context.request.kind, context.request.original
    if kind not in {"refund", "reversal"}:
        return None
    if known is None:
        return RuleResult(Action.BLOCK, f"A {kind} must name a payment that this agent knows.", {})
    if known.kind != "sale" or not known.approved:
        return RuleResult(Action.BLOCK, f"The payment that this {kind} names is not an approved sale.", {})
    if known.reversed:
        return RuleResult(Action.BLOCK, "That payment has already been reversed as a whole.", {})
    if kind == "reversal" and known.refunded > 0:
        text = (
            f"{context.money(known.refunded)} of that payment were already refunded: refund the rest instead."
        )
        return RuleResult(Action.BLOCK, text, {"refunded": known.refunded})
    return _beyond_original(context, known.left, known.currency) if kind == "refund" else None


def hours(context: RuleContext) -> RuleResult | None:
    """Payments outside the opening hours, with some minutes of grace, ask once more."""
    policy = context.policy
    if context.request.kind == "close_day" or is_open(policy.hours, policy.hours_grace_min, context.now):
        return None
    usual = policy.hours.of_weekday(context.now.weekday())
    text = f"It is {context.now:%H:%M}, outside the opening hours of today ({usual})."
    return RuleResult(Action.CONFIRM, text, {"minute": context.now.hour * 60 + context.now.minute})


def clock(context: RuleContext) -> RuleResult | None:
    """The clock of the host stands behind the newest entry: limits count on for the later time."""
    behind = context.totals.logical(context.now) - context.now
    if behind <= CLOCK_TOLERANCE:
        return None
    minutes = behind // timedelta(minutes=1)
    text = f"The clock of this computer is {minutes} minutes behind the last payment: call support."
    return RuleResult(Action.CONFIRM, text, {"behind_min": minutes})


def training(context: RuleContext) -> RuleResult | None:
    """Training is written into the decision, so that nobody takes it for a real payment."""
    return RuleResult(Action.NOTE, "Training: no money moves.", {}) if context.request.training else None


_Levels = tuple[tuple[Action, int | None], ...]
_Counted = Literal["sale", "refund"]


def is_open(opening: Hours, grace_min: int, now: datetime) -> bool:
    """True inside the opening hours by local time, `grace_min` minutes on either side included."""
    minute = now.hour * 60 + now.minute
    for days in (-1, 0, 1):
        for start, end in opening.of_weekday((now.weekday() + days) % 7).spans:
            length = end - start if end > start else end - start + MINUTES_PER_DAY
            begins = days * MINUTES_PER_DAY + start
            if begins - grace_min <= minute < begins + length + grace_min:
                return True
    return False


def _beyond_original(context: RuleContext, left: int, letters: str) -> RuleResult | None:
    if letters != context.request.currency:
        return RuleResult(Action.BLOCK, f"That payment was made in {letters}.", {})
    if context.amount <= left:
        return None
    text = (
        f"{context.money(context.amount)} is more than the {context.money(left)} "
        "that is left of that payment."
    )
    return RuleResult(Action.BLOCK, text, {"amount": context.amount, "left": left})


def _exceeded(value: int, levels: _Levels) -> tuple[Action, int] | None:
    """The first level that `value` is above; levels stand strictest first."""
    return next(((action, limit) for action, limit in levels if limit is not None and value > limit), None)


def _amount_above(context: RuleContext, name: str, levels: _Levels) -> RuleResult | None:
    found = _exceeded(context.amount, levels) if context.comparable else None
    if found is None:
        return None
    action, limit = found
    text = f"{context.money(context.amount)} is above {name} of {context.money(limit)}."
    return RuleResult(action, text, {"amount": context.amount, "limit": limit})


def _count_above(context: RuleContext, kind: _Counted, levels: _Levels) -> RuleResult | None:
    if context.request.kind != kind or not context.comparable:
        return None
    count = (
        context.totals.total(kind, context.request.till, context.policy.currency.letters, context.now).count
        + 1
    )
    found = _exceeded(count, levels)
    if found is None:
        return None
    action, limit = found
    text = f"This is {kind} number {count} of today at this till; the limit is {limit}."
    return RuleResult(action, text, {"count": count, "limit": limit})


def _sum_above(context: RuleContext, kind: _Counted, levels: _Levels) -> RuleResult | None:
    if context.request.kind != kind or not context.comparable:
        return None
    before = context.totals.total(
        kind, context.request.till, context.policy.currency.letters, context.now
    ).sum
    found = _exceeded(before + context.amount, levels)
    if found is None:
        return None
    action, limit = found
    text = (
        f"With {context.money(context.amount)} today's {kind}s at this till come to "
        f"{context.money(before + context.amount)}; the limit is {context.money(limit)}."
    )
    return RuleResult(action, text, {"amount": context.amount, "before": before, "limit": limit})
