"""Alarms in a shop: raised, shown, kept over a restart, and never in the way of a payment."""

from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import timedelta

import pytest

from agent.alarms.conditions import MIB, OutsideFacts
from agent.alarms.standing import StandingAlarm
from agent.journal.schema.entry import AlarmAcknowledged, AlarmRaised, CredentialFailed
from agent.payments.alarms import AlarmKeeper
from agent.payments.commands import GivenCredential
from agent.payments.feed import AgentChange
from agent.payments.people import MAX_FAILURES
from agent.payments.refusal import Refusal
from agent.payments.state import AlarmNews
from tests.payments.conftest import Make
from tests.payments.world import PIN, SUPERVISOR, World

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


# ---- a person says that they know of it ----


def acknowledged(world: World, alarm: str, person: str = SUPERVISOR, secret: str = PIN) -> StandingAlarm:
    return world.run(world.service.acknowledge(alarm, GivenCredential(person, secret)))


def test_a_supervisor_ends_what_a_payment_showed(make: Make) -> None:
    world = make("[[payment]]\nsays_amount = 1500")
    world.pay()
    alarm = acknowledged(world, "amount_differs:A-1")
    assert (alarm.acknowledged_by, stands(world)) == (SUPERVISOR, [])
    assert world.disk.entries()[-2].body == AlarmAcknowledged(
        alarm="amount_differs", subject="A-1", person=SUPERVISOR
    )
    world.restart()
    assert stands(world) == []


def test_what_has_a_cause_stands_until_that_is_gone(world: World) -> None:
    looks = Round(world)
    looks.outside = LOW
    looks.go()
    acknowledged(world, "disk_low", "carl")  # a cashier may know of this one
    assert looks.go(10) == ["disk_low"]
    assert world.context.alarms.all()[0].acknowledged_by == "carl"
    looks.outside = WELL
    assert looks.go(10) == []


@pytest.mark.parametrize(
    ("person", "secret"),
    [("carl", PIN), (SUPERVISOR, "000000"), ("nobody", PIN)],
    ids=["a cashier", "a wrong PIN", "a name that nobody has"],
)
def test_who_may_not_sign_changes_nothing(make: Make, person: str, secret: str) -> None:
    world = make("[[payment]]\nsays_amount = 1500")
    world.pay()
    with pytest.raises(Refusal, match="wrong_credential"):
        acknowledged(world, "amount_differs:A-1", person, secret)
    assert stands(world) == ["amount_differs:A-1"]
    assert world.disk.entries()[-1].body == CredentialFailed(payment_id="", person=person)


def test_wrong_pins_lock_out_here_as_everywhere(make: Make) -> None:
    world = make("[[payment]]\nsays_amount = 1500")
    world.pay()
    for _ in range(MAX_FAILURES):
        with pytest.raises(Refusal, match="wrong_credential"):
            acknowledged(world, "amount_differs:A-1", secret="000000")  # noqa: S106 - a wrong one
    with pytest.raises(Refusal, match="locked_out"):
        acknowledged(world, "amount_differs:A-1")


def test_an_alarm_that_does_not_stand(world: World) -> None:
    with pytest.raises(Refusal, match="unknown_alarm"):
        acknowledged(world, "disk_low")


def test_what_a_newer_version_raised_is_acknowledged_and_left_to_it(world: World) -> None:
    world.context.write(AlarmRaised(alarm="tampered_screw", severity="critical"))
    acknowledged(world, "tampered_screw")
    assert Round(world).go(10) == ["tampered_screw"]


def test_on_a_full_disk_nobody_signs(world: World) -> None:
    """Who writes on it now may take the room that the payment under way needs."""
    looks = Round(world)
    looks.outside = LOW
    looks.go()
    world.disk.room = 0
    while not world.context.journal.full:
        world.pay(f"B-{len(world.story)}")
    looks.go()
    for alarm in ("disk_low", "disk_full"):
        with pytest.raises(Refusal, match="journal_full"):
            acknowledged(world, alarm)


def test_each_change_is_an_event_of_the_agent_once_it_is_on_disk(world: World) -> None:
    told: list[tuple[str, str]] = []

    def note(change: AgentChange) -> None:
        if isinstance(change.fact, AlarmNews):
            told.append((change.fact.change, change.fact.alarm.id))

    async def read() -> None:
        async for change in world.service.agent_events():
            note(change)

    reader = world.do(lambda: world.loop.create_task(read()))
    world.wait(1)
    looks = Round(world)
    looks.outside = LOW
    looks.go()
    acknowledged(world, "disk_low")
    looks.outside = WELL
    looks.go(10)
    reader.cancel()
    assert told == [("raised", "disk_low"), ("acknowledged", "disk_low"), ("cleared", "disk_low")]
