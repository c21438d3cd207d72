"""A payment and its result, against a terminal of which every frame is written here."""

from __future__ import annotations

import pytest

from drivers.ecrhub.codec import Variant
from drivers.ecrhub.commands import order_number
from drivers.ecrhub.frame import EcrHubFrameKind, encode_frame
from drivers.ecrhub.packet import Topic
from drivers.ecrhub.session import EcrHubSession
from drivers.terminal import (
    Command,
    DialogueEnded,
    DriverFact,
    EndReason,
    Operation,
    ResultStatus,
    TransactionResult,
)
from tests.drivers.ecrhub.stage import SALE, ByHand, only

REFUND = Command(
    Operation.REFUND, "A-18", 500, 978, sequence=50, original_payment_id="A-17", original_sequence=41
)
REVERSAL = Command(Operation.REVERSAL, "A-19", sequence=60, original_payment_id="A-17", original_sequence=41)


def test_a_sale_names_order_amount_currency_and_type(by_hand: ByHand) -> None:
    request = by_hand.start(SALE).request
    assert (request.topic, request.amount, request.currency) == (Topic.ORDER, "10.10", "EUR")
    assert (request.trans_type, request.method, request.original) == ("1", "BANKCARD", "")
    assert request.order == order_number("A-17", 41)


def test_a_refund_and_a_reversal_name_the_order_that_they_are_for(by_hand: ByHand) -> None:
    for command, trans_type, amount in ((REFUND, "3", "5.00"), (REVERSAL, "2", "")):
        request = by_hand.start(command).request
        assert (request.trans_type, request.amount) == (trans_type, amount)
        assert request.original == order_number("A-17", 41)
        by_hand.say(by_hand.answer(by_hand.paid(trans_type=trans_type)))
        by_hand.session.acknowledge(by_hand.now)
        by_hand.events()


def test_a_terminal_with_its_own_currency_is_told_none() -> None:
    by_hand = ByHand(quirks=frozenset({"own_currency"})).registered()
    assert by_hand.start(SALE).request.currency == ""
    by_hand.say(by_hand.answer(by_hand.paid(currency="")))
    event = only(by_hand)
    assert isinstance(event, TransactionResult)
    assert (event.result.amount, event.result.currency) == (1010, None)


def test_a_result_is_acknowledged_once_it_is_accepted_and_not_before(by_hand: ByHand) -> None:
    by_hand.start(SALE)
    by_hand.acks.clear()
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.paid(), number=99))
    event = only(by_hand)
    assert isinstance(event, TransactionResult)
    assert not event.late
    assert (event.result.status, event.result.amount, event.result.currency) == (
        ResultStatus.APPROVED,
        1010,
        978,
    )
    by_hand.wait(20.0)
    assert by_hand.acks == []
    by_hand.session.acknowledge(by_hand.now)
    by_hand.listen()
    assert by_hand.acks == [99]
    assert only(by_hand) == DialogueEnded(EndReason.COMPLETED)


def test_copies_are_ignored_while_held_and_acknowledged_again_afterwards(paying: ByHand) -> None:
    """Also under another id: after a restart of the app they begin again."""
    frame, other = (paying.answer(paying.paid(), number=number) for number in (9, 1))
    paying.acks.clear()
    paying.say(frame, frame, other)
    assert (len(paying.events()), paying.acks) == (1, [])
    paying.session.acknowledge(paying.now)
    paying.listen()
    paying.say(frame, other)
    assert paying.acks == [9, 9, 1]
    assert paying.events() == [DialogueEnded(EndReason.COMPLETED)]


def test_the_same_id_with_another_message_is_a_new_message(paying: ByHand) -> None:
    paying.say(paying.answer(paying.paid(order="someone"), number=5), paying.answer(paying.paid(), number=5))
    (late,) = paying.events()
    assert isinstance(late, TransactionResult)
    assert late.late
    paying.session.acknowledge(paying.now)
    (ours,) = paying.events()
    assert isinstance(ours, TransactionResult)
    assert not ours.late


@pytest.mark.parametrize(
    ("status", "said", "cancelled"),
    [("1", ResultStatus.DECLINED, False), ("3", ResultStatus.CANCELLED, True)],
)
def test_a_payment_that_was_not_made_is_told_as_such(
    status: str, said: ResultStatus, cancelled: bool, by_hand: ByHand
) -> None:
    by_hand.start(SALE)
    by_hand.say(by_hand.answer(by_hand.paid(status=status, message="no funds", paid="")))
    event = only(by_hand)
    assert isinstance(event, TransactionResult)
    assert event.result.status is said
    assert "no funds" in event.result.text
    by_hand.session.acknowledge(by_hand.now)
    ended = only(by_hand)
    assert isinstance(ended, DialogueEnded)
    assert (ended.end_reason, ended.cancelled) == (EndReason.ABORTED, cancelled)


def test_handled_does_not_mean_paid(by_hand: ByHand) -> None:
    """Response code 000 with every state but 2 is no approval (reference 4)."""
    for status in ("", "0", "9", "4", "02", "completed"):
        by_hand.start(SALE)
        by_hand.say(by_hand.answer(by_hand.paid(status=status)))
        assert not any(isinstance(event, TransactionResult) for event in by_hand.events())
        by_hand.session.disconnected(DriverFact("wires.unplugged"), by_hand.now)
        by_hand.session.connected(by_hand.now)
        by_hand.registered()


