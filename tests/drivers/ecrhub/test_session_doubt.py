"""What is not certain, stopping, and the question for a payment."""

from __future__ import annotations

import pytest

from drivers.dialogue import UNREADABLE
from drivers.ecrhub.codec import Variant
from drivers.ecrhub.commands import order_number
from drivers.ecrhub.config import ANSWER_S, PAYMENT_S
from drivers.ecrhub.frame import CONFIRM, HEARTBEAT, EcrHubFrameKind, encode_frame
from drivers.ecrhub.line import LINK_DOWN, LINK_SILENCE_S, NOT_ACKNOWLEDGED
from drivers.ecrhub.packet import Topic
from drivers.ecrhub.session import (
    NAMELESS,
    NO_PAYMENT_ANSWER,
    NO_QUERY_ANSWER,
    QUERY_AGAIN_S,
)
from drivers.terminal import (
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DriverFact,
    EndReason,
    ResultStatus,
    TransactionResult,
)
from tests.drivers.ecrhub.stage import ASK, SALE, ByHand, only


def test_an_order_without_any_ack_is_lost_and_may_have_been_heard(by_hand: ByHand) -> None:
    """Reference 6 says that nothing was started; but the ACKs may be what was lost."""
    by_hand.start(SALE)
    by_hand.wait(3.0)
    assert only(by_hand) == ConnectionLost(NOT_ACKNOWLEDGED, Delivery.PERHAPS)
    assert len({number for number, request in by_hand.asked if request.topic == Topic.ORDER}) == 1


def test_an_order_of_which_no_byte_left_was_never_heard(by_hand: ByHand) -> None:
    by_hand.session.start(SALE, by_hand.now)
    by_hand.session.disconnected(DriverFact("wires.unplugged"), by_hand.now)
    assert only(by_hand) == ConnectionLost(DriverFact("wires.unplugged"), Delivery.NEVER)


def test_an_order_that_was_never_heard_does_not_leave_afterwards(by_hand: ByHand) -> None:
    by_hand.session.start(SALE, by_hand.now)
    by_hand.session.disconnected(DriverFact("wires.unplugged"), by_hand.now)
    by_hand.listen()
    by_hand.wait(5.0)
    assert by_hand.topic != Topic.ORDER


def test_a_line_in_trouble_takes_no_order(by_hand: ByHand) -> None:
    by_hand.wait(LINK_SILENCE_S + 1, beats=False)
    assert only(by_hand) == ConnectionLost(LINK_DOWN, Delivery.NEVER)
    by_hand.start(SALE)
    assert only(by_hand) == ConnectionLost(LINK_DOWN, Delivery.NEVER)
    assert by_hand.topic != Topic.ORDER


def test_a_dead_link_during_a_payment_is_perhaps(paying: ByHand) -> None:
    paying.wait(LINK_SILENCE_S + 1, beats=False)
    assert only(paying) == ConnectionLost(LINK_DOWN, Delivery.PERHAPS)


def test_a_card_payment_may_take_minutes_while_the_heart_beats(paying: ByHand) -> None:
    paying.wait(PAYMENT_S - 1)
    assert paying.events() == []
    paying.wait(2.0)
    assert only(paying) == ConnectionLost(NO_PAYMENT_ANSWER, Delivery.PERHAPS)


def test_a_result_that_cannot_be_read_is_not_acknowledged_and_ends_perhaps(paying: ByHand) -> None:
    paying.acks.clear()
    paying.say(encode_frame(EcrHubFrameKind.NORMAL, number=8, data=b"\x0a\xff"))
    assert only(paying) == ConnectionLost(UNREADABLE.about(reason="unreadable"), Delivery.PERHAPS)
    paying.listen()
    assert paying.acks == []


@pytest.mark.parametrize("wrong", [{"amount": "ten"}, {"amount": "10.101"}, {"currency": "XXX"}])
def test_values_that_cannot_be_are_as_good_as_unreadable(paying: ByHand, wrong: dict[str, str]) -> None:
    paying.acks.clear()
    paying.say(paying.answer(paying.paid(**wrong)))
    event = only(paying)
    assert isinstance(event, ConnectionLost)
    assert (event.delivery, paying.acks) == (Delivery.PERHAPS, [])


def test_a_message_that_cannot_be_read_does_not_end_a_question(by_hand: ByHand) -> None:
    by_hand.start(ASK)
    by_hand.say(encode_frame(EcrHubFrameKind.NORMAL, number=8, data=b"\x0a\xff"))
    by_hand.say(by_hand.answer(by_hand.paid()))
    event = only(by_hand)
    assert isinstance(event, TransactionResult)
    assert not event.late


