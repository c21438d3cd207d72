"""Finds card numbers and tracks in raw text and overwrites them in place.

Wide on purpose: a lost digit on a receipt is cheaper than a card number in a file. Every number that
*may* be a card number is hidden. The hidden digits of all findings add up, so a false finding can never
uncover a true one.
Linear in the length of the text; never raises on any content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from drivers.card.brands import has_brand, may_be_brand

MIN_CARD_DIGITS: Final = 13
MAX_CARD_DIGITS: Final = 19
# PCI DSS FAQ 1091: first 6 and last 4 from 16 digits on; our form for shorter numbers is the last 4.
SHORTEST_WITH_FIRST_SIX: Final = 16
# A number shorter than the shortest card number is hidden whole: 4 of 8 digits would be half of it.
SHORTEST_WITH_LAST_FOUR: Final = 12
# Inside longer runs only: the 13-digit form died out and would match one reference number in 25.
_MIN_BURIED_DIGITS: Final = 14
# Some UnionPay debit cards are said to fail Luhn.
_UNIONPAY: Final = (6, 2)
_SHORTEST_UNIONPAY: Final = 16

# Space, hyphen, full stop; NBSP is A0 in ISO 8859, FF in CP437, C2 A0 in UTF-8.
_BETWEEN: Final = rb"[ .\-\xa0\xff\xc2]{0,2}"
_DIGITS: Final = re.compile(rb"[0-9](?:" + _BETWEEN + rb"[0-9]){12,}")
# ISO/IEC 7813: track 1 has at most 79 characters, track 2 at most 40.
_TRACK_1: Final = re.compile(rb"%?[Bb][0-9* ]{12,23}\^[^?\r\n\x00]{0,79}\??")
_TRACK_2: Final = re.compile(rb";[0-9*]{12,19} ?[=Dd] ?[^?\r\n\x00]{0,37}\??")
# Without the sentinel, only a valid month tells a track from any other `name=value`.
_BARE_TRACK_2: Final = re.compile(rb"[0-9*]{12,19} ?[=Dd] ?[0-9]{2}(?:0[1-9]|1[0-2])[0-9=]{0,30}\??")
_TRACKS: Final = (_TRACK_1, _TRACK_2, _BARE_TRACK_2)
# Groups of digits with wide gaps, or with signs that no number usually has between its groups. Letters end
# it, and what separates the fields of a message: those are different numbers.
_NO_GAP: Final = rb"0-9A-Za-z*|\"=\x00-\x1f"
_GROUPS: Final = re.compile(rb"[0-9]{1,6}(?:[^" + _NO_GAP + rb"]{1,8}[0-9]{1,6}(?![0-9])){2,}")
# How cards are printed in groups, besides groups of one size: Amex, Diners.
_GROUPINGS: Final = ((4, 6, 5), (4, 6, 4))
_ALONE: Final = re.compile(rb"(?<![0-9*])[0-9]{13,19}(?![0-9*])")
# A display cuts a number, and then nothing about it can be checked but how it begins.
_CUT_DIGITS: Final = range(13, 16)
# All of them need this: twelve characters of a number, from digit to digit, or the separator of track 1.
# Control characters count, because they become blanks before a text is searched. Only the first of
# several digits begins an attempt, so time grows only with the length.
_POSSIBLE: Final = re.compile(rb"[0-9*^](?<![0-9*]{2})(?:[^A-Za-z|\"=]{10,}[0-9*]|(?<=\^))")

_STAR: Final = 0x2A
_SPACE: Final = 0x20
_END_SENTINEL: Final = 0x3F
# Luhn: twice the digit, digits of the product added.
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


@dataclass(slots=True)
class CardFinding:
    """The place of a number or a track, and the offsets to hide.

    `certain` decides about the alarm: brand, length and Luhn fit, or it is a track.
    """

    start: int
    end: int
    hidden: list[int] = field(default_factory=list)
    certain: bool = False
    track: bool = False


def hidden_range(count: int) -> range:
    """The digits, out of `count`, that truncation hides."""
    if count >= SHORTEST_WITH_FIRST_SIX:
        return range(6, count - 4)
    if count >= SHORTEST_WITH_LAST_FOUR:
        return range(count - 4)
    return range(count)


def may_hold_card(text: memoryview) -> bool:
    """Whether `scrub_text` could find anything, now or after control characters become blanks.

    Much quicker and wider than a search: False is certain, True says little.
    """
    return _POSSIBLE.search(text) is not None


def scrub_text(text: memoryview, *, whole: bool = True) -> int:
    """Overwrite card numbers and tracks in raw single-byte text with `*`; returns how many there were.

    The digits that truncation allows stay; the rest of a track is hidden whole. `text` must be writable.
    A hidden number separates its neighbours, which may then be found. So the search repeats until
    nothing more is found. `whole`: nothing follows the text, so what looks cut is cut.
    """
    count = found = _hide_all(text, whole=whole)
    while found:
        found = _hide_all(text, whole=whole)
    return count


def _hide_all(text: memoryview, *, whole: bool) -> int:
    count, reached = 0, -1
    for finding in sorted(
        [*find(text), *_in_disguise(text, whole=whole)], key=lambda found: (found.start, -found.end)
    ):
        if finding.start >= reached:
            count += 1
        reached = max(reached, finding.end)
        for offset in finding.hidden:
            text[offset] = _STAR
    return count


def find(text: memoryview) -> list[CardFinding]:
    """Everything that looks like a card number or a track, in no order; findings may overlap."""
    tracks = [_track(text, match) for pattern in _TRACKS for match in pattern.finditer(text)]
    found = [track for track in tracks if any(text[offset] != _STAR for offset in track.hidden)]
    for match in _DIGITS.finditer(text):
        found.extend(_Run(text, match.start(), match.end()).findings())
    return found


def _in_disguise(text: memoryview, *, whole: bool) -> Iterator[CardFinding]:
    """What a terminal may print in place of a plain number: with wide gaps, backwards, or cut."""
    for match in _GROUPS.finditer(text):
        yield from _in_groups(text, match.start(), match.end())
    for match in _ALONE.finditer(text):
        yield from _alone(text, range(match.start(), match.end()), whole=whole)


def is_number(digits: Sequence[int]) -> bool:
    """Whether these digits are those of a card, by brand, length and Luhn."""
    return has_brand(tuple(digits[:4]), len(digits), wide=True) and _passes_luhn(digits)


def _in_groups(text: memoryview, start: int, end: int) -> Iterator[CardFinding]:
    """Numbers in groups, whatever stands between them: each number is judged from the start of a group."""
    groups = [range(*piece.span()) for piece in _GROUP.finditer(text, start, end)]
    for first in range(len(groups)):
        for count in _group_counts([len(group) for group in groups[first : first + MAX_CARD_DIGITS]]):
            at = [offset for group in groups[first : first + count] for offset in group]
            yield from _either_way(text, at)


_GROUP: Final = re.compile(rb"[0-9]+")


def _group_counts(sizes: list[int]) -> Iterator[int]:
    """How many groups from here on may be one number: all of one size but a shorter last one."""
    size, digits = sizes[0], 0
    for count, length in enumerate(sizes, 1):
        if length > size:
            break
        digits += length
        if digits > MAX_CARD_DIGITS:
            break
        if digits >= MIN_CARD_DIGITS:
            yield count
        if length < size:
            break
    if tuple(sizes[:3]) in _GROUPINGS:
        yield 3


def _alone(text: memoryview, at: range, *, whole: bool) -> Iterator[CardFinding]:
    """An unbroken number: written backwards, or cut."""
    digits = [text[offset] - 0x30 for offset in at]
    if is_number(digits):
        return
    if is_number(digits[::-1]):
        yield from _either_way(text, at)
    elif whole and len(at) in _CUT_DIGITS and may_be_brand(digits[0], digits[1]):
        yield CardFinding(at.start, at.stop, list(at))


def _either_way(text: memoryview, at: Sequence[int]) -> Iterator[CardFinding]:
    """A number that reads forwards or backwards."""
    digits = [text[offset] - 0x30 for offset in at]
    if is_number(digits):
        hidden = [at[index] for index in hidden_range(len(at))]
    elif is_number(digits[::-1]):
        hidden = [at[-1 - index] for index in hidden_range(len(at))]
    else:
        return
    yield CardFinding(at[0], at[-1] + 1, sorted(hidden))


def _passes_luhn(digits: Sequence[int]) -> bool:
    odd = sum(digits[-1::-2])
    return (odd + sum(_DOUBLED[digit] for digit in digits[-2::-2])) % 10 == 0


def _track(text: memoryview, match: re.Match[bytes]) -> CardFinding:
    """Truncate the number and hide the rest. The end sentinel stays, so a second search ends there."""
    start, end = match.span()
    while start < end and text[start] not in b"0123456789*":  # only blanks before track 1's separator
        start += 1
    number, offset = [], start
    while offset < end and text[offset] in b"0123456789* ":
        if text[offset] != _SPACE:
            number.append(offset)
        offset += 1
    hidden = [number[index] for index in hidden_range(len(number))]
    hidden.extend(range(offset + 1, end - 1 if text[end - 1] == _END_SENTINEL else end))
    # A sentinel is proof; without one, hexadecimal text has this form now and then.
    certain = start != match.start() or _luhn(text, number)
    return CardFinding(match.start(), end, hidden, certain=certain, track=True)


def _luhn(text: memoryview, at: Sequence[int]) -> bool:
    """Whether the digits at these offsets pass Luhn; a hidden digit does not."""
    total, count = 0, len(at)
    for index, offset in enumerate(at):
        digit = text[offset] - 0x30
        if digit < 0:
            return False
        total += digit if (count - index) % 2 else _DOUBLED[digit]
    return total % 10 == 0


class _Run:
    """Digits with at most two separators between two of them, as offsets into the text."""

    def __init__(self, text: memoryview, start: int, end: int) -> None:
        self._text = text
        self._at = [offset for offset in range(start, end) if 0x30 <= text[offset] <= 0x39]
        self._piece_end = self._find_piece_ends()

    def _find_piece_ends(self) -> list[int]:
        """For each digit, the index behind its unbroken piece."""
        count = len(self._at)
        ends = [count] * count
        for index in range(count - 2, -1, -1):
            broken = self._at[index + 1] != self._at[index] + 1
            ends[index] = index + 1 if broken else ends[index + 1]
        return ends

    def findings(self) -> Iterator[CardFinding]:
        piece_start, judged = True, 0
        for index in range(len(self._at) - MIN_CARD_DIGITS + 1):
            piece_end = self._piece_end[index]
            if piece_start:
                for found in self._whole_pieces(index):
                    yield found
                    if found.certain and found.end == self._at[piece_end - 1] + 1:
                        judged = piece_end  # one number has one masked form: do not search inside it
            long_enough = piece_end - max(index, judged) >= _MIN_BURIED_DIGITS
            if long_enough and may_be_brand(*self._lead(index)[:2]):
                yield from self._buried(index)
            piece_start = piece_end == index + 1

    def _whole_pieces(self, first: int) -> Iterator[CardFinding]:
        """Numbers that begin and end at the borders of pieces."""
        in_fours = True
        for end in self._ends_of_pieces(first):
            count = end - first
            if count > MAX_CARD_DIGITS:
                return
            last_piece = self._piece_size_before(end, first)
            if count >= MIN_CARD_DIGITS:
                one_piece = last_piece == count
                yield from self._classify(
                    first, count, printed_as_card=one_piece or (in_fours and last_piece <= 4)
                )
            in_fours = in_fours and last_piece == 4

    def _ends_of_pieces(self, first: int) -> Iterator[int]:
        end = first
        while end < len(self._at):
            end = self._piece_end[end]
            yield end

    def _piece_size_before(self, end: int, first: int) -> int:
        start = end - 1
        while start > first and self._at[start] == self._at[start - 1] + 1:
            start -= 1
        return end - start

    def _classify(self, first: int, count: int, *, printed_as_card: bool) -> Iterator[CardFinding]:
        luhn = _luhn(self._text, self._at[first : first + count])
        lead = self._lead(first)
        unionpay = lead[:2] == _UNIONPAY and count >= _SHORTEST_UNIONPAY
        if luhn and has_brand(lead, count):
            yield self._finding(first, count, certain=True)
        elif (luhn and (printed_as_card or has_brand(lead, count, wide=True))) or (
            unionpay and printed_as_card
        ):
            yield self._finding(first, count, certain=False)

    def _buried(self, first: int) -> Iterator[CardFinding]:
        """Numbers inside a longer unbroken piece, such as one with its expiry behind it."""
        longest = min(self._piece_end[first] - first, MAX_CARD_DIGITS)
        for count in range(_MIN_BURIED_DIGITS, longest + 1):
            if has_brand(self._lead(first), count) and _luhn(self._text, self._at[first : first + count]):
                yield self._finding(first, count, certain=False)

    def _finding(self, first: int, count: int, *, certain: bool) -> CardFinding:
        at = self._at
        hidden = [at[first + index] for index in hidden_range(count)]
        return CardFinding(at[first], at[first + count - 1] + 1, hidden, certain=certain)

    def _lead(self, first: int) -> tuple[int, int, int, int]:
        """The first four digits: truncation leaves them visible."""
        text, at = self._text, self._at
        return (
            text[at[first]] - 0x30,
            text[at[first + 1]] - 0x30,
            text[at[first + 2]] - 0x30,
            text[at[first + 3]] - 0x30,
        )
