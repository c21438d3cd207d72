"""The static limits: each is a function from a case to a hit or to nothing.

"Above" means greater than: what equals a limit passes. Amounts are integers of
minor units, and the payment asked about is added to what the windows hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from agent.base.money import MAX_MINOR, format_amount
from agent.rules.action import Rung
from agent.rules.context import RuleRequest
from agent.rules.policy import MINUTES_PER_DAY, Hours, Policy
from agent.rules.totals import Windows

# Time servers and a drifting clock stay well inside this; a clock set by hand does not.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Case:
    """One request with all that a rule may look at. `now` is the wall clock, with its offset."""

    request: RuleRequest
    windows: Windows
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
class Hit:
    """What a rule found: a step, one sentence, and the figures it compared."""

    rung: Rung
    text: str
    figures: dict[str, int]


def amount(case: Case) -> Hit | None:
    """A sale or refund has a whole amount that a terminal can hold."""
    value = case.request.amount
    if not case.moves_money or (type(value) is int and 0 < value <= MAX_MINOR):
        return None
    return Hit(Rung.BLOCK, "The amount is not one that a terminal can take.", {})


def currency(case: Case) -> Hit | None:
    """The currency is the shop's."""
    if not case.moves_money or case.comparable:
        return None
    asked = case.request.currency or "no currency"
    text = f"The till asked for {asked}, but this shop's currency is {case.policy.currency}."
    return Hit(Rung.BLOCK, text, {})


def minimum(case: Case) -> Hit | None:
    """Sales below `min` ask once more: stolen cards are tried with tiny amounts."""
    limit = case.policy.min
    if case.request.kind != "sale" or not case.comparable or limit is None or case.amount >= limit:
        return None
    text = f"{case.money(case.amount)} is below the smallest usual sale of {case.money(limit)}."
    return Hit(Rung.CONFIRM, text, {"amount": case.amount, "limit": limit})


def soft(case: Case) -> Hit | None:
    """Payments above `soft` need what `soft_step` says."""
    levels = ((Rung.of(case.policy.soft_step), case.policy.soft),)
    return _amount_above(case, "the soft limit", levels)


def hard(case: Case) -> Hit | None:
    """Payments above `hard` are not possible; without `hard` none is."""
    if not case.moves_money:
        return None
    if case.policy.hard is None:
        return Hit(Rung.BLOCK, "The shop has not set its hard limit, so nothing can be charged.", {})
    return _amount_above(case, "the hard limit", ((Rung.BLOCK, case.policy.hard),))


def day_count(case: Case) -> Hit | None:
    """The sales of a till on one business day, by number."""
    policy = case.policy
    levels = (
        (Rung.BLOCK, policy.day_count_block),
        (Rung.SUPERVISOR, policy.day_count_supervisor),
        (Rung.NOTE, policy.day_count_note),
    )
    return _count_above(case, "sale", levels)


def day_sum(case: Case) -> Hit | None:
    """The sales of a till on one business day, by value."""
    policy = case.policy
    levels = (
        (Rung.BLOCK, policy.day_sum_block),
        (Rung.SUPERVISOR, policy.day_sum_supervisor),
        (Rung.NOTE, policy.day_sum_note),
    )
    return _sum_above(case, "sale", levels)


def refund(case: Case) -> Hit | None:
    """One refund, by value."""
    policy = case.policy
    levels = ((Rung.BLOCK, policy.refund_block), (Rung.SUPERVISOR, policy.refund_supervisor))
    return _amount_above(case, "the limit for one refund", levels) if case.request.kind == "refund" else None


def refund_count(case: Case) -> Hit | None:
    """The refunds of a till on one business day, by number."""
    policy = case.policy
    levels = ((Rung.BLOCK, policy.refund_count_block), (Rung.SUPERVISOR, policy.refund_count_supervisor))
    return _count_above(case, "refund", levels)


def refund_sum(case: Case) -> Hit | None:
    """The refunds of a till on one business day, by value."""
    policy = case.policy
    levels = ((Rung.BLOCK, policy.refund_sum_block), (Rung.SUPERVISOR, policy.refund_sum_supervisor))
    return _sum_above(case, "refund", levels)


