"""The second net under the log and the support bundle: nothing that looks like a card gets through.

The first net is that no clear card number leaves the driver. `redact` hides
widely; `find_card_data` is the alarm and must be quiet on clean text, so it asks
for a brand's prefix, its length and Luhn, or for the form of a track.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from agent.oplog.encodings import DecodedText, packed_bytes, plain, views
from drivers.card.scrub import CardFinding, find

# The longest number with its separators, and room for a track's beginning.
JOIN_CHARS: Final = 64

_HEX_LETTERS: Final = b"abcdefABCDEF"
_BINARY: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x80-\xff]")
# Three or four digits are a secret only beside their name.
_VERIFICATION: Final = re.compile(
    r"(?<![a-z])(?:cvv2?|cvc2?|cvn2?|csc|安全码|卡背码)\W{0,4}(\d{3,4})(?!\d)", re.IGNORECASE
)
_PIN: Final = re.compile(
    r"(?<![a-z])(?:pin(?:[ _-]?(?:block|code|data))?|密码)\W{0,4}([0-9a-f]{16}|\d{4,12})(?![0-9a-z])",
    re.IGNORECASE,
)
# GB 11643: six digits of place, birth date, three of order, one check character.
_RESIDENT_ID: Final = re.compile(rb"(?<![0-9])[1-8][0-9]{16}[0-9Xx](?![0-9])")
_PRINTABLE: Final = rb"(?:[2-6][0-9A-F]|7[0-9A-E])+"
_TRACK_2: Final = rb"[0-9]{12,19}D[0-9]{7,}F?"
# EMV Book 3, annex A: tag, fewest and most bytes, form of the value as hexadecimal text.
_EMV: Final = {
    b"5A": (6, 10, re.compile(rb"[0-9]{11,20}F*")),
    b"57": (8, 19, re.compile(_TRACK_2)),
    b"9F6B": (8, 19, re.compile(_TRACK_2)),
    b"56": (20, 76, re.compile(rb"42(?:3[0-9]){12,19}5E" + _PRINTABLE)),
    b"5F20": (2, 26, re.compile(_PRINTABLE)),
    b"9F0B": (27, 45, re.compile(_PRINTABLE)),
    b"5F24": (3, 3, re.compile(rb"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")),
    b"5F30": (2, 2, re.compile(rb"0[0-9]{3}")),
    b"9F1F": (4, 64, re.compile(_PRINTABLE)),
    b"9F20": (4, 32, re.compile(rb"[0-9]+F*")),
    b"99": (8, 8, re.compile(rb"[0-9A-F]+")),
}
_EMV_HEAD: Final = re.compile(rb"(?=(57|5A|56|9F6B|5F20|9F0B|5F24|5F30|9F1F|9F20|99)([0-9A-F]{2}))")
# 99 is the PIN; eight bytes behind its tag are too common in a hash to raise an alarm.
_EMV_CARD: Final = (b"5A", b"57", b"9F6B", b"56")


@dataclass(frozen=True, slots=True)
class CardDataMatch:
    """Card data where none may be: where and in which form, never what."""

    start: int
    end: int
    form: str


@dataclass(frozen=True, slots=True)
class _Mark:
    """Pieces of the text to hide, and the whole of the finding that they belong to."""

    hide: list[tuple[int, int]]
    start: int
    end: int
    leak: CardDataMatch | None = None


def redact(text: str) -> str:
    """The text with every card number, track, verification value, PIN and resident id hidden by `*`."""
    return _starred(text, _marks(text))


def find_card_data(text: str) -> list[CardDataMatch]:
    """The alarm: what is card data beyond reasonable doubt, in order, each place once."""
    leaks = sorted(
        (mark.leak for mark in _marks(text) if mark.leak), key=lambda leak: (leak.start, -leak.end)
    )
    kept: list[CardDataMatch] = []
    for leak in leaks:
        if not kept or leak.start >= kept[-1].end:
            kept.append(leak)
    return kept


def redact_bytes(raw: bytes) -> bytes:
    """As `redact` for data that may be UTF-8 text, text in another encoding, or binary."""
    text = raw.decode("latin-1")
    marks = list(_marks(text))
    if _BINARY.search(raw):
        marks.extend(_marks_in(packed_bytes(raw)))
    clean = _starred(text, iter(marks)).encode("latin-1")
    try:
        return redact(clean.decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError:
        return clean


class Joiner:
    """Redacts consecutive pieces of one stream, also a number that is split between two of them.

    The earlier piece is out already, so of a split number the later piece shows nothing.
    """

    def __init__(self) -> None:
        self._tail = ""

    def feed(self, chunk: str) -> str:
        """The chunk, redacted in the light of what came before."""
        clean = redact(chunk)
        before = len(self._tail)
        if before and self._tail[-1:].isdigit() and clean[:1].isdigit():
            joined = self._tail + clean
            for mark in _marks(joined):
                if mark.start < before < mark.end:
                    clean = "*" * (mark.end - before) + clean[mark.end - before :]
        self._tail = (self._tail + clean)[-JOIN_CHARS:]
        return clean


def _starred(text: str, marks: Iterator[_Mark]) -> str:
    characters: list[str] | None = None
    for mark in marks:
        characters = characters or list(text)
        for start, end in mark.hide:
            characters[start:end] = "*" * (end - start)
    return text if characters is None else "".join(characters)


def _marks(text: str) -> Iterator[_Mark]:
    for pattern in (_VERIFICATION, _PIN):
        for match in pattern.finditer(text):
            yield _Mark([match.span(1)], *match.span(1))
    people = set(_resident_ids(plain(text)))
    for span in people:
        yield _Mark([span], *span)
    for view in views(text):
        for mark in _marks_in(view):
            if mark.leak and (mark.leak.start, mark.leak.end) in people:
                yield _Mark(mark.hide, mark.start, mark.end)
            else:
                yield mark


def _marks_in(view: DecodedText) -> Iterator[_Mark]:
    for found in find(memoryview(view.raw)):
        if found.hidden and view.plausible(found.start, found.end):
            hide = [view.span(offset) for offset in found.hidden]
            yield _Mark(hide, *_whole(view, found.start, found.end), _leak(view, found))
    if view.packed:
        yield from _emv(view)


def _leak(view: DecodedText, found: CardFinding) -> CardDataMatch | None:
    """Certain, and not a piece of a hexadecimal number."""
    around = (view.raw[max(found.start - 1, 0) : found.start], view.raw[found.end : found.end + 1])
    in_hex = any(neighbour and neighbour in _HEX_LETTERS for neighbour in around)
    has_sentinel = not view.raw[found.start : found.start + 1].isdigit()
    if not found.certain or view.packed or (in_hex and not has_sentinel):
        return None
    return CardDataMatch(*_whole(view, found.start, found.end), "track" if found.track else view.form)


def _whole(view: DecodedText, start: int, end: int) -> tuple[int, int]:
    return view.span(start)[0], view.span(end - 1)[1]


def _emv(view: DecodedText) -> Iterator[_Mark]:
    """Card data objects in TLV; the whole value goes."""
    for head in _EMV_HEAD.finditer(view.raw):
        fewest, most, form = _EMV[head[1]]
        count, start = int(head[2], 16), head.end(2)
        end = start + 2 * count
        value = view.raw[start:end]
        if (
            head.start() % 2
            or not fewest <= count <= most
            or not form.fullmatch(value)
            or end > len(view.raw)
        ):
            continue
        whole = _whole(view, start, end)
        leak = CardDataMatch(*whole, "EMV") if head[1] in _EMV_CARD else None
        yield _Mark([view.span(offset) for offset in range(start, end)], *whole, leak)


def _resident_ids(raw: bytes) -> Iterator[tuple[int, int]]:
    for match in _RESIDENT_ID.finditer(raw):
        if _is_resident_id(match[0].decode("ascii").upper()):
            yield match.span()


def _is_resident_id(number: str) -> bool:
    """ISO 7064 MOD 11-2 and a birth date that exists."""
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    remainder = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17])) % 11
    return born.year >= 1850 and number[17] == "10X98765432"[remainder]
