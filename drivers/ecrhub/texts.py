"""What the cashier reads, and texts of the terminal made fit to be shown."""

from __future__ import annotations

import re
from typing import Final

from drivers.card.card import scrub_text
from drivers.terminal import DriverFact

# Reference 4, `trans_status`.
PRE_ORDER: Final = "9"
PAYING: Final = "0"
CLOSED: Final = "1"
COMPLETED: Final = "2"
CANCELLED: Final = "3"

# What a status means, where the terminal's end of an order is a no.
MEANINGS: Final = {
    CLOSED: DriverFact("ecrhub.status_closed"),
    CANCELLED: DriverFact("ecrhub.status_cancelled"),
}


# What a terminal answers to a query for an order that it does not have: seen on CodePay's.
UNKNOWN_ORDER_CODES: Final = frozenset({"ET003"})
UNKNOWN_ORDER_WORDS: Final = re.compile(
    r"(?:order|transaction).{0,24}(?:not exist|not found|no such)", re.IGNORECASE | re.ASCII
)
# How a refusal says that a person was the cause.
CANCELLED_WORDS: Final = re.compile(r"cancel", re.IGNORECASE | re.ASCII)


def plain(text: str) -> str:
    """Printable text without card numbers.

    What cannot be shown becomes a blank first: a number that a control character cuts in
    two would be whole again on the screen.
    """
    raw = bytearray("".join(sign if sign.isprintable() else " " for sign in text).encode("utf-8"))
    scrub_text(memoryview(raw))
    return raw.decode("utf-8", "replace").strip()
