"""Raised once, cleared once: a cause that comes and goes does not make an alarm flicker."""

from __future__ import annotations

from agent.alarms.conditions import Condition
from agent.alarms.registry import ALARMS
from agent.alarms.watch import AlarmWatch
from agent.journal.schema.entry import AlarmAcknowledged, AlarmCleared, AlarmRaised, AnyBody
from tests.alarms.entries import Entries

AWAY = Condition("terminal_away", "front")
LOW = Condition("disk_low", figures={"free_mib": 80})
LOW_RAISED = AlarmRaised(alarm="disk_low", severity="warning", figures={"free_mib": 80})
FORK = Condition("fork")
LOOK_S = 60


class Shop:
    """Looks once a minute, and writes what follows."""

    def __init__(self) -> None:
        self.entries = Entries()
        self.now = 0.0
        self.restart()

    def restart(self) -> None:
        self.entries.standing = self.entries.read_again()
        self.watch = AlarmWatch(self.entries.standing)

    def look(self, *holding: Condition, unknown: tuple[str, ...] = (), times: int = 1) -> list[AnyBody]:
        written: list[AnyBody] = []
        for _ in range(times):
            bodies = self.watch.look(holding, unknown, self.now)
            self.entries.write(bodies)
            written += bodies
            self.now += LOOK_S
        return written

    def stands(self) -> list[str]:
        return [alarm.id for alarm in self.entries.standing.all()]


def test_a_cause_that_lasts_raises_it_once() -> None:
    shop = Shop()
    assert shop.look(LOW, times=100) == [LOW_RAISED]
    assert shop.stands() == ["disk_low"]


def test_a_cause_that_does_not_last_raises_nothing() -> None:
    """A terminal that restarts is away for a minute."""
    shop = Shop()
    assert shop.look(AWAY) == []
    assert shop.look(times=3) == []
    assert shop.look(AWAY) == []


def test_it_is_cleared_when_the_cause_has_been_gone_for_a_while() -> None:
    shop = Shop()
    shop.look(LOW)
    looks = int(ALARMS["disk_low"].calm_s // LOOK_S)
    assert shop.look(times=looks) == []
    assert shop.look() == [AlarmCleared(alarm="disk_low")]
    assert shop.stands() == []
    assert shop.look(times=100) == []


def test_a_cable_with_a_bad_contact_is_one_alarm() -> None:
    """Away for three minutes, there for one, all day long."""
    shop = Shop()
    written = [body for _ in range(300) for body in (*shop.look(AWAY, times=3), *shop.look())]
    assert [type(body) for body in written] == [AlarmRaised]


def test_what_nobody_can_look_at_is_not_over() -> None:
    shop = Shop()
    shop.look(LOW)
    assert shop.look(unknown=("disk_low",), times=100) == []
    assert shop.stands() == ["disk_low"]


def test_after_a_restart_it_goes_on_and_is_not_raised_again() -> None:
    shop = Shop()
    shop.look(LOW)
    shop.restart()
    assert shop.look(LOW, times=10) == []
    shop.restart()
    assert shop.look(times=10) == [AlarmCleared(alarm="disk_low")]


def test_evidence_is_not_cleared_by_who_takes_the_file_away() -> None:
    """The cause is gone: that is no reason yet. A person has to say that they know of it."""
    shop = Shop()
    shop.look(FORK)
    assert shop.look(times=100) == []
    shop.entries.write([AlarmAcknowledged(alarm="fork", person="anna")])
    assert shop.look() == [AlarmCleared(alarm="fork")]


def test_evidence_is_not_cleared_by_who_says_that_they_know_of_it() -> None:
    shop = Shop()
    shop.look(FORK)
    shop.entries.write([AlarmAcknowledged(alarm="fork", person="anna")])
    assert shop.look(FORK, times=100) == []
    assert shop.stands() == ["fork"]


def test_what_a_newer_version_raised_is_left_to_it() -> None:
    shop = Shop()
    shop.entries.write([AlarmRaised(alarm="tampered_screw", severity="info")])
    assert shop.look(LOW, times=2) == [LOW_RAISED]
    assert shop.look(times=100) == [AlarmCleared(alarm="disk_low")]
    assert shop.stands() == ["tampered_screw"]
