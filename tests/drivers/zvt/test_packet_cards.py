"""Card data in messages: sealed, dropped or overwritten before a message exists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.terminal import UnknownBytes
from drivers.zvt import bmp, tlv
from drivers.zvt.apdu import join
from drivers.zvt.packet import PrintLine, PrintTextBlock, StatusInformation, ZvtCardBinding, decode
from tests.drivers.zvt.stage import KEY_ID, card_sealer, opened, read, secret
from tests.support import cards

CLEAR = cards.PUBLISHED[0]
numbers = st.sampled_from(cards.PUBLISHED) | st.builds(cards.make, st.integers(0, 999), st.integers(14, 19))


def packed(number: str) -> bytes:
    return bytes.fromhex(number + "f" * (len(number) % 2))


def track_2(number: str) -> bytes:
    return packed(number + "d25121011234567890")


def status(*fields: bytes, context: str = "payment") -> StatusInformation:
    packet = read(join(0x040F, b"\x27\x00" + b"".join(fields)), context=context)
    assert isinstance(packet, StatusInformation)
    return packet


@given(numbers)
def test_a_clear_number_leaves_sealed_for_its_payment_only(number: str) -> None:
    packet = status(bmp.field(0x22, packed(number)), bmp.field(0x0E, b"\x27\x12"), context="payment 7")
    assert packet.card is not None
    assert packet.card.key_id == KEY_ID
    assert packet.card.masked[-4:] == number[-4:]
    assert number not in repr(packet)
    plain = opened(packet.card, "payment 7")
    assert number.encode() in plain
    assert b"2712" in plain


def test_the_expiry_may_stand_before_the_number() -> None:
    packet = status(bmp.field(0x0E, b"\x27\x12"), bmp.field(0x22, packed(CLEAR)))
    assert packet.card is not None
    assert b"2712" in opened(packet.card, "payment")


def test_a_masked_number_stays_masked_and_is_not_sealed() -> None:
    packet = status(bytes.fromhex("22f1f0eeeeeeeeeeeeeee1229f"))
    assert packet.card is not None
    assert (packet.card.masked, packet.card.sealed, packet.card.numbers) == (
        "***************1229",
        b"",
        (),
    )


def test_a_number_of_length_zero_is_no_card() -> None:
    assert status(bytes.fromhex("22f0f0")) == StatusInformation(result_code=0)


def test_a_number_that_is_all_padding_is_no_card() -> None:
    # Found by the fuzzer: it was a card without a digit, and was gone when written again.
    assert status(bytes.fromhex("22f0f2f000")) == StatusInformation(result_code=0)


def test_a_second_number_is_dropped() -> None:
    packet = status(bmp.field(0x22, packed(CLEAR)), bmp.field(0x22, packed(cards.PUBLISHED[1])))
    assert packet.card is not None
    assert packet.card.masked == "411111******1111"
    assert packet.dropped_card_fields == 1


SECRETS = [
    bmp.field(0x23, track_2(CLEAR)),
    bmp.field(0x24, track_2(CLEAR)),
    bmp.field(0x2D, f"B{CLEAR}^DOE/JOHN^2512".encode()),
    bmp.field(0x2E, packed(CLEAR)),
    bmp.field(0x3A, b"\x12\x3f"),
    bmp.field(0x9A, packed(CLEAR)),
    bmp.field(0xA7, packed(CLEAR)),
    bmp.field(0xAF, packed(CLEAR)),
    bmp.field(0xD1, bytes(8) + b"\x01"),
    *(bmp.field(0x06, tlv.element(tag, CLEAR.encode())) for tag in (0x1F08, 0x1F09, 0x1F0A, 0x1F14, 0x4C)),
]


@pytest.mark.parametrize("field", SECRETS)
def test_tracks_and_codes_leave_as_a_count(field: bytes) -> None:
    assert status(field) == StatusInformation(result_code=0, dropped_card_fields=1)


def test_a_read_card_answer_without_a_result_code_gives_the_sealed_number_only() -> None:
    body = bmp.field(0x22, packed(CLEAR)) + bmp.field(0x23, track_2(CLEAR)) + bmp.field(0xA7, packed(CLEAR))
    packet = read(join(0x040F, body))
    assert isinstance(packet, StatusInformation)
    assert (packet.result_code, packet.dropped_card_fields) == (None, 2)
    assert packet.card is not None
    assert CLEAR not in repr(packet)


TEXTS = [
    bmp.field(0x3C, f"card {CLEAR} ok".encode()),
    bmp.field(0x8B, f"{CLEAR}\0".encode()),
    *(bmp.field(0x06, tlv.element(tag, f"PAN {CLEAR}".encode())) for tag in (0x44, 0x1F17)),
    bmp.field(0x06, tlv.element(0x24, tlv.element(0x07, f"PAN {CLEAR}".encode()))),
]


@pytest.mark.parametrize("field", TEXTS)
def test_a_number_inside_a_text_is_overwritten_and_counted(field: bytes) -> None:
    packet = status(field)
    assert packet.scrubbed_numbers == 1
    assert CLEAR not in repr(packet)
    assert "411111******1111" in repr(packet)


@pytest.mark.parametrize("cut", ["\n", "\x06", "\t", "\x7f", "\0"])
def test_a_control_character_inside_a_number_does_not_hide_it(cut: str) -> None:
    """Found by the fuzz target: the character became a blank behind the search, and the number whole."""
    line = read(join(0x06D1, b"\x00" + f"{CLEAR[:8]}{cut}{CLEAR[8:]}".encode()))
    assert line == PrintLine(0, "411111** ****1111")


def test_a_number_on_a_receipt_is_overwritten() -> None:
    line = read(join(0x06D1, b"\x00" + CLEAR.encode()))
    assert line == PrintLine(0, "411111******1111")
    texts = tlv.element(0x25, tlv.element(0x07, f"Nr {CLEAR}".encode()))
    block = read(join(0x06D3, bmp.field(0x06, texts)))
    assert isinstance(block, PrintTextBlock)
    assert block.lines[0].text == "Nr 411111******1111"


@given(
    st.sampled_from([b"\xfe", b"\x06\x7f", b"\x22\xf9\xf9", b"\x3c\xf9\xf9\xf9"]),
    st.sampled_from([packed(CLEAR), CLEAR.encode(), CLEAR.encode("utf-16-le")]),
)
def test_what_cannot_be_parsed_leaves_as_its_place_its_length_and_three_bytes(
    opening: bytes, content: bytes
) -> None:
    packet = status(opening + content)
    data = opening + content
    unread = UnknownBytes(len(data), 2, first=data[:3].hex())
    assert packet == StatusInformation(result_code=0, unknown=(unread,))


@pytest.mark.parametrize("control", [0x040F, 0x0601, 0x061E, 0x06C0, 0x8000, 0x0F0F])
def test_no_byte_of_the_message_stays_where_it_lay(control: int) -> None:
    view = secret(join(control, b"\x00" + bmp.field(0x22, packed(CLEAR)) + bmp.field(0x23, track_2(CLEAR))))
    packet = decode(view, ZvtCardBinding(card_sealer(), "payment"))
    assert not any(view)
    assert CLEAR not in repr(packet)


def test_a_number_in_a_message_without_a_place_for_cards_is_dropped() -> None:
    packet = read(join(0x0601, bmp.field(0x04, bytes(6)) + bmp.field(0x22, packed(CLEAR))))
    assert CLEAR not in repr(packet)
