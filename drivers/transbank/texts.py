"""Transbank's texts and codes in words. Reading a text never fails."""

from __future__ import annotations

import re
from typing import Final

from drivers.terminal import DriverFact

# Reference 1: a one-byte set with accented letters. Every byte has a character in this one.
_CHARSET: Final = "latin-1"
# Control characters of ISO 8859. DEL and the second range would be obeyed by some screens, too.
_CONTROLS: Final = re.compile(rb"[\x00-\x1f\x7f-\x9f]")
# Longer than any field of reference 4.
MOST_CHARACTERS: Final = 40

APPROVED: Final = 0
NO_SALE: Final = 11
CANCELLED: Final = frozenset({7})
KEYS_WANTED: Final = 26
# Reference 4: these come in 0900 alone. In a response they mean nothing, least of all a no.
STATUS_CODES: Final = range(78, 88)

# What the codes of a response mean stands in the text catalogue: `drivers.transbank.result_07`.
RESULTS: Final = frozenset(
    {
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        11,
        12,
        13,
        16,
        17,
        19,
        20,
        21,
        22,
        24,
        26,
        27,
        60,
        61,
        62,
        65,
        67,
        68,
        70,
        72,
        73,
        74,
        75,
        76,
        77,
        88,
        93,
        94,
    }
)
OTHER_RESULT: Final = DriverFact("transbank.result_other")
_STATUSES: Final = {
    78: "insert, swipe or hold the card",
    79: "confirm the amount",
    80: "choose the instalments",
    81: "enter the PIN",
    82: "asking the bank",
    83: "choose on the terminal's menu",
    84: "use the card",
    85: "choose the instalments",
    86: "choose the instalments",
    87: "choose the instalments",
}


def result_fact(code: int) -> DriverFact | None:
    """What a response code means; None for an approval."""
    if code == APPROVED:
        return None
    return (
        DriverFact(f"transbank.result_{code:02d}")
        if code in RESULTS
        else OTHER_RESULT.about(code=f"{code:02d}")
    )


def status_text(code: int) -> str:
    """What the terminal is doing."""
    return _STATUSES.get(code, f"the terminal is busy ({code:02d})")


def is_known(code: int) -> bool:
    """Whether reference 4 lists it as the code of a response."""
    return code == APPROVED or code in RESULTS


def blank_controls(text: memoryview) -> None:
    """Make control characters blanks where they lie.

    To be done before card numbers are looked for: a number that a control character cuts
    in two is none, and would be whole again on the screen.
    """
    for match in _CONTROLS.finditer(text):
        text[match.start()] = 0x20


def decode_text(value: memoryview) -> str:
    """One field, without blanks around it, cut at `MOST_CHARACTERS`."""
    text = str(value, _CHARSET).strip()[:MOST_CHARACTERS]
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
