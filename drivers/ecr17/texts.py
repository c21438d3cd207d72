"""Texts of ECR17 terminals, and what their codes mean for the cashier. Reading a text never fails."""

from __future__ import annotations

from typing import Final

from drivers.card.scrub import scrub_text
from drivers.terminal import DriverFact

DONE: Final = 0
REFUSED: Final = 1
CARD_NOT_PRESENT: Final = 5

# Reference 5. A code that is not here proves nothing. What they mean stands in the text catalogue:
# `drivers.ecr17.result_1`, `drivers.ecr17.state_0`.
RESULTS: Final = frozenset({DONE, REFUSED, CARD_NOT_PRESENT})
OPERATIVE: Final = 2
STATES: Final = frozenset(range(7))
# They end by themselves: a download, an update of the software.
BUSY_STATES: Final = frozenset({5, 6})
OTHER_STATE: Final = DriverFact("ecr17.state_other")
NO_STATE: Final = DriverFact("ecr17.state_untold")
LEARNT: Final = DriverFact("ecr17.operative_with_scope")

_FIRST_PRINTABLE: Final = 0x20
_SPACE: Final = 0x20


def blank_controls(text: memoryview) -> None:
    """Make control characters blanks: a number that one cuts in two would be whole on paper."""
    for index, byte in enumerate(text):
        if byte < _FIRST_PRINTABLE or byte == 0x7F:
            text[index] = _SPACE


def read_text(text: memoryview) -> str:
    """A field as a text that a screen can show, without card numbers and without blanks around it."""
    blank_controls(text)
    scrub_text(text)
    return decode_text(text).strip()


def decode_text(text: memoryview) -> str:
    """The reference says ASCII and terminals send more: UTF-8 where it is that, else ISO 8859-1."""
    try:
        words = str(text, "utf-8")
    except UnicodeDecodeError:
        words = str(text, "iso8859_1")
    return words if words.isprintable() else "".join(char if char.isprintable() else "?" for char in words)


def result_fact(code: int) -> DriverFact:
    """What a result that is no approval means."""
    return DriverFact(f"ecr17.result_{code}")


def state_fact(state: int | None) -> DriverFact:
    """What a terminal's state means for people."""
    if state is None:
        return NO_STATE
    return DriverFact(f"ecr17.state_{state}") if state in STATES else OTHER_STATE.about(state=state)
