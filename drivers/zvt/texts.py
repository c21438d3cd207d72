"""Character sets of ZVT (reference 5, tag 14). Reading a text never fails."""

from __future__ import annotations

import re
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


CHARSETS: Final = frozenset(charset.value for charset in Charset)
_TOLERANT: Final = "cp437"  # every byte has a character in it
_COMMON: Final = "ascii"  # all sets agree on it, and most texts are nothing else
_CODECS: Final = {
    charset: f"iso8859_{charset.value}" for charset in Charset if charset.name.startswith("ISO_8859")
} | {Charset.ZVT_7BIT: _TOLERANT, Charset.UTF_8: "utf-8", Charset.CP437: _TOLERANT}

_SEVEN_BIT: Final = Charset.ZVT_7BIT
_UMLAUTS: Final = str.maketrans("[\\]{|}~", "ÄÖÜäöüß")
_NO_UMLAUTS: Final = str.maketrans("ÄÖÜäöüß", "[\\]{|}~")


# Control characters of all sets, and of ISO 8859 the second range. In UTF-8 those bytes are letters.
_CONTROLS: Final = re.compile(rb"[\x00-\x1f\x7f]")
_CONTROLS_8859: Final = re.compile(rb"[\x00-\x1f\x7f-\x9f]")
_LAST_8859: Final = Charset.ISO_8859_16


def blank_controls(value: memoryview, charset: Charset) -> memoryview:
    """The text without zeros at its end, its control characters made blanks where they lie.

    To be done before card numbers are looked for: a number that a control
    character cuts in two is none, and would be whole again on the screen.
    """
    pattern = _CONTROLS_8859 if 0 < charset <= _LAST_8859 else _CONTROLS
    if not pattern.search(value):
        return value
    end = len(value)
    while end and not value[end - 1]:
        end -= 1
    text = value[:end]
    for match in pattern.finditer(text):
        text[match.start()] = 0x20
    return text


def decode_plain(value: memoryview, charset: Charset) -> str | None:
    """The text, if it is plain ASCII with nothing in it to be made a blank; None for all others."""
    try:
        text = str(value, _COMMON)
    except UnicodeDecodeError:
        return None
    if not text.isprintable():
        text = text.rstrip("\0")
        if not text.isprintable():
            return None
    return text.translate(_UMLAUTS) if charset is _SEVEN_BIT else text


def decode_text(value: memoryview, charset: Charset) -> str:
    """Text that a screen can show.

    A terminal's text is shown to the cashier, where an escape sequence or a
    mark that turns the writing direction would be obeyed.
    """
    text = _decode(value, charset)
    if charset is _SEVEN_BIT:
        text = text.translate(_UMLAUTS)
    if text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _decode(value: memoryview, charset: Charset) -> str:
    for codec in (_COMMON, _CODECS[charset]):
        try:
            return str(value, codec)
        except UnicodeDecodeError:
            continue
    return str(value, _TOLERANT)


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    return " " if char.isspace() else "?"


def encode_text(text: str, charset: Charset) -> bytes:
    """Text as bytes; a character that the set does not have becomes a question mark."""
    if charset is _SEVEN_BIT:
        return text.translate(_NO_UMLAUTS).encode("ascii", "replace")
    return text.encode(_CODECS[charset], "replace")
