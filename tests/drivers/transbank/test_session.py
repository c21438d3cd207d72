"""The session against a terminal that says what each test tells it to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.dialogue import FLOOD
from drivers.terminal import (
    Command,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DisplayText,
    DriverFact,
    EndReason,
    Operation,
    ResultStatus,
    SessionError,
    TransactionResult,
)
from drivers.transbank.frame import encode_frame
from drivers.transbank.line import DAMAGED
from drivers.transbank.quirks import TransbankQuirk
from drivers.transbank.session import NAMELESS, TransbankSession
from drivers.transbank.texts import result_fact
from tests.drivers.transbank.stage import (
    ACK,
    NAK,
    SALE,
    ByHand,
    end,
    outcomes,
    paying,
    sale_answer,
)
from tests.support.cards import PUBLISHED

VOID = Command(Operation.REVERSAL, "till 2", original_receipt=123, original_trace=123, sequence=4800)
OTHER_TICKET = "00ABCD"


def test_the_result_is_acknowledged_only_when_it_is_accepted() -> None:
    hand = paying()
    (outcome,) = outcomes(hand.says(sale_answer()))
    assert (outcome.late, outcome.result.status, hand.hears()) == (False, ResultStatus.APPROVED, b"")
    assert hand.session.busy
    assert hand.acknowledge() == ACK
    assert end(hand.says()) == DialogueEnded(EndReason.COMPLETED, terminal_id="75001637")
    assert not hand.session.busy


@pytest.mark.parametrize(
    ("code", "cancelled", "maintenance"),
    [("01", False, None), ("07", True, None), ("93", False, None), ("26", False, Operation.INITIALISE)],
)
def test_any_code_but_00_is_a_no(code: str, cancelled: bool, maintenance: Operation | None) -> None:
    hand = paying()
    hand.says(sale_answer(code, amount=0))
    hand.acknowledge()
    ended = end(hand.says())
    assert isinstance(ended, DialogueEnded)
    assert (ended.end_reason, ended.code, ended.cancelled, ended.maintenance) == (
        EndReason.ABORTED,
        int(code),
        cancelled,
        maintenance,
    )
    assert ended.reason == result_fact(int(code))


def test_status_messages_are_acknowledged_at_once_and_decide_nothing() -> None:
    hand = paying()
    for code, text in (
        (78, "insert, swipe or hold the card"),
        (81, "enter the PIN"),
        (82, "asking the bank"),
    ):
        assert hand.says(f"0900|{code}|") == [DisplayText(code, text)]
        assert hand.hears() == ACK
    assert hand.session.busy


def test_ack_and_the_first_status_in_one_read_are_not_the_end_of_the_sale() -> None:
    hand = ByHand()
    hand.start(SALE)
    assert [type(event) for event in hand.says(ACK, "0900|78|")] == [DisplayText]
    (outcome,) = outcomes(hand.says(sale_answer()))
    assert outcome.result.amount == 25000


def test_a_status_and_the_result_in_one_read_lose_nothing_and_send_no_ack_too_early() -> None:
    hand = paying()
    events = hand.says("0900|82|", sale_answer())
    assert [type(event) for event in events] == [DisplayText, TransactionResult]
    assert hand.hears() == b""
    assert hand.acknowledge() == ACK


def test_a_status_behind_a_held_result_gets_no_ack_that_would_be_the_results() -> None:
    hand = paying()
    hand.says(sale_answer())
    assert hand.says("0900|82|") == []
    assert hand.hears() == b""


@pytest.mark.parametrize("at", range(1, len(sale_answer()) + 3))
def test_a_pause_of_half_a_second_anywhere_in_the_response_changes_nothing(at: int) -> None:
    hand, frame = paying(), encode_frame(sale_answer().encode())
    assert hand.says(frame[:at]) == []
    assert hand.wait(0.5) == []
    (outcome,) = outcomes(hand.says(frame[at:]))
    assert outcome.result.amount == 25000
    assert hand.acknowledge() == ACK


def test_a_wrong_checksum_is_refused_and_the_repeat_counts() -> None:
    hand, frame = paying(), encode_frame(sale_answer().encode())
    assert hand.says(frame[:-1] + bytes((frame[-1] ^ 1,))) == []
    assert hand.hears() == NAK
    assert outcomes(hand.says(frame))


def test_silence_inside_a_frame_asks_for_it_again() -> None:
    hand = paying()
    hand.says(encode_frame(sale_answer().encode())[:-2])
    assert hand.wait(5) == []
    assert hand.hears() == NAK
    assert outcomes(hand.says(sale_answer()))


def test_three_damaged_messages_leave_the_sale_unclear() -> None:
    hand, frame = paying(), encode_frame(sale_answer().encode())
    events = [event for _ in range(3) for event in hand.says(frame[:-1] + bytes((frame[-1] ^ 1,)))]
    assert end(events) == ConnectionLost(DAMAGED.about(fault="wrong checksum"), Delivery.PERHAPS)
    assert hand.says(frame) == []


def test_copies_of_a_result_are_acknowledged_and_told_once() -> None:
    hand = paying()
    assert len(outcomes(hand.says(sale_answer(), sale_answer()))) == 1
    assert hand.says(sale_answer()) == []
    assert hand.hears() == b""
    assert hand.acknowledge() == ACK
    hand.says()
    assert hand.says(sale_answer()) == []
    assert hand.hears() == ACK


def test_a_copy_on_a_fresh_line_is_acknowledged_and_not_told_again() -> None:
    hand = paying()
    hand.says(sale_answer())
    hand.acknowledge()
    hand.says()
    hand.session.disconnected(DriverFact("wires.unplugged"), hand.now)
    hand.session.connected(hand.now)
    assert hand.says(sale_answer()) == []
    assert hand.hears() == ACK


def test_the_result_of_another_sale_is_late_and_ours_is_still_waited_for() -> None:
    hand = paying()
    (late,) = outcomes(hand.says(sale_answer(order=OTHER_TICKET, amount=999)))
    assert (late.late, late.result.order) == (True, OTHER_TICKET)
    assert hand.session.busy
    assert hand.acknowledge() == ACK
    (ours,) = outcomes(hand.says(sale_answer()))
    assert not ours.late


def test_two_results_in_one_read_are_accepted_one_after_the_other() -> None:
    hand = paying()
    (late,) = outcomes(hand.says(sale_answer(order=OTHER_TICKET), sale_answer()))
    assert late.late
    assert hand.acknowledge() == b"", "the terminal would take it for the ACK to what it said last"
    (ours,) = outcomes(hand.says())
    assert not ours.late
    assert hand.acknowledge() == ACK


def test_an_approval_without_a_ticket_is_not_taken_for_ours() -> None:
    (late,) = outcomes(paying().says(sale_answer(order="")))
    assert late.late


def test_a_refusal_without_a_ticket_is_ours_once_the_sale_is_acknowledged() -> None:
    (outcome,) = outcomes(paying().says("0210|74|597029414300|75001637"))
    assert (outcome.late, outcome.result.status) == (False, ResultStatus.DECLINED)
    hand = ByHand()
    hand.start(SALE)
    (outcome,) = outcomes(hand.says("0210|74|597029414300|75001637"))
    assert outcome.late


def test_after_a_doubt_a_refusal_without_a_ticket_leaves_both_sales_in_doubt() -> None:
    hand = ByHand()
    hand.start(replace(SALE, after_doubt=True))
    hand.says(ACK)
    (outcome,) = outcomes(hand.says("0210|74|597029414300|75001637"))
    assert outcome.late
    assert hand.acknowledge() == ACK
    (lost,) = hand.session.events()
    assert lost == ConnectionLost(NAMELESS, Delivery.PERHAPS)


def test_another_amount_with_our_ticket_is_our_result() -> None:
    (outcome,) = outcomes(paying().says(sale_answer(amount=26000, tip="1000")))
    assert (outcome.late, outcome.result.amount, outcome.result.tip) == (False, 26000, 1000)


def test_a_result_while_nothing_runs_is_late_and_held() -> None:
    hand = ByHand()
    (outcome,) = outcomes(hand.says(sale_answer()))
    assert (outcome.late, hand.hears()) == (True, b"")
    assert hand.acknowledge() == ACK


def test_a_late_result_that_nobody_accepted_is_never_acknowledged() -> None:
    hand = ByHand()
    hand.says(sale_answer(order=OTHER_TICKET))
    hand.start(SALE)
    assert hand.acknowledge() == b""


def test_two_closes_that_are_answered_alike_are_two_results() -> None:
    hand = ByHand()
    for _ in range(2):
        assert hand.start(Command(Operation.CLOSE_DAY)) == encode_frame(b"0500||")
        hand.says(ACK)
        (outcome,) = outcomes(hand.says("0510|00|597029414300|75001637"))
        assert not outcome.late
        hand.acknowledge()
        hand.says()
    hand.session.start(Command(Operation.CLOSE_DAY), hand.now)
    (outcome,) = outcomes(hand.says("0510|00|597029414300|75001637"))
    assert outcome.late


@pytest.mark.parametrize("text", ["0210|81|", "0210", "0271|00|", "0210|NaN|"])
def test_a_message_that_cannot_be_read_leaves_the_sale_unclear_and_unacknowledged(text: str) -> None:
    hand = paying()
    lost = end(hand.says(text))
    assert isinstance(lost, ConnectionLost)
    assert lost.delivery is Delivery.PERHAPS
    assert hand.hears() == b""


def test_what_cannot_be_read_is_nothing_while_nothing_runs() -> None:
    assert ByHand().says("0271|00|", "hello") == []


@pytest.mark.parametrize(
    "command",
    [
        replace(SALE, amount=49),
        replace(SALE, amount=1_000_000_000),
        replace(SALE, amount=None),
        replace(SALE, currency=978),
        replace(SALE, operation=Operation.REFUND),
        replace(VOID, original_receipt=None, original_trace=None),
        replace(VOID, original_receipt=1_000_000, original_trace=1_000_000),
    ],
)
def test_what_the_protocol_cannot_say_is_refused_before_anything_is_written(command: Command) -> None:
    hand = ByHand()
    with pytest.raises(SessionError):
        hand.session.start(command, hand.now)
    assert hand.hears() == b""
    assert not hand.session.busy


@pytest.mark.parametrize("amount", [50, 999_999_999])
def test_the_least_and_the_most_pesos_are_sent_without_decimals(amount: int) -> None:
    assert f"0200|{amount}|".encode() in ByHand().start(replace(SALE, amount=amount))


def test_a_void_names_the_operation_and_its_answer_must_name_it_too() -> None:
    hand = ByHand()
    assert hand.start(VOID) == encode_frame(b"1200|123|")
    hand.says(ACK)
    (late,) = outcomes(hand.says("1210|00|597029414300|75001637|252985|000124"))
    assert late.late
    hand.acknowledge()
    (ours,) = outcomes(hand.says("1210|00|597029414300|75001637|252985|000123"))
    assert (ours.late, ours.result.original_trace) == (False, 123)


def test_a_terminal_that_numbers_its_voids_is_understood_by_its_quirk() -> None:
    hand = ByHand([TransbankQuirk.VOID_HAS_OWN_NUMBER])
    hand.start(VOID)
    hand.says(ACK)
    (ours,) = outcomes(hand.says("1210|00|597029414300|75001637|252985|000124"))
    assert not ours.late


def test_the_abort_key_of_the_till_sends_nothing() -> None:
    hand = paying()
    hand.session.abort(hand.now)
    assert hand.hears() == b""


def test_a_command_without_a_message_ends_at_once() -> None:
    hand = ByHand()
    hand.session.start(Command(Operation.LOG_OFF), hand.now)
    assert hand.says() == [DialogueEnded(EndReason.COMPLETED)]
    assert hand.hears() == b""


def test_a_card_number_leaves_sealed_and_nothing_of_it_stays_in_the_buffer() -> None:
    hand = paying()
    (outcome,) = outcomes(hand.says(sale_answer(account=PUBLISHED[0])))
    assert outcome.result.card is not None
    assert outcome.result.card.sealed
    assert not any(hand.buffer.view)


def test_a_flood_behind_a_held_result_ends_the_wait() -> None:
    hand = paying()
    events = hand.says(
        *(sale_answer(order=f"{count:06}") for count in range(TransbankSession.MOST_WAITING + 2))
    )
    assert end(events) == ConnectionLost(FLOOD, Delivery.PERHAPS)
