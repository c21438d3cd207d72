"""Every point at which a dialogue can break, what the break proves, and what comes late."""

from __future__ import annotations

import pytest

from drivers.terminal import Command, Copy, Ended, Heard, How, Lost, Operation, Outcome, Receipt, Said
from drivers.zvt import session as zvt
from drivers.zvt.packet import (
    POSITIVE,
    Abort,
    Completion,
    IntermediateStatus,
    PrintLine,
    StatusInformation,
)
from drivers.zvt.session import MOST_WAITING_PACKETS, State, ZvtSettings
from drivers.zvt.waits import COMPLETION_WAIT_S
from tests import cards
from tests.drivers.zvt.stage import LINES, Till, opened

YES, NOT_KNOWN = "800000", "848300"
APPROVED = StatusInformation(result_code=0x00, amount=1010, currency=978, trace=163)
DECLINED = StatusInformation(result_code=0x05)
SALE = Command(Operation.SALE, "payment 1", 1010, 978)
STATUS = Command(Operation.STATUS)
PULLED = "the cable was pulled"
# The terminal prints by itself: nothing but the answer to the result belongs to the commit.
PRINTS_ITSELF = ZvtSettings(config_byte=0x08)


@pytest.fixture(params=list(LINES))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def till(kind: str) -> Till:
    return Till(kind)


def running(till: Till, command: Command = SALE) -> Till:
    till.start(command)
    till.says(POSITIVE)
    return till


def stored(till: Till, result: StatusInformation = APPROVED) -> Till:
    running(till).says(result)
    till.accept()
    return till


# ---- a broken line ----


def test_a_command_of_which_no_byte_left_was_never_heard(till: Till) -> None:
    till.session.start(SALE, till.now)
    assert till.unplug() == [Lost(PULLED, Heard.NEVER)]


def test_a_line_lost_before_the_answer_proves_nothing(till: Till) -> None:
    till.start(SALE)
    assert till.unplug() == [Lost(PULLED, Heard.PERHAPS)]


def test_a_line_lost_while_the_terminal_works_proves_nothing(till: Till) -> None:
    running(till).says(IntermediateStatus(0x0A))
    assert till.unplug() == [Lost(PULLED, Heard.PERHAPS)]


def test_a_line_lost_with_an_unanswered_result_proves_nothing(till: Till) -> None:
    running(till).says(APPROVED)
    assert till.unplug() == [Lost(PULLED, Heard.PERHAPS)]
    assert till.accept() == []


def test_a_line_lost_before_the_answer_to_the_result_left_proves_nothing(kind: str) -> None:
    till = running(Till(kind, PRINTS_ITSELF))
    till.says(APPROVED)
    till.session.accept(till.now)
    assert till.unplug() == [Lost(PULLED, Heard.PERHAPS)]


def test_after_the_answer_to_the_result_only_the_completion_proves_the_payment(kind: str) -> None:
    # The line's ACK says that a frame arrived, not that the terminal still waited for it.
    till = stored(Till(kind, PRINTS_ITSELF))
    till.says(IntermediateStatus(0x0B))
    assert till.unplug() == [Lost(PULLED, Heard.PERHAPS)]


def test_a_result_that_is_sent_again_shows_that_its_answer_did_not_arrive() -> None:
    till = stored(Till("tcp", PRINTS_ITSELF))
    till.says(APPROVED)
    till.accept()
    assert till.unplug() == [Lost(PULLED, Heard.PERHAPS)]


def test_while_receipts_may_be_owed_a_stored_result_proves_nothing(till: Till) -> None:
    stored(till).says(PrintLine(0x81, "danke"))
    till.accept()
    assert till.unplug() == [Lost(PULLED, Heard.PERHAPS)]


def test_a_receipt_that_is_not_accepted_is_owed_whatever_was_agreed(kind: str) -> None:
    till = stored(Till(kind, PRINTS_ITSELF))
    till.says(PrintLine(0x81, "danke"))
    assert till.unplug() == [Lost(PULLED, Heard.PERHAPS)]


def test_a_line_lost_at_rest_is_no_event(till: Till) -> None:
    assert till.unplug() == []


