"""Refunds and reversals: never more than was paid, counted also while nobody knows what became of them."""

from __future__ import annotations

import pytest

from agent.journal.schema.entry import (
    BecameUnclear,
    Completed,
    Fact,
    PaymentKind,
    Requested,
    Resolved,
    Submitted,
    TerminalResult,
)
from drivers.simulator.core.bank import BookingKind, BookingState
from tests.payments.conftest import Make
from tests.payments.world import FRONT, World


def refund(world: World, payment_id: str, amount: int, original: str = "A-1") -> str | None:
    return world.pay(payment_id, amount, payment="refund", original=original).verdict


def reversal(world: World, payment_id: str, original: str = "A-1") -> str | None:
    return world.pay(payment_id, None, payment="reversal", original=original).verdict


def sent_elsewhere(
    world: World, payment_id: str, payment: PaymentKind, amount: int | None, original: str = ""
) -> None:
    """Another terminal of this shop has a payment under way."""
    request = Requested(
        payment_id=payment_id,
        payment=payment,
        terminal="back",
        till="1",
        amount=amount,
        currency="EUR" if amount else None,
        original=original,
    )
    world.context.write(request, Submitted(payment_id=payment_id, receipts="till"))


def test_refunds_are_given_until_the_sale_is_used_up(world: World) -> None:
    world.pay()
    assert refund(world, "R-1", 500) == "approved"
    assert refund(world, "R-2", 751) == "refused"
    assert refund(world, "R-3", 750) == "approved"
    assert refund(world, "R-4", 1) == "refused"
    assert world.bank.balance() == 0


def test_also_over_a_restart(world: World) -> None:
    world.pay()
    refund(world, "R-1", 500)
    world.restart()
    assert refund(world, "R-2", 751) == "refused"
    assert refund(world, "R-3", 750) == "approved"


@pytest.mark.parametrize("unclear", [False, True])
def test_a_refund_that_is_under_way_or_unclear_counts(world: World, unclear: bool) -> None:
    world.pay()
    sent_elsewhere(world, "R-1", "refund", 500, "A-1")
    if unclear:
        world.context.write(BecameUnclear(payment_id="R-1", why=Fact("test.line_broke")))
    assert refund(world, "R-2", 751) == "refused"
    assert reversal(world, "S-1") == "refused"
    declined = Resolved if unclear else TerminalResult
    world.context.write(declined(payment_id="R-1", verdict="declined"))
    assert refund(world, "R-3", 1250) == "approved"


def test_a_reversal_that_is_under_way_leaves_nothing_to_give_back(world: World) -> None:
    world.pay()
    sent_elsewhere(world, "S-1", "reversal", None, "A-1")
    assert refund(world, "R-1", 1) == "refused"
    assert reversal(world, "S-2") == "refused"


def test_a_refund_that_was_declined_gives_the_sale_free_again(make: Make) -> None:
    world = make('[[refund]]\noutcome = "decline"')
    world.pay()
    assert refund(world, "R-1", 1250) == "declined"
    assert refund(world, "R-2", 1250) == "approved"


def test_what_the_terminal_said_of_a_tip_can_be_given_back(make: Make) -> None:
    world = make("[[payment]]\ntip = 90")
    world.pay()
    assert refund(world, "R-1", 1340) == "approved"


def test_a_partial_approval_is_all_that_can_be_given_back(make: Make) -> None:
    world = make("[[payment]]\npartial = 500")
    world.pay()
    assert refund(world, "R-1", 501) == "refused"
    assert refund(world, "R-2", 500) == "approved"


def test_a_reversal_names_the_receipt_of_its_original(world: World) -> None:
    world.pay("A-1", 1250)
    world.pay("A-2", 999)
    assert reversal(world, "S-1", "A-1") == "approved"
    first, second, undo = world.bank.bookings
    assert (undo.kind, undo.original) == (BookingKind.REVERSAL, first.number)
    assert (first.state, second.state) == (BookingState.REVERSED, BookingState.BOOKED)
    assert reversal(world, "S-2", "A-1") == "refused"
    assert world.sent("0630") == 1


def test_a_sale_without_a_receipt_number_cannot_be_reversed_by_it(world: World) -> None:
    """Some terminals send none: there is nothing to name, so nothing is sent and the agent lives on."""
    sent_elsewhere(world, "B-1", "sale", 700)
    world.context.write(
        TerminalResult(payment_id="B-1", verdict="approved", amount=700), Completed(payment_id="B-1")
    )
    view = world.pay("S-1", None, payment="reversal", original="B-1")
    assert view.verdict == "refused"
    assert view.why is not None
    assert view.why.code == "drivers.zvt.no_receipt_number"
    assert world.sent("0630") == 0
    assert world.pay("A-1").verdict == "approved"


@pytest.mark.parametrize("original", ["NONE", "A-2", "R-1", "S-1"])
def test_only_an_approved_sale_can_be_taken_back(make: Make, original: str) -> None:
    world = make('[[payment]]\n[[payment]]\noutcome = "decline"')
    world.pay("A-1")
    world.pay("A-2")
    refund(world, "R-1", 100)
    assert refund(world, "S-1", 100, original) == "refused"
    assert reversal(world, "S-2", original) == "refused"


def test_a_sale_that_was_refunded_in_part_cannot_be_reversed_as_a_whole(world: World) -> None:
    world.pay()
    refund(world, "R-1", 1)
    assert reversal(world, "S-1") == "refused"


LIMITS = 'hard = "2000.00"\nrefund_supervisor = "10.00"\nrefund_block = "50.00"\n'


def test_a_large_reversal_asks_for_a_second_person(make: Make) -> None:
    world = make("", rules=LIMITS)
    world.pay("A-1", 1250)
    world.pay("A-2", 5001)
    ask = world.context.decide
    asked = Requested(payment_id="S-1", payment="reversal", terminal=FRONT, till="1", original="A-1")
    assert ask(asked).action == "supervisor"
    assert reversal(world, "S-2", "A-2") == "refused"
    assert world.sent("0630") == 0


CARDS = '[[payment]]\ncard = "visa"\n[[refund]]\ncard = "{}"\n'


@pytest.mark.parametrize(("card", "release"), [("visa", "released"), ("mastercard", "held")])
def test_a_refund_to_another_card_than_the_sales_is_held(make: Make, card: str, release: str) -> None:
    world = make(CARDS.format(card))
    world.pay()
    world.put("R-1", 500, payment="refund", original="A-1")
    world.until(lambda: world.kinds("R-1")[-1:] in (["completed"], ["prompted"]))
    record = world.context.payments.get("R-1")
    assert record is not None
    assert (record.verdict, record.release) == ("approved", release)
    assert record.left == 0
    original = world.context.payments.get("A-1")
    assert original is not None
    assert original.left == 750
