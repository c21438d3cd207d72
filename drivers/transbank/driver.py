"""Transbank as a row of the table of protocols."""

from __future__ import annotations

from drivers.card.card import CardSealer, SecretBuffer
from drivers.driver import Driver, Options, SerialDefaults
from drivers.transbank.commands import OPERATIONS, PESO
from drivers.transbank.config import TransbankKeys
from drivers.transbank.frame import BUFFER_BYTES
from drivers.transbank.line import TransbankLine
from drivers.transbank.quirks import QUIRKS, TransbankQuirk
from drivers.transbank.resolve import TransbankResolver
from drivers.transbank.session import TransbankSession


def session(buffer: SecretBuffer, card_sealer: CardSealer, options: Options) -> TransbankSession:
    """A session on a serial line, also through USB."""
    own = options.own_keys(TransbankKeys)
    return TransbankSession(
        TransbankLine(buffer, own.answer_s),
        card_sealer,
        own.silence_s,
        frozenset(TransbankQuirk(name) for name in options.quirks),
    )


def resolver(_options: Options) -> TransbankResolver:
    """Every terminal is asked alike."""
    return TransbankResolver()


DRIVER = Driver(
    name="transbank",
    title="Transbank POS Integrado (Chile)",
    wires=("serial", "usb"),
    serial=SerialDefaults(baud_rate=115_200),
    buffer_bytes=BUFFER_BYTES,
    operations=OPERATIONS,
    session=session,
    resolver=resolver,
    currencies=frozenset({PESO}),
    keys=TransbankKeys,
    quirks={quirk.value: words for quirk, words in QUIRKS.items()},
)
