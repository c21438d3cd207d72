"""Where terminals differ from the reference: names for the settings, never model names in code."""

from __future__ import annotations

from enum import StrEnum


class ZvtQuirk(StrEnum):
    """One habit of a terminal that the session takes into account (reference 12)."""

    LATIN1_TEXTS = "latin1_texts"
    SEVEN_BIT_TEXTS = "seven_bit_texts"
    NO_ABORT = "no_abort"
    NO_COMPLETION_AFTER_FAILURE = "no_completion_after_failure"
    PAYMENT_TYPE_NEEDED = "payment_type_needed"
    STATUS_WITHOUT_PASSWORD = "status_without_password"  # noqa: S105 - a name
    STATUS_ONLY = "status_only"


QUIRKS = {
    ZvtQuirk.LATIN1_TEXTS: "texts are ISO 8859-1 whatever was agreed (card complete)",
    ZvtQuirk.SEVEN_BIT_TEXTS: "texts use the 7-bit ZVT set, where [ \\ ] { | } ~ are umlauts",
    ZvtQuirk.NO_ABORT: "the till cannot stop a payment with 06 B0 (PAX A80 of Global Payments)",
    ZvtQuirk.NO_COMPLETION_AFTER_FAILURE: "nothing follows the result of a failed payment (CCV A920)",
    ZvtQuirk.PAYMENT_TYPE_NEEDED: "a payment needs BMP 19; 40 is sent, the terminal decides",
    ZvtQuirk.STATUS_WITHOUT_PASSWORD: "the status enquiry must come without the password",
    ZvtQuirk.STATUS_ONLY: "the status enquiry asks with service byte 07, for the bare status",
}
