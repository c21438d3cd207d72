"""Where terminals may differ from the reference: names for the settings, never model names in code."""

from __future__ import annotations

from enum import StrEnum


class TransbankQuirk(StrEnum):
    """One habit of a terminal that the session takes into account."""

    VOID_HAS_OWN_NUMBER = "void_has_own_number"


QUIRKS = {
    TransbankQuirk.VOID_HAS_OWN_NUMBER: (
        "the response to a void carries the void's own operation number, not that of the voided sale"
    ),
}
