"""Where terminals differ from the reference, or the reference only assumes: names for the settings."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class TeliumQuirk(StrEnum):
    """One habit of a terminal that the driver takes into account."""

    LONG_ANSWER = "long_answer"
    PRIVATE_NOT_RETURNED = "private_not_returned"
    REFUNDS_BY_TYPE_2 = "refunds_by_type_2"


QUIRKS: Final = {
    TeliumQuirk.LONG_ANSWER: "ask for the answer of 83 bytes: its card is sealed, the rest of it wiped",
    TeliumQuirk.PRIVATE_NOT_RETURNED: "the private field comes back blank or with the terminal's own text: "
    "an answer is known by amount, currency and till id",
    TeliumQuirk.REFUNDS_BY_TYPE_2: "a refund is transaction type 2 "
    "(some terminals: a cancellation; try it first)",
}

# Concert V3 has an action for refunds, no payment field, and its mark is optional anyway.
E_PLUS_ONLY: Final = frozenset(TeliumQuirk)
