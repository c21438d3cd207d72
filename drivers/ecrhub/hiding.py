"""Hides card numbers inside a payload where it lies, text by text, before any runtime sees it.

Each text is searched by itself. A search over the whole payload would take a length or a tag that is spelled
like a digit for one, and the fields behind a track for its rest.
"""

from __future__ import annotations

import re
from typing import Final

from drivers.card.card import scrub_text

# No number goes on behind a quote, whether it ends a text or stands in one that is JSON itself.
_BETWEEN_QUOTES: Final = re.compile(rb'[^"]+')

# Protobuf's wire types: a tag has one in its last three bits.
_VARINT, _EIGHT_BYTES, _TEXT, _FOUR_BYTES = 0, 1, 2, 5
_SIZES: Final = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}
# Ten bytes of seven bits hold the longest number.
_LONGEST_VARINT: Final = 10
_FIRST_PRINTABLE: Final = 0x20
_BACKSLASH: Final = 0x5C


def hide_in_json(data: memoryview) -> None:
    """Also in what is no JSON: everything but the quotes is searched."""
    for match in _BETWEEN_QUOTES.finditer(data):
        start, end = match.span()
        while end > start and data[end - 1] == _BACKSLASH:  # it belongs to the quote
            end -= 1
        scrub_text(data[start:end])


def hide_in_protobuf(data: memoryview, *, inner: bool = False) -> None:
    """What is no protobuf is searched as one text. `inner`: the message lies in a field of another one."""
    texts, controls = _texts(data, only_texts=inner), any(byte < _FIRST_PRINTABLE for byte in data)
    if texts is None or not controls:
        # Beside a tag that is spelled like a digit nothing looks cut for certain: `plain` judges that.
        scrub_text(data, whole=not controls)
        return
    for text in texts:
        if inner:
            scrub_text(text)
        else:
            hide_in_protobuf(text, inner=True)


def _texts(data: memoryview, *, only_texts: bool) -> list[memoryview] | None:
    """The values of all fields that have a length; None when this is no message.

    Our messages inside of another one have nothing but texts, so with `only_texts` nothing else is one: in
    other fields a number could lie that nobody searches.
    """
    found, at = [], 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if tag < 8 or (only_texts and kind != _TEXT):
            return None
        if kind == _VARINT:
            at = _varint(data, at)[1]
        elif kind == _TEXT:
            length, start = _varint(data, at)
            at = start + length
            found.append(data[start:at])
        elif kind in _SIZES:
            at += _SIZES[kind]
        else:
            return None
        if at > len(data):
            return None
    return found


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """The number that begins there and where it ends: behind the data if it has no end."""
    value = 0
    for place, byte in enumerate(data[at : at + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    return 0, len(data) + 1