def test_an_error_to_an_order_is_followed_by_a_query_and_only_that_decides(by_hand: ByHand) -> None:
    by_hand.start(SALE)
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.failed(message="card removed")))
    assert (by_hand.topic, by_hand.events()) == (Topic.QUERY, [])
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.paid()))
    event = only(by_hand)
    assert isinstance(event, TransactionResult)
    assert (event.late, event.result.status) == (False, ResultStatus.APPROVED)


@pytest.mark.case("other/07")
@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        ("110", "Transaction failed[[K026]Manual cancelation by operator]", ResultStatus.CANCELLED),
        ("110", "Transaction failed[[05]Do not honour]", ResultStatus.DECLINED),
    ],
)
@pytest.mark.parametrize(
    "unknown", [("ET003", "The transaction does not exist"), ("E04", "Order not found"), ("ET003", "")]
)
def test_a_refusal_of_an_order_that_the_terminal_does_not_have_is_a_no(
    code: str, message: str, said: ResultStatus, unknown: tuple[str, str]
) -> None:
    by_hand = ByHand(Variant.JSON).registered().start(SALE)
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.failed(code, message)))
    assert (by_hand.topic, by_hand.events()) == (Topic.QUERY, [])
    by_hand.acks.clear()
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.failed(*unknown)))
    event = only(by_hand)
    assert isinstance(event, TransactionResult)
    assert (event.late, event.result.status, event.result.text) == (False, said, f"{code} {message}")
    assert event.result.order == order_number("A-17", 41)
    by_hand.session.acknowledge(by_hand.now)
    ended = only(by_hand)
    assert isinstance(ended, DialogueEnded)
    assert ended.cancelled is (said is ResultStatus.CANCELLED)


@pytest.mark.parametrize(
    "answer", [("E99", "system busy"), ("110", "Transaction failed"), ("E50", "not found: network")]
)
def test_a_refusal_whose_query_fails_is_perhaps_with_the_terminals_words(
    by_hand: ByHand, answer: tuple[str, str]
) -> None:
    by_hand.start(SALE)
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.failed(message="card removed")))
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.failed(*answer)))
    event = only(by_hand)
    assert isinstance(event, ConnectionLost)
    assert event.delivery is Delivery.PERHAPS
    assert "card removed" in str(event.reason.figures["terminal_said"])


def test_an_unknown_order_that_was_not_refused_proves_nothing(paying: ByHand) -> None:
    paying.say(paying.answer(paying.paid(status="0")))
    paying.wait(QUERY_AGAIN_S)
    paying.say(paying.ack(), paying.answer(paying.failed("ET003", "The transaction does not exist")))
    event = only(paying)
    assert isinstance(event, ConnectionLost)
    assert event.delivery is Delivery.PERHAPS


@pytest.mark.parametrize("status", ["2", "1", "3"])
def test_an_end_without_an_order_and_without_our_request_leaves_the_payment_in_doubt(
    paying: ByHand, status: str
) -> None:
    paying.acks.clear()
    paying.say(paying.answer(paying.paid(order="", request_id="", status=status)))
    late = only(paying)
    assert isinstance(late, TransactionResult)
    assert (late.late, paying.acks) == (True, [])
    paying.session.acknowledge(paying.now)
    assert only(paying) == ConnectionLost(NAMELESS, Delivery.PERHAPS)
    paying.listen()
    assert len(paying.acks) == 1


def test_an_order_that_is_not_finished_is_asked_for_again_and_never_ordered_again(paying: ByHand) -> None:
    paying.say(paying.answer(paying.paid(status="0")))
    for count in range(1, 4):
        paying.wait(QUERY_AGAIN_S + 0.1)
        queries = [request for _, request in paying.asked if request.topic == Topic.QUERY]
        assert len(queries) == count + 1  # one was the trial message
        paying.say(paying.ack(), paying.answer(paying.paid(status="9" if count % 2 else "0")))
    paying.wait(QUERY_AGAIN_S + 0.1)
    paying.say(paying.ack(), paying.answer(paying.paid()))
    assert isinstance(only(paying), TransactionResult)
    assert [request.topic for _, request in paying.asked].count(Topic.ORDER) == 1


def test_a_query_without_an_answer_leaves_the_payment_unclear(paying: ByHand) -> None:
    paying.say(paying.answer(paying.failed()))
    paying.say(paying.ack())
    paying.wait(ANSWER_S + 1)
    assert only(paying) == ConnectionLost(NO_QUERY_ANSWER, Delivery.PERHAPS)


