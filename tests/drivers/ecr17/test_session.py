"""The session: the reference's checklist, and what other libraries get wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from drivers.card import SecretBuffer
from drivers.driver import OptionError, Options
from drivers.ecr17 import packet
from drivers.ecr17.config import PAYMENT_SILENCE_S
from drivers.ecr17.driver import DRIVER
from drivers.ecr17.frame import BUFFER_BYTES, SCOPES, Signal, encode_control, encode_message, encode_progress
from drivers.ecr17.line import ACK_S, HALF_MESSAGE_S, SENDS
from drivers.ecr17.session import RECEIPT_SILENCE_S, Ecr17Session
from drivers.terminal import (
    Command,
    Copy,
    Ended,
    Event,
    Heard,
    How,
    Lost,
    Operation,
    Outcome,
    Progress,
    Receipt,
    Said,
    SessionError,
)
from tests import cards
from tests.drivers.ecr17.counter import LAST, OPTIONS, SALE, STATUS, MaskingVault

HEAD = "290010060"
ACK, NAK = (encode_control(signal, "noext") for signal in Signal)
FIXED = replace(OPTIONS, variant="noext")
TILL_PRINTS = replace(FIXED, receipts="till")
REVERSAL = Command(Operation.REVERSAL, "till 2", original_trace=42)


def message(text: str, scope: str = "noext") -> bytes:
    return encode_message(text.encode("iso8859_1"), scope)


def paid(stan: int = 42, letter: str = "E", code: str = "00") -> bytes:
    return message(f"{HEAD}{letter}{code}0004111111111111111ICC1234560600200200000000001{stan:06}{stan:06}")


def refused(stan: int = 0) -> bytes:
    return message(f"{HEAD}E01{'CARTA SCADUTA':24}{0:011}200000000001{stan:06}{stan:06}")


ASKED = packet.status(packet.Identity("29001006", ""))
WELL = message(f"{HEAD}s{0:010}01032512002V1.23   ")


class Till:
    """A session whose terminal is the test."""

    def __init__(self, options: Options = FIXED) -> None:
        self.buffer = SecretBuffer(BUFFER_BYTES)
        session = DRIVER.session(self.buffer, MaskingVault(), options)
        assert isinstance(session, Ecr17Session)
        self.session = session
        self.session.connected(0.0)
        self.now = 0.0

    def start(self, command: Command = SALE) -> bytes:
        self.session.start(command, self.now)
        return self.session.bytes_to_send()

    def hear(self, data: bytes, step: int = BUFFER_BYTES) -> list[Event]:
        """Bytes from the terminal; the events that they made."""
        for at in range(0, len(data), step):
            part = data[at : at + step]
            self.buffer.space()[: len(part)] = part
            self.buffer.filled(len(part))
            self.session.receive(self.now)
        return list(self.session.events())

    def said(self) -> bytes:
        return self.session.bytes_to_send()

    def accept(self) -> list[Event]:
        self.session.accept(self.now)
        return list(self.session.events())

    def wait(self, seconds: float) -> list[Event]:
        """Let so much time pass."""
        end = self.now + seconds
        while (due := self.session.deadline()) is not None and due <= end:
            self.now = due
            self.session.deadline_passed(due)
        self.now = end
        return list(self.session.events())

    def paying(self) -> Till:
        """The payment has left and was acknowledged."""
        self.start()
        assert self.hear(ACK) == []
        return self


def only(events: list[Event]) -> Event:
    assert len(events) == 1, events
    return events[0]


# ---- checklist 1: the checksum's scope, control frames, everything glued or cut ----


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("signal", Signal)
def test_the_scope_is_learnt_from_the_first_answer_to_a_status(scope: str, signal: Signal) -> None:
    till = Till(OPTIONS)
    assert till.start(STATUS) == encode_message(ASKED, "noext")
    till.hear(encode_control(signal, scope))
    if signal is Signal.NAK and scope != "noext":
        assert till.said() == encode_message(ASKED, scope)
        till.hear(encode_control(Signal.ACK, scope))
    elif signal is Signal.NAK:
        till.hear(ACK)
    ended = only(till.hear(message(f"{HEAD}s{0:010}01032512002V1.23   ", scope)))
    assert isinstance(ended, Ended)
    assert ended.text == f"The terminal is operative. Its checksum variant is {scope}."


def test_a_scope_of_the_settings_is_kept_and_the_other_one_is_named() -> None:
    till = Till(FIXED)
    till.start(STATUS)
    for _ in range(SENDS):
        till.hear(encode_control(Signal.NAK, "std"))
        events = till.wait(ACK_S)
    assert events == [
        Ended(How.REFUSED, text='The terminal uses another checksum: set its variant to "std".')
    ]


def test_a_payment_teaches_nothing_and_is_not_repeated_after_a_strange_answer() -> None:
    till = Till(OPTIONS)
    till.start()
    till.hear(encode_control(Signal.NAK, "std"))
    assert till.wait(10 * ACK_S) == [Lost("the terminal did not acknowledge the request", Heard.PERHAPS)]
    assert till.said() == b""
    assert till.start(STATUS) == encode_message(ASKED, "noext")


@pytest.mark.parametrize("step", [1, 2, 5, BUFFER_BYTES])
def test_ack_progress_and_answer_glued_or_cut_are_one_payment(step: int) -> None:
    till = Till()
    till.start()
    progress, outcome = till.hear(ACK + encode_progress("ATTENDERE") + paid(), step)
    assert progress == Progress(0, "ATTENDERE")
    assert isinstance(outcome, Outcome)
    assert not outcome.late
    assert outcome.result.said is Said.APPROVED


# ---- checklist 2: progress is no answer; unknown codes are acknowledged and kept ----


def test_progress_starts_the_silence_anew_and_is_not_acknowledged() -> None:
    till = Till().paying()
    for _ in range(5):
        assert till.wait(PAYMENT_SILENCE_S - 1) == []
        assert only(till.hear(encode_progress("INSERIRE CARTA"))) == Progress(0, "INSERIRE CARTA")
        assert till.said() == b""
    assert till.wait(PAYMENT_SILENCE_S) == [
        Lost("the terminal did not say in time how the command ended", Heard.PERHAPS)
    ]


def test_an_unknown_message_is_kept_as_a_line_without_its_content_then_acknowledged() -> None:
    till = Till().paying()
    note = only(till.hear(message(f"{HEAD}K0000{cards.PUBLISHED[0]}")))
    assert isinstance(note, Receipt)
    assert note.copy is Copy.ADMINISTRATION
    assert note.lines == ("The terminal sent a message of kind K with 30 characters; it was not read.",)
    assert till.said() == b""
    till.accept()
    assert till.said() == ACK
    assert isinstance(only(till.hear(paid())), Outcome)


def test_a_last_result_in_an_unknown_form_is_none() -> None:
    till = Till()
    till.start(LAST)
    till.hear(ACK + message(f"{HEAD}v00"))
    assert till.accept() == [Ended(How.COMPLETED)]


# ---- checklist 3: NAK of something unsupported does not loop ----


def test_a_terminal_that_cannot_print_on_the_till_is_asked_once() -> None:
    till = Till(TILL_PRINTS)
    assert b"E1" in till.start()
    till.hear(NAK)
    assert b"P00000001" in till.said()
    till.hear(ACK + paid())
    assert only(till.accept()) == Ended(How.COMPLETED, terminal_id="29001006")
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
    assert isinstance(ended, Ended)
    assert ended.how is How.REFUSED
    assert till.wait(100) == []


def test_a_refusal_after_silence_proves_nothing() -> None:
    till = Till()
    till.start()
    till.wait(ACK_S)
    assert only(till.hear(NAK)) == Lost(
        "the terminal refused the command when it came again; it may have begun the first one", Heard.PERHAPS
    )


# ---- checklist 4, 5, 6 are in test_packet; a session lives through them ----


def test_the_year_comes_from_the_terminals_own_status() -> None:
    till = Till()
    till.start(STATUS)
    till.hear(ACK + WELL)
    outcome = till.paying().hear(paid())[0]
    assert isinstance(outcome, Outcome)
    assert (outcome.result.date, outcome.result.time) == ("0301", "020000")


@pytest.mark.parametrize(
    "text", ["", "2", f"{HEAD}", f"{HEAD}E", f"{HEAD}E0", f"{HEAD}E-1", f"{HEAD}E02" + "x" * 60]
)
def test_an_answer_that_cannot_be_read_never_becomes_a_yes_or_a_no(text: str) -> None:
    till = Till().paying()
    events = till.hear(message(text)) + till.accept()
    assert not any(isinstance(event, (Outcome, Ended)) for event in events)


# ---- sending: once, and again only while nothing shows that it arrived ----


def test_a_payment_without_any_answer_leaves_three_times() -> None:
    till = Till()
    first = till.start()
    copies = []
    for _ in range(SENDS - 1):
        assert till.wait(ACK_S) == []
        copies.append(till.said())
    assert copies == [first] * (SENDS - 1)
    assert only(till.wait(ACK_S)) == Lost("the terminal did not acknowledge the request", Heard.PERHAPS)
    assert till.said() == b""


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
    till.session.disconnected("gone", 0.0)
    assert list(till.session.events()) == [Lost("gone", Heard.NEVER)]


def test_a_line_that_breaks_before_the_payment_left_is_told_as_never() -> None:
    till = Till(TILL_PRINTS)
    assert b"E1" in till.start()
    assert only(till.wait(SENDS * ACK_S)) == Lost("the terminal did not acknowledge the request", Heard.NEVER)


# ---- results ----


def test_a_result_is_acknowledged_when_it_is_accepted_and_not_before() -> None:
    till = Till().paying()
    assert isinstance(only(till.hear(paid())), Outcome)
    assert till.wait(30) == []
    assert till.said() == b""
    assert only(till.accept()) == Ended(How.COMPLETED, terminal_id="29001006")
    assert till.said() == ACK


def test_copies_are_told_once_and_acknowledged_again() -> None:
    till = Till().paying()
    till.hear(paid())
    assert till.hear(paid()) == []
    till.accept()
    till.said()
    assert till.hear(paid()) == []
    assert till.said() == ACK


@pytest.mark.parametrize("when", ["before the ACK", "after the ACK"])
def test_a_copy_of_the_last_result_is_never_the_answer_to_the_next_payment(when: str) -> None:
    till = Till().paying()
    till.hear(paid(42))
    till.accept()
    till.start()
    heard = till.hear(paid(42) + ACK if when == "before the ACK" else ACK + paid(42))
    assert heard == []
    outcome = only(till.hear(paid(43)))
    assert isinstance(outcome, Outcome)
    assert outcome.result.trace == 43


def test_the_same_refusal_twice_is_two_refusals_once_the_second_command_is_acknowledged() -> None:
    till = Till().paying()
    till.hear(refused())
    assert only(till.accept()) == Ended(How.ABORTED, 1, "CARTA SCADUTA", terminal_id="29001006")
    outcome = only(till.paying().hear(refused()))
    assert isinstance(outcome, Outcome)
    assert not outcome.late


def test_an_unknown_result_before_the_ack_is_nobodys() -> None:
    """It may be the late end of an older payment: nothing links it to ours."""
    till = Till()
    till.start()
    assert only(till.hear(paid())) == Lost(
        "the terminal sent a result before it had acknowledged the command", Heard.PERHAPS
    )


def test_a_status_whose_ack_was_lost_is_taken() -> None:
    till = Till()
    till.start(STATUS)
    assert isinstance(only(till.hear(WELL)), Ended)
    assert till.said() == ACK
    assert till.wait(100) == []


def test_a_result_when_nothing_waits_is_late_and_held() -> None:
    till = Till()
    outcome = only(till.hear(paid()))
    assert isinstance(outcome, Outcome)
    assert outcome.late
    assert till.said() == b""
    till.accept()
    assert till.said() == ACK


def test_an_answer_of_another_kind_is_late_and_the_payment_goes_on() -> None:
    till = Till().paying()
    outcome = only(till.hear(message(f"{HEAD}C00{0:016}{0:016}")))
    assert isinstance(outcome, Outcome)
    assert outcome.late
    assert till.accept() == []
    assert till.session.busy


def test_a_result_with_a_code_that_nobody_knows_leaves_the_payment_unclear() -> None:
    assert only(Till().paying().hear(paid(code="09"))) == Lost(
        "the terminal sent a result that its protocol does not explain", Heard.PERHAPS
    )


def test_a_result_of_a_currency_exchange_names_its_amount() -> None:
    text = f"{HEAD}V000004111111111111111ICC1234560600200200000000001000042000042"
    tail = "000" + "00001110" + "1" + "00012345" + "USD" + f"{1234:012}" + "2" + "0" * 10
    outcome = only(Till().paying().hear(message(text + tail)))
    assert isinstance(outcome, Outcome)
    assert outcome.result.amount == 1110


def test_a_damaged_result_is_refused_and_taken_when_it_comes_again() -> None:
    till = Till().paying()
    damaged = bytearray(paid())
    damaged[20] ^= 1
    assert till.hear(bytes(damaged)) == []
    assert till.said() == NAK
    assert isinstance(only(till.hear(paid())), Outcome)


def test_three_damaged_messages_in_a_row_end_the_line() -> None:
    till = Till().paying()
    damaged = bytearray(paid())
    damaged[20] ^= 1
    events = [event for _ in range(SENDS) for event in till.hear(bytes(damaged))]
    assert only(events) == Lost("three messages in a row arrived damaged from the terminal", Heard.PERHAPS)


def test_a_pause_inside_an_answer_is_no_end_and_a_long_one_asks_for_it_again() -> None:
    till = Till().paying()
    till.hear(paid()[:30])
    assert till.wait(0.5) == []
    assert isinstance(only(till.hear(paid()[30:])), Outcome)
    till.accept()
    till.said()
    till.paying().hear(paid(43)[:30])
    till.wait(HALF_MESSAGE_S)
    assert till.said() == NAK
    assert isinstance(only(till.hear(paid(43))), Outcome)


def test_a_terminal_that_closes_after_its_ack_has_paid() -> None:
    till = Till().paying()
    till.hear(paid())
    till.accept()
    till.said()
    till.session.disconnected("the terminal closed the connection", 1.0)
    assert list(till.session.events()) == []


def test_a_terminal_that_closes_instead_of_printing_has_paid() -> None:
    till = Till(TILL_PRINTS)
    till.start()
    till.hear(ACK)
    till.hear(ACK + paid())
    assert till.accept() == []
    till.session.disconnected("the terminal closed the connection", 1.0)
    assert list(till.session.events()) == [
        Ended(How.COMPLETED, terminal_id="29001006"),
        Lost("the terminal closed the connection", Heard.NEVER),
    ]


def test_a_terminal_that_closes_before_its_result_was_accepted_leaves_it_unclear() -> None:
    till = Till().paying()
    till.hear(paid())
    till.session.disconnected("the terminal closed the connection", 1.0)
    assert only(list(till.session.events())) == Lost("the terminal closed the connection", Heard.PERHAPS)
    assert till.accept() == []
    assert till.said() == b""


# ---- receipts ----


def printing() -> Till:
    till = Till(TILL_PRINTS)
    till.start()
    till.hear(ACK)
    till.hear(ACK + paid())
    till.accept()
    till.said()
    return till


def ticket(text: str) -> bytes:
    return message(f"{HEAD}S{text}")


def printed(till: Till, *pieces: bytes) -> Iterator[Event]:
    for piece in pieces:
        yield from till.hear(piece)
        yield from till.accept()
        assert till.said() == ACK


def test_a_receipt_comes_after_the_result_until_its_end() -> None:
    till = printing()
    events = list(printed(till, ticket("\x7fEUR 10,10}STAN 42}"), ticket("GRAZIE}}\x1b")))
    assert [event.lines for event in events if isinstance(event, Receipt)] == [
        ("EUR 10,10", "STAN 42"),
        ("GRAZIE", ""),
    ]
    assert events[-1] == Ended(How.COMPLETED, terminal_id="29001006")


def test_a_line_that_is_cut_between_two_messages_is_one_line() -> None:
    events = list(printed(printing(), ticket("EUR 1"), ticket("0,10}\x1b")))
    assert [event.lines for event in events if isinstance(event, Receipt)] == [("EUR 10,10",)]


def test_a_card_number_that_is_cut_between_two_messages_is_masked() -> None:
    number = cards.PUBLISHED[0]
    for cut in range(1, len(number)):
        events = list(printed(printing(), ticket("PAN " + number[:cut]), ticket(number[cut:] + "}\x1b")))
        lines = [event.lines for event in events if isinstance(event, Receipt)]
        assert lines == [("PAN 411111******1111",)]


def test_a_line_of_twenty_four_characters_needs_no_mark() -> None:
    events = list(printed(printing(), ticket("A" * 24 + "B" * 24 + "C}\x1b")))
    assert [event.lines for event in events if isinstance(event, Receipt)] == [("A" * 24, "B" * 24, "C")]


def test_two_equal_pieces_are_two_but_a_late_copy_is_one() -> None:
    till = printing()
    events = list(printed(till, ticket("----}"), ticket("----}")))
    assert len(events) == 2
    till.now += ACK_S
    assert till.hear(ticket("----}")) == []
    assert till.said() == ACK


def test_a_receipt_without_an_end_ends_in_silence_and_loses_no_line() -> None:
    till = printing()
    list(printed(till, ticket("EUR 10,10}GRAZIE")))
    rest = only(till.wait(RECEIPT_SILENCE_S))
    assert rest == Receipt(Copy.UNKNOWN, ("GRAZIE",), last=True)
    assert till.accept() == [Ended(How.COMPLETED, terminal_id="29001006")]
    assert till.said() == b""


def test_a_terminal_that_prints_nothing_does_not_hold_up_the_payment() -> None:
    assert printing().wait(RECEIPT_SILENCE_S) == [Ended(How.COMPLETED, terminal_id="29001006")]


def test_each_procedure_asks_for_its_receipt_again() -> None:
    till = printing()
    till.wait(RECEIPT_SILENCE_S)
    assert b"E1" in till.start()


# ---- the terminal's state; what cannot be said ----


@pytest.mark.parametrize("state", [0, 1, 3, 4, 5, 6, 7])
def test_any_state_but_operative_keeps_payments_away(state: int) -> None:
    till = Till()
    till.start(STATUS)
    ended = only(till.hear(ACK + message(f"{HEAD}s{0:010}0103251200{state}V1.23   ")))
    assert isinstance(ended, Ended)
    assert ended.how is How.ABORTED
    assert ended.status == state
    assert ended.busy == (state in {5, 6})
    assert ended.text


@pytest.mark.parametrize(
    ("software", "simulator"), [("TILLGATE-SIM 1  ", True), ("V1.23   ", False), ("", False)]
)
def test_only_our_simulator_is_taken_for_one(software: str, simulator: bool) -> None:
    till = Till()
    till.start(STATUS)
    ended = only(till.hear(ACK + message(f"{HEAD}s{0:010}01032512002{software}")))
    assert isinstance(ended, Ended)
    assert ended.simulator is simulator
    assert ended.software == software.strip()


@pytest.mark.parametrize(
    "operation", [Operation.REGISTER, Operation.DIAGNOSE, Operation.INITIALISE, Operation.LOG_OFF]
)
def test_what_has_no_message_is_done_at_once(operation: Operation) -> None:
    till = Till()
    assert till.start(Command(operation)) == b""
    assert list(till.session.events()) == [Ended(How.COMPLETED)]
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
    assert DRIVER.settling(FIXED).why_not(command).endswith(".")
    with pytest.raises(SessionError):
        till.start(command)
    assert till.said() == b""
    assert not till.session.busy


def test_a_terminal_without_a_number_is_a_fault_of_the_settings() -> None:
    for make in (DRIVER.settling, lambda options: DRIVER.session(SecretBuffer(1), MaskingVault(), options)):
        with pytest.raises(OptionError, match="terminal_id"):
            make(replace(OPTIONS, terminal_id=""))


def test_numbers_are_filled_with_zeros() -> None:
    till = Till(replace(FIXED, terminal_id="42", till_id="7"))
    assert till.start().startswith(b"\x02000000420P00000007")
