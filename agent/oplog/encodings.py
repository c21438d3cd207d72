"""The disguises of a card number in a log, each undone into a `DecodedText` that knows where it came from.

A view is bytes to search in, and for every byte the piece of the original text
that must be hidden with it.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

Span = tuple[int, int]

# In base64 packed digits are looked for in short tokens only: a sealed card is 1,168 random bytes, and enough
# random digits hold every number. Other forms of bytes have no limit: nothing random is logged in them.
_MAX_BASE64_BYTES: Final = 128
# A tag and a length stand before packed digits, and hardly ever are both printable.
_FRAMING_BYTES: Final = 4
_OTHER: Final = 0x01
_SPACE: Final = 0x20
_HYPHEN: Final = 0x2D

_LINE_BREAKS_TO_SPACES: Final = bytes.maketrans(b"\r\n", b"  ")
# Percent, JSON and Python escapes, HTML character references.
_ESCAPE: Final = re.compile(
    r"%([0-9A-Fa-f]{2})|\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|&#([0-9]{1,7});|&#x([0-9A-Fa-f]{1,6});"
)
# Six bytes are the shortest number in packed form; a separator may stand between two bytes.
_HEX: Final = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{2}(?:(?:[ :,-]|, |, ?0x| ?0x|\\x)?[0-9A-Fa-f]{2}){5,}")
# Bytes as a list of numbers, as Python shows them.
_NUMBERS: Final = re.compile(r"(?<![0-9.])[0-9]{1,3}(?:, ?[0-9]{1,3}){5,}(?![0-9.])")
_NUMBER: Final = re.compile(r"[0-9]+")
_HEX_BYTE: Final = re.compile(r"(?:0x|\\x)?([0-9A-Fa-f]{2})")
# Twelve bytes: thirteen digits in text, or a packed number with its tag and the next.
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_URL_SAFE: Final = str.maketrans("-_", "+/")
# In the text of nibbles: the codes of digits and of what stands between them.
_DIGITS_ONLY: Final = re.compile(rb"(?:3[0-9]|2[0DE])*")
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xff]")


@dataclass(frozen=True, slots=True)
class DecodedText:
    """Bytes to search in. `spans` is None when offsets are those of the text.

    `packed` marks hexadecimal text of bytes, two characters each: a number
    begins at an even offset there.
    """

    form: str
    raw: bytes
    spans: list[Span] | None = None
    packed: bool = False
    # Packed digits amid printable bytes are most likely just a text.
    bytes_behind: bytes = field(default=b"")

    def span(self, offset: int) -> Span:
        """What to hide in the original text for one byte of the view."""
        return (offset, offset + 1) if self.spans is None else self.spans[offset]

    def plausible(self, start: int, end: int) -> bool:
        """Whether packed digits here can be more than an accident of printable text."""
        if not self.packed:
            return True
        if start % 2:
            return False
        if not self.bytes_behind:
            return True
        first, last = start // 2, (end + 1) // 2
        near = self.bytes_behind[max(first - _FRAMING_BYTES, 0) : last + _FRAMING_BYTES]
        # Digits in text were judged as text.
        return bool(_CONTROL.search(near)) and not _DIGITS_ONLY.fullmatch(self.raw, start, 2 * last)


def views(text: str) -> Iterator[DecodedText]:
    """The text itself, and all that it may hide."""
    yield from _and_without_nul(DecodedText("text", plain(text)))
    if _ESCAPE.search(text):
        yield from _decoded(_unescaped(text))
    for match in _HEX.finditer(text):
        yield from _hex(text, match)
    for match in _BASE64.finditer(text):
        yield from _base64(match)
    for match in _NUMBERS.finditer(text):
        yield from _numbers(match)


def packed_bytes(raw: bytes) -> DecodedText:
    """Binary data, as the text of its nibbles; spans are bytes."""
    spans = [(offset >> 1, (offset >> 1) + 1) for offset in range(2 * len(raw))]
    return DecodedText("packed", raw.hex().upper().encode(), spans, packed=True, bytes_behind=raw)


def plain(text: str) -> bytes:
    """One byte a character: digits of every script as ASCII, spaces and dashes alike, line ends as spaces."""
    raw = text.encode("ascii") if text.isascii() else bytes(_fold(character) for character in text)
    return raw.translate(_LINE_BREAKS_TO_SPACES)


@lru_cache(maxsize=4096)
def _fold(character: str) -> int:
    digit = unicodedata.digit(character, -1)
    if digit >= 0:
        return 0x30 + digit
    normal = unicodedata.normalize("NFKC", character)
    if len(normal) == 1 and normal.isascii():
        return ord(normal)
    category = unicodedata.category(character)
    if category in {"Zs", "Zl", "Zp", "Cf"}:
        return _SPACE
    return _HYPHEN if category == "Pd" else _OTHER


def _and_without_nul(view: DecodedText) -> Iterator[DecodedText]:
    """UTF-16 and UTF-32 digits have nothing but zero bytes between them."""
    yield view
    if b"\0" in view.raw:
        kept = [offset for offset, byte in enumerate(view.raw) if byte]
        yield DecodedText(
            "wide", bytes(view.raw[offset] for offset in kept), [view.span(offset) for offset in kept]
        )


def _decoded(view: DecodedText) -> Iterator[DecodedText]:
    """A view that was decoded from text may hold packed digits too."""
    yield from _and_without_nul(view)
    if view.spans is not None:
        spans = [span for span in view.spans for _nibble in range(2)]
        nibbles = view.raw.hex().upper().encode()
        # What was written as it is, is text; only bytes that had to be escaped can be binary.
        behind = bytes(
            byte if end - start > 1 else _HYPHEN
            for byte, (start, end) in zip(view.raw, view.spans, strict=True)
        )
        yield DecodedText(f"{view.form}, packed", nibbles, spans, packed=True, bytes_behind=behind)


def _unescaped(text: str) -> DecodedText:
    raw, spans, at = bytearray(), list[Span](), 0
    for match in _ESCAPE.finditer(text):
        raw += plain(text[at : match.start()])
        spans.extend((offset, offset + 1) for offset in range(at, match.start()))
        code = int(match[match.lastindex or 0], 10 if match.lastindex == 4 else 16)
        raw.append(code if code < 0x100 else _fold(chr(code)) if code <= 0x10FFFF else _OTHER)
        spans.append(match.span())
        at = match.end()
    raw += plain(text[at:])
    spans.extend((offset, offset + 1) for offset in range(at, len(text)))
    return DecodedText("escaped", bytes(raw), spans)


def _hex(text: str, match: re.Match[str]) -> Iterator[DecodedText]:
    pairs = [pair.span(1) for pair in _HEX_BYTE.finditer(text, match.start(), match.end())]
    raw = bytes(int(text[start:end], 16) for start, end in pairs)
    nibbles = [(start + half, start + half + 1) for start, _end in pairs for half in range(2)]
    yield from _and_without_nul(DecodedText("hex", raw, pairs))
    if not match[0].isdigit():  # plain digits were judged as such
        yield DecodedText("hex, packed", raw.hex().upper().encode(), nibbles, packed=True)


def _base64(match: re.Match[str]) -> Iterator[DecodedText]:
    """One changed character changes three bytes, so the whole token goes."""
    if match[0].isdigit():
        return
    token = match[0].rstrip("=").translate(_URL_SAFE)
    for glued in range(4):  # a path or a name may stand directly before it
        raw = _base64_bytes(token[glued:])
        view = DecodedText("base64", raw, [match.span()] * len(raw))
        packed = glued == 0 and len(raw) <= _MAX_BASE64_BYTES
        yield from _decoded(view) if packed else _and_without_nul(view)


def _numbers(match: re.Match[str]) -> Iterator[DecodedText]:
    """A list of numbers that can all be bytes. Each number goes whole."""
    pieces = list(_NUMBER.finditer(match.string, *match.span()))
    if all(int(piece[0]) < 0x100 for piece in pieces):
        raw, spans = bytes(int(piece[0]) for piece in pieces), [piece.span() for piece in pieces]
        yield from _and_without_nul(DecodedText("numbers", raw, spans))
        nibbles = [span for span in spans for _half in range(2)]
        yield DecodedText("numbers, packed", raw.hex().upper().encode(), nibbles, packed=True)


def _base64_bytes(token: str) -> bytes:
    whole = token[:-1] if len(token) % 4 == 1 else token
    return b64decode(whole + "=" * (-len(whole) % 4))
