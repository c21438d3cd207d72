"""The dialogue by hand: each rule of the reference's sections 3 and 7 and of its checklist."""

from __future__ import annotations

import pytest

from drivers.dialogue import UNREADABLE
from drivers.telium import texts
from drivers.telium.eplus import EPlusRequest, encode_answer
from drivers.telium.frame import encode_frame
from drivers.telium.packet import mark_of
from drivers.terminal import (
    Command,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DriverFact,
    EndReason,
    Operation,
    ResultStatus,
    SessionError,
    TransactionResult,
)
from tests.drivers.telium.stage import ACK, ENQ, EOT, NAK, REGISTER, SALE, STATUS, Solo

OURS = EPlusRequest(1, 1010, "0", 978, mark_of(SALE))
PAID = encode_answer(OURS, 0, 1010)
NOT_PAID = encode_answer(OURS, 7, 1010)
OLDER = Command(Operation.SALE, "A-0", 1010, 978, sequence=3)
STALE = encode_answer(EPlusRequest(1, 1010, "0", 978, mark_of(OLDER)), 0, 1010)
BAD_LRC = encode_frame(PAID)[:-1] + b"\x7f"
MINUTES_S = 300.0


@pytest.fixture
def solo() -> Solo:
    return Solo()


def outcome(solo: Solo) -> TransactionResult:
    (event,) = solo.events()
    assert isinstance(event, TransactionResult)
    return event


def lost(solo: Solo) -> ConnectionLost:
    (event,) = solo.events()
    assert isinstance(event, ConnectionLost)
    return event


# ---- sending (reference 3) ----


def test_a_payment_goes_enq_message_eot_and_waits_for_minutes(solo: Solo) -> None:
    frame = solo.running()
    assert frame == encode_frame(OURS.encode())
    assert solo.waits(MINUTES_S - 1) == b""
    assert solo.events() == []


def test_enq_without_an_answer_is_tried_three_times_a_second_apart(solo: Solo) -> None:
    solo.start()
    assert solo.waits(60) == EOT + ENQ + EOT + ENQ + EOT
    assert lost(solo) == ConnectionLost(texts.SILENT, Delivery.NEVER)


def test_a_busy_terminal_is_told_to_the_cashier_and_no_byte_of_the_payment_left(solo: Solo) -> None:
    solo.start()
    assert solo.hears(NAK) == EOT
    assert solo.waits(1) == ENQ
    assert solo.hears(NAK) == EOT
    assert solo.waits(1) == ENQ
    assert solo.hears(NAK) == EOT
    assert solo.events() == [DialogueEnded(EndReason.REFUSED, reason=texts.BUSY, busy=True)]


def test_a_message_that_is_refused_is_sent_again_up_to_three_times(solo: Solo) -> None:
    solo.start()
    frame = solo.hears(ACK)
    assert [solo.hears(NAK) for _ in range(3)] == [frame] * 3
    assert solo.hears(NAK) == EOT
    assert lost(solo) == ConnectionLost(texts.REFUSED, Delivery.NEVER)


def test_a_message_that_nobody_answers_is_not_sent_again_and_may_run(solo: Solo) -> None:
    solo.start()
    solo.hears(ACK)
    assert solo.waits(10) == EOT
    solo.hears_message(PAID)
    assert outcome(solo).result.status is ResultStatus.APPROVED


def test_silence_after_the_message_is_never_a_no(solo: Solo) -> None:
    solo.running()
    solo.waits(MINUTES_S)
    assert lost(solo).delivery is Delivery.PERHAPS


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_broken_line_is_never_only_before_the_first_byte_of_the_message(solo: Solo, steps: int) -> None:
    solo.start()
    for _ in range(steps):
        solo.hears(ACK)
    solo.session.disconnected(DriverFact("wires.unplugged"), solo.now)
    assert lost(solo).delivery is (Delivery.PERHAPS if steps else Delivery.NEVER)


# ---- the answer ----


def test_the_answer_is_acknowledged_after_accept_and_not_before(solo: Solo) -> None:
    solo.running()
    assert solo.hears_message(PAID) == b""
    assert solo.waits(20) == b""
    assert outcome(solo).result.amount == 1010
    assert solo.accepts() == ACK
    assert solo.events() == [DialogueEnded(EndReason.COMPLETED)]
    assert solo.hears(EOT) == b""


@pytest.mark.parametrize("code", [7, 9])
def test_refused_and_not_verified_end_as_not_paid(solo: Solo, code: int) -> None:
    solo.running()
    solo.hears_message(encode_answer(OURS, code, 1010))
    result = outcome(solo).result
    solo.accepts()
    assert solo.events() == [DialogueEnded(EndReason.ABORTED, code, reason=result.reason)]


