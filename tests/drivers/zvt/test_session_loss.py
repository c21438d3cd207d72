"""Every point at which a dialogue can break, what the break proves, and what comes late."""

from __future__ import annotations

import pytest

from drivers import dialogue
from drivers.terminal import ConnectionLost, Delivery, DialogueEnded, EndReason
from drivers.zvt import codes
from drivers.zvt import session as zvt
from drivers.zvt.packet import (
    POSITIVE,
    Abort,
    Completion,
    IntermediateStatus,
    PrintLine,
    StatusInformation,
)
from drivers.zvt.session import ZvtSession, ZvtSettings, ZvtState
from drivers.zvt.timers import COMPLETION_WAIT_S
from tests.drivers.zvt.losing import (
    APPROVED,
    PRINTS_ITSELF,
    PULLED,
    SALE,
    YES,
    running,
    stored,
)
from tests.drivers.zvt.stage import Till

# ---- a broken line ----


def test_a_command_of_which_no_byte_left_was_never_heard(till: Till) -> None:
    till.session.start(SALE, till.now)
    assert till.unplug() == [ConnectionLost(PULLED, Delivery.NEVER)]


def test_a_line_lost_before_the_answer_proves_nothing(till: Till) -> None:
    till.start(SALE)
    assert till.unplug() == [ConnectionLost(PULLED, Delivery.PERHAPS)]


def test_a_line_lost_while_the_terminal_works_proves_nothing(till: Till) -> None:
    running(till).says(IntermediateStatus(0x0A))
    assert till.unplug() == [ConnectionLost(PULLED, Delivery.PERHAPS)]


def test_a_line_lost_with_an_unanswered_result_proves_nothing(till: Till) -> None:
    running(till).says(APPROVED)
    assert till.unplug() == [ConnectionLost(PULLED, Delivery.PERHAPS)]
    assert till.acknowledge() == []


def test_a_line_lost_before_the_answer_to_the_result_left_proves_nothing(kind: str) -> None:
    till = running(Till(kind, PRINTS_ITSELF))
    till.says(APPROVED)
    till.session.acknowledge(till.now)
    assert till.unplug() == [ConnectionLost(PULLED, Delivery.PERHAPS)]


def test_after_the_answer_to_the_result_only_the_completion_proves_the_payment(kind: str) -> None:
    # The line's ACK says that a frame arrived, not that the terminal still waited for it.
    till = stored(Till(kind, PRINTS_ITSELF))
    till.says(IntermediateStatus(0x0B))
    assert till.unplug() == [ConnectionLost(PULLED, Delivery.PERHAPS)]


def test_a_result_that_is_sent_again_shows_that_its_answer_did_not_arrive() -> None:
    till = stored(Till("tcp", PRINTS_ITSELF))
    till.says(APPROVED)
    till.acknowledge()
    assert till.unplug() == [ConnectionLost(PULLED, Delivery.PERHAPS)]


def test_while_receipts_may_be_owed_a_stored_result_proves_nothing(till: Till) -> None:
    stored(till).says(PrintLine(0x81, "danke"))
    till.acknowledge()
    assert till.unplug() == [ConnectionLost(PULLED, Delivery.PERHAPS)]


def test_a_receipt_that_is_not_accepted_is_owed_whatever_was_agreed(kind: str) -> None:
    till = stored(Till(kind, PRINTS_ITSELF))
    till.says(PrintLine(0x81, "danke"))
    assert till.unplug() == [ConnectionLost(PULLED, Delivery.PERHAPS)]


def test_a_line_lost_at_rest_is_no_event(till: Till) -> None:
    assert till.unplug() == []


def test_a_new_line_ends_what_ran_on_the_old_one(till: Till) -> None:
    running(till)
    till.session.connected(till.now)
    assert list(till.session.events()) == [ConnectionLost(dialogue.RECONNECTED, Delivery.PERHAPS)]
    assert till.session.bytes_to_send() == b""


# ---- timers ----


def test_t3_waits_for_the_answer_to_the_command(till: Till) -> None:
    till.start(SALE)
    assert till.wait(4.9) == []
    assert till.wait(0.2) == [ConnectionLost(zvt.NO_ANSWER, Delivery.PERHAPS)]


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
    assert till.wait(2) == [ConnectionLost(dialogue.NO_END, Delivery.PERHAPS)]


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
    assert till.wait(181) == [ConnectionLost(dialogue.NO_END, Delivery.PERHAPS)]


