"""A terminal's times, compared with the till's: local, without a zone, mostly without a year."""

from __future__ import annotations

from datetime import datetime, timedelta

from drivers.terminal import Unclear


def told_at(date: str, time: str, like: datetime) -> datetime | None:
    """The moment of a result's `date` and `time`, in the zone of `like`; None if it told none.

    Without a year, we take the year that brings it nearest to `like`.
    """
    years = (like.year - 1, like.year, like.year + 1) if len(date) == 4 else ("",)
    moments = [at for year in years if (at := _read(f"{year}{date}{time}", like)) is not None]
    return min(moments, key=lambda at: abs(at - like), default=None)


def in_time(unclear: Unclear, at: datetime, longest: timedelta) -> bool:
    """Whether that time fits a dialogue of at most `longest`, within the tolerance of the clocks."""
    apart = unclear.clocks_apart
    return unclear.asked_at - apart <= at <= unclear.asked_at + longest + apart


def _read(digits: str, like: datetime) -> datetime | None:
    if len(digits) != len("YYYYMMDDHHMMSS") or not digits.isdecimal():
        return None
    year = int(digits[:4])
    month, day, hour, minute, second = (int(digits[place : place + 2]) for place in range(4, 14, 2))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=like.tzinfo)
    except ValueError:
        return None
