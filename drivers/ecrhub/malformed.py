"""Why a message of the terminal was not taken. None of it is acknowledged: the terminal keeps it."""

from __future__ import annotations

from enum import StrEnum


class EcrHubMalformed(StrEnum):
    """The fixed words of `ProtocolError.reason`."""

    UNREADABLE = "unreadable"
    AMOUNT = "impossible amount"
    CURRENCY = "unknown currency"
    # The form that an answer has instead of the one that the settings name (reference 1).
    IN_SDK_1_0 = "in the form sdk_1.0"
    IN_SDK_1_1 = "in the form sdk_1.1"
    IN_JSON = "in the form json"


OTHER_FORMS = frozenset({EcrHubMalformed.IN_SDK_1_0, EcrHubMalformed.IN_SDK_1_1, EcrHubMalformed.IN_JSON})
