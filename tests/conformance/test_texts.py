"""A text in a wrong character set costs no payment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.bed import AMOUNT, Bed
from tests.conformance.cable import Piece, Way
from tests.conformance.promises import kept
from tests.conformance.table import ZVT, Case

# As the simulators spell the card's scheme, the longest first.
SCHEMES = (b"VISA", b"Visa", b"VI")


def test_a_text_in_a_wrong_character_set_costs_no_payment(dialect: Case) -> None:
    if (dialect.protocol, dialect.wire) == (ZVT, "serial"):
        pytest.skip("its CRC would be wrong; tests/drivers/zvt has this")
    spelt_wrong = 0

    def harm(way: Way, data: bytes, _now: float) -> Iterator[Piece]:
        nonlocal spelt_wrong
        for scheme in SCHEMES if way == "to_till" else ():
            spelt_wrong += data.count(scheme)
            data = data.replace(scheme, _no_letters(scheme))
        yield 0.0, data

    with Bed(dialect) as bed:
        bed.begin()
        told = kept(bed, bed.pay(harm))
        if not spelt_wrong:
            pytest.skip("its answers name no scheme")
        assert told == "approved"
        assert [booking.amount for booking in bed.booked] == [AMOUNT]


def _no_letters(text: bytes) -> bytes:
    """With the top bit, in pairs: a checksum by XOR stays right, and no character set has all of them."""
    return bytes(letter | 0x80 for letter in text)
