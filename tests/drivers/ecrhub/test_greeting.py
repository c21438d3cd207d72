"""Before any payment: handshake, proof of the form, what cannot be said."""

from __future__ import annotations

import pytest

from drivers.ecrhub.codec import Variant
from drivers.ecrhub.commands import order_number
from drivers.ecrhub.config import ANSWER_S
from drivers.ecrhub.frame import CONFIRM, HEARTBEAT, EcrHubFrameKind
from drivers.ecrhub.line import ALIVE_S
from drivers.ecrhub.packet import Device, EcrHubAnswer, Topic
from drivers.ecrhub.session import (
    NO_APP,
    NOT_PROVEN,
    OPEN_S,
)
from drivers.terminal import (
    Command,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    EndReason,
    Operation,
    SessionError,
)
from tests.drivers.ecrhub.stage import FORMS, REGISTER, SALE, ByHand, only


@pytest.mark.parametrize(
    ("variant", "topic"),
    [(Variant.SDK_1_1, Topic.QUERY), (Variant.SDK_1_0, Topic.PAIR), (Variant.JSON, Topic.QUERY)],
)
def test_registering_shakes_hands_and_proves_the_form_without_money(variant: Variant, topic: Topic) -> None:
    by_hand = ByHand(variant)
    by_hand.start(REGISTER)
    assert by_hand.asked == []
    by_hand.say(CONFIRM)
    assert [request.topic for _, request in by_hand.asked] == [topic]
    assert by_hand.request.order != order_number(SALE.payment_id, SALE.sequence)


def test_who_answered_is_told_at_every_status() -> None:
    by_hand = ByHand().start(REGISTER)
    by_hand.say(CONFIRM)
    device = Device("TILLGATE-SIM", "2", "P5-77")
    by_hand.say(by_hand.answer(by_hand.failed(device=device)))
    expected = DialogueEnded(
        EndReason.COMPLETED, simulator=True, terminal_id="P5-77", software="TILLGATE-SIM 2"
    )
    assert only(by_hand) == expected
    by_hand.start(Command(Operation.STATUS))
    assert only(by_hand) == expected


def test_a_real_terminal_is_no_simulator(by_hand: ByHand) -> None:
    by_hand.start(Command(Operation.STATUS))
    assert only(by_hand) == DialogueEnded(EndReason.COMPLETED)


@pytest.mark.parametrize("variant", FORMS)
@pytest.mark.parametrize("other", FORMS)
def test_no_order_leaves_when_the_terminal_answers_in_another_form(variant: Variant, other: Variant) -> None:
    if variant is other:
        return
    by_hand = ByHand(variant).start(SALE)
    by_hand.say(CONFIRM, by_hand.answer(EcrHubAnswer("", "", handled=True, code="000")))
    by_hand.say(by_hand.answer(by_hand.failed(), variant=other))
    event = only(by_hand)
    assert isinstance(event, DialogueEnded)
    assert event.end_reason is EndReason.REFUSED
    assert event.reason is not None
    assert event.reason.code == "ecrhub.other_variant"
    assert other.value in str(event.reason.figures["form"])
    by_hand.wait(20.0)
    assert Topic.ORDER not in {request.topic for _, request in by_hand.asked}


def test_a_terminal_that_only_acknowledges_the_trial_message_may_not_be_paid_at() -> None:
    by_hand = ByHand().start(SALE)
    by_hand.say(CONFIRM)
    by_hand.say(by_hand.ack())
    by_hand.wait(ANSWER_S + 1)
    assert only(by_hand) == DialogueEnded(EndReason.REFUSED, reason=NOT_PROVEN)
    assert {request.topic for _, request in by_hand.asked} == {Topic.QUERY}


def test_a_refused_pairing_ends_the_greeting_with_the_terminals_words() -> None:
    by_hand = ByHand(Variant.SDK_1_0).start(REGISTER)
    by_hand.say(CONFIRM)
    by_hand.say(by_hand.answer(by_hand.failed(message="not allowed")))
    event = only(by_hand)
    assert isinstance(event, DialogueEnded)
    assert (event.end_reason, "not allowed" in event.text) == (EndReason.REFUSED, True)


def test_the_form_is_proven_anew_on_every_line(by_hand: ByHand) -> None:
    by_hand.session.connected(by_hand.now)
    asked = len(by_hand.asked)
    by_hand.start(SALE)
    by_hand.say(CONFIRM)
    assert Topic.ORDER not in {request.topic for _, request in by_hand.asked[asked:]}


def test_without_a_confirm_nothing_left_and_the_cashier_is_told_what_to_look_at() -> None:
    by_hand = ByHand().start(SALE)
    by_hand.wait(OPEN_S + 1)
    assert only(by_hand) == ConnectionLost(NO_APP, Delivery.NEVER)
    assert set(by_hand.kinds) == {EcrHubFrameKind.HANDSHAKE}


def test_no_order_leaves_while_the_app_shows_no_sign_of_life(by_hand: ByHand) -> None:
    """It may have been closed since; nobody could prove later that it never heard of the order."""
    by_hand.wait(ALIVE_S + 1, beats=False)
    by_hand.start(SALE)
    assert by_hand.topic != Topic.ORDER
    by_hand.say(HEARTBEAT)
    assert by_hand.topic == Topic.ORDER


def test_an_app_that_is_gone_before_the_order_costs_no_money(by_hand: ByHand) -> None:
    by_hand.wait(ALIVE_S + 1, beats=False)
    by_hand.start(SALE)
    by_hand.wait(OPEN_S + 1, beats=False)
    assert only(by_hand) == ConnectionLost(NO_APP, Delivery.NEVER)


@pytest.mark.parametrize(
    "operation", [Operation.DIAGNOSE, Operation.INITIALISE, Operation.LOG_OFF, Operation.REPEAT_RECEIPT]
)
def test_what_the_protocol_has_no_message_for_ends_at_once(operation: Operation, by_hand: ByHand) -> None:
    by_hand.start(Command(operation))
    assert only(by_hand) == DialogueEnded(EndReason.COMPLETED)


@pytest.mark.parametrize(
    "command",
    [
        Command(Operation.CLOSE_DAY, "Z"),
        Command(Operation.SALE, "A", 0, 978, sequence=1),
        Command(Operation.SALE, "A", 100, 999, sequence=1),
        Command(Operation.REFUND, "A", 100, 978, sequence=1),
        Command(Operation.REVERSAL, "A", sequence=1),
    ],
    ids=lambda command: command.operation.value,
)
def test_what_cannot_be_said_is_refused_before_anything_is_written(command: Command, by_hand: ByHand) -> None:
    asked = len(by_hand.asked)
    with pytest.raises(SessionError):
        by_hand.start(command)
    assert (by_hand.session.busy, len(by_hand.asked)) == (False, asked)
