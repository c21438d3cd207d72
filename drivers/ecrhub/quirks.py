"""Where terminals differ from the reference: names for the settings, never model names in code."""

from __future__ import annotations

from enum import StrEnum


class EcrHubQuirk(StrEnum):
    """One habit of a terminal's cashier app that the session takes into account."""

    NO_CLOSE = "no_close"
    OWN_CURRENCY = "own_currency"


QUIRKS = {
    EcrHubQuirk.NO_CLOSE: "the app has no ecrhub.pay.close: a payment is stopped on the terminal itself",
    EcrHubQuirk.OWN_CURRENCY: "an order names no currency (the vendor's demo sends none): "
    "the terminal's own holds",
}
