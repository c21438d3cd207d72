"""A terminal's clock beside the till's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from drivers.clocks import in_time, told_at
from drivers.terminal import Command, Operation, Unclear

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=timezone(timedelta(hours=1)))
LONGEST = timedelta(minutes=20)


def test_a_told_time_is_in_the_zone_of_the_shop() -> None:
    assert told_at("1122", "120003", NOON) == NOON + timedelta(seconds=3)


def test_a_told_year_counts() -> None:
    assert told_at("20251122", "120000", NOON) == NOON.replace(year=2025)


@pytest.mark.parametrize(
    ("date", "like", "year"),
    [
        ("1231", datetime(2027, 1, 1, 0, 5, tzinfo=UTC), 2026),
        ("0101", datetime(2026, 12, 31, tzinfo=UTC), 2027),
    ],
)
def test_without_a_year_the_nearest_is_meant(date: str, like: datetime, year: int) -> None:
    told = told_at(date, "235959", like)
    assert told is not None
    assert told.year == year


def test_a_leap_day_is_in_a_leap_year() -> None:
    told = told_at("0229", "120000", datetime(2027, 3, 1, tzinfo=UTC))
    assert told is not None
    assert told.year == 2028


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("", ""),
        ("1122", ""),
        ("", "120000"),
        ("1322", "120000"),
        ("1122", "996161"),
        ("112", "120000"),
        ("+122", "120000"),
    ],
)
def test_what_is_no_time_is_none(date: str, time: str) -> None:
    assert told_at(date, time, NOON) is None


@pytest.mark.parametrize(
    ("minutes", "known_to", "fits"),
    [
        (-9, 10, True),
        (-11, 10, False),
        (29, 10, True),
        (31, 10, False),
        (-2, 1, False),
        (22, 1, False),
        (20, 1, True),
    ],
)
def test_a_time_fits_as_well_as_the_clocks_are_known(minutes: int, known_to: int, fits: bool) -> None:
    asked = Unclear(Command(Operation.SALE), None, None, NOON, clocks_apart=timedelta(minutes=known_to))
    assert in_time(asked, NOON + timedelta(minutes=minutes), LONGEST) is fits
