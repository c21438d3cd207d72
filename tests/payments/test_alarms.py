"""Alarms in a shop: raised, shown, kept over a restart, and never in the way of a payment."""

from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import timedelta

import pytest

from agent.alarms.conditions import MIB, OutsideFacts
from agent.journal.schema.entry import AlarmRaised
from agent.payments.alarms import AlarmKeeper
from tests.payments.conftest import Make
from tests.payments.world import World

WELL = OutsideFacts(free_bytes=900 * MIB, verified=True, uploader=())
LOW = OutsideFacts(free_bytes=20 * MIB, verified=True, uploader=())
RESTARTED = '[[payment]]\nreboot = { seconds = 5, at = "status" }\n'


class Round:
    """Looks at a world once a minute, as the agent's program does."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.outside = WELL
        self.complaints: list[Exception] = []
        self.keeper = AlarmKeeper(world.context, lambda: self.outside, self.complaints.append)

    def go(self, minutes: int = 1) -> list[str]:
        """So many looks; the alarms that stand then."""
        for _ in range(minutes):
            self.world.run(self.keeper.look())
            self.world.wait(60)
        return stands(self.world)


def stands(world: World) -> list[str]:
    return [alarm.id for alarm in world.context.alarms.all()]


def test_all_is_well(world: World) -> None:
    assert world.pay().verdict == "approved"
    assert Round(world).go(10) == []


def test_the_disk_gets_low_and_there_is_room_again(world: World) -> None:
    looks = Round(world)
    looks.outside = LOW
    assert looks.go() == ["disk_low"]
    assert world.pay().verdict == "approved"
    looks.outside = WELL
    assert looks.go(10) == []
    kinds = [type(entry.body).__name__ for entry in world.disk.entries()]
    assert (kinds.count("AlarmRaised"), kinds.count("AlarmCleared")) == (1, 1)


def test_it_stands_over_a_restart(world: World) -> None:
    looks = Round(world)
    looks.outside = LOW
    looks.go()
    before = world.context.alarms.all()
    world.restart()
    assert world.context.alarms.all() == before
    assert Round(world).go(10) == []


def test_an_unclear_payment_holds_its_terminal_until_it_is_resolved(make: Make) -> None:
    world = make(RESTARTED)
    assert world.pay().verdict == "unclear"
    looks = Round(world)
    assert looks.go(5) == ["terminal_held:A-1"]
    (alarm,) = world.context.alarms.all()
    assert alarm.figures == {"terminal": "front"}
    from tests.payments.test_unclear import resolve  # noqa: PLC0415 - its fixtures are not for this module

    resolve(world, "declined")
    assert looks.go() == []


def test_a_terminal_that_was_unplugged(world: World) -> None:
    looks = Round(world)
    world.unplug()
    world.until(lambda: world.terminal.state == "away")
    assert looks.go(5) == ["terminal_away:front"]


def test_the_acquirers_key_ends_soon(make: Make) -> None:
    probe = make()
    today = probe.context.clock.wall().date()
    world = make(key_until=today + timedelta(days=7))
    world.context.key_id = "acquirer-1"
    assert Round(world).go() == ["acquirer_key_ends"]
    assert world.pay().verdict == "approved"


def test_on_a_full_disk_it_is_shown_and_takes_no_room_from_the_payment(world: World) -> None:
    """What room is left belongs to the payments that run."""
    looks = Round(world)
    world.disk.room = 0
    while not world.context.journal.full:
        world.pay(f"B-{len(world.story)}")
    lines = len(world.disk.entries())
    looks.outside = LOW
    assert looks.go(3) == ["disk_full", "disk_low"]
    assert len(world.disk.entries()) == lines
    assert [alarm.written for alarm in world.context.alarms.all()] == [False, False]


def test_a_look_that_fails_is_told_and_breaks_nothing(world: World) -> None:
    looks = Round(world)
    looks.outside = LOW
    looks.go()

    def fails() -> OutsideFacts:
        raise OSError(errno.EIO, "the disk does not answer")

    keeper = AlarmKeeper(world.context, fails, looks.complaints.append)
    world.run(keeper.look())
    assert [type(error) for error in looks.complaints] == [OSError]
    assert stands(world) == ["disk_low"]
    assert world.pay().verdict == "approved"


def test_a_disk_that_hangs_is_looked_at_once(world: World) -> None:
    """The next looks do not queue behind it."""
    looked: list[OutsideFacts] = []

    def look() -> OutsideFacts:
        looked.append(WELL)
        return WELL

    keeper = AlarmKeeper(world.context, look, lambda _error: None)
    for expected in (1, 2):
        world.do(three_times, keeper.look_soon)
        world.wait(1)
        assert len(looked) == expected


def three_times(act: Callable[[], None]) -> None:
    for _ in range(3):
        act()


def test_an_agent_that_stops_writes_no_more_alarms(world: World) -> None:
    """Its last entry says that it stopped."""
    looks = Round(world)
    looks.outside = LOW
    world.context.stopping = True
    assert looks.go(3) == []


# ---- an approval for something else than was asked ----


@pytest.mark.parametrize("told", [1500, 1000])
def test_another_amount_than_asked_is_an_alarm_from_the_moment_it_is_known(make: Make, told: int) -> None:
    world = make(f"[[payment]]\nsays_amount = {told}")
    assert world.pay().verdict == "approved"
    (alarm,) = world.context.alarms.all()
    assert (alarm.id, alarm.severity) == ("amount_differs:A-1", "warning")
    assert alarm.figures == {"asked": 1250, "told": told, "currency": "EUR"}
    bodies = [entry.body for entry in world.disk.entries()]
    raised = next(place for place, body in enumerate(bodies) if isinstance(body, AlarmRaised))
    assert getattr(bodies[raised - 1], "verdict", "") == "approved"  # in the same commit, before the answer
    assert "disk result alarm_raised" in world.story


def test_the_amount_that_was_asked_is_none(world: World) -> None:
    world.pay()
    assert stands(world) == []


def test_it_is_raised_once_however_often_the_approval_is_told(make: Make) -> None:
    world = make("[[payment]]\n[[payment]]\nsays_amount = 1000\nskip = ['completion']")
    world.pay("A-0")
    assert world.pay().verdict == "unclear"
    world.until(lambda: world.view().verdict == "approved")
    world.restart()
    assert stands(world) == ["amount_differs:A-1"]
    assert [isinstance(entry.body, AlarmRaised) for entry in world.disk.entries()].count(True) == 1
