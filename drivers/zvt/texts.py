"""Texts of ZVT: character sets (reference 5, tag 14)."""

from __future__ import annotations

from enum import IntEnum


class Charset(IntEnum):
    """The character sets, numbered as in tag 14."""

    ZVT_7BIT = 0x00
    ISO_8859_1 = 0x01
    ISO_8859_2 = 0x02
    ISO_8859_3 = 0x03
    ISO_8859_4 = 0x04
    ISO_8859_5 = 0x05
    ISO_8859_6 = 0x06
    ISO_8859_7 = 0x07
    ISO_8859_8 = 0x08
    ISO_8859_9 = 0x09
    ISO_8859_10 = 0x0A
    ISO_8859_11 = 0x0B
    ISO_8859_13 = 0x0D
    ISO_8859_14 = 0x0E
    ISO_8859_15 = 0x0F
    ISO_8859_16 = 0x10
    UTF_8 = 0xFE
    CP437 = 0xFF
