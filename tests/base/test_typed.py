"""No card number gets into a field that is kept, and nothing else is taken for one."""

from __future__ import annotations

import random
import string
from uuid import UUID

import pytest

from agent.base.typed import holds_card_number
from tests.support import cards

VISA = cards.PUBLISHED[0]
# One of each brand that has no published number here keeps to the brand's first digits and to Luhn.
CARDS = [*cards.PUBLISHED, *(cards.make(1, prefix=first) for first in ("2221", "6011", "3530"))]


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("gap", ["", " ", "-", ".", "_", "/", ",", ":", "\u2013", "\u00a0"])
def test_a_card_number_with_single_signs_between_is_seen(card: str, gap: str) -> None:
    for text in (gap.join(card), gap.join(card[at : at + 4] for at in range(0, len(card), 4))):
        assert holds_card_number(text)
        assert holds_card_number(f"order-{text}")
        assert holds_card_number(f"paid with {text} today")


@pytest.mark.parametrize(
    "text",
    [
        f";{VISA}=27121010000012345?",
        f"{VISA} 12/27",
        f"1 {VISA}",
        "".join(chr(0xFF10 + int(digit)) for digit in VISA),
        "".join(chr(0x660 + int(digit)) for digit in VISA),
    ],
    ids=["track 2", "with its expiry", "a number before it", "full width", "Arabic digits"],
)
def test_beside_other_digits_and_in_other_scripts_too(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "550e8400e29b41d4a716446655440000",
        "550e8400-e29b-41d4-a716-446655440000",
        f"a{VISA}",
        f"{VISA}z",
        VISA[:-1] + "2",  # fails Luhn
        "1764259200000",
        "2026-11-27T18:02:00.123+01:00",
        "0001",
        "A-17",
        "+49 30 901820",
        "41111111111111111111",
    ],
)
def test_what_is_none_passes(text: str) -> None:
    assert not holds_card_number(text)


@pytest.mark.case("other/14")
def test_no_hex_id_is_refused_at_random() -> None:
    draw = random.Random(14)  # noqa: S311 - a test draws
    for _ in range(20_000):
        uuid = UUID(int=draw.getrandbits(128), version=4)
        assert not holds_card_number(uuid.hex)
        assert not holds_card_number(str(uuid))
    letters = string.hexdigits[:16]
    for _ in range(2_000):
        assert not holds_card_number("".join(draw.choices(letters, k=23)) + "f")
