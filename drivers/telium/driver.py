"""Telium as a row of the table of protocols."""

from __future__ import annotations

from drivers.card.card import CardSealer, SecretBuffer
from drivers.driver import Driver, Maker, Options, SerialDefaults
from drivers.telium.bare import BareLine
from drivers.telium.concert import ConcertV3
from drivers.telium.config import E_PLUS, VARIANTS, TeliumKeys, TeliumSettings, telium_settings
from drivers.telium.eplus import EPlus
from drivers.telium.frame import BUFFER_BYTES
from drivers.telium.line import TeliumLine
from drivers.telium.packet import BY_SESSION, Dialect
from drivers.telium.quirks import QUIRKS
from drivers.telium.resolve import TeliumResolver
from drivers.telium.session import TeliumSession


def dialect(settings: TeliumSettings) -> Dialect:
    """How this terminal words its messages."""
    return EPlus(settings) if settings.variant == E_PLUS else ConcertV3(settings)


def session(buffer: SecretBuffer, card_sealer: CardSealer, options: Options) -> TeliumSession:
    """A session. Over TCP the messages are bare (reference 1)."""
    settings = telium_settings(options)
    kind = BareLine if options.wire == "tcp" else TeliumLine
    line = kind(buffer, settings.byte_s)
    return TeliumSession(line, card_sealer, dialect(settings), settings.payment_s)


def resolver(options: Options) -> TeliumResolver:
    """What this variant can be asked about a payment."""
    return TeliumResolver(dialect(telium_settings(options)))


DRIVER = Driver(
    name="telium",
    title="Telium E+ and Concert V3 (France: Ingenico)",
    wires=("serial", "usb", "tcp"),
    # 7E1 is what a native serial port usually wants (reference 1). Every byte of the protocol has
    # seven bits, and USB has no parity on its line, so it does no harm there; 8N1 would on the other.
    serial=SerialDefaults(baud_rate=9600, data_bits=7, parity="E"),
    tcp_port=8888,  # of Concert V3 (reference 1)
    buffer_bytes=BUFFER_BYTES,
    operations=BY_SESSION | ConcertV3.actions.keys() | EPlus.actions.keys(),
    session=session,
    resolver=resolver,
    keys=TeliumKeys,
    variants=VARIANTS,
    quirks={quirk.value: words for quirk, words in QUIRKS.items()},
    makers=(
        Maker(0x0B00, "Ingenico"),
        Maker(0x0F14, "Ingenico"),
        # Sagem built the Telium terminals, which speak Concert E+.
        # NCR's device list has 079b:0028 as "Ingenico ... Telium".
        Maker(0x079B, "Sagem, Ingenico Telium"),
        Maker(0x0780, "Sagem Monetel"),
    ),
)