def test_a_new_line_ends_what_ran_on_the_old_one(till: Till) -> None:
    running(till)
    till.session.connected(till.now)
    assert list(till.session.events()) == [Lost(zvt.RECONNECTED, Heard.PERHAPS)]
    assert till.session.bytes_to_send() == b""


# ---- timers ----


def test_t3_waits_for_the_answer_to_the_command(till: Till) -> None:
    till.start(SALE)
    assert till.wait(4.9) == []
    assert till.wait(0.2) == [Lost(zvt.NO_ANSWER, Heard.PERHAPS)]


def test_a_command_is_sent_once_however_long_the_silence(till: Till) -> None:
    till.start(SALE)
    till.wait(1000)
    assert till.heard == ["06010a04000000001010490978"]


@pytest.mark.parametrize("message", [IntermediateStatus(0x17), APPROVED, PrintLine(0, "Beleg")])
def test_t4_begins_again_with_each_message(
    till: Till, message: IntermediateStatus | StatusInformation | PrintLine
) -> None:
    running(till)
    assert till.wait(179) == []
    till.says(message)
    assert till.wait(179) == []
    assert till.wait(2) == [Lost(zvt.NO_MESSAGE, Heard.PERHAPS)]


def test_a_pin_entry_of_two_silent_minutes_is_no_loss(till: Till) -> None:
    running(till).says(IntermediateStatus(0x0A))
    assert till.wait(120) == []


def test_t4_in_minutes_holds_until_the_command_ends(till: Till) -> None:
    running(till).says(IntermediateStatus(0x0F, timeout_minutes=10))
    assert till.wait(590) == []
    till.says(IntermediateStatus(0x17))
    assert till.wait(590) == []
    till.says(Abort(0x6C))
    running(till)
    assert till.wait(181) == [Lost(zvt.NO_MESSAGE, Heard.PERHAPS)]


@pytest.mark.parametrize("minutes", [0, 1])
def test_t4_of_fewer_minutes_does_not_cut_a_payment_off(till: Till, minutes: int) -> None:
    """A card complete terminal says one minute and is then silent for two, at the PIN."""
    running(till).says(IntermediateStatus(0x01, timeout_minutes=minutes))
    assert till.wait(179) == []
    assert till.wait(2) == [Lost(zvt.NO_MESSAGE, Heard.PERHAPS)]


def test_t3_and_t4_are_settings(kind: str) -> None:
    till = Till(kind, ZvtSettings(t3_s=2, t4_s=30))
    till.start(SALE)
    assert till.wait(2) == [Lost(zvt.NO_ANSWER, Heard.PERHAPS)]
    running(till)
    assert till.wait(30) == [Lost(zvt.NO_MESSAGE, Heard.PERHAPS)]


@pytest.mark.parametrize("settings", [PRINTS_ITSELF, ZvtSettings()], ids=["pt", "till"])
def test_a_terminal_that_leaves_out_the_completion_has_to_be_asked(kind: str, settings: ZvtSettings) -> None:
    till = stored(Till(kind, settings))
    assert till.wait(COMPLETION_WAIT_S - 1) == []
    assert till.wait(2) == [Lost(zvt.NO_COMPLETION, Heard.PERHAPS)]


def test_a_signature_may_be_refused_until_t4_is_over(till: Till) -> None:
    stored(till, StatusInformation(result_code=0, cardholder_verification=0x01))
    assert till.wait(179) == []
    assert till.says(Abort(0x6C)) == [
        Ended(How.ABORTED, 0x6C, "aborted: time-out or stop key", cancelled=True)
    ]


def test_nothing_is_waited_for_at_rest(till: Till) -> None:
    stored(till).says(Completion())
    assert till.session.deadline() is None


# ---- a terminal that breaks the rules ----


def test_a_completion_without_a_result_proves_nothing(till: Till) -> None:
    assert running(till).says(Completion()) == [Lost(zvt.NO_RESULT, Heard.PERHAPS)]
    assert till.heard[-1] == YES


