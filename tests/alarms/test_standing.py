"""The alarms that stand are a fold over the journal: the same after every restart, whatever is in it."""

from __future__ import annotations

import pytest

from agent.alarms.standing import MAX_FIGURE_CHARACTERS, MAX_OF_A_KIND, StandingAlarm, StandingAlarms, raising
from agent.journal.schema.entry import AlarmAcknowledged, AlarmCleared, AlarmRaised
from tests.alarms.entries import NOON, Entries

AWAY = AlarmRaised(alarm="terminal_away", severity="warning", subject="front")
LOW = AlarmRaised(alarm="disk_low", severity="warning", figures={"free_mib": 80})
FORK = AlarmRaised(alarm="fork", severity="critical")


@pytest.fixture
def entries() -> Entries:
    return Entries()


def ids(standing: StandingAlarms) -> list[str]:
    return [alarm.id for alarm in standing.all()]


def heard(entries: Entries) -> list[tuple[str, str]]:
    """What a listener hears from now on."""
    changes: list[tuple[str, str]] = []
    entries.standing.listeners.append(lambda change, alarm: changes.append((change, alarm.id)))
    return changes


def test_raised_acknowledged_cleared(entries: Entries) -> None:
    entries.write([AWAY])
    (alarm,) = entries.standing.all()
    assert (alarm.id, alarm.raised_at, alarm.acknowledged_by) == ("terminal_away:front", NOON, "")
    entries.write([AlarmAcknowledged(alarm="terminal_away", subject="front", person="anna")])
    (alarm,) = entries.standing.all()
    assert alarm.acknowledged_by == "anna"
    assert alarm.acknowledged_at is not None
    entries.write([AlarmCleared(alarm="terminal_away", subject="front")])
    assert entries.standing.all() == []


def test_the_gravest_come_first_and_then_the_oldest(entries: Entries) -> None:
    entries.write([LOW, AWAY, FORK])
    assert ids(entries.standing) == ["fork", "disk_low", "terminal_away:front"]


def test_the_same_after_a_restart(entries: Entries) -> None:
    entries.write([LOW, AWAY, AlarmAcknowledged(alarm="disk_low", person="anna"), FORK])
    entries.write([AlarmCleared(alarm="terminal_away", subject="front")])
    assert entries.read_again().all() == entries.standing.all()
    thawed = StandingAlarms()
    thawed.from_bytes(entries.standing.to_bytes())
    assert thawed.all() == entries.standing.all()


def test_one_that_stands_is_not_raised_again(entries: Entries) -> None:
    entries.write([LOW])
    assert entries.standing.raising("disk_low", figures={"free_mib": 12}) == []
    entries.write([AlarmRaised(alarm="disk_low", severity="warning", figures={"free_mib": 12})])
    assert [alarm.figures for alarm in entries.standing.all()] == [{"free_mib": 80}]


def test_what_a_newer_version_raised_is_shown_and_hides_nothing(entries: Entries) -> None:
    newer = AlarmRaised(alarm="tampered_screw", severity="critical", subject="front", figures={"turns": 3})
    entries.write([newer, LOW])
    assert ids(entries.standing) == ["tampered_screw:front", "disk_low"]
    first = entries.standing.all()[0]
    assert (first.kind.known, first.figures) == (False, {"turns": 3})


def test_of_one_kind_only_so_many_stand_and_then_it_is_said(entries: Entries) -> None:
    for number in range(MAX_OF_A_KIND + 5):
        entries.write(entries.standing.raising("amount_differs", f"A-{number}"))
    entries.write(entries.standing.raising("disk_low"))
    standing = ids(entries.standing)
    assert len(standing) == MAX_OF_A_KIND + 2
    assert "many:amount_differs" in standing
    assert "disk_low" in standing


def test_listeners_hear_of_each_change_once(entries: Entries) -> None:
    changes = heard(entries)
    entries.write([LOW, LOW, AlarmAcknowledged(alarm="disk_low", person="anna")])
    entries.write([AlarmCleared(alarm="disk_low"), AlarmCleared(alarm="disk_low")])
    assert changes == [("raised", "disk_low"), ("acknowledged", "disk_low"), ("cleared", "disk_low")]


def test_what_cannot_be_written_is_shown_all_the_same(entries: Entries) -> None:
    changes = heard(entries)
    full = StandingAlarm(alarm="disk_full", severity="critical", raised_at=NOON, written=False)
    low = StandingAlarm(alarm="disk_low", severity="warning", raised_at=NOON, written=False)
    for _ in range(3):  # it is looked at again and again
        entries.standing.show_unwritten([full, low])
    assert ids(entries.standing) == ["disk_full", "disk_low"]
    entries.write([LOW])  # there is room again
    entries.standing.show_unwritten([])
    assert ids(entries.standing) == ["disk_low"]
    assert sorted(changes) == [("cleared", "disk_full"), ("raised", "disk_full"), ("raised", "disk_low")]


@pytest.mark.parametrize("figure", ["x" * 100_000, "\ud800", 2**70, -(2**70)])
def test_nothing_in_a_figure_keeps_an_alarm_from_being_written(figure: int | str, entries: Entries) -> None:
    entries.write([raising("terminal_away", "front", {"text": figure})])
    (alarm,) = entries.read_again().all()
    assert len(str(alarm.figures["text"])) <= MAX_FIGURE_CHARACTERS
