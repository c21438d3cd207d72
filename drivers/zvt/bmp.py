"""The BMP table as data, and the walk over a body (reference 6)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from drivers.zvt import tlv
from drivers.zvt.fields import FieldKind


class Rule(IntEnum):
    """Length rules of values whose length is not fixed."""

    LLVAR = -2
    LLLVAR = -3
    TLV = -4


@dataclass(frozen=True, slots=True)
class Bmp:
    """One row: `length` is a number of bytes or a `Rule`; `tail` pads or ends a text."""

    number: int
    length: int
    kind: FieldKind
    name: str
    tail: bytes = b""


_B, _N, _D, _T = FieldKind.BYTE, FieldKind.NUMBER, FieldKind.DIGITS, FieldKind.TEXT
_LL, _LLL = Rule.LLVAR, Rule.LLLVAR
# A member of an enumeration is ten times as slow to reach as a number.
_LLVAR: Final = Rule.LLVAR.value
_TLV: Final = Rule.TLV.value
_TWO_DIGITS: Final = {0xF0F0 | tens << 8 | ones: 10 * tens + ones for tens in range(10) for ones in range(10)}

_ROWS = (
    Bmp(0x01, 1, _B, "timeout in seconds"),
    Bmp(0x02, 1, _B, "max. number of status informations"),
    Bmp(0x03, 1, _B, "service byte"),
    Bmp(0x04, 6, _N, "amount"),
    Bmp(0x05, 1, _B, "pump number"),
    Bmp(0x06, Rule.TLV, FieldKind.TLV, "TLV container"),
    Bmp(0x0B, 3, _N, "trace number"),
    Bmp(0x0C, 3, _D, "time HHMMSS"),
    Bmp(0x0D, 2, _D, "date MMDD"),
    Bmp(0x0E, 2, FieldKind.EXPIRY, "card expiry YYMM"),
    Bmp(0x17, 2, _N, "card sequence number"),
    Bmp(0x19, 1, _B, "status byte, payment type or card type"),
    Bmp(0x22, _LL, FieldKind.CARD, "card number or EF_ID"),
    Bmp(0x23, _LL, FieldKind.SECRET, "track 2"),
    Bmp(0x24, _LLL, FieldKind.SECRET, "track 3"),
    Bmp(0x27, 1, _B, "result code"),
    Bmp(0x29, 4, _D, "terminal identifier"),
    Bmp(0x2A, 15, FieldKind.PADDED_TEXT, "merchant contract number", b" "),
    Bmp(0x2D, _LL, FieldKind.SECRET, "track 1"),
    Bmp(0x2E, _LLL, FieldKind.SECRET, "synchronous chip data"),
    Bmp(0x37, 3, _N, "trace number of the original payment"),
    Bmp(0x3A, 2, FieldKind.SECRET, "CVV or CVC"),
    Bmp(0x3B, 8, _T, "authorisation attribute", b"\0"),
    Bmp(0x3C, _LLL, _T, "additional text"),
    Bmp(0x3D, 3, FieldKind.UNUSED, "password"),
    Bmp(0x49, 2, _N, "currency"),
    Bmp(0x4C, _LL, FieldKind.UNUSED, "blocked goods groups"),
    Bmp(0x60, _LLL, FieldKind.TOTALS, "end-of-day totals"),
    Bmp(0x70, 4, FieldKind.UNUSED, "display image: request id"),
    Bmp(0x71, 4, FieldKind.UNUSED, "display image: total size"),
    Bmp(0x72, 1, FieldKind.UNUSED, "display image: MIME type"),
    Bmp(0x73, 1, FieldKind.UNUSED, "display image: encoding"),
    Bmp(0x74, 1, FieldKind.UNUSED, "display image: chunks"),
    Bmp(0x75, 1, FieldKind.UNUSED, "display image: chunk index"),
    Bmp(0x87, 2, _N, "receipt number"),
    Bmp(0x88, 3, _N, "turnover record number"),
    Bmp(0x8A, 1, _B, "card type"),
    Bmp(0x8B, _LL, _T, "card name", b"\0"),
    Bmp(0x8C, 1, _B, "card type of the network operator"),
    Bmp(0x9A, _LLL, FieldKind.SECRET, "Geldkarte record"),
    Bmp(0xA0, 1, _B, "result code of the authorisation system"),
    Bmp(0xA7, _LL, FieldKind.SECRET, "chip data, EF_ID"),
    Bmp(0xAA, 3, _D, "date YYMMDD"),
    Bmp(0xAF, _LLL, FieldKind.SECRET, "EF_Info"),
    Bmp(0xBA, 5, FieldKind.UNUSED, "AID parameter"),
    Bmp(0xD0, 1, FieldKind.UNUSED, "key algorithm"),
    Bmp(0xD1, _LL, FieldKind.SECRET, "card offset or PIN data"),
    Bmp(0xD2, 1, FieldKind.UNUSED, "card output direction"),
    Bmp(0xD3, 1, FieldKind.UNUSED, "DUKPT key id"),
    Bmp(0xE0, 1, FieldKind.UNUSED, "minimum input length"),
    *(Bmp(0xE0 + line, _LL, _T, f"second text, line {line}") for line in range(1, 9)),
    Bmp(0xE9, 1, FieldKind.UNUSED, "maximum input length"),
    Bmp(0xEA, 1, FieldKind.UNUSED, "echo"),
    Bmp(0xEB, 8, FieldKind.UNUSED, "MAC over the texts"),
    Bmp(0xF0, 1, _B, "display time in seconds"),
    *(Bmp(0xF0 + line, _LL, _T, f"text line {line}") for line in range(1, 9)),
    Bmp(0xF9, 1, _B, "beeps"),
    Bmp(0xFA, 1, FieldKind.UNUSED, "reader activation"),
    Bmp(0xFB, 1, FieldKind.UNUSED, "confirm with OK"),
    Bmp(0xFC, 1, FieldKind.UNUSED, "dialog control"),
    Bmp(0xFD, 1, FieldKind.UNUSED, "display"),
)

TABLE: Final[dict[int, Bmp]] = {row.number: row for row in _ROWS}


# One BMP of a body, and where its value starts and ends.
Field = tuple[Bmp, int, int]


def walk(body: memoryview, at: int = 0) -> tuple[list[Field], int]:
    """The fields of a body from `at`, and where reading had to stop.

    It stops before the end at an unknown BMP, whose length nobody knows, and at
    a length that lies: what was read before stays good (reference 6).
    """
    fields: list[Field] = []
    size = len(body)
    table = TABLE
    while at < size:
        row = table.get(body[at])
        if row is None:
            break
        start, length = at + 1, row.length
        if length < 0:
            start, length = variable_length(body, start, length)
        end = start + length
        if length < 0 or end > size:
            break
        fields.append((row, start, end))
        at = end
    return fields, at


def variable_length(body: memoryview, at: int, rule: int) -> tuple[int, int]:
    """Start of the value and its length by `rule`; a length of -1 cannot be read."""
    if rule == _LLVAR:
        try:
            return at + 2, _TWO_DIGITS.get(body[at] << 8 | body[at + 1], -1)
        except IndexError:
            return at, -1
    if rule == _TLV:
        return tlv.length(body, at, len(body))
    start, value = at - rule, 0
    if start > len(body):
        return at, -1
    for place in range(at, start):
        digit = body[place] ^ 0xF0
        if digit > 9:
            return at, -1
        value = value * 10 + digit
    return start, value


def field(number: int, value: bytes) -> bytes:
    """One BMP with its length. Raises ValueError when the value does not fit the rule."""
    length = TABLE[number].length
    size = len(value)
    if length == Rule.TLV:
        return bytes((number,)) + tlv.length_bytes(size) + value
    if length >= 0:
        if size != length:
            raise ValueError(f"BMP {number:02X} takes {length} bytes, not {size}")
        return bytes((number,)) + value
    if size >= 10**-length:
        raise ValueError(f"BMP {number:02X} has no room for {size} bytes")
    prefix = bytes(0xF0 | int(digit) for digit in f"{size:0{-length}d}")
    return bytes((number,)) + prefix + value
