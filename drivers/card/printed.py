"""Card numbers that a terminal spreads over several printed lines, also over several prints.

A receipt is judged as a whole before its lines leave the driver. Each line was searched by itself before, so
no line holds a whole number any more: what is left are fragments. Digits at the end of a line go on at the
beginning of the next one. Together they are a number if brand, length and Luhn say so.

What was printed before cannot be taken back. So a line of nothing but digits that begins like a card shows
no more of them than truncation does, and the digits of a card that the terminal has told are hidden without
asking for a proof.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from drivers.card.brands import may_be_brand
from drivers.card.scrub import MAX_CARD_DIGITS, MIN_CARD_DIGITS, hidden_range, is_number

# What truncation leaves: the first six and the last four.
FIRST: Final = 6
LAST: Final = 4
# Fewer digits than these prove nothing about a card that is known: every tenth receipt has them somewhere.
_LEAST_OF_KNOWN: Final = 5

# What may stand between the groups of one number. With a full stop or a colon it is a date or a time.
_RUN: Final = re.compile(r"[0-9](?:[ \-\xa0]{0,3}[0-9])*")
_DIGIT: Final = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class _Digit:
    """One printed digit: in which line, at which place. A line of -1 was printed before."""

    line: int
    place: int
    value: int
    first: bool  # of its group
    last: bool


class PrintedNumbers:
    """Looks at the prints of one line to a terminal, one after the other."""

    def __init__(self) -> None:
        self._known = ""  # the card that the terminal told last, as truncation leaves it
        self._open: list[_Digit] = []  # the digits that the last line ended with

    def begin(self) -> None:
        """Another command begins: nothing goes on from what was printed before."""
        self._open = []

    def card_told(self, masked: str) -> None:
        """The terminal has told this card, of which only the truncated number is known."""
        self._known = masked

    def hide(self, lines: Sequence[str]) -> tuple[str, ...]:
        """The lines with the digits of card numbers overwritten by `*`."""
        hidden: set[tuple[int, int]] = set()
        for number, line in enumerate(lines):
            for run in _runs(number, line):
                self._judge(run, line, hidden)
        self._open = [replace(digit, line=-1) for digit in self._open]
        return tuple(_starred(number, line, hidden) for number, line in enumerate(lines))

    def _judge(self, run: list[_Digit], line: str, hidden: set[tuple[int, int]]) -> None:
        at_start = not any(sign.isalnum() or sign == "*" for sign in line[: run[0].place])
        at_end = not any(sign.isalnum() or sign == "*" for sign in line[run[-1].place + 1 :])
        joined = [*self._open, *run] if at_start else run
        _hide_joined(joined, len(joined) - len(run), hidden)
        self._hide_known(joined, hidden)
        if at_start and at_end:
            _hide_beginning(joined, hidden)
        self._open = joined[-MAX_CARD_DIGITS:] if at_end else []

    def _hide_known(self, digits: list[_Digit], hidden: set[tuple[int, int]]) -> None:
        """Digits beside the first six or the last four of the card that the terminal told."""
        text = "".join(str(digit.value) for digit in digits)
        first, last, length = self._known[:FIRST], self._known[-LAST:], len(self._known)
        begins = [at for at in _places(text, first) if digits[at].first] if first.isdigit() else []
        for at in begins:
            number = digits[at : at + length]
            shown = {*range(FIRST), *range(length - LAST, length)}
            if len(number) >= _LEAST_OF_KNOWN:
                _hide(hidden, (digit for index, digit in enumerate(number) if index not in shown))
        for at in _places(text, last) if last.isdigit() else ():
            begin = max(0, at + LAST - length)
            number = digits[begin : at + LAST]
            if len(number) > _LEAST_OF_KNOWN and number[-1].last and begin not in begins:
                kept = FIRST - (length - len(number)) if first.isdigit() else 0
                _hide(hidden, number[max(0, kept) : -LAST])


def _runs(number: int, line: str) -> list[list[_Digit]]:
    return [
        [_digit(number, line, digit.start()) for digit in _DIGIT.finditer(line, *run.span())]
        for run in _RUN.finditer(line)
    ]


def _digit(number: int, line: str, place: int) -> _Digit:
    before, after = line[place - 1 : place], line[place + 1 : place + 2]
    return _Digit(number, place, int(line[place]), first=not before.isdigit(), last=not after.isdigit())


def _hide_joined(digits: list[_Digit], border: int, hidden: set[tuple[int, int]]) -> None:
    """Numbers that cross the border between what came before and this line, from group to group."""
    starts = [at for at in range(max(0, border - MAX_CARD_DIGITS), border) if digits[at].first]
    ends = [at + 1 for at in range(border, len(digits)) if digits[at].last]
    for number in (digits[start:end] for start in starts for end in ends):
        values = [digit.value for digit in number]
        if not MIN_CARD_DIGITS <= len(values) <= MAX_CARD_DIGITS:
            continue
        if is_number(values) or is_number(values[::-1]):
            _hide(hidden, (number[index] for index in hidden_range(len(number))))
            printed = sum(digit.line < 0 for digit in number)
            if printed > FIRST:  # more than the first six are on paper and on disk already
                _hide(hidden, number[printed:])


def _hide_beginning(digits: list[_Digit], hidden: set[tuple[int, int]]) -> None:
    """A line of nothing but digits that begins like a card may go on in a print that has not come."""
    if FIRST < len(digits) < MIN_CARD_DIGITS and may_be_brand(digits[0].value, digits[1].value):
        _hide(hidden, digits[FIRST:])


def _hide(hidden: set[tuple[int, int]], digits: Iterable[_Digit]) -> None:
    hidden.update((digit.line, digit.place) for digit in digits if digit.line >= 0)


def _places(text: str, part: str) -> list[int]:
    return [at for at in range(len(text) - len(part) + 1) if text.startswith(part, at)]


def _starred(number: int, line: str, hidden: set[tuple[int, int]]) -> str:
    return "".join("*" if (number, place) in hidden else sign for place, sign in enumerate(line))