def test_an_amount_that_differs_under_our_mark_is_given_as_it_is(solo: Solo) -> None:
    solo.running()
    solo.hears_message(encode_answer(OURS, 0, 500))
    event = outcome(solo)
    assert (event.result.amount, event.late) == (500, False)


def test_a_wrong_lrc_is_answered_with_nak_and_the_next_copy_is_taken(solo: Solo) -> None:
    solo.running()
    solo.hears(ENQ)
    assert [solo.hears(BAD_LRC) for _ in range(3)] == [NAK] * 3
    assert solo.hears(encode_frame(PAID)) == b""
    assert outcome(solo).result.status is ResultStatus.APPROVED


def test_a_line_that_damages_everything_is_lost_and_proves_nothing(solo: Solo) -> None:
    solo.running()
    solo.hears(ENQ)
    assert b"".join(solo.hears(BAD_LRC) for _ in range(4)) == NAK * 3
    assert lost(solo) == ConnectionLost(texts.DAMAGED, Delivery.PERHAPS)


def test_half_a_second_inside_an_answer_does_no_harm(solo: Solo) -> None:
    solo.running()
    solo.hears(ENQ)
    for byte in encode_frame(PAID):
        assert solo.hears(bytes((byte,))) == b""
        assert solo.waits(0.5) == b""
    assert outcome(solo).result.status is ResultStatus.APPROVED


def test_an_answer_that_stops_in_the_middle_is_asked_for_again(solo: Solo) -> None:
    solo.running()
    solo.hears(ENQ)
    solo.hears(encode_frame(PAID)[:12])
    assert solo.waits(3) == NAK
    assert solo.hears(encode_frame(PAID)) == b""
    assert outcome(solo).result.status is ResultStatus.APPROVED


def test_garbage_before_enq_does_no_harm(solo: Solo) -> None:
    solo.running()
    assert solo.hears(b"AT\r\nERROR\r\n" + ENQ) == b""
    assert solo.waits(1) == ACK
    solo.hears(encode_frame(PAID))
    assert outcome(solo).result.status is ResultStatus.APPROVED


def test_acknowledgement_and_enq_in_one_piece_are_two_things(solo: Solo) -> None:
    solo.start()
    solo.hears(ACK)
    assert solo.hears(ACK + ENQ) == EOT + ACK
    solo.hears(encode_frame(PAID))
    assert outcome(solo).result.status is ResultStatus.APPROVED


def test_a_copy_of_an_accepted_answer_is_acknowledged_again_and_not_told(solo: Solo) -> None:
    solo.running()
    solo.hears_message(PAID)
    solo.accepts()
    solo.events()
    for _ in range(3):
        assert solo.hears_message(PAID) == ACK
    assert solo.events() == []


def test_copies_of_a_held_answer_wait_for_accept(solo: Solo) -> None:
    solo.running()
    solo.hears_message(PAID)
    assert solo.hears(encode_frame(PAID) + ENQ + encode_frame(PAID)) == b""
    assert len(solo.events()) == 1
    assert solo.accepts() == ACK


def test_a_doubled_enq_gets_one_ack(solo: Solo) -> None:
    solo.running()
    assert solo.hears(ENQ + ENQ) == ACK
    assert solo.waits(2.5) == b""


def test_an_enq_that_comes_again_because_our_ack_was_lost_is_answered(solo: Solo) -> None:
    solo.running()
    solo.hears(ENQ)
    solo.waits(2)
    assert solo.hears(ENQ) + solo.waits(1) == ACK


def test_an_answer_that_cannot_be_read_is_neither_acknowledged_nor_a_no(solo: Solo) -> None:
    solo.running()
    assert solo.hears_message(b"what is this") == b""
    assert lost(solo) == ConnectionLost(UNREADABLE.about(reason="wrong length"), Delivery.PERHAPS)


# ---- old answers (reference 7, step 4) ----


def test_a_terminal_that_wants_to_deliver_goes_first_and_its_answer_is_late(solo: Solo) -> None:
    solo.start()
    assert solo.hears_message(STALE) == b""
    assert outcome(solo).late
    assert solo.accepts() == ACK
    assert solo.hears(EOT) == ENQ
    assert solo.hears(ACK) == encode_frame(OURS.encode())


def test_an_older_answer_never_decides_the_running_payment(solo: Solo) -> None:
    solo.running()
    solo.hears_message(STALE)
    event = outcome(solo)
    assert event.late
    assert event.result.order == mark_of(OLDER)
    solo.accepts()
    solo.hears(EOT)
    assert solo.session.busy
    solo.hears_message(NOT_PAID)
    assert outcome(solo).result.status is ResultStatus.DECLINED


def test_an_answer_without_a_mark_is_that_of_the_only_payment_that_can_have_one(solo: Solo) -> None:
    solo.running()
    solo.hears_message(encode_answer(EPlusRequest(1, 1010, "0", 978), 0, 1010))
    assert not outcome(solo).late


