"""What codes and refusals mean, in sentences for the cashier. Reading a text never fails."""

from __future__ import annotations

from typing import Final

from drivers.card.card import scrub_text
from drivers.terminal import DriverFact

# Reference 5.
E_PLUS_RESULTS: Final = {
    0: "",
    7: "The terminal says: refused, or not done.",
    9: "The terminal says: not verified. It is not paid.",
}

# Concert V3, group AF (PayXpert's public pages). 00 to 03 may stand beside a payment that was done.
V3_REASONS: Final = {
    0: "The terminal gives no reason.",
    1: "",
    2: "The bank asks for a call.",
    3: "The payment was forced.",
    4: "The bank refused the payment.",
    5: "This card may not be used here.",
    6: "The payment was cancelled on the terminal.",
    7: "The payment was not completed.",
    8: "Nobody answered the terminal in time.",
    9: "The terminal did not understand the request.",
    10: "The terminal has no such choice.",
    11: "The terminal's payment application gave up.",
    12: "The terminal does not have this function.",
    13: "The terminal does not take this currency.",
}
V3_NOT_DONE: Final = "The terminal says: not done (reason {code})."
# Of these a person was the cause.
V3_CANCELLED: Final = frozenset({6, 8})
# Of these none fits to "done".
V3_REFUSALS: Final = frozenset(range(4, 14))

BUSY: Final = DriverFact("telium.busy")
SILENT: Final = DriverFact("telium.silent")
REFUSED: Final = DriverFact("telium.refused")
DAMAGED: Final = DriverFact("telium.damaged")
NO_RESULT: Final = DriverFact("telium.no_result")


def plain(view: memoryview) -> str:
    """A text that a screen can show, without card numbers; what is not ASCII becomes a question mark."""
    scrub_text(view)
    text = str(view, "ascii", "replace")
    return "".join(char if " " <= char <= "~" else "?" for char in text).strip()
