"""The session: the reference's checklist, what is sent and how often, and what cannot be said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.card.card import SecretBuffer
from drivers.ecr17.config import PAYMENT_SILENCE_S, Ecr17Keys
from drivers.ecr17.driver import DRIVER
from drivers.ecr17.frame import (
    BUFFER_BYTES,
    SCOPES,
    Ecr17Signal,
    encode_control,
    encode_message,
    encode_progress,
)
from drivers.ecr17.line import ACK_S, SENDS
from drivers.ecr17.session import OTHER_SCOPE
from drivers.ecr17.texts import LEARNT, state_fact
from drivers.terminal import (
    Command,
    ConnectionLost,
    Copy,
    Delivery,
    DialogueEnded,
    DisplayText,
    DriverFact,
    EndReason,
    Operation,
    Receipt,
    ResultStatus,
    SessionError,
    TransactionResult,
)
from drivers.zvt.config import ZvtKeys
from tests.drivers.ecr17.counter import LAST, OPTIONS, SALE, STATUS, MaskingSealer
from tests.drivers.ecr17.till import (
    ACK,
    ASKED,
    FIXED,
    HEAD,
    NAK,
    REVERSAL,
    TILL_PRINTS,
    WELL,
    Till,
    message,
    only,
    paid,
)
from tests.support import cards

# ---- checklist 1: the checksum's scope, control frames, everything glued or cut ----


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("signal", Ecr17Signal)
def test_the_scope_is_learnt_from_the_first_answer_to_a_status(scope: str, signal: Ecr17Signal) -> None:
    till = Till(OPTIONS)
    assert till.start(STATUS) == encode_message(ASKED, "noext")
    till.hear(encode_control(signal, scope))
    if signal is Ecr17Signal.NAK and scope != "noext":
        assert till.said() == encode_message(ASKED, scope)
        till.hear(encode_control(Ecr17Signal.ACK, scope))
    elif signal is Ecr17Signal.NAK:
        till.hear(ACK)
    ended = only(till.hear(message(f"{HEAD}s{0:010}01032512002V1.23   ", scope)))
    assert isinstance(ended, DialogueEnded)
    assert ended.reason == LEARNT.about(scope=scope)


def test_a_scope_of_the_settings_is_kept_and_the_other_one_is_named() -> None:
    till = Till(FIXED)
    till.start(STATUS)
    for _ in range(SENDS):
        till.hear(encode_control(Ecr17Signal.NAK, "std"))
        events = till.wait(ACK_S)
    assert events == [DialogueEnded(EndReason.REFUSED, reason=OTHER_SCOPE.about(scope="std"))]


def test_a_payment_teaches_nothing_and_is_not_repeated_after_a_strange_answer() -> None:
    till = Till(OPTIONS)
    till.start()
    till.hear(encode_control(Ecr17Signal.NAK, "std"))
    assert till.wait(10 * ACK_S) == [ConnectionLost(DriverFact("ecr17.no_ack"), Delivery.PERHAPS)]
    assert till.said() == b""
    assert till.start(STATUS) == encode_message(ASKED, "noext")


@pytest.mark.parametrize("step", [1, 2, 5, BUFFER_BYTES])
def test_ack_progress_and_answer_glued_or_cut_are_one_payment(step: int) -> None:
    till = Till()
    till.start()
    progress, outcome = till.hear(ACK + encode_progress("ATTENDERE") + paid(), step)
    assert progress == DisplayText(0, "ATTENDERE")
    assert isinstance(outcome, TransactionResult)
    assert not outcome.late
    assert outcome.result.status is ResultStatus.APPROVED


# ---- checklist 2: progress is no answer; unknown codes are acknowledged and kept ----


def test_progress_starts_the_silence_anew_and_is_not_acknowledged() -> None:
    till = Till().paying()
    for _ in range(5):
        assert till.wait(PAYMENT_SILENCE_S - 1) == []
        assert only(till.hear(encode_progress("INSERIRE CARTA"))) == DisplayText(0, "INSERIRE CARTA")
        assert till.said() == b""
    assert till.wait(PAYMENT_SILENCE_S) == [ConnectionLost(DriverFact("no_end"), Delivery.PERHAPS)]


def test_an_unknown_message_is_kept_as_a_line_without_its_content_then_acknowledged() -> None:
    till = Till().paying()
    note = only(till.hear(message(f"{HEAD}K0000{cards.PUBLISHED[0]}")))
    assert isinstance(note, Receipt)
    assert note.copy is Copy.ADMINISTRATION
    assert note.lines == ("The terminal sent a message of kind K with 30 characters; it was not read.",)
    assert till.said() == b""
    till.acknowledge()
    assert till.said() == ACK
    assert isinstance(only(till.hear(paid())), TransactionResult)


def test_a_last_result_in_an_unknown_form_is_none() -> None:
    till = Till()
    till.start(LAST)
    till.hear(ACK + message(f"{HEAD}v00"))
    assert till.acknowledge() == [DialogueEnded(EndReason.COMPLETED)]


# ---- checklist 3: NAK of something unsupported does not loop ----


def test_a_terminal_that_cannot_print_on_the_till_is_asked_once() -> None:
    till = Till(TILL_PRINTS)
    assert b"E1" in till.start()
    till.hear(NAK)
    assert b"P00000001" in till.said()
    till.hear(ACK + paid())
    assert only(till.acknowledge()) == DialogueEnded(EndReason.COMPLETED, terminal_id="29001006")
    assert b"P00000001" in till.start()


@pytest.mark.parametrize("command", [SALE, REVERSAL, STATUS, LAST])
def test_a_request_that_is_refused_three_times_was_not_taken_up(command: Command) -> None:
    till = Till()
    first = till.start(command)
    copies = []
    for _ in range(SENDS):
        events = till.hear(NAK)
        copies.append(till.said())
    assert copies == [first] * (SENDS - 1) + [b""]
    ended = only(events)
    assert isinstance(ended, DialogueEnded)
    assert ended.end_reason is EndReason.REFUSED
    assert till.wait(100) == []


def test_a_refusal_behind_what_may_have_been_an_ack_proves_nothing() -> None:
    till = Till()
    till.start()
    till.hear(b"\x06\x03\x00")
    assert only(till.hear(NAK)) == ConnectionLost(
        DriverFact("refused_again"),
        Delivery.PERHAPS,
    )


# ---- checklist 4, 5, 6 are in test_packet; a session lives through them ----


def test_the_year_comes_from_the_terminals_own_status() -> None:
    till = Till()
    till.start(STATUS)
    till.hear(ACK + WELL)
    outcome = till.paying().hear(paid())[0]
    assert isinstance(outcome, TransactionResult)
    assert (outcome.result.date, outcome.result.time) == ("0301", "020000")


@pytest.mark.parametrize(
    "text", ["", "2", f"{HEAD}", f"{HEAD}E", f"{HEAD}E0", f"{HEAD}E-1", f"{HEAD}E02" + "x" * 60]
)
def test_an_answer_that_cannot_be_read_never_becomes_a_yes_or_a_no(text: str) -> None:
    till = Till().paying()
    events = till.hear(message(text)) + till.acknowledge()
    assert not any(isinstance(event, (TransactionResult, DialogueEnded)) for event in events)


# ---- sending: once, and again only while nothing shows that it arrived ----


def test_a_payment_without_any_answer_leaves_once() -> None:
    till = Till()
    till.start()
    assert only(till.wait(ACK_S)) == ConnectionLost(DriverFact("ecr17.no_ack"), Delivery.PERHAPS)
    assert till.wait(100) == []
    assert till.said() == b""


def test_a_question_without_any_answer_leaves_three_times() -> None:
    till = Till()
    first = till.start(STATUS)
    copies = []
    for _ in range(SENDS - 1):
        assert till.wait(ACK_S) == []
        copies.append(till.said())
    assert copies == [first] * (SENDS - 1)
    assert isinstance(only(till.wait(ACK_S)), ConnectionLost)


@pytest.mark.parametrize("sound", [b"\x06", b"\x06\x03\x00", b"\xff", encode_progress("ATTENDERE")])
def test_a_payment_is_not_repeated_once_anything_was_heard(sound: bytes) -> None:
    till = Till()
    till.start()
    till.hear(sound)
    till.wait(10 * ACK_S)
    assert b"P0000" not in till.said()


def test_a_payment_is_not_repeated_after_its_ack() -> None:
    till = Till().paying()
    till.wait(PAYMENT_SILENCE_S)
    assert till.said() == b""


def test_nothing_left_is_told_as_never() -> None:
    till = Till()
    till.session.start(SALE, 0.0)
    till.session.disconnected(DriverFact("wires.unplugged"), 0.0)
    assert list(till.session.events()) == [ConnectionLost(DriverFact("wires.unplugged"), Delivery.NEVER)]


def test_a_line_that_breaks_before_the_payment_left_is_told_as_never() -> None:
    till = Till(TILL_PRINTS)
    assert b"E1" in till.start()
    assert only(till.wait(SENDS * ACK_S)) == ConnectionLost(DriverFact("ecr17.no_ack"), Delivery.NEVER)


# ---- the terminal's state; what cannot be said ----


@pytest.mark.parametrize("state", [0, 1, 3, 4, 5, 6, 7])
def test_any_state_but_operative_keeps_payments_away(state: int) -> None:
    till = Till()
    till.start(STATUS)
    ended = only(till.hear(ACK + message(f"{HEAD}s{0:010}0103251200{state}V1.23   ")))
    assert isinstance(ended, DialogueEnded)
    assert ended.end_reason is EndReason.ABORTED
    assert ended.status == state
    assert ended.busy == (state in {5, 6})
    assert ended.reason == state_fact(state)


@pytest.mark.parametrize(
    ("software", "simulator"), [("TILLGATE-SIM 1  ", True), ("V1.23   ", False), ("", False)]
)
def test_only_our_simulator_is_taken_for_one(software: str, simulator: bool) -> None:
    till = Till()
    till.start(STATUS)
    ended = only(till.hear(ACK + message(f"{HEAD}s{0:010}01032512002{software}")))
    assert isinstance(ended, DialogueEnded)
    assert ended.simulator is simulator
    assert ended.software == software.strip()


@pytest.mark.parametrize(
    "operation", [Operation.REGISTER, Operation.DIAGNOSE, Operation.INITIALISE, Operation.LOG_OFF]
)
def test_what_has_no_message_is_done_at_once(operation: Operation) -> None:
    till = Till()
    assert till.start(Command(operation)) == b""
    assert list(till.session.events()) == [DialogueEnded(EndReason.COMPLETED)]
    assert not till.session.busy


@pytest.mark.parametrize(
    "command",
    [
        Command(Operation.REFUND, "r", 100, 978),
        Command(Operation.REVERSAL, "r"),
        Command(Operation.REVERSAL, "r", original_trace=0),
        Command(Operation.SALE, "s", 0, 978),
        Command(Operation.SALE, "s", 100_000_000, 978),
        Command(Operation.SALE, "s", 100, 756),
    ],
)
def test_what_cannot_be_said_is_refused_before_anything_is_written(command: Command) -> None:
    till = Till()
    assert DRIVER.resolver(FIXED).refusal_reason(command) is not None
    with pytest.raises(SessionError):
        till.start(command)
    assert till.said() == b""
    assert not till.session.busy


@pytest.mark.parametrize("own", [None, ZvtKeys()], ids=["none", "another protocol's"])
def test_there_is_no_session_without_the_terminals_number(own: object) -> None:
    with pytest.raises(TypeError):
        DRIVER.session(SecretBuffer(1), MaskingSealer(), replace(OPTIONS, own=own))


def test_numbers_are_filled_with_zeros() -> None:
    till = Till(replace(FIXED, own=Ecr17Keys(terminal_id="42", till_id="7")))
    assert till.start().startswith(b"\x02000000420P00000007")
