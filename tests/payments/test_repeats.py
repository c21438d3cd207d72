"""A payment id is an identity with an end: an old payment never answers for a new customer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.payments.conftest import Make
from tests.payments.world import World
from tests.support.refused import refused

HOUR_S = 3600
PULLED = '[[payment]]\nunplug = { seconds = 5, at = "status" }\n'


def again(world: World, payment_id: str = "A-1", **more: Any) -> tuple[str | None, bool]:
    state, created = world.do(world.service.put, world.command(payment_id, **more))
    return state.verdict, created


def test_soon_after_it_ended_the_same_request_is_the_same_payment(world: World) -> None:
    world.pay()
    world.wait(11 * HOUR_S)
    assert again(world) == ("approved", False)
    assert world.sent("0601") == 1


@pytest.mark.parametrize("restarted", [False, True])
def test_an_old_payment_is_no_answer_for_a_new_customer(world: World, restarted: bool) -> None:
    first = world.pay()
    world.wait(13 * HOUR_S)
    if restarted:
        world.restart()
    with refused("already_used", payment_id="A-1") as told:
        again(world)
    assert told.value.payment == first
    assert world.sent("0601") == 1


def test_the_first_sending_proves_a_repeat_at_any_age_and_from_any_till(world: World) -> None:
    world.pay(first_sent_at="2026-11-27T18:02:00+01:00")
    world.wait(13 * HOUR_S)
    world.restart()
    assert again(world, first_sent_at="2026-11-27T18:02:00+01:00") == ("approved", False)
    assert again(world, first_sent_at="2026-11-27T18:02:00+01:00", till="2") == ("approved", False)


def test_two_first_sendings_are_two_payments(world: World) -> None:
    world.pay(first_sent_at="2026-11-27T18:02:00+01:00")
    with refused("already_used"):
        again(world, first_sent_at="2026-11-27T18:40:00+01:00")


def test_another_till_does_not_get_an_ended_payment(world: World) -> None:
    world.pay(till="1")
    with refused("already_used") as told:
        again(world, till="2")
    assert told.value.payment is not None
    assert told.value.payment.verdict == "approved"


def test_what_runs_tells_its_state_to_any_till(world: World) -> None:
    world.put("A-1")
    assert again(world, till="2") == (None, False)
    world.follow()
    assert world.sent("0601") == 1


def test_what_is_in_doubt_tells_its_state_at_any_age_and_to_any_till(make: Make) -> None:
    world = make(PULLED)
    assert world.pay().verdict == "unclear"
    world.unplug()
    world.wait(13 * HOUR_S)
    assert again(world, till="2") == ("unclear", False)


def test_how_long_is_a_setting(make: Make) -> None:
    world = make(more="[api]\nrepeat_hours = 1\n")
    world.pay()
    world.wait(2 * HOUR_S)
    with refused("already_used"):
        again(world)


PER_DAY = '[api]\npayment_ids = "per_day"\n'


def test_a_till_that_begins_anew_each_day_has_new_payments_each_day(make: Make) -> None:
    world = make(more=PER_DAY)
    first = world.pay("0001")
    assert again(world, "0001") == ("approved", False)
    world.wait(24 * HOUR_S)
    second = world.pay("0001")
    assert (second.verdict, world.sent("0601")) == ("approved", 2)
    assert first.payment_id != second.payment_id
    assert {world.view(one.payment_id).payment_id for one in (first, second)} == {
        first.payment_id,
        second.payment_id,
    }


def test_two_tills_may_have_the_same_number_on_one_day(make: Make) -> None:
    world = make(more=PER_DAY)
    assert world.pay("0001", till="1").verdict == "approved"
    assert world.pay("0001", 9999, till="2").verdict == "approved"
    assert world.booked() == [1250, 9999]


def test_a_repeat_over_the_edge_of_the_day_charges_nobody_twice(make: Make) -> None:
    world = make(PULLED, more=PER_DAY)
    assert world.pay("0001").verdict == "unclear"
    world.unplug()
    world.wait(24 * HOUR_S)
    assert again(world, "0001") == ("unclear", False)


def test_a_payment_of_another_day_is_refunded_by_its_full_name(make: Make) -> None:
    world = make(more=PER_DAY)
    first = world.pay("0001")
    world.wait(24 * HOUR_S)
    world.pay("0001", 777)
    back = world.pay("R-1", 1000, payment="refund", original=first.payment_id)
    assert back.verdict == "approved"
    today = world.pay("R-2", 700, payment="refund", original="0001")
    assert today.verdict == "approved"
    assert today.original.endswith("0001")
