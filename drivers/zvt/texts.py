"""Character sets of ZVT (reference 5, tag 14). Reading a text never fails."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


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


_TOLERANT: Final = "cp437"  # every byte has a character in it
_CODECS: Final = {
    charset: f"iso8859_{charset.value}" for charset in Charset if charset.name.startswith("ISO_8859")
} | {Charset.ZVT_7BIT: _TOLERANT, Charset.UTF_8: "utf-8", Charset.CP437: _TOLERANT}

_SEVEN_BIT: Final = Charset.ZVT_7BIT
_UMLAUTS: Final = str.maketrans("[\\]{|}~", "ÄÖÜäöüß")
_NO_UMLAUTS: Final = str.maketrans("ÄÖÜäöüß", "[\\]{|}~")


def decode_text(value: memoryview, charset: Charset) -> str:
    """Text for people: zeros at the end are dropped, control characters become spaces.

    A terminal's text is shown on the cashier's screen, where an escape
    sequence or a mark that turns the writing direction would be obeyed.
    """
    try:
        text = str(value, _CODECS[charset])
    except UnicodeDecodeError:
        text = str(value, _TOLERANT)
    if charset is _SEVEN_BIT:
        text = text.translate(_UMLAUTS)
    text = text.rstrip("\0")
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " for char in text)


def encode_text(text: str, charset: Charset) -> bytes:
    """Text as bytes; a character that the set does not have becomes a question mark."""
    if charset is _SEVEN_BIT:
        return text.translate(_NO_UMLAUTS).encode("ascii", "replace")
    return text.encode(_CODECS[charset], "replace")
