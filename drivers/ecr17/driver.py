"""ECR17 as a row of the table of protocols."""

from __future__ import annotations

from typing import Final

from drivers.card.card import CardSealer, SecretBuffer
from drivers.driver import Driver, Maker, Options, SerialDefaults
from drivers.ecr17.commands import OPERATIONS
from drivers.ecr17.config import Ecr17Keys, ecr17_settings
from drivers.ecr17.frame import BUFFER_BYTES, SCOPES
from drivers.ecr17.quirks import QUIRKS
from drivers.ecr17.resolve import Ecr17Resolver
from drivers.ecr17.session import Ecr17Session

EURO: Final = 978


def session(buffer: SecretBuffer, card_sealer: CardSealer, options: Options) -> Ecr17Session:
    """The same frames on every wire."""
    return Ecr17Session(buffer, card_sealer, ecr17_settings(options))


def resolver(options: Options) -> Ecr17Resolver:
    """Every terminal is asked alike."""
    return Ecr17Resolver(options.currency)


DRIVER = Driver(
    name="ecr17",
    title="ECR17 (Italy: Nexi and other banks)",
    wires=("tcp", "serial", "usb"),
    # The reference names no speed; 115200 8N1 is an assumption, the settings overrule it.
    serial=SerialDefaults(baud_rate=115_200),
    tcp_port=1024,
    buffer_bytes=BUFFER_BYTES,
    operations=OPERATIONS,
    session=session,
    resolver=resolver,
    keys=Ecr17Keys,
    variants=tuple(SCOPES),
    # Its amounts name no currency and are cents of the terminal's own, and its banks are those of Italy.
    currencies=frozenset({EURO}),
    quirks={quirk.value: words for quirk, words in QUIRKS.items()},
    makers=(
        Maker(0x0B00, "Ingenico"),
        Maker(0x0F14, "Ingenico"),
        Maker(0x11CA, "Verifone"),
        Maker(0x2FB8, "PAX"),
    ),
)
