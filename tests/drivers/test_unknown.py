"""Of bytes that a driver does not know, place, length and three bytes are kept, and never more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.unknown import (
    MAX_FIRST_BYTES,
    MAX_UNKNOWN_PIECES,
    UnknownBytes,
    bounded,
    total_bytes,
    unknown_piece,
)
from drivers.zvt.apdu import join
from drivers.zvt.bmp import field
from drivers.zvt.packet import StatusInformation
from tests.drivers.zvt.stage import read
from tests.support import cards


@given(st.binary(max_size=40))
def test_at_most_three_bytes_of_a_piece_are_kept(piece: bytes) -> None:
    note = unknown_piece(memoryview(piece), 7, "C1")
    assert (note.length, note.offset, note.tag) == (len(piece), 7, "C1")
    assert note.first == piece[:MAX_FIRST_BYTES].hex()


def test_more_than_three_bytes_cannot_be_put_into_a_note() -> None:
    with pytest.raises(ValueError, match="too many"):
        UnknownBytes(8, first="41111111")


@given(st.lists(st.integers(1, 50), max_size=30))
def test_a_message_has_few_notes_and_no_byte_is_left_out_of_their_count(lengths: list[int]) -> None:
    pieces = [UnknownBytes(length, offset) for offset, length in enumerate(lengths)]
    kept = bounded(pieces)
    assert len(kept) <= MAX_UNKNOWN_PIECES
    assert total_bytes(kept) == sum(lengths)


@pytest.mark.parametrize("number", cards.PUBLISHED)
def test_no_more_of_a_card_number_is_kept_than_a_receipt_may_show(number: str) -> None:
    """A number in one piece, or cut into pieces that lie side by side."""
    digits = number + "f" * (len(number) % 2)
    whole = read(join(0x040F, b"\x27\x00\xc1" + bytes.fromhex(digits)))
    packed = bytes.fromhex(digits)
    cut = b"".join(b"\x9f\x7f" + bytes((2,)) + packed[at : at + 2] for at in range(0, 8, 2))
    parts = read(join(0x040F, b"\x27\x00" + field(0x06, cut)))
    for packet in (whole, parts):
        assert isinstance(packet, StatusInformation)
        shown = "".join(note.first for note in packet.unknown)
        assert packet.unknown
        assert len(shown) <= 2 * MAX_FIRST_BYTES
