"""The BMP table: each row reads and writes, and what cannot be trusted ends the walk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.zvt import bmp
from drivers.zvt.bmp import TABLE, Rule
from drivers.zvt.fields import bcd, digits, number, totals, totals_bytes
from tests.drivers.zvt.stage import secret


def walked(data: bytes) -> tuple[list[tuple[int, bytes]], int]:
    fields, stopped = bmp.walk(secret(data))
    return [(row.number, data[start:end]) for row, start, end in fields], stopped


@given(st.data())
def test_every_bmp_comes_back_with_its_value_and_its_length(data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(list(TABLE.values())))
    longest = {Rule.LLVAR: 99, Rule.LLLVAR: 999, Rule.TLV: 7_000}
    size = row.length if row.length >= 0 else data.draw(st.integers(0, longest[Rule(row.length)]))
    value = data.draw(st.binary(min_size=size, max_size=size))
    written = bmp.field(row.number, value)
    assert walked(written) == ([(row.number, value)], len(written))


@pytest.mark.parametrize(
    ("written", "number", "size"),
    [
        ("22f0f0", 0x22, 0),
        ("3cf0f1f4" + 14 * "41", 0x3C, 14),
        ("8bf0f8" + 8 * "41", 0x8B, 8),
        ("0603260a0b", 0x06, 3),
        ("068180" + 128 * "00", 0x06, 128),
        ("06820100" + 256 * "00", 0x06, 256),
        ("2a" + 15 * "20", 0x2A, 15),
    ],
)
def test_lengths_follow_the_rule_of_the_bmp(written: str, number: int, size: int) -> None:
    ((found, value),), stopped = walked(bytes.fromhex(written))
    assert (found, len(value), stopped) == (number, size, len(written) // 2)


@pytest.mark.parametrize(
    "rest",
    ["fe0102", "07", "04000000", "3cf0f1", "3cf0fa00", "22000000", "0605", "0683000000", "06ff"],
    ids=["unknown", "unknown at the end", "fixed too short", "half a length", "no digit in a length",
         "length without F", "TLV too short", "TLV length of three bytes", "TLV length reserved"],
)  # fmt: skip
def test_a_bmp_that_cannot_be_trusted_ends_the_walk_and_keeps_what_came_before(rest: str) -> None:
    assert walked(bytes.fromhex("2700" + rest)) == ([(0x27, b"\x00")], 2)


@given(st.binary(max_size=300))
def test_the_walk_never_raises_and_never_leaves_the_body(data: bytes) -> None:
    fields, stopped = walked(data)
    assert stopped <= len(data)
    assert sum(len(value) for _, value in fields) <= stopped


@pytest.mark.parametrize(
    ("number", "size"), [(0x04, 5), (0x22, 100), (0x3C, 1000), (0x27, 0)], ids=["fixed", "LL", "LLL", "empty"]
)
def test_a_value_that_does_not_fit_is_not_written(number: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"BMP {number:02X}"):
        bmp.field(number, bytes(size))


@given(st.integers(0, 999_999_999_999))
def test_bcd_numbers_come_back(value: int) -> None:
    assert number(secret(bcd(value, 6))) == value


@pytest.mark.parametrize("value", ["", "1a", "ffff", "f0", "12345678901234"])
def test_what_is_no_bcd_number_or_long_enough_for_a_card_is_none(value: str) -> None:
    assert number(secret(bytes.fromhex(value))) is None


def test_digits_keep_their_zeros_and_refuse_other_nibbles() -> None:
    assert digits(secret(b"\x00\x09")) == "0009"
    assert digits(secret(b"\x00\x0a")) is None
    assert digits(secret(bytes(7))) is None


@pytest.mark.parametrize(("value", "width"), [(100, 1), (-1, 3), (1_000_000, 3)])
def test_numbers_without_room_are_not_written(value: int, width: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        bcd(value, width)


def test_totals_of_the_day_come_back() -> None:
    body = bytes.fromhex("01680170" + "03000000030000" + 6 * "00000000000000")
    read = totals(secret(body))
    assert read is not None
    first, last, lines = read
    assert (first, last, lines[0].scheme, lines[0].count, lines[0].total) == (168, 170, "girocard", 3, 30000)
    assert totals_bytes(168, 170, lines) == body


@pytest.mark.parametrize("body", [bytes(52), bytes(54), bytes(4) + b"\x01\x0a" + bytes(47)])
def test_totals_of_another_form_are_not_guessed(body: bytes) -> None:
    assert totals(secret(body)) is None


def test_totals_in_another_order_are_not_written() -> None:
    read = totals(secret(bytes(53)))
    assert read is not None
    with pytest.raises(ValueError, match="order"):
        totals_bytes(1, 2, read[2][1:])
