"""What a shop's settings say about one ECRHub terminal, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from drivers.ecrhub.codec import Variant
from drivers.ecrhub.quirks import EcrHubQuirk

ANSWER_S: Final = 10.0  # reference 6: the vendor's time for an answer over a serial line
PAYMENT_S: Final = 300.0  # reference 6: "Use 5 min and keep heartbeats as the sign of life"
# The settings have a number for the till in every protocol; this one means that none was given.
NO_TILL_ID: Final = "1"


@dataclass(frozen=True, slots=True)
class EcrHubSettings:
    """The form of the payloads, the till's id, the terminal's habits; the shop's currency (ISO 4217 number).

    `answer_s` is how long a question may stay without its answer, `payment_s` a payment without its result.
    """

    variant: Variant
    till_id: str = NO_TILL_ID
    quirks: frozenset[EcrHubQuirk] = field(default_factory=frozenset)
    currency: int = 978
    answer_s: float = ANSWER_S
    payment_s: float = PAYMENT_S
