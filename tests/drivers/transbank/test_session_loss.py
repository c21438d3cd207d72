"""What breaks around a sale: silence, refusals, lines that go away, and what came before it left."""

from __future__ import annotations

import pytest

from drivers.dialogue import NO_END
from drivers.terminal import Command, ConnectionLost, Delivery, DriverFact, Event, Operation
from drivers.transbank import session as told
from drivers.transbank.line import ANSWER_S, DAMAGED, NAK_ALONE_S, REFUSED, SILENT
from tests.drivers.transbank.stage import (
    ACK,
    NAK,
    POLL,
    SALE,
    SALE_FRAME,
    ByHand,
    end,
    outcomes,
    paying,
    sale_answer,
)


def test_no_sale_is_sent_when_the_poll_is_not_answered() -> None:
    hand = ByHand()
    hand.session.start(SALE, hand.now)
    heard = b""
    events: list[Event] = []
    for _ in range(4):
        heard += hand.hears()
        events += hand.wait(ANSWER_S)
    assert heard == POLL * 3
    assert end(events) == ConnectionLost(SILENT, Delivery.NEVER)


def test_a_sale_that_is_not_acknowledged_is_not_sent_again() -> None:
    hand = ByHand()
    hand.start(SALE)
    assert end(hand.wait(ANSWER_S)) == ConnectionLost(SILENT, Delivery.PERHAPS)
    assert hand.hears() == b""


def test_a_sale_that_the_terminal_refused_as_damaged_is_sent_three_times_at_most() -> None:
    hand = ByHand()
    hand.start(SALE)
    for _ in range(2):
        assert hand.says(NAK) == []
        assert hand.wait(NAK_ALONE_S) == []
        assert hand.hears() == SALE_FRAME
    hand.says(NAK)
    assert end(hand.wait(NAK_ALONE_S)) == ConnectionLost(REFUSED, Delivery.PERHAPS)
    assert hand.hears() == b""


def test_a_nak_that_an_ack_follows_was_noise_and_the_sale_is_not_sent_again() -> None:
    hand = ByHand()
    hand.start(SALE)
    hand.says(NAK, ACK)
    assert hand.wait(60) == []
    assert hand.hears() == b""


def test_a_harmless_question_is_asked_again_after_silence() -> None:
    hand = ByHand()
    question = hand.start(Command(Operation.REPEAT_RECEIPT))
    hand.wait(ANSWER_S)
    assert hand.hears() == question


def test_a_result_before_the_ack_stands_for_it() -> None:
    hand = ByHand()
    hand.start(SALE)
    (outcome,) = outcomes(hand.says(sale_answer()))
    assert not outcome.late
    assert hand.wait(ANSWER_S) == []
    assert hand.acknowledge() == ACK


def test_a_terminal_that_says_nothing_more_is_not_a_no() -> None:
    hand = paying()
    assert end(hand.wait(told.SILENCE_S)) == ConnectionLost(NO_END, Delivery.PERHAPS)


def test_a_question_that_asks_nobody_is_not_waited_for_as_long_as_a_cardholder() -> None:
    hand = ByHand()
    hand.start(Command(Operation.REPEAT_RECEIPT))
    hand.says(ACK)
    assert isinstance(end(hand.wait(told.QUESTION_S)), ConnectionLost)


def test_on_a_line_that_gave_up_a_command_is_lost_before_it_left() -> None:
    hand = ByHand()
    for _ in range(3):
        hand.says(b"\x02x\x03x")
    hand.hears()
    hand.session.start(SALE, hand.now)
    assert end(hand.says()) == ConnectionLost(DAMAGED.about(fault="wrong checksum"), Delivery.NEVER)
    assert hand.hears() == b""


def test_each_status_message_starts_the_wait_anew() -> None:
    hand = paying()
    for _ in range(3):
        assert hand.wait(told.SILENCE_S - 1) == []
        hand.says("0900|81|")
    assert isinstance(end(hand.wait(told.SILENCE_S)), ConnectionLost)


def test_a_line_that_breaks_before_the_sale_left_proves_that_it_did_not() -> None:
    hand = ByHand()
    hand.session.start(SALE, hand.now)
    hand.hears()
    hand.session.disconnected(DriverFact("wires.unplugged"), hand.now)
    assert end(hand.says()) == ConnectionLost(DriverFact("wires.unplugged"), Delivery.NEVER)


def test_a_sale_that_is_given_up_before_it_left_does_not_leave_any_more() -> None:
    hand = ByHand()
    hand.session.start(SALE, hand.now)
    hand.hears()
    lost = end(hand.says(ACK, "0271|00|"))
    assert isinstance(lost, ConnectionLost)
    assert lost.delivery is Delivery.NEVER
    assert hand.hears() == b""


@pytest.mark.parametrize("text", [sale_answer(), "0210|74"])
def test_what_came_before_the_sale_left_does_not_answer_it(text: str) -> None:
    hand = ByHand()
    hand.session.start(SALE, hand.now)
    hand.hears()
    (outcome,) = outcomes(hand.says(ACK, text))
    assert outcome.late
    assert hand.hears() == SALE_FRAME


def test_a_status_from_before_the_sale_left_does_not_stand_for_its_ack() -> None:
    hand = ByHand()
    hand.session.start(SALE, hand.now)
    hand.hears()
    assert hand.says(ACK, "0900|82|") == []
    assert hand.hears() == SALE_FRAME + ACK
    assert end(hand.wait(ANSWER_S)) == ConnectionLost(SILENT, Delivery.PERHAPS)


def test_an_ack_from_before_the_sale_left_is_not_its_own() -> None:
    hand = ByHand()
    hand.session.start(SALE, hand.now)
    hand.hears()
    hand.says(ACK, "0900|82|", ACK)
    hand.hears()
    assert end(hand.wait(ANSWER_S)) == ConnectionLost(SILENT, Delivery.PERHAPS)


def test_an_unnamed_response_before_the_ack_may_be_an_older_ones() -> None:
    hand = ByHand()
    hand.start(Command(Operation.CLOSE_DAY))
    (outcome,) = outcomes(hand.says("0510|00|597029414300|75001637"))
    assert outcome.late


def test_a_line_that_breaks_after_the_sale_left_proves_nothing() -> None:
    hand = paying()
    hand.session.disconnected(DriverFact("wires.unplugged"), hand.now)
    assert end(hand.says()) == ConnectionLost(DriverFact("wires.unplugged"), Delivery.PERHAPS)
    assert hand.acknowledge() == b""
