"""How long the oldest entry waits for headquarters: known to the hour, in little memory, over restarts."""

from __future__ import annotations

from datetime import datetime, timedelta

from agent.alarms.ages import GRAIN, MAX_MARKS, EntryAges
from agent.journal.schema.entry import Entry, Stopped
from tests.alarms.entries import NOON


def written(ages: EntryAges, *hours: float) -> EntryAges:
    """Entries 0, 1, 2 … so many hours after noon."""
    for index, hour in enumerate(hours):
        at = NOON + timedelta(hours=hour)
        ages.apply(Entry(index=index, at=at, boot_ms=0, body=Stopped(reason="x")))
    return ages


def hour(number: float) -> datetime:
    return NOON + timedelta(hours=number)


def test_nothing_waits_when_all_is_confirmed() -> None:
    ages = written(EntryAges(), 0, 1, 2)
    assert ages.waiting_since(3, 3) is None
    assert EntryAges().waiting_since(0, 0) is None


def test_the_oldest_that_waits_is_known_to_the_hour() -> None:
    """A few sales in the evening, and the next ones days later."""
    hours = (0, 0.5, 0.9, 70, 70.5)
    for confirmed, since in enumerate((0, 0, 0, 70, 70)):
        answer = written(EntryAges(), *hours).waiting_since(confirmed, len(hours))
        assert answer == hour(since)
        assert hour(hours[confirmed]) - answer < GRAIN


def test_what_is_confirmed_is_forgotten() -> None:
    ages = written(EntryAges(), *range(100))
    ages.waiting_since(90, 100)
    assert len(ages.to_bytes()) < 1_000
    assert ages.waiting_since(95, 100) == hour(95)
    assert ages.began == hour(0)


def test_a_year_without_headquarters_fits() -> None:
    ages = written(EntryAges(), *range(24 * 365))
    assert len(ages.to_bytes()) < 60 * MAX_MARKS
    assert ages.waiting_since(0, 24 * 365) == hour(0)


def test_a_clock_that_was_set_back_is_remembered() -> None:
    ages = written(EntryAges(), 0, 10, -20)
    assert ages.waiting_since(2, 3) == hour(-20)


def test_the_same_after_a_restart() -> None:
    ages = written(EntryAges(), *range(50))
    thawed = EntryAges()
    thawed.from_bytes(ages.to_bytes())
    assert (thawed.began, thawed.waiting_since(7, 50)) == (ages.began, ages.waiting_since(7, 50))
