"""What the shop allows: every limit of the rules with its default.

This is the `[rules]` section of the settings. An amount is an integer of minor
units of `currency`; None switches a limit off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import time
from typing import Annotated, Final, Literal, get_args

from msgspec import Meta

from agent.base.money import MAX_MINOR, Currency

MINUTES_PER_DAY: Final = 24 * 60

# Marks an integer that is written as an amount ("12.50") in the settings.
AMOUNT: Final = Meta(ge=0, le=MAX_MINOR, description="amount")

LimitAmount = Annotated[int, AMOUNT]
Count = Annotated[int, Meta(ge=0, le=100_000, description="payments", examples=[200])]
MismatchAction = Literal["report", "hold", "block"]
SoftAction = Literal["confirm", "verify", "supervisor"]
# Over what a limit of the day counts.
Scope = Literal["till", "terminal", "shop"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)

# A tip up to this part of the amount is ordinary: guests give 5 to 20 %.
TIP_PERCENT: Final = 30

_SPAN: Final = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Opening:
    """The opening hours of one weekday: spans in minutes from midnight.

    A span whose end is not after its start ends on the next day.
    """

    spans: tuple[tuple[int, int], ...]

    @classmethod
    def parse(cls, text: str) -> Opening:
        """Reads "closed" or "09:00-12:30, 14:00-18:00". Raises `ValueError`."""
        if text == "closed":
            return cls(())
        return cls(tuple(_span(part.strip()) for part in text.split(",")))

    def __str__(self) -> str:
        spans = ", ".join(f"{clock_text(start)}-{clock_text(end)}" for start, end in self.spans)
        return spans or "closed"


def clock_text(minutes: int) -> str:
    """Minutes from midnight as "09:30"."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _span(text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError("not a span")
    hour, minute, end_hour, end_minute = (int(part) for part in found.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if minute > 59 or end_minute > 59 or start >= MINUTES_PER_DAY or end > MINUTES_PER_DAY:
        raise ValueError("not a time")
    return start, end


ALWAYS_OPEN: Final = Opening(((0, MINUTES_PER_DAY),))


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours by weekday, in local time."""

    mon: Opening = ALWAYS_OPEN
    tue: Opening = ALWAYS_OPEN
    wed: Opening = ALWAYS_OPEN
    thu: Opening = ALWAYS_OPEN
    fri: Opening = ALWAYS_OPEN
    sat: Opening = ALWAYS_OPEN
    sun: Opening = ALWAYS_OPEN

    def of_weekday(self, weekday: int) -> Opening:
        """The hours of a weekday, 0 = Monday."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)[weekday]


@dataclass(frozen=True, slots=True)
class DayLimits:
    """The limits of a day for a terminal or for the shop. None is the default that `Policy.level` derives."""

    day_count_note: Count | None = None
    day_count_supervisor: Count | None = None
    day_count_block: Count | None = None
    day_sum_note: LimitAmount | None = None
    day_sum_supervisor: LimitAmount | None = None
    day_sum_block: LimitAmount | None = None
    refund_count_supervisor: Count | None = None
    refund_count_block: Count | None = None
    refund_sum_supervisor: LimitAmount | None = None
    refund_sum_block: LimitAmount | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """The shop's limits. `hard` has no default: without it no payment is taken.

    `<what>_<action>` is the level above which `what` gives `action`. `day_` levels
    count sales, `refund_` levels count all money that is given back, per till, business day and currency.
    `terminal` and `shop` hold the same levels for a terminal and for all terminals together.
    `on_amount_mismatch` says what happens when the approved amount is not the requested one. A tip of
    at most `tip_percent` of what was asked is no such difference.
    """

    currency: Currency
    hard: LimitAmount | None = None
    min: LimitAmount | None = 100
    soft: LimitAmount | None = 50_000
    soft_action: SoftAction = "confirm"
    day_count_note: Count | None = None
    day_count_supervisor: Count | None = None
    day_count_block: Count | None = None
    day_sum_note: LimitAmount | None = None
    day_sum_supervisor: LimitAmount | None = None
    day_sum_block: LimitAmount | None = None
    refund_supervisor: LimitAmount | None = 10_000
    refund_block: LimitAmount | None = None
    refund_count_supervisor: Count | None = None
    refund_count_block: Count | None = None
    refund_sum_supervisor: LimitAmount | None = None
    refund_sum_block: LimitAmount | None = None
    on_amount_mismatch: MismatchAction = "report"
    tip_percent: Annotated[int, Meta(ge=0, le=1000, description="percent", examples=[30])] = TIP_PERCENT
    business_day_starts: time = time(4)
    hours_grace_min: Annotated[int, Meta(ge=0, le=240, description="minutes", examples=[30])] = 30
    hours: Hours = field(default_factory=Hours)
    terminal: DayLimits = field(default_factory=DayLimits)
    shop: DayLimits = field(default_factory=DayLimits)

    def level(self, scope: Scope, key: str, terminals: int) -> int | None:
        """The level `key` of a day for a till, a terminal or the shop with its number of terminals.

        The name of a till is only what it says of itself. So a level of the tills holds for each terminal,
        and for the shop as often as it has terminals, where nothing else is written. Money that is given
        back needs a second person at the latest when a shop's day comes to more than `hard`.
        """
        if scope == "till":
            return _written(self, key)
        own = _written(self.terminal if scope == "terminal" else self.shop, key)
        till = _written(self, key)
        if own is not None or scope == "terminal":
            return till if own is None else own
        if till is None:
            return self.hard if key == "refund_sum_supervisor" else None
        return till * max(1, terminals)


def _written(levels: Policy | DayLimits, key: str) -> int | None:
    value: int | None = getattr(levels, key)
    return value
