"""Messages: the worked APDUs of the reference both ways, and what odd input becomes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.terminal import DayTotal, ProtocolError, SealedCard, UnknownBytes
from drivers.zvt.apdu import ZvtMalformed, join
from drivers.zvt.fields import SCHEMES
from drivers.zvt.packet import (
    POSITIVE,
    UNKNOWN_COMMAND,
    Abort,
    AbortCommand,
    Authorisation,
    Charset,
    Completion,
    Diagnosis,
    DisplayTextCommand,
    EndOfDay,
    Initialisation,
    IntermediateStatus,
    LogOff,
    PrintLine,
    PrintTextBlock,
    Refund,
    Registration,
    RepeatReceipt,
    Reversal,
    SetClock,
    StatusEnquiry,
    StatusInformation,
    TextLine,
    TurnoverTotals,
    Unknown,
    ZvtAnswer,
    ZvtCardBinding,
    ZvtPacket,
    decode,
    encode,
)
from tests.drivers.zvt.stage import card_sealer, read, secret

WORKED = [
    ("800000", POSITIVE),
    ("840000", ZvtAnswer(0x84, 0x00)),
    ("849c00", ZvtAnswer(0x84, 0x9C)),
    ("848300", UNKNOWN_COMMAND),
    ("84cc00", ZvtAnswer(0x84, 0xCC)),
    ("841e016f", ZvtAnswer(0x84, 0x1E, 0x6F)),
    ("841e017d", ZvtAnswer(0x84, 0x1E, 0x7D)),
    ("849d0704000000001010", ZvtAnswer(0x84, 0x9D, amount=1010)),
    ("060006123456be0978", Registration(123456, 0xBE, 978)),
    ("06000e1234568e0978060626040a0206d3", Registration(123456, 0x8E, 978, permitted_commands=(0x06D3,))),
    ("06000d1234563e0978030006031401ff", Registration(123456, 0x3E, 978, 0, character_set=0xFF)),
    ("06010a04000000001010490978", Authorisation(1010, 978)),
    ("06010a04000000001003490978", Authorisation(1003, 978)),
    ("06010e0400000000100049097819440201", Authorisation(1000, 978, 0x44, None, 1)),
    ("060200", LogOff()),
    ("061003123456", TurnoverTotals(123456)),
    ("0620051234560303", RepeatReceipt(123456, 3)),
    ("06300d12345687012304000000001010", Reversal(123456, 123, 1010)),
    ("06310d12345604000000001010490978", Refund(123456, 1010, 978)),
    ("065003123456", EndOfDay(123456)),
    ("067000", Diagnosis()),
    ("06700506031b0102", Diagnosis(2)),
    ("069303123456", Initialisation(123456)),
    ("06b000", AbortCommand()),
    ("06e007f1f0f454455354", DisplayTextCommand(("TEST",))),
    ("06e00cf005f1f0f141f2f0f142f901", DisplayTextCommand(("A", "B"), 5, 1)),
    ("050103123456", StatusEnquiry(123456)),
    ("0501051234560307", StatusEnquiry(123456, 7)),
    ("050100", StatusEnquiry()),
    ("040108aa2504010c123551", SetClock("250401", "123551")),
    ("04ff010e", IntermediateStatus(0x0E)),
    ("04ff020a01", IntermediateStatus(0x0A, 1)),
    ("04ff0aff100606240407024142", IntermediateStatus(0xFF, 10, ("AB",))),
    ("060f00", Completion()),
    ("060f019c", Completion(terminal_status=0x9C)),
    ("060f0100", Completion(terminal_status=0x00)),
    ("060f0227e0", Completion(result_code=0xE0)),
    ("060f0a19102952523535490978", Completion(status_byte=0x10, terminal_id="52523535", currency=978)),
    ("060f07f0f0f3312e3200", Completion(terminal_status=0x00, software="1.2")),
    ("060f080c123551aa250401", Completion(time="123551", date="250401")),
    ("061e016c", Abort(0x6C)),
    ("061e036f0978", Abort(0x6F, 978)),
    ("061e04b8870163", Abort(0xB8, receipt_number=163)),
    ("061e0b7706082406070454455354", Abort(0x77, texts=("TEST",))),
    ("06d1054054455354", PrintLine(0x40, "TEST")),
    ("06d10100", PrintLine(0)),
    ("06d102ff03", PrintLine(0xFF, feeds=3)),
    ("06d1028141", PrintLine(0x81, "A")),
    (
        "06d31706151f070102250f090140070141090100070142090180",
        PrintTextBlock((TextLine("A", 0x40), TextLine("B")), 2, last=True),
    ),
    ("06d3020600", PrintTextBlock()),
    (
        "040f1a2700040000000050500b0001630c1235510d0417870163490978",
        StatusInformation(0, 5050, 978, 163, time="123551", date="0417", receipt_number=163),
    ),
]


@pytest.mark.parametrize(("apdu", "packet"), WORKED)
def test_worked_apdus_are_read(apdu: str, packet: ZvtPacket) -> None:
    assert read(apdu) == packet


OTHER_ORDER = (StatusInformation, PrintTextBlock)  # fields may stand in any order


@pytest.mark.parametrize(("apdu", "packet"), WORKED)
def test_worked_apdus_are_written_byte_for_byte(apdu: str, packet: ZvtPacket) -> None:
    if isinstance(packet, OTHER_ORDER):
        assert read(encode(packet)) == packet
    else:
        assert encode(packet).hex() == apdu


def test_a_real_approved_payment_is_read_to_its_last_byte() -> None:
    body = bytes.fromhex(
        "2700 04000000005050 0b000163 0c123551 0d0417 170001 1970 22f1f0eeeeeeeeeeeeeee1229f 2929001006"
        "2a313030373634393932202020202020 3b3635313230300000 3cf0f1f447454e2e4e522e3a363531323030"
        "490978 870163 88000163 8a2e 8bf0f84d41455354524f00 0623 2410070e47454e2e4e522e3a363531323030"
        "4307a0000000043060 1f100103 1f120101"
    )
    assert read(join(0x040F, body)) == StatusInformation(
        result_code=0,
        amount=5050,
        currency=978,
        trace=163,
        time="123551",
        date="0417",
        card=SealedCard("***************1229"),
        card_sequence=1,
        card_type=0x2E,
        card_name="MAESTRO",
        payment_type=0x70,
        terminal_id="29001006",
        merchant_id="100764992",
        approval_code="651200",
        additional_text="GEN.NR.:651200",
        receipt_number=163,
        turnover_number=163,
        texts=("GEN.NR.:651200",),
        entry_mode=1,
        cardholder_verification=3,
    )


@pytest.mark.parametrize(
    ("apdu", "reason"),
    [
        ("", ZvtMalformed.HEADER),
        ("8000", ZvtMalformed.HEADER),
        ("040fff00", ZvtMalformed.HEADER),
        ("800001", ZvtMalformed.LENGTH),
        ("80000000", ZvtMalformed.LENGTH),
        ("04ffff050000", ZvtMalformed.LENGTH),
        ("0600021234", ZvtMalformed.MISSING),
        ("06000412345aff", ZvtMalformed.BCD),
    ],
)
def test_a_malformed_apdu_is_refused_with_a_named_reason(apdu: str, reason: ZvtMalformed) -> None:
    with pytest.raises(ProtocolError) as refused:
        read(apdu)
    assert refused.value.reason == reason


def test_a_command_that_is_not_ours_is_named_by_its_control_field_only() -> None:
    assert read("06230387ffff") == Unknown(0x0623, (UnknownBytes(3, 0, first="87ffff"),))


def test_unknown_bmps_end_the_reading_and_are_counted() -> None:
    packet = read("040f092700490978fe010203")
    assert packet == StatusInformation(0, currency=978, unknown=(UnknownBytes(4, 5, first="fe0102"),))


def test_a_value_that_is_no_bcd_is_left_out_and_counted_and_the_rest_is_read() -> None:
    unread = UnknownBytes(6, 3, "04", "000000")
    assert read("040f0c27000400000000101a490978") == StatusInformation(0, currency=978, unknown=(unread,))


def test_receipt_number_ffff_is_no_receipt_number() -> None:
    packet = read("061e04b887ffff")
    assert packet == Abort(0xB8, unknown=(UnknownBytes(2, 2, "87", "ffff"),))


def test_an_answer_may_carry_data_that_is_not_ours() -> None:
    packet = read("80000806061f7303000001")
    assert isinstance(packet, ZvtAnswer)
    assert packet.positive
    assert packet.unknown == (UnknownBytes(8, 0, first="06061f"),)


def test_lengths_of_255_and_more_have_the_low_byte_first() -> None:
    lines = tuple(TextLine("x" * 30) for _ in range(30))
    written = encode(PrintTextBlock(lines))
    assert written[2:5] == bytes((0xFF, (len(written) - 5) & 0xFF, (len(written) - 5) >> 8))
    assert read(written) == PrintTextBlock(lines)


def test_a_long_trace_number_stands_in_its_tag() -> None:
    packet = StatusInformation(result_code=0, trace=1_234_567)
    assert b"\x0b\x00\x00\x00" in encode(packet)
    assert read(encode(packet)) == packet


def test_a_wide_card_type_stands_in_its_tag() -> None:
    packet = StatusInformation(result_code=0, card_type=0x0102)
    assert b"\x8a\xff" in encode(packet)
    assert read(encode(packet)) == packet


def test_t4_may_be_missing_before_the_texts() -> None:
    assert read("04ff08" + "17" + "0605" + "2403070141") == IntermediateStatus(0x17, None, ("A",))


def test_text_of_the_agreed_set_is_read() -> None:
    assert read("06d10200fc", Charset.ISO_8859_1) == PrintLine(0, "ü")
    assert encode(PrintLine(0, "ü"), Charset.ISO_8859_1).hex() == "06d10200fc"


def test_the_first_of_two_equal_bmps_counts() -> None:
    packet = read("040f1027000400000000101004000000009999")
    assert isinstance(packet, StatusInformation)
    assert packet.amount == 1010


@pytest.mark.parametrize(
    "packet",
    [
        Unknown(0x0623),
        Authorisation(10**12, 978),
        Registration(1_000_000, 0x8E),
        DisplayTextCommand(("x" * 100,)),
        IntermediateStatus(0x0A, 100),
        StatusInformation(totals=(DayTotal("VISA", 1, 1),)),
    ],
    ids=lambda packet: type(packet).__name__,
)
def test_what_does_not_fit_is_not_written(packet: ZvtPacket) -> None:
    with pytest.raises(ValueError):
        encode(packet)


byte = st.integers(0, 0xFF)
maybe_byte = st.none() | byte
plain = st.text("ABC abc-.:", max_size=20).map(str.strip)
minor_units = st.none() | st.integers(0, 999_999_999_999)
day = st.tuples(*(st.builds(DayTotal, st.just(name), byte, st.integers(0, 10**12 - 1)) for name in SCHEMES))


def digit_string(size: int) -> st.SearchStrategy[str]:
    return st.just("") | st.text("0123456789", min_size=size, max_size=size)


statuses = st.builds(
    StatusInformation,
    result_code=byte,
    amount=minor_units,
    currency=st.none() | st.integers(0, 9999),
    trace=st.none() | st.integers(0, 10**12 - 1),
    original_trace=st.none() | st.integers(0, 999_999),
    time=digit_string(6),
    date=digit_string(4),
    card=st.none() | st.just(SealedCard("411111******1111")) | st.just(SealedCard("*" * 15 + "1229")),
    card_sequence=st.none() | st.integers(0, 9999),
    card_type=st.none() | st.integers(0, 0xFE) | st.integers(0x100, 0xFFFF),
    card_name=plain,
    payment_type=maybe_byte,
    terminal_id=digit_string(8),
    merchant_id=st.text("0123456789", max_size=12),
    approval_code=st.text("ABC123", max_size=8),
    additional_text=plain,
    receipt_number=st.none() | st.integers(0, 9999),
    turnover_number=st.none() | st.integers(0, 999_999),
    texts=st.lists(plain, max_size=3).map(tuple),
    entry_mode=maybe_byte,
    cardholder_verification=maybe_byte,
    tip=minor_units,
    remaining=minor_units,
    extended_error_text=plain,
)
printed_blocks = st.builds(
    PrintTextBlock,
    lines=st.lists(st.builds(TextLine, plain, st.integers(0, 0x7F)), max_size=40).map(tuple),
    receipt_type=maybe_byte,
    last=st.booleans(),
)
registrations = st.builds(
    Registration,
    password=st.integers(0, 999_999),
    config=byte,
    currency=st.integers(0, 9999),
    service=maybe_byte,
    permitted_commands=st.lists(st.integers(0, 0xFFFF), max_size=12).map(tuple),
)


@given(statuses | printed_blocks | registrations)
def test_messages_come_back_as_they_were(packet: ZvtPacket) -> None:
    assert read(encode(packet)) == packet


@given(day, st.integers(0, 9999), st.integers(0, 9999))
def test_totals_of_the_day_come_back(lines: tuple[DayTotal, ...], first: int, last: int) -> None:
    packet = StatusInformation(0, totals=lines, first_receipt=first, last_receipt=last)
    assert read(encode(packet)) == packet


@given(
    st.sampled_from([0x040F, 0x04FF, 0x0401, 0x060F, 0x061E, 0x06D1, 0x06D3, 0x0600, 0x0601, 0x8400, 0x0501]),
    st.binary(max_size=254),
)
def test_decode_raises_nothing_but_protocol_error_and_leaves_nothing(control: int, body: bytes) -> None:
    view = secret(control.to_bytes(2, "big") + bytes((len(body),)) + body)
    reasons = []
    try:
        decode(view, ZvtCardBinding(card_sealer(), "payment"))
    except ProtocolError as error:
        reasons.append(error.reason)
    assert set(reasons) <= set(ZvtMalformed)
    assert not any(view)
