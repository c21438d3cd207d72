"""What may stand in a field that people or tills fill: it is kept for ever, so no card number may.

A scanner that is aimed at the wrong field types a card number into it. A receipt's number, a hex UUID
or a telephone number is none.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# 13 to 19 digits are a card number's length by ISO/IEC 7812.
SHORTEST, LONGEST = 13, 19
# What cannot be seen, or turns the text around it: controls, soft hyphen, bidi and other format signs.
UNSEEN: Final = (
    r"\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
)
# A name in any script: it begins and ends with what can be seen.
# (`$` alone lets a newline at the end pass; ECMA 262, which OpenAPI speaks, has no `\Z`.)
NAME_PATTERN: Final = rf"^(?!\s)[^{UNSEEN}]{{1,32}}$(?!\n)(?<!\s)"
# Groups of digits with at most one other sign between two digits; letters end a run, and spoil it.
_RUN: Final = re.compile(r"(?<![0-9])[0-9]+(?:[^0-9A-Za-z][0-9]+)*")
_BRAND: Final = re.compile(r"4|5[0-8]|22[0-9]|2[3-6]|27[012]|3[4-9]|30[0-59]|6|8[12]|9792")


def as_name(text: str) -> str:
    """A name in its one form: what looks the same is typed in several ways on several keyboards."""
    return unicodedata.normalize("NFC", text)


def same_name(name: str) -> str:
    """What is equal for two names that a reader takes for one."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split())


def holds_card_number(text: str) -> bool:
    """Whether `text` shows what a card number looks like: a run of digits of a brand, right by Luhn."""
    plain = "".join(_plain(letter) for letter in unicodedata.normalize("NFKC", text))
    return any(_in_run(plain, run) for run in _RUN.finditer(plain))


def _plain(letter: str) -> str:
    """A digit of any script as ASCII, any other letter as `x`, and every other sign as it is."""
    digit = unicodedata.decimal(letter, None)
    return str(digit) if digit is not None else "x" if letter.isalpha() else letter


def _in_run(plain: str, run: re.Match[str]) -> bool:
    groups = re.findall("[0-9]+", run[0])
    first = 1 if plain[: run.start()][-1:].isalpha() else 0
    last = len(groups) - 1 if plain[run.end() :][:1].isalpha() else len(groups)
    return any(
        _is_card_number("".join(groups[begin:end]))
        for begin in range(first, last)
        for end in range(begin + 1, min(last, begin + LONGEST) + 1)
    )


def _is_card_number(digits: str) -> bool:
    return SHORTEST <= len(digits) <= LONGEST and _BRAND.match(digits) is not None and _luhn(digits)


def _luhn(digits: str) -> bool:
    doubled = [2 * int(digit) - 9 * (digit > "4") for digit in digits[-2::-2]]
    return (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0