def test_before_the_message_left_even_our_amount_is_an_older_payments() -> None:
    solo = Solo(quirks=frozenset({"private_not_returned"}))
    solo.start()
    solo.hears_message(encode_answer(EPlusRequest(1, 1010, "0", 978), 0, 1010))
    assert outcome(solo).late


def test_without_marks_the_answer_to_a_second_equal_payment_is_no_copy() -> None:
    solo = Solo(quirks=frozenset({"private_not_returned"}))
    blank = encode_answer(EPlusRequest(1, 1010, "0", 978), 0, 1010)
    for command in (OLDER, SALE):
        solo.running(command)
        solo.hears_message(blank)
        assert not outcome(solo).late
        solo.accepts()
        solo.hears(EOT)
        assert solo.events() == [DialogueEnded(EndReason.COMPLETED)]
    assert solo.hears_message(blank) == ACK
    assert solo.events() == []


def test_a_late_answer_is_taken_at_any_time_on_a_fresh_line(solo: Solo) -> None:
    solo.running()
    solo.session.disconnected(DriverFact("wires.unplugged"), solo.now)
    solo.session.connected(solo.now)
    solo.events()
    solo.waits(MINUTES_S)
    assert solo.hears_message(PAID) == b""
    event = outcome(solo)
    assert (event.late, event.result.order) == (True, mark_of(SALE))
    assert solo.accepts() == ACK


def test_a_late_answer_that_nobody_accepts_does_not_hold_the_next_payment_for_ever(solo: Solo) -> None:
    solo.hears_message(STALE)
    assert solo.start() == b""
    assert solo.waits(6) == ENQ


def test_an_old_answer_that_nobody_accepts_does_not_hold_the_payment_that_it_came_before(solo: Solo) -> None:
    solo.start()
    solo.hears_message(STALE)
    assert solo.waits(6) == ENQ


# ---- polls ----


@pytest.mark.parametrize("command", [REGISTER, STATUS])
def test_a_poll_is_enq_ack_eot_and_a_real_terminal_has_no_name(solo: Solo, command: Command) -> None:
    assert solo.start(command) == ENQ
    assert solo.hears(ACK) == EOT
    assert solo.waits(1) == b""
    assert solo.events() == [DialogueEnded(EndReason.COMPLETED)]


def test_a_simulator_is_known_by_its_hello(solo: Solo) -> None:
    solo.start(REGISTER)
    solo.hears(ACK)
    assert solo.hears_message(b"TILLGATE-SIM 1") == ACK
    assert solo.events() == [DialogueEnded(EndReason.COMPLETED, simulator=True, software="TILLGATE-SIM 1")]


def test_a_fresh_line_is_not_a_simulator_until_it_says_so(solo: Solo) -> None:
    test_a_simulator_is_known_by_its_hello(solo)
    solo.session.connected(solo.now)
    solo.start(STATUS)
    solo.hears(ACK)
    solo.waits(1)
    assert solo.events() == [DialogueEnded(EndReason.COMPLETED)]


@pytest.mark.parametrize(
    "operation", [Operation.DIAGNOSE, Operation.INITIALISE, Operation.LOG_OFF, Operation.REPEAT_RECEIPT]
)
def test_what_the_protocol_has_no_message_for_ends_at_once(solo: Solo, operation: Operation) -> None:
    assert solo.start(Command(operation)) == b""
    assert solo.events() == [DialogueEnded(EndReason.COMPLETED)]


@pytest.mark.parametrize("operation", [Operation.REVERSAL, Operation.CLOSE_DAY, Operation.REFUND])
def test_what_it_cannot_say_is_refused_before_a_byte_is_written(solo: Solo, operation: Operation) -> None:
    with pytest.raises(SessionError):
        solo.start(Command(operation, "A-2", 100, 978))
    assert solo.session.bytes_to_send() == b""
    assert not solo.session.busy


def test_one_command_at_a_time(solo: Solo) -> None:
    solo.running()
    with pytest.raises(SessionError):
        solo.start(STATUS)


def test_no_byte_of_a_message_stays_in_the_buffer(solo: Solo) -> None:
    solo.running()
    solo.hears_message(PAID)
    solo.hears(b"noise" + ENQ + BAD_LRC + encode_frame(PAID)[:9])
    solo.waits(30)
    solo.accepts()
    assert not any(solo.buffer.view)


def test_the_end_of_a_poll_acknowledges_no_result_that_is_not_on_disk(solo: Solo) -> None:
    assert solo.start(REGISTER) == ENQ
    assert solo.hears(ACK) == EOT
    assert solo.hears_message(STALE) == b""
    late, *rest = solo.events()
    assert isinstance(late, TransactionResult)
    assert (late.late, rest) == (True, [])
    assert solo.waits(2.0) == b""
    (ended,) = solo.events()
    assert isinstance(ended, DialogueEnded)
    assert solo.accepts() == ACK
