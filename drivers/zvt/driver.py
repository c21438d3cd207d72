"""ZVT as a row of the table of protocols."""

from __future__ import annotations

from drivers.card.card import CardSealer, SecretBuffer
from drivers.driver import Driver, Maker, Options, SerialDefaults
from drivers.zvt.commands import OPERATIONS
from drivers.zvt.config import ZvtKeys, zvt_settings
from drivers.zvt.frame import BUFFER_BYTES
from drivers.zvt.line import ZvtLine, ZvtSerialLine, ZvtTcpLine
from drivers.zvt.quirks import QUIRKS
from drivers.zvt.resolve import ZvtResolver
from drivers.zvt.session import ZvtSession


def session(buffer: SecretBuffer, card_sealer: CardSealer, options: Options) -> ZvtSession:
    """A session on a serial line (also through USB), or with bare APDUs on TCP."""
    line: ZvtLine = ZvtTcpLine(buffer) if options.wire == "tcp" else ZvtSerialLine(buffer)
    return ZvtSession(line, card_sealer, zvt_settings(options))


def resolver(options: Options) -> ZvtResolver:
    """ZVT asks every terminal alike; only the longest silence is set for each."""
    return ZvtResolver(options.own_keys(ZvtKeys).t4_s)


DRIVER = Driver(
    name="zvt",
    title="ZVT (Germany, Austria, Switzerland: all makes)",
    wires=("serial", "usb", "tcp"),
    serial=SerialDefaults(baud_rate=9600, stop_bits=2),
    tcp_port=20_007,
    buffer_bytes=BUFFER_BYTES,
    operations=OPERATIONS,
    session=session,
    resolver=resolver,
    keys=ZvtKeys,
    quirks={quirk.value: words for quirk, words in QUIRKS.items()},
    makers=(
        Maker(0x0B00, "Ingenico"),
        Maker(0x0F14, "Ingenico"),
        Maker(0x11CA, "Verifone"),  # reference 3 (VX 820); Linux' cdc-acm lists 11ca:0201
        # Not in usb.ids. Published udev rules for PAX A910 name it; reference 8.1 (A80).
        Maker(0x2FB8, "PAX"),
        Maker(0x0AB1, "Feig"),  # reference 3: cVEND, usually over the network
    ),
)