# ---- stopping ----


def test_stopping_sends_one_close_and_the_result_still_decides(by_hand: ByHand) -> None:
    by_hand.start(SALE)
    order = by_hand.paid()
    by_hand.say(by_hand.ack())
    by_hand.session.abort(by_hand.now)
    by_hand.session.abort(by_hand.now)
    by_hand.listen()
    assert [request.topic for _, request in by_hand.asked].count(Topic.CLOSE) == 1
    assert by_hand.request.order == order.order
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.failed(message="too late")), by_hand.answer(order))
    event = only(by_hand)
    assert isinstance(event, TransactionResult)
    assert event.result.status is ResultStatus.APPROVED


def test_a_close_whose_order_stays_silent_is_followed_by_a_query(paying: ByHand) -> None:
    paying.session.abort(paying.now)
    paying.listen()
    paying.say(paying.ack(), paying.answer(paying.failed(handled=True, code="000")))
    paying.wait(QUERY_AGAIN_S + 0.1)
    assert paying.topic == Topic.QUERY
    paying.say(paying.ack(), paying.answer(paying.paid(status="3")))
    event = only(paying)
    assert isinstance(event, TransactionResult)
    assert event.result.status is ResultStatus.CANCELLED


def test_a_payment_that_was_stopped_before_its_order_left_is_cancelled() -> None:
    by_hand = ByHand().start(SALE)
    by_hand.session.abort(0.0)
    event = only(by_hand)
    assert isinstance(event, DialogueEnded)
    assert event.cancelled
    by_hand.say(CONFIRM)
    by_hand.wait(5.0)
    assert by_hand.asked == []


def test_a_terminal_without_close_is_not_sent_one() -> None:
    by_hand = ByHand(quirks=frozenset({"no_close"})).registered().start(SALE)
    by_hand.session.abort(by_hand.now)
    by_hand.listen()
    assert by_hand.topic == Topic.ORDER


# ---- the question for a payment ----


def test_a_question_gives_the_state_of_exactly_this_order(by_hand: ByHand) -> None:
    assert by_hand.start(ASK).request.order == order_number("A-17", 41)
    assert by_hand.topic == Topic.QUERY
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.paid()))
    event = only(by_hand)
    assert isinstance(event, TransactionResult)
    assert (event.late, event.result.order) == (False, order_number("A-17", 41))
    by_hand.session.acknowledge(by_hand.now)
    assert only(by_hand) == DialogueEnded(EndReason.COMPLETED)


@pytest.mark.parametrize("status", ["0", "9", ""])
def test_a_question_without_an_end_gives_no_result(by_hand: ByHand, status: str) -> None:
    by_hand.start(ASK)
    by_hand.say(by_hand.ack(), by_hand.answer(by_hand.paid(status=status)))
    event = only(by_hand)
    assert isinstance(event, DialogueEnded)


def test_a_question_that_is_not_answered_ends_and_leaves_the_line(by_hand: ByHand) -> None:
    by_hand.start(ASK)
    by_hand.say(by_hand.ack())
    by_hand.wait(ANSWER_S + 1)
    assert only(by_hand) == DialogueEnded(EndReason.ABORTED, reason=NO_QUERY_ANSWER)


def test_the_settings_overrule_the_times() -> None:
    by_hand = ByHand(answer_s=3, payment_s=40).registered().start(SALE)
    by_hand.say(by_hand.ack())
    by_hand.wait(41.0)
    assert only(by_hand) == ConnectionLost(NO_PAYMENT_ANSWER, Delivery.PERHAPS)


def test_a_slow_disk_is_not_the_terminals_fault(paying: ByHand) -> None:
    paying.say(paying.answer(paying.paid()))
    paying.events()
    paying.wait(2 * PAYMENT_S)
    paying.session.acknowledge(paying.now)
    assert only(paying) == DialogueEnded(EndReason.COMPLETED)


def test_what_was_acknowledged_on_an_older_line_is_told_again_on_a_new_one(paying: ByHand) -> None:
    frame = paying.answer(paying.paid())
    paying.say(frame)
    paying.session.acknowledge(paying.now)
    paying.events()
    paying.session.connected(paying.now)
    paying.say(frame)
    event = only(paying)
    assert isinstance(event, TransactionResult)
    assert event.late


def test_nothing_of_a_message_stays_in_the_buffer(by_hand: ByHand) -> None:
    by_hand.start(SALE)
    by_hand.say(by_hand.answer(by_hand.paid()), HEARTBEAT)
    assert not any(by_hand.buffer.view)
