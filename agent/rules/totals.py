"""What was sold and given back today: a fold over the journal, per till, terminal, shop and currency.

A payment counts from `Submitted` on. It still counts while it is unclear: unclear is
possibly approved. It is taken off only when the journal says that no money moved. A
reversal takes no sale off: else a day's limit could be filled again and again. It counts as
money given back.

The name of a till is what a request says of itself. So each payment counts for its terminal and for
the shop, too.

The clock is a logical one: the later of the wall clock and of the last payment that a terminal
heard of. The business day never turns back, so a clock set back frees no limit. A boot with a
wrong clock moves nothing, since no payment moves with it. After a payment with a wrong clock, two
persons declare the right time (`ClockDeclared`): then each payment counts on the day that its own
wall clock showed.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

import msgspec

from agent.journal.schema.derived import DerivedState
from agent.journal.schema.entry import (
    Cancelled,
    ClockDeclared,
    Completed,
    Entry,
    NotSent,
    Refused,
    Requested,
    Resolved,
    Submitted,
    TerminalResult,
    UnsolicitedResult,
)
from agent.journal.schema.kinds import KINDS, TotalName

# Rules read today's totals. Yesterday's are kept for a payment that is resolved after the
# cut-over: it is taken off the day on which it was counted.
KEPT_BUSINESS_DAYS: Final = 2

# A wrong clock is noticed within a week. The days in the order in which they were counted.
KEPT_WALL_DAYS: Final = 8

# The place of the totals of all terminals of this agent together.
SHOP: Final = "shop"


class Total(msgspec.Struct, frozen=True):
    """Count and sum, in minor units, of one kind of payment at one place on one day."""

    count: int = 0
    sum: int = 0


class Pending(msgspec.Struct):
    """A payment that may still change what is counted; `day` is set while it counts.

    `wall` is the day that the wall clock showed when it was counted.
    """

    kind: TotalName
    till: str
    terminal: str
    currency: str
    amount: int
    seen: date
    day: date | None = None
    wall: date | None = None


class _Content(msgspec.Struct):
    """The whole state, as the snapshot keeps it.

    `walls` is what `ClockDeclared` goes back to: totals by the wall clock's day where that was another,
    and days that are over.
    """

    days: dict[date, dict[str, Total]]
    pending: dict[str, Pending]
    walls: dict[date, dict[str, Total]] = {}
    last_seen: datetime | None = None
    last_day: date = date.min


_STATE: Final = DerivedState(_Content, version=3)


class DayTotals:
    """The totals of the current business day. `day_starts` is its cut-over in local time."""

    def __init__(self, day_starts: time) -> None:
        self._day_starts = day_starts
        self._content = _Content(days={}, pending={})

    def total(self, kind: TotalName, place: str, currency: str, now: datetime) -> Total:
        """The totals of the business day of `now`, without the payment that the rules look at.

        `place` is `till_place`, `terminal_place` or `SHOP`.
        """
        window = self._content.days.get(self.business_day(now), {})
        return window.get(_key(kind, place, currency), Total())

    def logical(self, now: datetime) -> datetime:
        """The later of `now` and the last payment's time. Raises `ValueError` without an offset."""
        if now.utcoffset() is None:
            raise ValueError("time without offset")
        last = self._content.last_seen
        # Compare seconds since 1970: Python compares two times of one zone by the wall clock, which the end
        # of summer time sets back.
        return now if last is None or now.timestamp() >= last.timestamp() else last

    def ahead(self, now: datetime) -> timedelta:
        """How far `now` lies behind the last payment in time; nothing before the first payment."""
        last = self._content.last_seen
        return timedelta(0) if last is None else self.logical(now) - last

    def business_day(self, now: datetime) -> date:
        """The business day of `now`, which is never before the last one seen."""
        return self._not_before_last(self.logical(now))

    def _not_before_last(self, logical: datetime) -> date:
        return max(business_day(logical, self._day_starts), self._content.last_day)

    def apply(self, entry: Entry) -> None:
        """Let one entry change the totals."""
        match entry.body:
            case Requested() as body:
                self._remember(body, self.business_day(entry.at))
            case Submitted() as body:
                self._believe(entry.at)
                self._learn_amount(body)
                self._count(body.payment_id, entry.at)
            case TerminalResult() as body:
                self._judge(body, entry.at)
            case UnsolicitedResult(result=body) if body.verdict == "approved":
                self._judge(body, entry.at)
            case ClockDeclared():
                self._go_back_to(entry.at)
            case Completed() | Resolved(verdict="approved" | "unclear") as body:
                self._content.pending.pop(body.payment_id, None)
            case Refused() | Cancelled() | NotSent() | Resolved() as body:
                self._take_off(body.payment_id)
            case _:
                pass

    def to_bytes(self) -> bytes:
        """The state for a snapshot."""
        return _STATE.encode(self._content)

    def from_bytes(self, content: bytes) -> None:
        """Take up where `to_bytes` left off. Raises `OutdatedStateError` for other bytes."""
        self._content = _STATE.decode(content)

    def _believe(self, at: datetime) -> None:
        """A terminal hears of a payment at this time: from now on no earlier time counts."""
        content = self._content
        content.last_seen = self.logical(at)
        day = self._not_before_last(content.last_seen)
        if day != content.last_day:
            content.last_day = day
            self._forget_old_days()

    def _go_back_to(self, at: datetime) -> None:
        """The wall clock is right now: days that lie behind it were wrong, and count by the wall clock."""
        content, today = self._content, business_day(at, self._day_starts)
        content.last_seen, content.last_day = at, today
        content.days = {day: window for day, window in content.days.items() if day <= today}
        for day, window in content.walls.items():
            if day <= today:
                _merge(content.days.setdefault(day, {}), window)
        content.walls = {}
        for pending in content.pending.values():
            pending.seen = min(pending.seen, today)
            if pending.day is not None and pending.day > today:
                pending.day = pending.wall if pending.wall and pending.wall <= today else None
        self._forget_old_days()

    def _remember(self, body: Requested, day: date) -> None:
        kind = KINDS.get(body.payment)
        if kind and kind.total:
            self._content.pending[body.payment_id] = Pending(
                kind=kind.total,
                till=body.till,
                terminal=body.terminal,
                currency=body.currency or "",
                amount=body.amount or 0,
                seen=day,
            )

    def _learn_amount(self, body: Submitted) -> None:
        """A reversal names no amount; what it gives back is known when it is submitted."""
        pending = self._content.pending.get(body.payment_id)
        if pending is not None and pending.day is None and body.amount is not None and body.currency:
            pending.amount, pending.currency = body.amount, body.currency

    def _count(self, payment_id: str, at: datetime) -> None:
        pending = self._content.pending.get(payment_id)
        if pending is not None and pending.day is None:
            pending.day, pending.wall = self.business_day(at), business_day(at, self._day_starts)
            self._add(pending, 1, pending.amount)

    def _judge(self, body: TerminalResult, at: datetime) -> None:
        if body.verdict != "approved":
            self._take_off(body.payment_id)
            return
        self._count(body.payment_id, at)
        pending = self._content.pending.get(body.payment_id)
        if pending is None or body.amount is None or body.currency not in {None, pending.currency}:
            return
        # A number without a currency may be another currency's: it makes no less of money given back.
        bare = body.currency is None and pending.kind == "refund"
        amount = max(body.amount, pending.amount) if bare else body.amount
        self._add(pending, 0, amount - pending.amount)
        pending.amount = amount

    def _take_off(self, payment_id: str) -> None:
        """No money moved. The payment is still kept: an unsolicited result may say otherwise."""
        pending = self._content.pending.get(payment_id)
        if pending is not None and pending.day is not None:
            self._add(pending, -1, -pending.amount)
            pending.day = None

    def _add(self, pending: Pending, count: int, amount: int) -> None:
        if pending.day is None:
            return
        self._add_on(self._content.days.setdefault(pending.day, {}), pending, count, amount)
        if pending.wall is not None and pending.wall != pending.day:
            self._add_on(self._content.walls.setdefault(pending.wall, {}), pending, count, amount)

    @staticmethod
    def _add_on(window: dict[str, Total], pending: Pending, count: int, amount: int) -> None:
        for place in (till_place(pending.till), terminal_place(pending.terminal), SHOP):
            _merge(window, {_key(pending.kind, place, pending.currency): Total(count, amount)})

    def _kept(self, day: date) -> bool:
        return self._content.last_day - day < timedelta(days=KEPT_BUSINESS_DAYS)

    def _forget_old_days(self) -> None:
        content = self._content
        for day in [day for day in content.days if not self._kept(day)]:
            _merge(content.walls.setdefault(day, {}), content.days.pop(day))
        while len(content.walls) > KEPT_WALL_DAYS:
            del content.walls[next(iter(content.walls))]
        content.pending = {
            payment_id: pending
            for payment_id, pending in content.pending.items()
            if self._kept(pending.day or pending.seen)
        }


def business_day(now: datetime, starts: time) -> date:
    """The day on which the business day of `now` began, by local time.

    Comparing wall-clock times is right even on the days when summer time begins or ends: the
    cut-over is at the time that the shop's clock shows.
    """
    return now.date() if now.time() >= starts else now.date() - timedelta(days=1)


def _merge(window: dict[str, Total], more: dict[str, Total]) -> None:
    for key, total in more.items():
        before = window.get(key, Total())
        window[key] = Total(before.count + total.count, before.sum + total.sum)


def till_place(till: str) -> str:
    """The place of a till's totals."""
    return f"till {till}"


def terminal_place(terminal: str) -> str:
    """The place of a terminal's totals."""
    return f"terminal {terminal}"


def _key(kind: str, place: str, currency: str) -> str:
    return f"{kind} {place} {currency}"
