"""One terminal's input is never fatal to the whole: contained, kept, said, and the terminal goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from agent.journal.schema.entry import Cut, Printed, PrintsNotKept
from agent.payments.bounds import HOUR_S, MAX_RESTING_PRINT_BYTES_PER_HOUR
from drivers.terminal import Command, Copy, DriverFact, Operation, Receipt, Result, ResultStatus, Unclear
from tests.payments.conftest import Make
from tests.payments.world import FRONT, World
from tests.support.link_shop import CALLS, Raising

# What ended the agent at every start: 900 lines of box characters, 67 786 bytes as an entry.
LONG = Receipt(Copy.UNKNOWN, ("─" * 25,) * 900, last=True)


def at_rest(world: World, receipt: Receipt) -> bool:
    """The terminal prints while nothing runs; whether that is answered."""
    return world.do(world.terminal._handler.keep_unsolicited, world.terminal, receipt)


def entries(world: World, kind: type[Any]) -> list[Any]:
    return [entry.body for entry in world.disk.entries() if isinstance(entry.body, kind)]


def faults(world: World) -> list[str]:
    return [alarm.id for alarm in world.context.alarms.all() if alarm.alarm == "driver_fault"]


def test_one_long_print_is_answered_and_cut_and_the_terminal_goes_on(world: World) -> None:
    for _ in range(2):
        assert at_rest(world, LONG)
        whole = "\n".join(LONG.lines).encode()
        kept = entries(world, Printed)[-1]
        assert kept.cut == Cut(900, len(whole), hashlib.sha256(whole).hexdigest())
        world.restart()
    assert world.pay().verdict == "approved"


def test_prints_at_rest_are_bounded_answered_and_counted(world: World) -> None:
    receipt = Receipt(Copy.UNKNOWN, ("x" * 1000,) * 20, last=True)
    many = 3 * MAX_RESTING_PRINT_BYTES_PER_HOUR // 20_000
    assert all(at_rest(world, receipt) for _ in range(many))
    kept = len(entries(world, Printed))
    assert kept * 20_000 <= MAX_RESTING_PRINT_BYTES_PER_HOUR < (kept + 1) * 20_100
    assert [alarm.id for alarm in world.context.alarms.all()] == [f"prints_not_kept:{FRONT}"]
    world.wait(HOUR_S)
    assert at_rest(world, receipt)
    (counted,) = entries(world, PrintsNotKept)
    assert (counted.terminal, counted.prints) == (FRONT, many - kept)
    assert world.pay().verdict == "approved"


def plant(world: World, call: str) -> None:
    """The driver's session raises at its next call of this kind; the one after it is sound."""
    link = world.terminal._link
    sound = link._session
    link._session = Raising(sound, call, 0)
    link._renew = lambda: sound


# What a terminal at rest never needs.
UNUSED = {"abort", "acknowledge", "deadline_passed"}


@pytest.mark.parametrize("call", sorted(set(CALLS) - UNUSED))
def test_a_driver_that_raises_at_rest_costs_its_line_alone(world: World, call: str) -> None:
    plant(world, call)
    world.do(world.terminal._link.lose, DriverFact("wires.unplugged"))
    world.until(lambda: faults(world) == [f"driver_fault:{FRONT}"])
    world.until(lambda: world.terminal.ready)
    assert world.pay().verdict == "approved"


@pytest.mark.parametrize("call", CALLS)
def test_a_driver_that_raises_in_a_payment_ends_it_truly_and_the_next_one_is_taken(
    make: Make, call: str
) -> None:
    world = make("[[payment]]\n")
    assert world.pay("A-0").verdict == "approved"
    if call == "start":
        plant(world, call)
    world.put("A-1")
    if call != "start":
        plant(world, call)
    world.until(lambda: world.view("A-1").phase == "done")
    world.until(lambda: world.terminal.ready and world.view("A-1").verdict != "unclear")
    booked = world.bank.balance() - 1250
    assert booked == (1250 if world.view("A-1").verdict == "approved" else 0)
    assert world.pay("A-2").verdict == "approved"
    assert world.errors == []


@pytest.mark.parametrize("question", ["refusal_reason", "questions", "belongs", "ack_would_book", "conclude"])
def test_a_resolver_that_raises_gives_the_careful_answer(
    world: World, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    resolver = world.terminal.resolver
    monkeypatch.setattr(type(resolver._resolver), question, fail)
    careful: dict[str, Callable[..., object]] = {
        "refusal_reason": lambda: resolver.refusal_reason(Command(Operation.SALE)),
        "questions": lambda: resolver.questions(_doubt(world)),
        "belongs": lambda: resolver.belongs(_doubt(world), _result()),
        "ack_would_book": lambda: resolver.ack_would_book(_doubt(world), _result()),
        "conclude": lambda: resolver.conclude(_doubt(world), []).found.value,
    }
    expected = {"questions": (), "belongs": False, "ack_would_book": True, "conclude": "unproven"}
    answer = world.do(careful[question])
    assert answer == expected.get(question, DriverFact("wires.driver_fault"))
    assert faults(world) == [f"driver_fault:{FRONT}"]
    if question == "refusal_reason":
        assert world.pay().verdict == "refused"


def _doubt(world: World) -> Unclear:
    return Unclear(Command(Operation.STATUS), None, None, world.context.clock.wall())


def _result() -> Any:
    return Result(ResultStatus.APPROVED, 0, amount=1)
