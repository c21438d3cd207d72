"""What watchers hear: of one payment until nothing can change it, and of everything in the agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from agent.payments.feed import AgentChange, AgentEvents
from agent.payments.state import PaymentChange, PaymentState, TerminalStatus
from tests.payments.conftest import Make
from tests.payments.world import LONG_S, World

# The second payment is approved, but the terminal does not finish its dialogue; asked, it has it.
LOST = '[[payment]]\n[[payment]]\nskip = ["completion"]'


def lost(make: Make) -> World:
    world = make(LOST)
    assert world.pay("A-0").verdict == "approved"
    return world


def verdicts(changes: list[PaymentChange]) -> list[str | None]:
    return [change.payment.verdict for change in changes if change.kind == "verdict"]


async def all_of(world: World, payment_id: str = "A-1", after: int = 0) -> list[PaymentChange]:
    async with asyncio.timeout(LONG_S):
        return [change async for change in world.service.events(payment_id, after)]


def test_a_stream_goes_on_over_an_unclear_verdict_until_it_is_resolved(make: Make) -> None:
    world = lost(make)
    world.put("A-1")
    changes = world.run(all_of(world))
    assert verdicts(changes) == ["unclear", "approved"]
    assert [change.id for change in changes] == list(range(1, len(changes) + 1))
    assert world.booked() == [1250, 1250]


def test_a_stream_on_an_unclear_payment_waits_for_its_resolution(make: Make) -> None:
    world = lost(make)
    world.put("A-1")
    assert world.follow().verdict == "unclear"
    assert verdicts(world.run(all_of(world)))[-1] == "approved"


def test_also_after_a_restart_and_with_an_id_of_the_life_before(make: Make) -> None:
    world = make('[[payment]]\n[[payment]]\nunplug = { seconds = 200, at = "status" }')
    world.pay("A-0")
    assert world.pay().verdict == "unclear"
    world.kill()
    world.start()
    assert world.view().verdict == "unclear"
    changes = world.run(all_of(world, after=9))
    assert verdicts(changes) == ["unclear", "declined"]
    assert [change.id for change in changes] == [1, 2]


def test_when_it_is_resolved_the_stream_is_one_event_and_ends(make: Make) -> None:
    world = lost(make)
    world.put("A-1")
    world.run(all_of(world))
    assert [(change.id, change.payment.verdict) for change in world.run(all_of(world, after=7))] == [
        (8, "approved")
    ]


def test_a_wait_ends_with_unclear_and_the_next_one_with_the_resolution(make: Make) -> None:
    world = lost(make)
    world.put("A-1")
    assert world.run(world.service.wait("A-1", LONG_S)).verdict == "unclear"
    assert world.run(world.service.wait("A-1", LONG_S)).verdict == "approved"
    assert world.run(world.service.wait("A-1", LONG_S)).verdict == "approved"


def test_a_wait_for_what_stays_unclear_ends_with_its_time(make: Make) -> None:
    world = make('[[payment]]\nunplug = { seconds = 9999, at = "status" }')
    assert world.pay().verdict == "unclear"
    before = world.outside.now
    assert world.run(world.service.wait("A-1", 5)).verdict == "unclear"
    assert 5 <= world.outside.now - before < 6


async def first(count: int, changes: AsyncIterator[AgentChange]) -> list[AgentChange]:
    found = []
    async for change in changes:
        found.append(change)
        if len(found) == count:
            break
    return found


def told(changes: list[AgentChange]) -> list[str | None]:
    """Each payment by its verdict or phase, each terminal by its state."""
    said: list[str | None] = []
    for change in changes:
        match change.fact:
            case PaymentChange(payment=payment, kind=kind):
                said.append(f"{payment.payment_id} {payment.verdict or kind}")
            case TerminalStatus(name=name, state=state):
                said.append(f"{name} {state}")
            case None:
                said.append(change.kind)
    return said


def test_a_watcher_of_the_agent_hears_of_all_payments_and_terminals(make: Make) -> None:
    world = lost(make)

    async def watch() -> list[AgentChange]:
        changes = world.service.agent_events()
        begun = asyncio.ensure_future(anext(aiter(changes)))
        await asyncio.sleep(0)
        world.service.put(world.command("A-1"))
        heard = [await begun]
        while "A-1 approved" not in told(heard) or told(heard)[-1] != "front ready":
            heard.append(await anext(aiter(changes)))
        return heard

    said = told(world.run(watch()))
    assert said[0] == "front busy"
    assert "A-1 unclear" in said
    assert said.index("A-1 unclear") < said.index("front unclear") < said.index("A-1 approved")


def events(room: int = 4, life: int = 7) -> AgentEvents:
    return AgentEvents(lambda: life, room)


def state(number: int) -> PaymentChange:
    payment = PaymentState(
        payment_id=f"A-{number}", payment="sale", terminal="front", till="1", phase="running"
    )
    return PaymentChange(id=1, kind="state", payment=payment)


def read(count: int, bus: AgentEvents, after: str) -> list[tuple[str, str | None]]:
    found = asyncio.run(first(count, bus.changes(after)))
    return [(change.id, said) for change, said in zip(found, told(found), strict=True)]


def test_a_reader_resumes_after_the_last_id_that_it_has_read() -> None:
    bus = events()
    for number in range(1, 4):
        bus.publish(state(number))
    assert read(2, bus, "7.1") == [("7.2", "A-2 state"), ("7.3", "A-3 state")]


def test_a_reader_that_missed_some_is_told_so_and_hears_what_is_kept() -> None:
    bus = events(room=2)
    for number in range(1, 6):
        bus.publish(state(number))
    assert read(3, bus, "7.1") == [("7.3", "lost"), ("7.4", "A-4 state"), ("7.5", "A-5 state")]
    assert read(2, bus, "7.3") == [("7.4", "A-4 state"), ("7.5", "A-5 state")]


def test_an_id_of_an_earlier_life_or_of_no_event_is_told_as_lost() -> None:
    bus = events()
    bus.publish(state(1))
    assert read(2, bus, "3.1") == [("7.0", "lost"), ("7.1", "A-1 state")]
    assert read(2, bus, "7.99") == [("7.0", "lost"), ("7.1", "A-1 state")]


def test_a_slow_reader_falls_behind_alone() -> None:
    bus = events(room=2)

    async def both() -> tuple[list[str | None], list[str | None]]:
        slow, quick = bus.changes(), bus.changes()
        begun = [asyncio.ensure_future(anext(reader)) for reader in (slow, quick)]
        await asyncio.sleep(0)
        bus.publish(state(1))
        heard = [await begun[0]], [await begun[1]]
        for number in range(2, 6):
            bus.publish(state(number))
            heard[1].append(await anext(quick))
        heard[0].extend([await anext(slow), await anext(slow)])
        return told(heard[0]), told(heard[1])

    slow, quick = asyncio.run(both())
    assert quick == [f"A-{number} state" for number in range(1, 6)]
    assert slow == ["A-1 state", "lost", "A-4 state"]
