"""How the values of BMPs, tags and untagged fields are written (reference 5)."""

from __future__ import annotations

from enum import Enum

from drivers.card.scrub import MIN_CARD_DIGITS
from drivers.terminal import DayTotal

LONGEST_NUMBER_BYTES = 6  # 12 digits, an amount; 13 digits and more could be a card number

LONGEST_INTEGER_BYTES = 4  # tags with binary numbers have one or two bytes


class FieldKind(Enum):
    """What a field holds, and with that what `decode` may do with it."""

    BYTE = "one byte, binary"
    INTEGER = "binary, high byte first"
    NUMBER = "BCD, kept as an integer"
    DIGITS = "BCD, kept as digits with their leading zeros"
    TEXT = "text, scrubbed before it is read"
    PADDED_TEXT = "text of fixed length, filled with blanks"
    TOTALS = "end-of-day totals"
    SERIAL = "a device's number: BCD, binary or letters"
    TLV = "a TLV container"
    CARD = "card number: sealed"
    EXPIRY = "card expiry: sealed with the number"
    SECRET = "card data that is never kept: wiped and counted"  # noqa: S105 - a name, not a password
    UNUSED = "known by its length only: skipped and wiped"


def byte(value: memoryview) -> int | None:
    """One byte; None if there is another number of them."""
    return value[0] if len(value) == 1 else None


def integer(value: memoryview) -> int | None:
    """Binary, high byte first; None if there are none or too many bytes."""
    return int.from_bytes(value) if 0 < len(value) <= LONGEST_INTEGER_BYTES else None


def number(value: memoryview) -> int | None:
    """BCD as an integer; None if a nibble is no digit, or there are none or too many."""
    if len(value) > LONGEST_NUMBER_BYTES:
        return None
    try:
        return int(value.hex())
    except ValueError:
        return None


def digits(value: memoryview) -> str | None:
    """BCD as its digits; None if a nibble is no digit."""
    if len(value) > LONGEST_NUMBER_BYTES:
        return None
    text = value.hex()
    return text if text.isdecimal() else None


def serial(value: memoryview) -> str | None:
    """A device's number: the bytes in hex, or its letters and digits; None if it could be a card number."""
    if len(value) <= LONGEST_NUMBER_BYTES:
        return value.hex().upper()
    try:
        text = str(value, "ascii").strip("\0 ")
    except UnicodeDecodeError:
        return None
    return text if sum(char.isdigit() for char in text) < MIN_CARD_DIGITS and text.isprintable() else None


def bcd(value: int, width: int) -> bytes:
    """An integer as `width` bytes of BCD. Raises ValueError when it does not fit."""
    text = f"{value:0{2 * width}d}"
    if value < 0 or len(text) > 2 * width:
        raise ValueError(f"{value} does not fit {2 * width} digits")
    return bytes.fromhex(text)


SCHEMES = ("girocard", "JCB", "Mastercard", "American Express", "VISA", "Diners", "others")
_TOTAL_BYTES = 7  # one byte count, six bytes BCD
TOTALS_BYTES = 4 + _TOTAL_BYTES * len(SCHEMES)


def totals(value: memoryview) -> tuple[int | None, int | None, tuple[DayTotal, ...]] | None:
    """BMP 60 as first receipt, last receipt and the seven totals (reference 8.3)."""
    if len(value) != TOTALS_BYTES:
        return None
    lines = []
    for place, scheme in enumerate(SCHEMES):
        at = 4 + _TOTAL_BYTES * place
        total = number(value[at + 1 : at + _TOTAL_BYTES])
        if total is None:
            return None
        lines.append(DayTotal(scheme, value[at], total))
    return number(value[:2]), number(value[2:4]), tuple(lines)


def totals_bytes(first: int, last: int, lines: tuple[DayTotal, ...]) -> bytes:
    """The value of BMP 60. Raises ValueError unless there is one line for each scheme in order."""
    if tuple(line.scheme for line in lines) != SCHEMES:
        raise ValueError("end-of-day totals need one line for each scheme, in the order of BMP 60")
    body = b"".join(line.count.to_bytes() + bcd(line.total, 6) for line in lines)
    return bcd(first, 2) + bcd(last, 2) + body
