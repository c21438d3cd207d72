"""ECRHub as a row of the table of protocols."""

from __future__ import annotations

from typing import Final

from drivers.card.card import CardSealer, SecretBuffer
from drivers.driver import Driver, Maker, Options, SerialDefaults
from drivers.ecrhub.amounts import CURRENCIES
from drivers.ecrhub.codec import Variant
from drivers.ecrhub.commands import OPERATIONS
from drivers.ecrhub.config import EcrHubKeys, ecrhub_settings
from drivers.ecrhub.frame import BUFFER_BYTES
from drivers.ecrhub.line import EcrHubLine
from drivers.ecrhub.quirks import QUIRKS
from drivers.ecrhub.resolve import EcrHubResolver
from drivers.ecrhub.session import EcrHubSession

# Reference 2: where the ids of data frames begin again. The documentation of the JSON form says nothing;
# the smaller range is right for both.
LAST_ID: Final = {Variant.SDK_1_1: 255, Variant.SDK_1_0: 127, Variant.JSON: 127}


def session(buffer: SecretBuffer, _card_sealer: CardSealer, options: Options) -> EcrHubSession:
    """A session on a serial line. No message holds a number that could be sealed: it is masked, or hidden."""
    settings = ecrhub_settings(options)
    return EcrHubSession(EcrHubLine(buffer, LAST_ID[settings.variant]), settings)


def resolver(_options: Options) -> EcrHubResolver:
    """All terminals are asked alike."""
    return EcrHubResolver()


DRIVER = Driver(
    name="ecrhub",
    title="ECRHub (Wiseasy, PayCloud, CodePay and partners)",
    wires=("serial", "usb"),
    serial=SerialDefaults(baud_rate=115_200),
    buffer_bytes=BUFFER_BYTES,
    operations=OPERATIONS,
    session=session,
    resolver=resolver,
    currencies=frozenset(CURRENCIES),
    keys=EcrHubKeys,
    variants=tuple(variant.value for variant in Variant),
    quirks={quirk.value: words for quirk, words in QUIRKS.items()},
    # paycloud-open/cahsier-ecr-hub asks for Qualcomm's driver for Wiseasy terminals: Android, like modems.
    makers=(Maker(0x05C6, "Qualcomm (Wiseasy; modems)"),),
)
