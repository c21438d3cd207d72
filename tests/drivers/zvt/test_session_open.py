"""What decides nothing ends nothing; what contradicts, or cannot be read, is an open question."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.terminal import (
    Command,
    ConnectionLost,
    Copy,
    Delivery,
    DialogueEnded,
    DisplayText,
    EndReason,
    Event,
    Operation,
    Receipt,
    ResultStatus,
    TransactionResult,
)
from drivers.zvt.apdu import join
from drivers.zvt.bmp import TABLE, field
from drivers.zvt.packet import (
    POSITIVE,
    Abort,
    Charset,
    Completion,
    IntermediateStatus,
    StatusInformation,
)
from drivers.zvt.quirks import ZvtQuirk
from drivers.zvt.session import ZvtSettings, ZvtState
from drivers.zvt.timers import LONGEST_WAIT_S
from drivers.zvt.tlv import element
from tests.drivers.zvt.paying import APPROVED, DECLINED, YES, running, sale, stored
from tests.drivers.zvt.stage import Till

MINUTE = 60


def result_in(events: list[Event]) -> TransactionResult:
    (outcome,) = events
    assert isinstance(outcome, TransactionResult)
    return outcome


# ---- messages that decide nothing ----


@pytest.mark.case("zvt/W1")
@pytest.mark.case("zvt/I3")
@pytest.mark.parametrize("message", ["04ff00", "04ff020a03", "04ff010a"])
def test_a_display_message_ends_no_payment_however_short_it_is(till: Till, message: str) -> None:
    running(till)
    for _ in range(2):
        assert [event for event in till.says(message) if not isinstance(event, DisplayText)] == []
        assert till.heard[-1] == YES
        till.now += 0.1
    assert result_in(till.says(APPROVED)).result.status is ResultStatus.APPROVED


def test_an_empty_print_is_one_empty_line(till: Till) -> None:
    assert running(till).says("06d100") == [Receipt(Copy.UNKNOWN, ("",))]
    assert till.acknowledge() == [YES]
    assert till.session.state is ZvtState.RUNNING


def test_a_message_of_nobody_is_answered_as_unknown() -> None:
    till = running(Till("serial"))
    assert till.says("0600021234") == []
    assert till.heard[-1] == "848300"
    assert till.session.state is ZvtState.RUNNING


@pytest.mark.case("zvt/W3")
def test_an_abort_without_a_code_ends_a_payment_as_failed(till: Till) -> None:
    (ended,) = running(till).says("061e00")
    assert isinstance(ended, DialogueEnded)
    assert (ended.end_reason, ended.code, ended.cancelled) == (EndReason.ABORTED, None, False)
    assert till.heard[-1] == YES


@pytest.mark.case("zvt/W3")
def test_an_abort_without_a_code_behind_a_decline_keeps_the_line(till: Till) -> None:
    (ended,) = stored(till, DECLINED).says("061e00")
    assert isinstance(ended, DialogueEnded)
    assert not till.session.busy


@pytest.mark.case("zvt/W4")
@pytest.mark.parametrize("result", [None, APPROVED])
def test_an_empty_completion_ends_the_dialogue_and_decides_nothing_more(
    till: Till, result: StatusInformation | None
) -> None:
    if result is None:
        running(till)
    else:
        stored(till, result)
    assert till.says("060f00") == [DialogueEnded(EndReason.COMPLETED)]


# ---- open questions ----

OPEN = [
    pytest.param("040f0d00296011223304000000001010", id="bare", marks=pytest.mark.case("zvt/A2")),
    pytest.param("040f0dc30b1227000400000000101087", id="unknown", marks=pytest.mark.case("zvt/U1")),
    pytest.param("040f00", id="empty"),
]


@pytest.mark.parametrize("message", OPEN)
def test_a_result_without_a_readable_code_is_kept_answered_and_open(till: Till, message: str) -> None:
    outcome = result_in(running(till).says(message))
    assert (outcome.result.status, outcome.result.code, outcome.late) == (ResultStatus.UNCLEAR, None, False)
    assert till.acknowledge() == [YES]
    assert till.says(Completion()) == [DialogueEnded(EndReason.COMPLETED)]


@pytest.mark.parametrize("message", OPEN)
def test_an_open_question_is_never_ended_as_a_failure_by_silence(till: Till, message: str) -> None:
    running(till).says(message)
    till.acknowledge()
    (lost,) = till.wait(300)
    assert isinstance(lost, ConnectionLost)
    assert lost.delivery is Delivery.PERHAPS


# ---- two results in one dialogue ----


def test_the_same_result_again_is_answered_and_not_told_again(till: Till) -> None:
    stored(till)
    till.now += 1
    assert till.says(APPROVED) == []
    assert till.heard[-1] == YES
    assert till.says(Completion()) == [DialogueEnded(EndReason.COMPLETED)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (APPROVED, DECLINED),
        (DECLINED, APPROVED),
        (
            APPROVED,
            StatusInformation(result_code=0, amount=9600, currency=978, trace=164, receipt_number=164),
        ),
        (
            APPROVED,
            StatusInformation(result_code=0, amount=1010, currency=978, trace=164, receipt_number=164),
        ),
        (APPROVED, StatusInformation(result_code=0, amount=1010, currency=756)),
    ],
)
def test_two_results_that_contradict_each_other_are_an_open_question(
    till: Till, first: StatusInformation, second: StatusInformation
) -> None:
    stored(till, first)
    outcome = result_in(till.says(second))
    assert outcome.result.status is ResultStatus.UNCLEAR
    assert outcome.result.reason is not None
    assert outcome.result.reason.code == "zvt.contradiction"
    assert (outcome.result.code, outcome.result.amount) == (second.result_code, second.amount)
    assert till.acknowledge() == [YES]
    assert till.says(Completion()) == [DialogueEnded(EndReason.COMPLETED)]


def test_a_result_that_only_adds_to_the_first_is_told_as_what_it_is(till: Till) -> None:
    stored(till, StatusInformation(result_code=0, amount=1010))
    assert result_in(till.says(APPROVED)).result.status is ResultStatus.APPROVED


# ---- why a terminal did not begin ----


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (0x6B, "not_registered"),
        (0x9C, "terminal_busy"),
        (0xF0, "close_due"),
        (0xDF, "terminal_blocked"),
        (0xC2, "zvt.result_c2"),
    ],
)
@pytest.mark.parametrize("text", ["", "Terminal ist blockiert"])
def test_a_terminal_that_refuses_to_begin_says_why_on_every_way(
    kind: str, code: int, cause: str, text: str
) -> None:
    told = result_in(running(Till(kind)).says(StatusInformation(result_code=code, additional_text=text)))
    assert (told.result.status, told.result.text) == (ResultStatus.NOT_SENT, text)
    (aborted,) = running(Till(kind)).says(Abort(code, extended_error_text=text))
    till = Till(kind)
    till.start(sale())
    (refused,) = till.says(f"84{code:02x}00")
    for end in (aborted, refused):
        assert isinstance(end, DialogueEnded)
        assert end.not_begun
        assert (end.maintenance is Operation.REGISTER) is (code == 0x6B)
        assert end.reason is not None
        assert end.reason.code == cause
    assert told.result.reason is not None
    assert told.result.reason.code == cause


# ---- time ----


def test_the_minutes_that_a_terminal_asks_for_are_granted(till: Till) -> None:
    running(till).says(IntermediateStatus(0x0E, 12))
    assert till.wait(12 * MINUTE - 1) == []
    assert result_in(till.says(APPROVED)).result.status is ResultStatus.APPROVED


def test_after_half_an_hour_the_till_hears_that_nobody_knows_and_the_line_stays(till: Till) -> None:
    running(till)
    events: list[Event] = []
    while not events:
        events = [event for event in till.says("04ff020e15") if not isinstance(event, DisplayText)]
        events += till.wait(5 * MINUTE)
    (left,) = events
    assert isinstance(left, ConnectionLost)
    assert (left.delivery, left.line_kept, left.reason.code) == (Delivery.PERHAPS, True, "left_open")
    assert till.now - 100 <= LONGEST_WAIT_S + 5 * MINUTE
    assert till.says("04ff010e") == [DisplayText(0x0E, "please wait")]
    assert till.heard[-1] == YES
    outcome = result_in(till.says(APPROVED))
    assert outcome.late
    assert till.acknowledge() == [YES]


# ---- character sets ----


def registered(till: Till, chosen: Charset | None) -> Till:
    till.start(Command(Operation.REGISTER))
    till.says(POSITIVE)
    till.says(Completion(status_byte=0, character_set=None if chosen is None else chosen.value))
    return till


def shown(till: Till, data: bytes) -> str:
    running(till)
    (event,) = till.says(join(0x04FF, b"\xff\x03" + field(0x06, element(0x24, element(7, data)))).hex())
    assert isinstance(event, DisplayText)
    return event.text


@pytest.mark.case("zvt/C2")
@pytest.mark.parametrize(
    ("asked", "chosen", "used"),
    [
        (Charset.CP437, None, "cp437"),
        (Charset.CP437, Charset.ISO_8859_1, "latin-1"),
        (Charset.UTF_8, None, "utf-8"),
        (Charset.UTF_8, Charset.ISO_8859_15, "iso8859-15"),
        (Charset.ISO_8859_2, Charset.ISO_8859_2, "iso8859-2"),
    ],
)
def test_the_character_set_is_asked_for_and_the_terminals_answer_holds(
    kind: str, asked: Charset, chosen: Charset | None, used: str
) -> None:
    till = registered(Till(kind, ZvtSettings(asked_charset=asked)), chosen)
    assert f"1401{asked.value:02x}" in till.heard[0]
    assert shown(till, "Händler größer".encode(used)) == "Händler größer"


def test_a_terminal_that_agrees_and_does_another_thing_has_a_quirk(kind: str) -> None:
    quirks = frozenset({ZvtQuirk.LATIN1_TEXTS})
    till = registered(Till(kind, ZvtSettings(quirks=quirks)), Charset.CP437)
    assert shown(till, "gültig".encode("latin-1")) == "gültig"


def test_a_fresh_line_forgets_what_the_terminal_chose(till: Till) -> None:
    registered(till, Charset.ISO_8859_1)
    till.session.connected(till.now)
    assert shown(till, "gültig".encode("cp437")) == "gültig"


# ---- an unknown field in any place ----

UNKNOWN_BMPS = sorted(set(range(1, 256)) - set(TABLE))
UNKNOWN_TAGS = [0x1F7F, 0x4E, 0x5F51, 0x6D]
CLEAN_TAGS = b"\x1f\x12\x01\x02\x1f\x36\x06\x00\x00\x00\x00\x01\x50"
FIELDS = (
    field(0x27, b"\0"),
    field(0x04, b"\0\0\0\0\x10\x10"),
    field(0x0B, b"\0\x01\x63"),
    field(0x87, b"\x01\x63"),
    field(0x49, b"\x09\x78"),
)
KNOWN = {
    "status": ResultStatus.APPROVED,
    "amount": 1010,
    "trace": 163,
    "receipt_number": 163,
    "currency": 978,
}

unknown_fields = st.builds(
    lambda number, rest: bytes((number,)) + rest, st.sampled_from(UNKNOWN_BMPS), st.binary(max_size=12)
)
unknown_tags = st.builds(element, st.sampled_from(UNKNOWN_TAGS), st.binary(max_size=20))


def told(body: bytes) -> dict[str, object]:
    till = running(Till("tcp"))
    (outcome,) = till.says(join(0x040F, body).hex())
    assert isinstance(outcome, TransactionResult)
    assert till.acknowledge() == [YES]
    assert till.session.busy
    return {name: getattr(outcome.result, name) for name in KNOWN}


@settings(max_examples=150, deadline=None)
@given(unknown_fields, st.integers(0, len(FIELDS)), st.permutations(FIELDS))
def test_an_unknown_field_changes_no_known_value_and_ends_no_payment(
    odd: bytes, place: int, fields: list[bytes]
) -> None:
    said = told(b"".join(fields[:place]) + odd + b"".join(fields[place:]))
    before = b"".join(fields[:place])
    expected = told(before)
    assert said == expected
    if FIELDS[0] not in fields[:place]:
        assert said["status"] is ResultStatus.UNCLEAR


@settings(max_examples=150, deadline=None)
@given(unknown_tags, st.integers(0, 2), st.integers(0, len(FIELDS)))
def test_an_unknown_tag_changes_no_known_value_and_ends_no_payment(odd: bytes, place: int, at: int) -> None:
    parts = [CLEAN_TAGS[:4], CLEAN_TAGS[4:]]
    parts.insert(place, odd)
    container = field(0x06, b"".join(parts))
    body = b"".join(FIELDS[:at]) + container + b"".join(FIELDS[at:])
    assert told(body) == KNOWN


@settings(max_examples=100, deadline=None)
@given(st.one_of(unknown_fields, unknown_tags.map(lambda tag: field(0x06, tag))))
def test_an_unknown_piece_in_any_other_message_ends_no_payment_wrongly(odd: bytes) -> None:
    till = running(Till("tcp"))
    for control, head in ((0x04FF, b"\x0a"), (0x04FF, b"\x0a\x02"), (0x06D1, b"\x40Danke"), (0x06D3, b"")):
        events = till.says(join(control, head + odd).hex())
        assert not any(isinstance(event, ConnectionLost | DialogueEnded) for event in events)
        till.acknowledge()
        assert till.heard[-1] == YES
    till.says(APPROVED)
    till.acknowledge()
    (ended,) = till.says(join(0x060F, odd).hex())
    assert isinstance(ended, DialogueEnded)
    assert ended.end_reason is EndReason.COMPLETED
    running(till)
    (failed,) = till.says(join(0x061E, b"\x6c" + odd).hex())
    assert isinstance(failed, DialogueEnded)
    assert (failed.end_reason, failed.code, failed.cancelled) == (EndReason.ABORTED, 0x6C, True)