def test_a_result_without_a_code_is_not_acknowledged(till: Till) -> None:
    heard = running(till).heard[:]
    assert till.says("040f0704000000001010") == [Lost(zvt.NO_RESULT_CODE, Heard.PERHAPS)]
    assert till.heard == heard


@pytest.mark.parametrize("message", [APPROVED, PrintLine(0, "Beleg")])
def test_with_money_in_play_a_result_before_the_answer_is_nobodys(
    till: Till, message: StatusInformation | PrintLine
) -> None:
    heard = till.start(SALE)
    assert till.says(message) == [Lost(zvt.OUT_OF_TURN, Heard.PERHAPS)]
    assert till.heard == heard


def test_an_unreadable_message_while_the_terminal_works_proves_nothing(till: Till) -> None:
    (lost,) = running(till).says("061e00")
    assert isinstance(lost, Lost)
    assert (lost.heard, lost.reason) == (
        Heard.PERHAPS,
        zvt.UNREADABLE.format(reason="mandatory_field_missing"),
    )


def test_an_unreadable_message_at_rest_is_answered_as_unknown(till: Till) -> None:
    assert till.says("061e00") == []
    assert till.heard == [NOT_KNOWN]


def test_a_flood_behind_a_held_result_ends_the_dialogue() -> None:
    till = running(Till("tcp"))
    till.says(APPROVED)
    assert till.says(*[IntermediateStatus(0x17)] * MOST_WAITING_PACKETS) == []
    lost, *_ = till.says(IntermediateStatus(0x17))
    assert lost == Lost(zvt.FLOOD, Heard.PERHAPS)


@pytest.mark.parametrize("noise", ["150369", "5645527c415050"], ids=["ECR17", "banner"])
def test_another_protocol_on_the_port_is_named(noise: str) -> None:
    till = Till("tcp")
    till.start(SALE)
    (lost,) = till.noise(bytes.fromhex(noise))
    assert isinstance(lost, Lost)
    assert lost.heard is Heard.PERHAPS
    assert "not ZVT" in lost.reason


def test_trouble_of_the_line_is_told_once_and_ends_nothing_but_the_line() -> None:
    till = Till("tcp")
    (lost,) = till.noise(b"HTTP/1.1 400 Bad Request")
    assert isinstance(lost, Lost)
    assert lost.heard is Heard.NEVER
    assert till.noise(b"more") == []


def test_a_command_that_no_terminal_acknowledges_is_sent_three_times_as_a_frame_and_given_up() -> None:
    till = Till("serial")
    till.session.start(SALE, till.now)
    sent = [till.session.bytes_to_send()]
    while (deadline := till.session.deadline()) is not None:
        till.now = deadline
        till.session.deadline_passed(till.now)
        sent.append(till.session.bytes_to_send())
    (lost,) = till.session.events()
    assert isinstance(lost, Lost)
    assert lost.heard is Heard.PERHAPS
    assert [data for data in sent if data] == [sent[0]] * 3


def test_t3_begins_when_the_terminal_acknowledged_the_frame() -> None:
    """T2 and T3 are both five seconds: a frame that was lost once must not end in a lost payment."""
    till = Till("serial")
    till.session.start(SALE, till.now)
    assert till.session.bytes_to_send()  # and nobody gets it
    assert till.wait(6) == []
    assert till.heard == ["06010a04000000001010490978"]
    assert till.says(POSITIVE) == []
    assert till.session.state is State.RUNNING


# ---- repeats on a serial line ----


def repeat(till: Till, apdu: str) -> list[object]:
    """The terminal lost our ACK: the same frame again after T2."""
    till.now += 5
    return list(till.says(apdu))


def test_a_repeated_status_is_answered_again_and_shown_once() -> None:
    till = running(Till("serial"))
    assert len(till.says("04ff010e")) == 1
    assert repeat(till, "04ff010e") == []
    assert till.heard[-2:] == [YES, YES]


def test_a_repeated_result_is_answered_again_only_after_it_was_accepted() -> None:
    till = running(Till("serial"))
    assert len(till.says("040f022700")) == 1
    before = len(till.heard)
    assert repeat(till, "040f022700") == []
    assert len(till.heard) == before
    assert till.accept() == [YES]
    assert repeat(till, "040f022700") == []
    assert till.heard[-2:] == [YES, YES]
    assert till.session.state is State.STORED


