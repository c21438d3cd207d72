"""One terminal's options in Telium's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from drivers.driver import KeyCheck, OptionError, Options
from drivers.telium.line import BYTE_S
from drivers.telium.quirks import E_PLUS_ONLY, TeliumQuirk
from drivers.terminal import DriverFact

E_PLUS: Final = "e+"
CONCERT_V3: Final = "v3"
# The usual one first.
VARIANTS: Final = (E_PLUS, CONCERT_V3)

# Reference 4 and 7: with A010 the answer comes at the end, minutes later; 5 minutes are "the payment time".
PAYMENT_S: Final = 300
# Reference 4.
TILLS: Final = range(1, 100)

NO_VARIANT: Final = DriverFact("telium.no_variant")
NO_TILL: Final = DriverFact("telium.no_till")
NO_TCP: Final = DriverFact("telium.no_tcp")
NO_QUIRK: Final = DriverFact("telium.no_quirk")


@dataclass(frozen=True, slots=True)
class TeliumKeys:
    """`[terminals.NAME.telium]`: what a shop sets for Telium alone."""

    till_id: Annotated[int, KeyCheck("the till's number", TILLS[0], TILLS[-1])] = 1
    "the till's number at the terminal, 1 to 99"
    byte_s: Annotated[int, KeyCheck("seconds", 1, 60)] = int(BYTE_S)
    "wait for a single byte inside a phase"
    payment_s: Annotated[int, KeyCheck("seconds", 30, 900)] = PAYMENT_S
    "wait for the answer to a payment"


@dataclass(frozen=True, slots=True)
class TeliumSettings:
    """`byte_s`: for a single byte inside a phase. `payment_s`: for the terminal's answer to a payment."""

    variant: str = E_PLUS
    till: int = 1
    currency: int = 978
    byte_s: float = BYTE_S
    payment_s: float = PAYMENT_S
    quirks: frozenset[TeliumQuirk] = frozenset()


def telium_settings(options: Options) -> TeliumSettings:
    """Raises `OptionError` for options that do not go together."""
    variant = options.variant or E_PLUS
    if variant not in VARIANTS:
        raise OptionError(NO_VARIANT.about(known=", ".join(VARIANTS), variant=repr(variant)))
    if options.wire == "tcp" and variant == E_PLUS:
        raise OptionError(NO_TCP)
    own = options.own_keys(TeliumKeys)
    if own.till_id not in TILLS:
        raise OptionError(NO_TILL.about(till=own.till_id))
    quirks = frozenset(TeliumQuirk(name) for name in options.quirks)
    foreign = sorted(quirks & E_PLUS_ONLY) if variant == CONCERT_V3 else []
    if foreign:
        raise OptionError(NO_QUIRK.about(quirk=foreign[0]))
    return TeliumSettings(
        variant=variant,
        till=own.till_id,
        currency=options.currency,
        byte_s=own.byte_s,
        payment_s=own.payment_s,
        quirks=quirks,
    )
