"""Messages as terminals of the field send them: what must be read from each.

The vectors are our own. Each has the shape of one public report; the reference numbers are its chapters.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from drivers.terminal import Copy, UnknownBytes
from drivers.zvt import codes, mapping
from drivers.zvt.apdu import join
from drivers.zvt.bmp import field
from drivers.zvt.packet import (
    Abort,
    Charset,
    Completion,
    IntermediateStatus,
    PrintLine,
    PrintTextBlock,
    StatusInformation,
)
from drivers.zvt.tlv import element
from tests.drivers.zvt.stage import read

NUMBER_19 = "6799998900000000006"


def completion(*parts: bytes) -> Completion:
    packet = read(join(0x060F, b"".join(parts)))
    assert isinstance(packet, Completion)
    return packet


def tlv(*elements: bytes) -> bytes:
    return field(0x06, b"".join(elements))


def device(name: str, software: str, serial: str) -> bytes:
    parts = element(0x1F40, name.encode()) + element(0x1F41, software.encode())
    return element(0xE4, parts + element(0x1F42, bytes.fromhex(serial)) + element(0x1F43, b"\x00"))


@pytest.mark.case("zvt/A1")
def test_a_status_with_a_long_filler_tells_device_and_serial_number() -> None:
    filler = element(0x1F72, bytes(200))
    said = completion(
        b"\x00",
        tlv(
            element(0x1F44, bytes.fromhex("60112233")),
            device("A960", "SECpos EVO v9.8.7", "87654321"),
            filler,
        ),
    )
    assert said == Completion(
        terminal_status=0,
        software="SECpos EVO v9.8.7",
        device="A960",
        serial_number="87654321",
        terminal_id="60112233",
    )


@pytest.mark.case("zvt/A2")
def test_a_bare_result_byte_is_an_open_question_and_not_a_result() -> None:
    body = b"\x00" + field(0x29, bytes.fromhex("60112233")) + field(0x04, bytes.fromhex("000000004711"))
    packet = read(join(0x040F, body))
    assert isinstance(packet, StatusInformation)
    assert packet == StatusInformation(unknown=(UnknownBytes(len(body), 0, first="002960"),))


@pytest.mark.parametrize(
    "padding",
    [
        pytest.param("00", marks=pytest.mark.case("zvt/B1")),
        pytest.param("ff", marks=pytest.mark.case("zvt/B2")),
        "0000ff00",
        "ffff",
    ],
)
@pytest.mark.parametrize("place", ["front", "inside", "between", "end"])
def test_bytes_between_two_elements_hide_nothing(padding: str, place: str) -> None:
    pad = {name: bytes.fromhex(padding) if name == place else b"" for name in ("front", "inside", "between")}
    lines = element(7, b"Karte bitte") + pad["inside"] + element(7, b"einstecken")
    content = pad["front"] + element(0x24, lines) + pad["between"] + element(0x1F14, b"")
    content += bytes.fromhex(padding) if place == "end" else b""
    packet = read(join(0x04FF, b"\x0a\x02" + field(0x06, content)))
    assert packet == IntermediateStatus(0x0A, 2, ("Karte bitte", "einstecken"))


@pytest.mark.case("zvt/B3")
def test_padding_in_a_result_hides_no_field_behind_it() -> None:
    tags = b"\x00" + element(0x1F12, b"\x02") + b"\x00\xff" + element(0x1F36, bytes.fromhex("000000000275"))
    body = (
        field(0x27, b"\0") + field(0x04, bytes.fromhex("000000002275")) + field(0x87, b"\x02\x02") + tlv(tags)
    )
    assert read(join(0x040F, body)) == StatusInformation(
        0, amount=2275, receipt_number=202, entry_mode=2, tip=275
    )


@pytest.mark.case("zvt/C1")
def test_a_status_with_containers_of_its_maker_is_read() -> None:
    times = element(0x1F0E, b"\x20\x26\x11\x20") + element(0x1F0F, b"\x08\x00\x00")
    said = completion(
        b"\x00",
        tlv(
            element(0x1F44, bytes.fromhex("90000001")),
            device("cVEND plug", "GER-APP-v3;C01.02-03;CB01", "aabbccdd"),
            element(0x34, times),
            element(0x35, times),
        ),
    )
    assert said == Completion(
        terminal_status=0,
        software="GER-APP-v3;C01.02-03;CB01",
        device="cVEND plug",
        serial_number="AABBCCDD",
        terminal_id="90000001",
    )


@pytest.mark.case("zvt/C2")
@pytest.mark.parametrize("wrapped", [True, False], ids=["in 27", "alone"])
def test_a_registration_may_be_answered_with_a_character_set(*, wrapped: bool) -> None:
    chosen = element(0x14, b"\x01")
    said = completion(
        field(0x19, b"\0"),
        field(0x29, bytes.fromhex("90000001")),
        field(0x49, b"\x09\x78"),
        tlv(element(0x27, chosen) if wrapped else chosen),
    )
    assert said == Completion(status_byte=0, terminal_id="90000001", currency=978, character_set=1)


@pytest.mark.case("zvt/I1")
def test_a_registration_need_not_tell_a_status_byte() -> None:
    said = completion(
        field(0x29, bytes.fromhex("60112233")),
        field(0x49, b"\x09\x78"),
        tlv(element(0x26, element(10, b"\x06\xd3"))),
    )
    assert said == Completion(terminal_id="60112233", currency=978)


@pytest.mark.case("zvt/I2")
def test_a_version_as_llvar_stands_in_front_of_the_status() -> None:
    version = "210345 9A TRS BERLI"
    said = completion(
        bytes(0xF0 | int(digit) for digit in f"{len(version):03}"),
        version.encode(),
        b"\x00",
        tlv(
            element(0x1F44, bytes.fromhex("60112233")),
            element(0xE4, element(0x1F41, version.encode()) + element(0x1F42, b"\x12\x34\x56\x78")),
        ),
    )
    assert said == Completion(
        terminal_status=0, software=version, serial_number="12345678", terminal_id="60112233"
    )


@pytest.mark.case("zvt/I3")
def test_an_intermediate_status_with_three_minutes_and_one_line() -> None:
    body = b"\x0a\x03" + tlv(element(0x24, element(7, b"Karte vorhalten")))
    assert read(join(0x04FF, body)) == IntermediateStatus(0x0A, 3, ("Karte vorhalten",))


@pytest.mark.parametrize(
    ("body", "line"),
    [
        pytest.param(
            b"\x40DANKE" + tlv(element(0x1F07, b"\x01")),
            PrintLine(0x40, "DANKE", receipt_type=1),
            marks=pytest.mark.case("zvt/K1"),
        ),
        pytest.param(
            b"\x40" + tlv(element(0x1F07, b"\x02")),
            PrintLine(0x40, "", receipt_type=2),
            marks=pytest.mark.case("zvt/K2"),
        ),
        pytest.param(
            b"\x81" + tlv(element(0x1F07, b"\x02")),
            PrintLine(0x81, "", receipt_type=2),
            marks=pytest.mark.case("zvt/K3"),
        ),
        (b"\x00DANKE" + field(0x06, b""), PrintLine(0, "DANKE")),
        (b"\x00A\x06B", PrintLine(0, "A B")),
        (b"\x00" + tlv(element(0x14, b"\x01"), element(0x1F07, b"\x01")), PrintLine(0, "", receipt_type=1)),
    ],
)
def test_a_container_behind_a_print_line_is_no_text(body: bytes, line: PrintLine) -> None:
    packet = read(join(0x06D1, body))
    assert packet == line
    assert isinstance(packet, PrintLine)
    copies = {None: Copy.UNKNOWN, 1: Copy.MERCHANT, 2: Copy.CUSTOMER}
    told = mapping.receipt(packet)
    assert (told.copy, told.last) == (copies[line.receipt_type], line.attribute == 0x81)


@pytest.mark.case("zvt/L1")
def test_a_result_with_card_and_application_is_read_whole() -> None:
    tags = (
        element(0x41, b"\x05"),
        element(0x45, bytes.fromhex("04210000")),
        element(0x46, b"0000000000/0000"),
        element(0x47, b"0000000000/0000"),
        element(0x60, element(0x43, bytes.fromhex("a0000003591010028001")) + element(0x4A, b"girocard")),
        element(0x2F, element(0x1F10, b"\0") + element(0x1F11, b"\1") + element(0x1F12, b"\2")),
    )
    body = b"".join(
        (
            field(0x27, b"\0"),
            field(0x29, bytes.fromhex("60112233")),
            field(0x04, bytes.fromhex("000000000250")),
            field(0x0B, bytes.fromhex("000777")),
            field(0x0C, bytes.fromhex("142530")),
            field(0x0D, bytes.fromhex("1121")),
            field(0x0E, bytes.fromhex("2803")),
            field(0x22, bytes.fromhex("672590eeeeeeeee4321f")),
            field(0x87, bytes.fromhex("0204")),
            field(0x3B, b"640123\0\0"),
            field(0x2A, b"0987654321     "),
            field(0x8B, b"girocard\0"),
            field(0x8A, b"\x05"),
            tlv(*tags),
        )
    )
    packet = read(join(0x040F, body))
    assert isinstance(packet, StatusInformation)
    assert packet.card is not None
    assert packet.card.masked == "672590*********4321"
    assert replace(packet, card=None) == StatusInformation(
        0,
        terminal_id="60112233",
        amount=250,
        trace=777,
        time="142530",
        date="1121",
        receipt_number=204,
        approval_code="640123",
        merchant_id="0987654321",
        card_name="girocard",
        card_type=5,
        cardholder_verification=0,
        online=1,
        entry_mode=2,
    )
    result = mapping.result(packet)
    assert (result.amount, result.trace, result.receipt_number) == (250, 777, 204)
    assert (result.entry_mode, result.unknown) == ("contactless", ())


@pytest.mark.case("zvt/L2")
def test_an_empty_line_among_texts_is_an_empty_line() -> None:
    lines = element(7, b"Zahlung erfolgt") + element(7, b"") + element(7, b"Karte entnehmen")
    packet = read(join(0x04FF, b"\xff\x03" + tlv(element(0x24, lines))))
    assert packet == IntermediateStatus(0xFF, 3, ("Zahlung erfolgt", "", "Karte entnehmen"))


RECEIPT = ("   HÄNDLERBELEG", "gültig bis  03/24", f"Kartennr.  {NUMBER_19}", "** Zahlung erfolgt **")


def receipt(charset: str, *, tells: int | None = None) -> bytes:
    lines = b"".join(element(7, line.encode(charset)) for line in RECEIPT)
    head = element(0x1F07, b"\x01") + (b"" if tells is None else element(0x14, bytes((tells,))))
    return join(0x06D3, tlv(head, element(0x25, element(9, b"\0") + lines + element(9, b"\xff"))))


@pytest.mark.parametrize(
    ("codec", "charset"),
    [
        pytest.param("utf-8", Charset.UTF_8, marks=pytest.mark.case("zvt/L3")),
        pytest.param("latin-1", Charset.ISO_8859_1, marks=pytest.mark.case("zvt/L3b")),
        ("cp437", Charset.CP437),
        ("iso8859-15", Charset.ISO_8859_15),
        ("iso8859-2", Charset.ISO_8859_2),
    ],
)
@pytest.mark.parametrize("told", [True, False], ids=["named in the print", "agreed before"])
def test_a_receipt_is_readable_in_its_character_set_and_the_number_is_hidden(
    codec: str, charset: Charset, *, told: bool
) -> None:
    data = receipt(codec, tells=charset.value if told else None)
    packet = read(data, Charset.CP437 if told else charset)
    assert isinstance(packet, PrintTextBlock)
    texts = [line.text for line in packet.lines]
    assert texts[0] == RECEIPT[0]
    assert texts[1] == RECEIPT[1]
    assert texts[3] == RECEIPT[3]
    assert NUMBER_19 not in texts[2]
    assert "*" in texts[2]
    assert (packet.receipt_type, packet.last) == (1, True)


@pytest.mark.case("zvt/O1")
def test_a_failed_initialisation_is_an_abort_with_its_code() -> None:
    assert read("061e017d") == Abort(0x7D)
    assert mapping.aborted(Abort(0x7D)).reason == codes.result_fact(0x7D)


@pytest.mark.case("zvt/S1")
def test_a_bare_byte_in_a_completion_is_the_terminals_state() -> None:
    assert read("060f016e") == Completion(terminal_status=0x6E)


@pytest.mark.case("zvt/U1")
def test_an_unknown_field_in_front_of_all_leaves_an_open_question() -> None:
    packet = read("040f0fc30b12270004000000003344870303")
    assert packet == StatusInformation(unknown=(UnknownBytes(15, 0, first="c30b12"),))


@pytest.mark.case("zvt/U2")
def test_a_code_in_front_of_an_unknown_field_counts() -> None:
    packet = read("040f0e2705c30b04000000003344870303")
    assert packet == StatusInformation(5, unknown=(UnknownBytes(12, 2, first="c30b04"),))


@pytest.mark.parametrize(
    ("apdu", "packet"),
    [
        pytest.param("04ff00", IntermediateStatus(), marks=pytest.mark.case("zvt/W1")),
        pytest.param("061e00", Abort(), marks=pytest.mark.case("zvt/W3")),
        pytest.param("060f00", Completion(), marks=pytest.mark.case("zvt/W4")),
        ("06d100", PrintLine()),
        ("06d300", PrintTextBlock()),
        ("040f00", StatusInformation()),
    ],
)
def test_an_empty_message_is_read_as_what_it_is(apdu: str, packet: object) -> None:
    assert read(apdu) == packet
