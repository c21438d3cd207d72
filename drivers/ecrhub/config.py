"""What a shop's settings say about one ECRHub terminal, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Final

from drivers.driver import KeyCheck, Options
from drivers.ecrhub.codec import Variant
from drivers.ecrhub.quirks import EcrHubQuirk

ANSWER_S: Final = 10  # reference 6: the vendor's time for an answer over a serial line
PAYMENT_S: Final = 300  # reference 6: "Use 5 min and keep heartbeats as the sign of life"
TILL_ID: Final = "1"
# What the vendors give look like wz6012822ca2f1as78; none says how long they may be.
_APP_ID: Final = KeyCheck(
    "up to 64 letters", pattern="[A-Za-z0-9._-]{0,64}", examples=("wz6012822ca2f1as78",)
)
_TILL_ID: Final = KeyCheck("1 to 32 letters, digits", pattern="[A-Za-z0-9._-]{1,32}", examples=("2",))


# The usual form first.
USUAL: Final = Variant.SDK_1_1


@dataclass(frozen=True, slots=True)
class EcrHubKeys:
    """`[terminals.NAME.ecrhub]`: what a shop sets for ECRHub alone."""

    app_id: Annotated[str, _APP_ID] = ""
    "the app_id from the vendor; many terminals take no order without it"
    till_id: Annotated[str, _TILL_ID] = TILL_ID
    "the till's name when it pairs with the terminal"
    answer_s: Annotated[int, KeyCheck("seconds", 1, 60)] = ANSWER_S
    "wait for the answer to a question"
    payment_s: Annotated[int, KeyCheck("seconds", 30, 900)] = PAYMENT_S
    "wait for the result of a payment"


@dataclass(frozen=True, slots=True)
class EcrHubSettings:
    """The form of the payloads, who asks, the terminal's habits; the shop's currency (ISO 4217 number).

    `answer_s` is how long a question may stay without its answer, `payment_s` a payment without its result.
    """

    variant: Variant
    app_id: str = ""
    till_id: str = TILL_ID
    quirks: frozenset[EcrHubQuirk] = field(default_factory=frozenset)
    currency: int = 978
    answer_s: float = ANSWER_S
    payment_s: float = PAYMENT_S


def ecrhub_settings(options: Options) -> EcrHubSettings:
    """One terminal's options in ECRHub's words."""
    own = options.own_keys(EcrHubKeys)
    return EcrHubSettings(
        Variant(options.variant or USUAL),
        app_id=own.app_id,
        till_id=own.till_id,
        quirks=frozenset(EcrHubQuirk(name) for name in options.quirks),
        currency=options.currency,
        answer_s=own.answer_s,
        payment_s=own.payment_s,
    )