@pytest.mark.parametrize("minutes", [0, 1])
def test_t4_of_fewer_minutes_does_not_cut_a_payment_off(till: Till, minutes: int) -> None:
    """A card complete terminal says one minute and is then silent for two, at the PIN."""
    running(till).says(IntermediateStatus(0x01, timeout_minutes=minutes))
    assert till.wait(179) == []
    assert till.wait(2) == [ConnectionLost(dialogue.NO_END, Delivery.PERHAPS)]


def test_t3_and_t4_are_settings(kind: str) -> None:
    till = Till(kind, ZvtSettings(t3_s=2, t4_s=30))
    till.start(SALE)
    assert till.wait(2) == [ConnectionLost(zvt.NO_ANSWER, Delivery.PERHAPS)]
    running(till)
    assert till.wait(30) == [ConnectionLost(dialogue.NO_END, Delivery.PERHAPS)]


@pytest.mark.parametrize("settings", [PRINTS_ITSELF, ZvtSettings()], ids=["pt", "till"])
def test_a_terminal_that_leaves_out_the_completion_has_to_be_asked(kind: str, settings: ZvtSettings) -> None:
    till = stored(Till(kind, settings))
    assert till.wait(COMPLETION_WAIT_S - 1) == []
    assert till.wait(2) == [ConnectionLost(zvt.NO_COMPLETION, Delivery.PERHAPS)]


def test_a_signature_may_be_refused_until_t4_is_over(till: Till) -> None:
    stored(till, StatusInformation(result_code=0, cardholder_verification=0x01))
    assert till.wait(179) == []
    assert till.says(Abort(0x6C)) == [
        DialogueEnded(EndReason.ABORTED, 0x6C, cancelled=True, reason=codes.result_fact(0x6C))
    ]


def test_nothing_is_waited_for_at_rest(till: Till) -> None:
    stored(till).says(Completion())
    assert till.session.deadline() is None


# ---- a terminal that breaks the rules ----


def test_a_completion_without_a_result_proves_nothing(till: Till) -> None:
    assert running(till).says(Completion()) == [DialogueEnded(EndReason.COMPLETED)]
    assert till.heard[-1] == YES


@pytest.mark.parametrize("message", [APPROVED, PrintLine(0, "Beleg")])
def test_with_money_in_play_a_result_before_the_answer_is_nobodys(
    till: Till, message: StatusInformation | PrintLine
) -> None:
    heard = till.start(SALE)
    assert till.says(message) == [ConnectionLost(dialogue.OUT_OF_TURN, Delivery.PERHAPS)]
    assert till.heard == heard


def test_a_flood_behind_a_held_result_ends_the_dialogue() -> None:
    till = running(Till("tcp"))
    till.says(APPROVED)
    assert till.says(*[IntermediateStatus(0x17)] * ZvtSession.MOST_WAITING) == []
    lost, *_ = till.says(IntermediateStatus(0x17))
    assert lost == ConnectionLost(dialogue.FLOOD, Delivery.PERHAPS)


@pytest.mark.parametrize(
    "noise",
    ["150369", "5645527c415050", "061002800000", "1002060f00"],
    ids=["ECR17", "banner", "serial frame behind an ACK", "serial frame"],
)
def test_another_protocol_on_the_port_is_named(noise: str) -> None:
    till = Till("tcp")
    till.start(SALE)
    (lost,) = till.noise(bytes.fromhex(noise))
    assert isinstance(lost, ConnectionLost)
    assert lost.delivery is Delivery.PERHAPS
    assert lost.reason.code in {"zvt.speaks_ecr17", "zvt.speaks_text", "zvt.serial_frames"}


def test_trouble_of_the_line_is_told_once_and_ends_nothing_but_the_line() -> None:
    till = Till("tcp")
    (lost,) = till.noise(b"HTTP/1.1 400 Bad Request")
    assert isinstance(lost, ConnectionLost)
    assert lost.delivery is Delivery.NEVER
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
    assert isinstance(lost, ConnectionLost)
    assert lost.delivery is Delivery.PERHAPS
    assert [data for data in sent if data] == [sent[0]] * 3


def test_t3_begins_when_the_terminal_acknowledged_the_frame() -> None:
    """T2 and T3 are both five seconds: a frame that was lost once must not end in a lost payment."""
    till = Till("serial")
    till.session.start(SALE, till.now)
    assert till.session.bytes_to_send()  # and nobody gets it
    assert till.wait(6) == []
    assert till.heard == ["06010a04000000001010490978"]
    assert till.says(POSITIVE) == []
    assert till.session.state is ZvtState.RUNNING