def test_a_repeated_unknown_command_gets_the_same_answer_again() -> None:
    till = running(Till("serial"))
    till.says("06d80101")
    assert repeat(till, "06d80101") == []
    assert till.heard[-2:] == [NOT_KNOWN, NOT_KNOWN]


# ---- late messages ----


def lost_sale(till: Till) -> Till:
    assert [type(event) for event in running(till).wait(181)] == [Lost]
    return till


def test_a_late_result_is_marked_and_held_until_it_is_accepted(till: Till) -> None:
    heard = lost_sale(till).heard[:]
    (outcome,) = till.says(APPROVED)
    assert isinstance(outcome, Outcome)
    assert (outcome.late, outcome.result.said, outcome.result.amount) == (True, Said.APPROVED, 1010)
    assert till.heard == heard
    assert till.accept() == [YES]
    assert not till.session.busy


def test_a_late_receipt_is_held_until_it_is_accepted(till: Till) -> None:
    assert lost_sale(till).says(PrintLine(0, "Beleg")) == [Receipt(Copy.UNKNOWN, ("Beleg",))]
    assert till.accept() == [YES]


def test_a_late_abort_is_told_because_it_may_undo_a_late_result(till: Till) -> None:
    lost_sale(till).says(APPROVED)
    till.accept()
    assert till.says(Abort(0xB4)) == [Ended(How.ABORTED, 0xB4, "already reversed")]


def test_a_late_answer_and_a_late_completion_are_no_events(till: Till) -> None:
    assert lost_sale(till).says(POSITIVE) == []
    assert till.says(Completion()) == []
    assert till.heard[-1] == YES


def test_a_late_result_without_a_code_is_not_acknowledged(till: Till) -> None:
    heard = till.heard[:]
    assert till.says("040f0704000000001010") == []
    assert till.heard == heard


def test_a_late_result_that_nobody_accepts_is_never_acknowledged(till: Till) -> None:
    till.says(APPROVED)
    assert till.start(STATUS) == ["050103123456"]
    assert till.accept() == []


@pytest.mark.parametrize("answered", [False, True], ids=["before its answer", "behind its answer"])
def test_a_status_enquiry_may_bring_the_result_of_an_older_payment(till: Till, *, answered: bool) -> None:
    till.start(STATUS)
    if answered:
        till.says(POSITIVE)
    (outcome,) = till.says(APPROVED)
    assert isinstance(outcome, Outcome)
    assert outcome.late
    assert till.accept() == [YES]
    if not answered:
        till.says(POSITIVE)
    assert till.says(Completion(terminal_status=0)) == [Ended(How.COMPLETED, status=0)]


def test_the_end_of_an_older_dialogue_does_not_end_a_new_command(till: Till) -> None:
    till.start(STATUS)
    assert till.says(Completion()) == []
    assert till.heard[-1] == YES
    till.says(POSITIVE)
    assert till.session.state is State.RUNNING


def test_a_card_in_a_late_result_is_sealed_for_the_payment_that_was_lost(till: Till) -> None:
    lost_sale(till)
    till.start(STATUS)
    number = bytes.fromhex(cards.PUBLISHED[0])
    (outcome,) = till.says((b"\x04\x0f\x0d\x27\x00\x22\xf0\xf8" + number).hex())
    assert isinstance(outcome, Outcome)
    assert outcome.result.card is not None
    assert opened(outcome.result.card, SALE.reference)


def test_no_event_ever_shows_a_clear_number(till: Till) -> None:
    number = cards.PUBLISHED[1]
    track = (b"\x23\xf1\xf0" + bytes.fromhex(number) + b"\xd2\x51").hex()
    text = (b"\x3c\xf0\xf1\xf6" + number.encode()).hex()
    running(till)
    body = bytes.fromhex("2700" + "22f0f8" + number + track + text)
    events = till.says((b"\x04\x0f" + bytes((len(body),)) + body).hex())
    assert len(events) == 1
    assert number not in repr(events)
