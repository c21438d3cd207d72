"""Which terminal stands behind a name: an exchanged one takes nothing until persons accept it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.journal.schema.entry import TerminalAccepted, TerminalState
from agent.payments.commands import GivenCredential, TerminalWord
from agent.terminals.identity import TerminalIdentities, TerminalIdentity
from tests.payments.conftest import Make
from tests.payments.world import FRONT, OTHER_SUPERVISOR, PIN, SUPERVISOR, World
from tests.support.refused import refused


def exchange(world: World, terminal_id: str = "66666666") -> None:
    """Somebody puts another terminal on the same cable."""
    memory = world.outside.device.terminal.memory
    memory.setup = replace(memory.setup, terminal_id=terminal_id)
    world.do(world.outside.pull)
    world.until(lambda: not world.terminal.ready)
    world.until(lambda: world.terminal.why is not None and world.terminal.why.code != "drivers.greeting")


def word(first: str = "carl", second: str = SUPERVISOR, secret: str = PIN) -> TerminalWord:
    return TerminalWord(
        terminal=FRONT,
        reason="The old one was repaired.",
        credential=GivenCredential(first, PIN),
        witness=GivenCredential(second, secret),
    )


def accepted(world: World) -> list[TerminalAccepted]:
    return [entry.body for entry in world.disk.entries() if isinstance(entry.body, TerminalAccepted)]


@pytest.fixture
def exchanged(world: World) -> World:
    assert world.pay().verdict == "approved"
    exchange(world)
    world.until(lambda: world.terminal.state == "trouble")
    return world


def test_an_exchanged_terminal_takes_no_payment(exchanged: World) -> None:
    assert exchanged.terminal.why is not None
    assert exchanged.terminal.why.code == "terminals.exchanged"
    assert exchanged.terminal.why.figures == {"known": "29001006", "told": "66666666", "terminal": FRONT}
    assert exchanged.pay("A-2", 50_000).verdict == "not_sent"
    exchanged.kill()
    exchanged.start()
    assert exchanged.pay("A-3", 50_000).verdict == "not_sent"
    assert (exchanged.sent("0601"), exchanged.booked()) == (1, [1250])


def test_two_persons_accept_it_and_their_names_are_in_the_journal(exchanged: World) -> None:
    exchanged.run(exchanged.service.accept_terminal(word()))
    (entry,) = accepted(exchanged)
    assert (entry.terminal_id, entry.person, entry.witness) == ("66666666", "carl", SUPERVISOR)
    exchanged.until(lambda: exchanged.terminal.ready)
    assert exchanged.pay("A-2").verdict == "approved"
    exchange(exchanged, "29001006")
    exchanged.until(lambda: exchanged.terminal.state == "trouble")  # the old one is a stranger now


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (word(SUPERVISOR, SUPERVISOR), "same_person"),
        (word(secret="0" * 6), "wrong_credential"),
        (TerminalWord(terminal=FRONT, reason="I am alone."), "credential_missing"),
        (replace(word(OTHER_SUPERVISOR), witness=None), "credential_missing"),
        (replace(word(), terminal="back"), "unknown_terminal"),
    ],
)
def test_less_than_two_proven_persons_accept_nothing(
    exchanged: World, given: TerminalWord, code: str
) -> None:
    with refused(code):
        exchanged.run(exchanged.service.accept_terminal(given))
    assert accepted(exchanged) == []


def test_before_two_people_exist_the_installer_accepts(exchanged: World) -> None:
    settings = exchanged.context.settings
    alone = dict(list(settings.people.items())[:1])
    exchanged.context.settings = replace(settings, people=alone)
    exchanged.run(exchanged.service.accept_terminal(TerminalWord(terminal=FRONT, reason="First evening.")))
    (entry,) = accepted(exchanged)
    assert (entry.person, entry.witness) == ("", "")
    exchanged.until(lambda: exchanged.terminal.ready)


# ---- the fold ----

OLD, NEW = TerminalIdentity("29001006", "AABB"), TerminalIdentity("66666666", "CCDD")


def ready(name: str, identity: TerminalIdentity) -> TerminalState:
    return TerminalState(
        terminal=name,
        state="ready",
        terminal_id=identity.terminal_id,
        serial_number=identity.serial_number,
    )


def test_the_first_ready_pins_and_a_serial_number_counts_too() -> None:
    known = TerminalIdentities()
    known.apply(ready("front", TerminalIdentity("29001006")))
    known.apply(ready("front", OLD))
    assert known.pinned["front"] == OLD
    assert known.problem("front", OLD) is None
    assert known.problem("front", TerminalIdentity("29001006")) is None
    assert known.problem("front", TerminalIdentity("29001006", "CCDD")) is not None
    assert known.problem("front", NEW) is not None


def test_what_an_exchanged_terminal_says_pins_nothing() -> None:
    known = TerminalIdentities()
    known.apply(ready("front", OLD))
    known.apply(TerminalState(terminal="front", state="trouble", terminal_id="66666666"))
    assert known.pinned["front"] == OLD


def test_another_name_for_the_same_terminal_is_the_same_terminal() -> None:
    known = TerminalIdentities()
    known.apply(ready("front", OLD))
    known.apply(ready("counter", OLD))
    known.apply(ready("back", NEW))
    assert known.same("front", "counter")
    assert not known.same("front", "back")
    assert known.same("nowhere", "nowhere")
    assert not known.same("nowhere", "front")


def test_a_renamed_terminal_is_held_by_what_is_unclear_on_it(make: Make) -> None:
    world = make('[[payment]]\n[[payment]]\nreboot = { seconds = 5, at = "status" }\n')
    assert world.pay().verdict == "approved"
    assert world.pay("A-2").verdict == "unclear"
    world.until(lambda: world.terminal.ready or bool(world.context.payments.unclear(FRONT)))
    assert [record.payment_id for record in world.context.payments.unclear(FRONT)] == ["A-2"]
    world.do(world.context.write, ready("counter", TerminalIdentity("29001006")))
    assert [record.payment_id for record in world.context.payments.unclear("counter")] == ["A-2"]
    assert world.context.payments.unclear("back") == []


# ---- merchant numbers ----


def move_contract(world: World, merchant_id: str) -> None:
    memory = world.outside.device.terminal.memory
    memory.setup = replace(memory.setup, merchant_id=merchant_id)


def test_a_new_merchant_number_is_an_alarm_and_no_block(world: World) -> None:
    assert world.pay().verdict == "approved"
    assert "merchant_new:A-1" not in world.context.alarms
    move_contract(world, "666")
    for payment_id in ("A-2", "A-3"):
        assert world.pay(payment_id).verdict == "approved"
    assert "merchant_new:A-2" in world.context.alarms
    assert "merchant_new:A-3" not in world.context.alarms  # it is known now
    world.restart()
    move_contract(world, "100764992")
    assert world.pay("A-4").verdict == "approved"
    assert "merchant_new:A-4" not in world.context.alarms
