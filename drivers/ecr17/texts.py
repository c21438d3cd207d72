"""Texts of ECR17 terminals, and what their codes mean for the cashier. Reading a text never fails."""

from __future__ import annotations

from typing import Final

from drivers.card.scrub import scrub_text

DONE: Final = 0
REFUSED: Final = 1
CARD_NOT_PRESENT: Final = 5

# Reference 5. A code that is not here proves nothing.
RESULTS: Final = {
    DONE: "approved",
    REFUSED: "The terminal refused it.",
    CARD_NOT_PRESENT: "There is no card in the terminal.",
}

OPERATIVE: Final = 2
# Reference 5; 5 and 6 end by themselves.
STATES: Final = {
    0: "The terminal is not configured: call its service.",
    1: "The terminal is configured but has not had its first download: start it at the terminal.",
    OPERATIVE: "The terminal is operative.",
    3: "The terminal is not aligned with its host: start the download at the terminal.",
    4: "A key of the terminal is damaged: start the download at the terminal, or call its service.",
    5: "The terminal has a download to do: wait until it is done.",
    6: "The terminal has a software update to do: wait until it is done.",
}
BUSY_STATES: Final = frozenset({5, 6})
NO_STATE: Final = "The terminal did not tell its state."
UNKNOWN_STATE: Final = (
    "The terminal is in state {state}, which its protocol does not explain: call its service."
)

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


def state_text(state: int | None) -> str:
    """What a terminal's state means for people."""
    if state is None:
        return NO_STATE
    return STATES.get(state) or UNKNOWN_STATE.format(state=state)
