"""TLV: nested, bounded, and a length that lies costs its own container only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.zvt import tlv
from drivers.zvt.tlv import DEEPEST_NESTING, MOST_ELEMENTS, element
from tests.drivers.zvt.stage import secret


def read(data: bytes) -> tuple[list[tuple[int, int, bytes]], int]:
    found, unread = tlv.elements(secret(data), 0, len(data))
    content = [(container, tag, data[start:end]) for container, tag, start, end in found]
    return content, sum(end - start for start, end in unread)


def test_texts_are_found_inside_their_container() -> None:
    data = bytes.fromhex("2418070845555220312e3233070c42697474652077617274656e")
    assert read(data) == ([(0x24, 7, b"EUR 1.23"), (0x24, 7, b"Bitte warten")], 0)


@pytest.mark.parametrize(
    ("data", "tag"),
    [("0a0206d3", 0x0A), ("1f100103", 0x1F10), ("1f820401aa", 0x1F8204)],
    ids=["one byte", "two bytes", "three bytes"],
)
def test_tags_have_one_to_three_bytes(data: str, tag: int) -> None:
    ((container, found, _),), unread = read(bytes.fromhex(data))
    assert (container, found, unread) == (0, tag, 0)


@given(st.integers(0, 0xFFFF))
def test_lengths_come_back(size: int) -> None:
    written = tlv.length_bytes(size)
    assert tlv.length(secret(written), 0, len(written)) == (len(written), size)


def test_a_length_above_two_bytes_is_not_written() -> None:
    with pytest.raises(ValueError, match="65536"):
        tlv.length_bytes(0x10000)


def test_an_unknown_constructed_tag_is_skipped_whole() -> None:
    inner = element(0x1F10, b"\x02")
    assert read(element(0xE9, inner) + element(0x1F12, b"\x01"))[0] == [
        (0, 0xE9, inner),
        (0, 0x1F12, b"\x01"),
    ]


@pytest.mark.parametrize("bad", ["0705", "07", "078301", "1f", "1f8080", "0781"])
def test_a_length_that_lies_ends_only_its_own_container(bad: str) -> None:
    rest = bytes.fromhex(bad)
    found, unread = read(element(0x24, element(7, b"ab") + rest) + element(0x1F12, b"\x01"))
    assert found == [(0x24, 7, b"ab"), (0, 0x1F12, b"\x01")]
    assert unread == len(rest)


def test_nesting_has_an_end() -> None:
    data = element(0x1F10, b"\x02")
    for _ in range(DEEPEST_NESTING):
        data = element(0x60, data)
    assert read(data) == ([(0x60, 0x1F10, b"\x02")], 0)
    assert read(element(0x60, data)) == ([], len(element(0x1F10, b"\x02")))


def test_a_flood_of_elements_has_an_end() -> None:
    found, unread = read(element(7, b"") * (MOST_ELEMENTS + 10))
    assert (len(found), unread) == (MOST_ELEMENTS, 20)


@given(st.binary(max_size=400))
def test_reading_never_raises_and_never_counts_a_byte_twice(data: bytes) -> None:
    found, unread = read(data)
    assert 0 <= unread <= len(data)
    assert sum(len(value) for _, _, value in found) + unread <= len(data)
