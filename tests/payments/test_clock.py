"""A clock that was wrong for one boot does not keep the shop closed, and frees no limit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent.journal.schema.entry import ClockDeclared
from agent.payments.commands import ClockWord, GivenCredential
from tests.payments.conftest import Make
from tests.payments.world import OTHER_SUPERVISOR, PIN, SUPERVISOR, World
from tests.support.refused import refused

# Ten years: the battery of the host's clock was flat.
FAR = timedelta(days=3652)
RULES = 'hard = "2000.00"\nday_count_block = 2'


def declare(world: World, witness: str = OTHER_SUPERVISOR, secret: str = PIN) -> None:
    word = ClockWord(
        reason="A flat battery.",
        credential=GivenCredential(SUPERVISOR, PIN),
        witness=GivenCredential(witness, secret),
    )
    world.run(world.service.declare_clock(word))


def asked(world: World, payment_id: str) -> list[str]:
    """The reasons of the question that a payment of now begins with."""
    world.put(payment_id)
    prompt = world.follow(payment_id).prompt
    return [reason.rule for reason in prompt.reasons] if prompt else []


@pytest.mark.case("other/09")
def test_one_boot_in_the_far_future_leaves_nothing_behind(make: Make) -> None:
    world = make(rules=RULES)
    assert world.pay("A-1").verdict == "approved"
    world.outside.set_back -= FAR
    world.restart()
    world.outside.set_back += FAR
    world.restart()
    assert world.pay("A-2").verdict == "approved"
    assert world.pay("A-3").verdict == "refused"  # the limit of the day, as it should be
    world.wait(24 * 3600)
    assert world.pay("A-4").verdict == "approved"  # a new day


def test_a_payment_in_the_far_future_is_asked_about_and_two_persons_set_it_right(make: Make) -> None:
    world = make(rules=RULES)
    assert world.pay("A-1").verdict == "approved"
    world.outside.set_back -= FAR
    assert asked(world, "A-2") == ["leap"]
    world.answer("A-2", "yes")  # nobody looked at the date
    assert world.follow("A-2").verdict == "approved"
    world.outside.set_back += FAR
    assert asked(world, "A-3") == ["clock"]
    world.answer("A-3", "no")
    declare(world)
    assert isinstance(world.disk.entries()[-1].body, ClockDeclared)
    world.restart()
    assert world.pay("A-4").verdict == "approved"
    assert world.pay("A-5").verdict == "refused"  # were today


def test_it_takes_two_persons(make: Make) -> None:
    world = make()
    with refused("same_person"):
        declare(world, SUPERVISOR)
    with refused("wrong_credential"):
        declare(world, secret="0" * 6)
    assert not [entry for entry in world.disk.entries() if isinstance(entry.body, ClockDeclared)]
