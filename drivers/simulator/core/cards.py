"""The cards that are held to the simulated terminal: published test numbers, or numbers made here.

These are nobody's cards, yet the code treats what leaves this process like real
data: the trace and the state file only ever hold the masked form.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

# Lengths of numbers in the field: 13 (old Visa), 16, 19 (UnionPay, Maestro).
GENERATED_LENGTHS: Final = (13, 16, 19)
# That of the test number in every processor's documents. It holds no zeros: packed two to a byte, those
# would be three empty bytes, which stand everywhere in a memory that is searched for the number.
GENERATED_PREFIX: Final = "411111"
# ISO/IEC 7813: service code 201 = international, chip; then discretionary data.
SERVICE_CODE: Final = "201"


class Shown(Enum):
    """How much of the card a terminal gives to the till."""

    MASKED = "masked"
    NUMBER = "number"
    TRACK_2 = "track_2"


@dataclass(frozen=True, slots=True)
class SampleCard:
    """A card. `scheme` is what BMP 8B and a receipt say, `card_type` the code of BMP 8A, `expiry` YYMM."""

    scheme: str
    card_type: int
    number: str = field(repr=False)
    expiry: str = field(repr=False)

    @property
    def masked(self) -> str:
        """The last four digits behind stars."""
        return "*" * (len(self.number) - 4) + self.number[-4:]

    @property
    def track_2(self) -> str:
        """Track 2 without sentinels; `D` separates."""
        return f"{self.number}D{self.expiry}{SERVICE_CODE}0000012345"

    def fields(self, shown: Shown) -> bytes:
        """The clear BMPs: none, or 0E and 22, or 23 as well."""
        if shown is Shown.MASKED:
            return b""
        number = b"\x0e" + bytes.fromhex(self.expiry) + _llvar(0x22, self.number)
        return number if shown is Shown.NUMBER else number + _llvar(0x23, self.track_2)


PUBLISHED: Final = {
    "visa": SampleCard("VISA", 0x0A, "4111111111111111", "3012"),
    "visa-2": SampleCard("VISA", 0x0A, "4242424242424242", "2906"),
    "visa-3": SampleCard("VISA", 0x0A, "4012888888881881", "2911"),
    "mastercard": SampleCard("Mastercard", 0x06, "5555555555554444", "3001"),
    "mastercard-2": SampleCard("Mastercard", 0x06, "5105105105105100", "2904"),
    "amex": SampleCard("American Express", 0x08, "378282246310005", "2908"),
    "amex-2": SampleCard("American Express", 0x08, "371449635398431", "2910"),
    "unionpay": SampleCard("UnionPay", 0xFF, "6200000000000005", "3112"),
}
GENERATED: Final = "generated"


def choose(name: str, chance: random.Random) -> SampleCard:
    """The published card of this name, or a fresh one for the name `generated`."""
    return PUBLISHED[name] if name in PUBLISHED else generate(chance)


def generate(chance: random.Random) -> SampleCard:
    """A number with a right check digit (ISO/IEC 7812-1 annex B), an expiry in the coming years."""
    length = chance.choice(GENERATED_LENGTHS)
    body = GENERATED_PREFIX + "".join(
        chance.choice("0123456789") for _ in range(length - len(GENERATED_PREFIX) - 1)
    )
    expiry = f"{chance.randint(28, 35)}{chance.randint(1, 12):02}"
    return SampleCard("VISA", 0x0A, body + _check_digit(body), expiry)


def _check_digit(body: str) -> str:
    doubled = [2 * int(digit) for digit in reversed(body)][::2]
    single = [int(digit) for digit in reversed(body)][1::2]
    total = sum(single) + sum(value - 9 if value > 9 else value for value in doubled)
    return str(-total % 10)


def _llvar(tag: int, digits: str) -> bytes:
    """BCD with the two-byte length of reference 5; `F` pads an odd length."""
    value = bytes.fromhex(digits + "F" * (len(digits) % 2))
    return bytes([tag, 0xF0 | len(value) // 10, 0xF0 | len(value) % 10]) + value