def test_a_state_beside_an_error_decides_nothing(by_hand: ByHand) -> None:
    by_hand.start(SALE)
    answer = by_hand.failed(order=by_hand.request.order, status="2", amount="10.10")
    by_hand.say(by_hand.answer(answer))
    assert (by_hand.events(), by_hand.topic) == ([], Topic.QUERY)


def test_an_amount_that_differs_is_told(paying: ByHand) -> None:
    paying.say(paying.answer(paying.paid(amount="10.1")))
    paying.session.acknowledge(paying.now)
    first = paying.events()[0]
    assert isinstance(first, TransactionResult)
    assert first.result.amount == 1010
    paying.start(SALE)
    paying.say(paying.answer(paying.paid(amount="1010")))
    other = only(paying)
    assert isinstance(other, TransactionResult)
    assert (other.late, other.result.amount) == (False, 101_000)


def test_a_currency_that_differs_is_told(paying: ByHand) -> None:
    paying.say(paying.answer(paying.paid(currency="JPY", amount="1010")))
    event = only(paying)
    assert isinstance(event, TransactionResult)
    assert (event.late, event.result.amount, event.result.currency) == (False, 1010, 392)


def test_an_answer_that_holds_the_frames_own_tail_is_not_cut(by_hand: ByHand) -> None:
    """SDK 1.0 searches the tail in the text and loses the result of an approved payment."""
    by_hand.start(SALE)
    frame = by_hand.answer(by_hand.paid(message="TAIL")).replace(b"TAIL", b"\xcc\x33\x55\xaa")
    frame = encode_frame(EcrHubFrameKind.NORMAL, number=frame[4], data=frame[7:-3])
    by_hand.say(by_hand.ack() + frame)
    event = only(by_hand)
    assert isinstance(event, TransactionResult)
    assert event.result.status is ResultStatus.APPROVED


def test_a_tip_is_part_of_the_amount_and_told_alone(paying: ByHand) -> None:
    paying.say(paying.answer(paying.paid(tip="0.90")))
    event = only(paying)
    assert isinstance(event, TransactionResult)
    assert (event.result.amount, event.result.tip) == (1100, 90)


def test_sdk_1_0_says_what_was_paid() -> None:
    by_hand = ByHand(Variant.SDK_1_0).registered().start(SALE)
    by_hand.say(by_hand.answer(by_hand.paid(amount="10.10", paid="11.00")))
    event = only(by_hand)
    assert isinstance(event, TransactionResult)
    assert event.result.amount == 1100


@pytest.mark.parametrize("wrong", [{"order": "Z" * 32}, {"trans_type": "2"}, {"order": ""}])
def test_a_result_of_another_order_or_type_is_not_this_commands(
    paying: ByHand, wrong: dict[str, str]
) -> None:
    paying.say(paying.answer(paying.paid(**wrong)))
    events = paying.events()
    assert all(isinstance(event, TransactionResult) and event.late for event in events)
    assert paying.session.busy


def test_a_late_result_behind_a_command_does_not_lose_the_commands_own(paying: ByHand) -> None:
    paying.say(paying.answer(paying.paid(order="before")), paying.answer(paying.paid()))
    assert len(paying.events()) == 1
    paying.session.acknowledge(paying.now)
    ours = only(paying)
    assert isinstance(ours, TransactionResult)
    assert not ours.late
    paying.session.acknowledge(paying.now)
    assert only(paying) == DialogueEnded(EndReason.COMPLETED)


def test_more_results_than_can_wait_are_left_for_the_terminal_to_repeat(paying: ByHand) -> None:
    paying.acks.clear()
    many = range(EcrHubSession.MOST_WAITING + 5)
    flood = [paying.answer(paying.paid(order=f"order{number}")) for number in many]
    paying.say(*flood)
    for _ in many:
        paying.session.acknowledge(paying.now)
    paying.listen()
    assert len(paying.acks) == EcrHubSession.MOST_WAITING + 1
    paying.say(*flood)
    paying.session.acknowledge(paying.now)
    paying.listen()
    assert len(paying.acks) == 2 * (EcrHubSession.MOST_WAITING + 1) + 1


def test_a_result_when_nothing_waits_is_held_too(by_hand: ByHand) -> None:
    by_hand.acks.clear()
    by_hand.say(by_hand.answer(by_hand.paid(topic=Topic.ORDER, order="before"), number=77))
    event = only(by_hand)
    assert isinstance(event, TransactionResult)
    assert (event.late, event.result.order, by_hand.acks) == (True, "before", [])
    by_hand.session.acknowledge(by_hand.now)
    by_hand.listen()
    assert by_hand.acks == [77]


def test_a_message_without_a_result_is_acknowledged_at_rest(by_hand: ByHand) -> None:
    by_hand.acks.clear()
    by_hand.say(by_hand.answer(by_hand.failed(request_id="of nobody"), number=3))
    assert (by_hand.acks, by_hand.events()) == ([3], [])