def original(case: Case) -> Hit | None:
    """A refund or reversal takes back an approved sale, and never more than is left of it."""
    kind, known = case.request.kind, case.request.original
    if kind not in {"refund", "reversal"}:
        return None
    if known is None:
        return Hit(Rung.BLOCK, f"A {kind} must name a payment that this agent knows.", {})
    if known.kind != "sale" or not known.approved:
        return Hit(Rung.BLOCK, f"The payment that this {kind} names is not an approved sale.", {})
    if known.reversed:
        return Hit(Rung.BLOCK, "That payment has already been reversed as a whole.", {})
    if kind == "reversal" and known.refunded > 0:
        text = f"{case.money(known.refunded)} of that payment were already refunded: refund the rest instead."
        return Hit(Rung.BLOCK, text, {"refunded": known.refunded})
    return _beyond_original(case, known.left, known.currency) if kind == "refund" else None


def hours(case: Case) -> Hit | None:
    """Payments outside the opening hours, with some minutes of grace, ask once more."""
    policy = case.policy
    if case.request.kind == "close_day" or is_open(policy.hours, policy.hours_grace_min, case.now):
        return None
    usual = policy.hours.of_weekday(case.now.weekday())
    text = f"It is {case.now:%H:%M}, outside the opening hours of today ({usual})."
    return Hit(Rung.CONFIRM, text, {"minute": case.now.hour * 60 + case.now.minute})


def clock(case: Case) -> Hit | None:
    """The clock of the host stands behind the newest entry: limits count on for the later time."""
    behind = case.windows.logical(case.now) - case.now
    if behind <= CLOCK_TOLERANCE:
        return None
    minutes = behind // timedelta(minutes=1)
    text = f"The clock of this computer is {minutes} minutes behind the last payment: call support."
    return Hit(Rung.CONFIRM, text, {"behind_min": minutes})


def training(case: Case) -> Hit | None:
    """Training is written into the decision, so that nobody takes it for a real payment."""
    return Hit(Rung.NOTE, "Training: no money moves.", {}) if case.request.training else None


_Levels = tuple[tuple[Rung, int | None], ...]
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


def _beyond_original(case: Case, left: int, letters: str) -> Hit | None:
    if letters != case.request.currency:
        return Hit(Rung.BLOCK, f"That payment was made in {letters}.", {})
    if case.amount <= left:
        return None
    text = f"{case.money(case.amount)} is more than the {case.money(left)} that is left of that payment."
    return Hit(Rung.BLOCK, text, {"amount": case.amount, "left": left})


def _exceeded(value: int, levels: _Levels) -> tuple[Rung, int] | None:
    """The first level that `value` is above; levels stand strictest first."""
    return next(((rung, limit) for rung, limit in levels if limit is not None and value > limit), None)


def _amount_above(case: Case, name: str, levels: _Levels) -> Hit | None:
    found = _exceeded(case.amount, levels) if case.comparable else None
    if found is None:
        return None
    rung, limit = found
    text = f"{case.money(case.amount)} is above {name} of {case.money(limit)}."
    return Hit(rung, text, {"amount": case.amount, "limit": limit})


def _count_above(case: Case, kind: _Counted, levels: _Levels) -> Hit | None:
    if case.request.kind != kind or not case.comparable:
        return None
    count = case.windows.total(kind, case.request.till, case.policy.currency.letters, case.now).count + 1
    found = _exceeded(count, levels)
    if found is None:
        return None
    rung, limit = found
    text = f"This is {kind} number {count} of today at this till; the limit is {limit}."
    return Hit(rung, text, {"count": count, "limit": limit})


def _sum_above(case: Case, kind: _Counted, levels: _Levels) -> Hit | None:
    if case.request.kind != kind or not case.comparable:
        return None
    before = case.windows.total(kind, case.request.till, case.policy.currency.letters, case.now).sum
    found = _exceeded(before + case.amount, levels)
    if found is None:
        return None
    rung, limit = found
    text = (
        f"With {case.money(case.amount)} today's {kind}s at this till come to "
        f"{case.money(before + case.amount)}; the limit is {case.money(limit)}."
    )
    return Hit(rung, text, {"amount": case.amount, "before": before, "limit": limit})
