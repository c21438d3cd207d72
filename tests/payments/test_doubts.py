"""After a doubt the driver is told that an answer without a name may be an older payment's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent.journal.schema.entry import Requested
from agent.payments.doubts import LATE_ANSWER
from tests.payments.conftest import Make
from tests.payments.test_unclear import PLAIN, PULLED, RESTARTED, resolve
from tests.payments.world import World


def after_doubt(world: World) -> bool:
    """What the next command on the terminal says."""
    asked = Requested(
        payment_id="NEXT", payment="sale", terminal="front", till="1", amount=100, currency="EUR"
    )
    context = world.service._context
    return context.command(asked).after_doubt


@pytest.fixture
def unclear(make: Make) -> World:
    world = make(RESTARTED)
    assert world.pay().verdict == "unclear"
    world.until(lambda: world.terminal.ready)
    return world


def test_a_shop_without_a_doubt_has_none(make: Make) -> None:
    world = make("")
    assert not after_doubt(world)
    world.pay()
    assert not after_doubt(world)


def test_a_verdict_by_persons_leaves_the_doubt_and_a_restart_does_too(unclear: World) -> None:
    assert after_doubt(unclear)
    resolve(unclear, "declined")
    assert after_doubt(unclear)
    unclear.restart()
    assert after_doubt(unclear)


def test_a_payment_whose_end_the_terminal_told_ends_the_doubt(unclear: World) -> None:
    resolve(unclear, "declined")
    assert unclear.pay("A-2", 1300).verdict == "approved"
    assert not after_doubt(unclear)


def test_a_payment_that_the_terminal_cleared_by_itself_leaves_no_doubt(make: Make) -> None:
    world = make(PLAIN + PULLED)
    world.pay()
    world.pay("A-2")
    world.until(lambda: world.view("A-2").verdict != "unclear")
    assert not after_doubt(world)


def test_a_doubt_ends_with_the_time_in_which_an_answer_can_come(unclear: World) -> None:
    resolve(unclear, "declined")
    doubts, now = unclear.service._context.payments.doubts, unclear.service._context.journal.now()
    assert doubts.open("front", now)
    assert doubts.open("front", now - timedelta(days=1)), "a clock set back frees nothing"
    assert not doubts.open("front", now + LATE_ANSWER)
    assert not doubts.open("back", now)
