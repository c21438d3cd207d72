"""Transbank's texts and codes in words. Reading a text never fails."""

from __future__ import annotations

import re
from typing import Final

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

_RESULTS: Final = {
    1: "the payment was refused",
    2: "the bank did not answer the terminal",
    3: "the terminal has no connection to the bank",
    4: "the payment has been voided already",
    5: "the terminal has no such payment to void",
    6: "this card is not supported",
    7: "cancelled on the terminal",
    8: "a debit card payment cannot be voided",
    9: "the card could not be read",
    10: "the amount is below the minimum",
    11: "the terminal has no sale since its day was closed",
    12: "the terminal does not support this",
    13: "close the terminal's day first",
    16: "the bank could not read the terminal's message",
    17: "the last four digits of the card are wrong",
    19: "this is not the card of the payment",
    20: "the card is invalid",
    21: "this payment cannot be voided",
    22: "the terminal waited too long",
    24: "the terminal has no paper",
    26: "the terminal has to load its keys first",
    27: "the terminal has to be updated first",
    60: "the instalments are wrong",
    61: "the request was wrong",
    62: "the PIN pad does not work",
    65: "the bank's answer could not be read",
    67: "close the terminal's day first",
    68: "the amount is wrong",
    70: "the ticket number is too long",
    72: "the amount is wrong",
    73: "the terminal is not configured: call Transbank",
    74: "close the terminal's day first",
    75: "the terminal is not configured: call Transbank",
    76: "close the terminal's day first",
    77: "close the terminal's day first",
    88: "the instalments are wrong",
    93: "the payment was declined",
    94: "the answer to the terminal was wrong",
}
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


def result_text(code: int) -> str:
    """What a response code means, for the cashier; empty for an approval."""
    return "" if code == APPROVED else _RESULTS.get(code, f"the terminal answered with code {code:02d}")


def status_text(code: int) -> str:
    """What the terminal is doing."""
    return _STATUSES.get(code, f"the terminal is busy ({code:02d})")


def is_known(code: int) -> bool:
    """Whether reference 4 lists it as the code of a response."""
    return code == APPROVED or code in _RESULTS


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
