"""Two requests with the same meaning are one payment, whoever is at the till and whatever else they carry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from agent.journal.schema.entry import Requested
from agent.payments.commands import PaymentCommand
from agent.payments.meaning import same_meaning
from agent.payments.record import begin
from tests.journal.conftest import MORNING
from tests.payments.world import World
from tests.support.refused import refused

SALE = PaymentCommand(payment_id="A-1", payment="sale", amount=1250, currency="EUR", till="1", operator="ann")


def test_a_till_repeats_after_an_update_that_added_a_field(world: World) -> None:
    """An older agent wrote the journal; what is new in a request has no part in its meaning."""

    class LaterCommand(PaymentCommand):
        table = "12"

    first = world.pay()
    world.restart()
    later = LaterCommand(payment_id="A-1", payment="sale", amount=1250, currency="EUR", till="1")
    assert world.do(world.service.put, later) == (msgspec.structs.replace(first, repeated=True), False)
    assert world.sent("0601") == 1


@pytest.mark.case("other/03")
@pytest.mark.parametrize(
    "other", [{"operator": "berta"}, {"terminal": "front"}, {"operator": "carl", "terminal": "front"}]
)
@pytest.mark.parametrize("when", ["running", "done", "restarted"])
def test_another_operator_or_the_terminal_named_is_the_same_payment(
    world: World, other: dict[str, Any], when: str
) -> None:
    world.do(world.service.put, SALE)
    world.until(lambda: world.sent("0601") == 1)
    if when != "running":
        world.follow()
    if when == "restarted":
        world.restart()
    state, created = world.do(world.service.put, replace(SALE, **other))
    assert (state.payment_id, created) == ("A-1", False)
    world.follow()
    assert (world.sent("0601"), world.booked()) == (1, [1250])


@pytest.mark.parametrize(
    "other",
    [
        {"amount": 1251},
        {"payment": "refund", "original": "A-0"},
        {"payment": "reversal", "original": "A-0", "amount": None, "currency": None},
        {"payment": "close_day", "amount": None, "currency": None},
        {"currency": "USD"},
        {"terminal": "back"},
    ],
)
def test_another_meaning_under_the_same_id_is_refused_with_the_payment_it_is(
    world: World, other: dict[str, Any]
) -> None:
    first = world.pay()
    with refused("already_used", payment_id="A-1") as told:
        world.do(world.service.put, replace(SALE, **other))
    assert told.value.payment == first


def test_another_original_is_another_meaning() -> None:
    refund = PaymentCommand(payment_id="R-1", payment="refund", amount=1, currency="EUR", original="A-1")
    known = begin(requested(refund), 0, MORNING)
    assert same_meaning(known, refund)
    assert not same_meaning(known, replace(refund, original="A-2"))


def requested(command: PaymentCommand) -> Requested:
    return Requested(
        payment_id=command.payment_id,
        payment=command.payment,  # type: ignore[arg-type]  # a kind of the table, as all here
        terminal="front",
        till=command.till,
        amount=command.amount,
        currency=command.currency,
        original=command.original,
    )
