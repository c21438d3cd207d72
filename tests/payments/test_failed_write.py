"""When the disk fails nobody is told, nothing is acknowledged, and the agent ends."""

from __future__ import annotations

import pytest

from agent.journal.writer import JournalBroken
from agent.payments.commands import GivenCredential, PersonsWord
from tests.payments.conftest import Make
from tests.payments.world import PIN, SUPERVISOR, World

# What is to be written, and how many commits of the payment there are before it.
STEPS = {"submitted": 0, "result": 1, "first receipt": 2, "second receipt": 3, "completed": 4}


def fail(world: World, step: str, call: str) -> None:
    """Let the append or the sync of this step fail."""
    if STEPS[step]:
        world.put("A-1")
        world.until(lambda: commits(world) == 2 + STEPS[step])
    world.disk.fail_at = world.disk.calls + (2 if call == "sync" else 1)
    world.disk.short = call == "short"
    if not STEPS[step]:
        world.put("A-1")


def commits(world: World) -> int:
    return sum(line.startswith("disk") for line in world.story)


@pytest.mark.parametrize("call", ["append", "short", "sync"])
@pytest.mark.parametrize("step", STEPS)
def test_a_failed_write_ends_the_agent_and_nobody_was_told(world: World, step: str, call: str) -> None:
    fail(world, step, call)
    world.until(lambda: bool(world.errors))
    story = len(world.story)
    world.wait(10)
    assert world.view().verdict is None
    assert not {"till 0601", "till 8000"}.intersection(world.story[story:])
    assert commits(world) == 2 + STEPS[step]
    assert isinstance(world.broken(), JournalBroken)


@pytest.mark.parametrize("call", ["append", "short", "sync"])
@pytest.mark.parametrize("step", STEPS)
def test_the_next_start_tells_the_truth_or_unclear(world: World, step: str, call: str) -> None:
    fail(world, step, call)
    assert isinstance(world.broken(), JournalBroken)
    world.disk.fail_at = None
    world.outside.go_on_for(60)
    world.start()
    world.until(lambda: world.terminal.ready)
    view = world.service.get("A-1")
    if step == "submitted":
        assert world.sent("0601") == 0
        assert view is None or view.verdict in {"not_sent", "unclear"}
    else:
        assert view is not None
        assert view.verdict == "unclear" or (view.verdict == "approved" and world.booked() == [1250])
        assert (world.sent("0601"), world.booked()) == (1, [1250] if step == "completed" else [])


def test_a_disk_that_fails_while_a_person_signs_ends_the_agent(make: Make) -> None:
    world = make('[[payment]]\nreboot = { seconds = 2, at = "status" }')
    world.pay()
    world.until(lambda: world.terminal.ready)
    world.disk.fail_at = world.disk.calls + 1
    signed = GivenCredential(SUPERVISOR, PIN)
    resolution = PersonsWord(
        verdict="declined", reason="Looked.", credential=GivenCredential("carl", PIN), witness=signed
    )
    with pytest.raises(JournalBroken):
        world.run(world.service.resolve("A-1", resolution))
    assert world.view().verdict == "unclear"
    assert isinstance(world.broken(), JournalBroken)


def test_a_payment_in_flight_is_finished_on_a_disk_that_fills_up(world: World) -> None:
    world.put("A-1")
    world.until(lambda: world.sent("0601") == 1)
    world.disk.room = 0
    assert world.follow().verdict == "approved"
    assert world.booked() == [1250]
