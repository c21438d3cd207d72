"""The outer form of every ZVT message: control field, length, data (reference 4)."""

from __future__ import annotations

from enum import StrEnum

from drivers.terminal import ProtocolError

LONGEST_BODY_BYTES = 0xFFFF  # what the three-byte length can say
EXTENDED_LENGTH = 0xFF  # lengths from here on are written FF, low byte, high byte


class ZvtMalformed(StrEnum):
    """Every reason for which an APDU is refused; nothing else is ever raised by `decode`."""

    HEADER = "apdu_header_incomplete"
    LENGTH = "apdu_length_wrong"
    MISSING = "mandatory_field_missing"
    BCD = "mandatory_field_not_bcd"


def split(apdu: memoryview) -> tuple[int, memoryview]:
    """Control field and body of one whole APDU.

    Raises `ProtocolError` when the length does not fit what is there.
    """
    if len(apdu) < 3:
        raise ProtocolError(ZvtMalformed.HEADER)
    start, length = 3, apdu[2]
    if length == EXTENDED_LENGTH:
        if len(apdu) < 5:
            raise ProtocolError(ZvtMalformed.HEADER)
        start, length = 5, apdu[3] | apdu[4] << 8
    body = apdu[start:]
    if len(body) != length:
        raise ProtocolError(ZvtMalformed.LENGTH)
    return apdu[0] << 8 | apdu[1], body


def join(control: int, body: bytes) -> bytes:
    """One APDU. Raises ValueError for a body that no length can say."""
    length = len(body)
    if length > LONGEST_BODY_BYTES:
        raise ValueError(f"a body of {length} bytes does not fit an APDU")
    head = control.to_bytes(2, "big")
    if length < EXTENDED_LENGTH:
        return head + bytes((length,)) + body
    return head + bytes((EXTENDED_LENGTH, length & 0xFF, length >> 8)) + body
