"""From `[terminals.NAME]` to a driver, its wire and its options; the drivers check the options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import Final

from agent.base.money import CURRENCIES, Currency
from agent.settings.load import TerminalFinding
from agent.settings.types import LineSettings, TerminalSettings
from agent.texts import say, tell
from drivers.card.card import CardSealer
from drivers.card.secret import SecretBuffer
from drivers.driver import PROTOCOLS, Driver, OptionError, Options, SerialDefaults, driver
from drivers.terminal import Session
from drivers.wires.serial import SerialWire
from drivers.wires.tcp import TcpWire
from drivers.wires.wire import Wire


class InstalledDrivers:
    """What the drivers declare for `[terminals.NAME]`, for the reader of settings."""

    protocols = PROTOCOLS

    def keys_of(self, protocol: str) -> type:
        """The keys of one protocol's own section."""
        return driver(protocol).keys

    def check(self, terminal: TerminalSettings, currency: Currency) -> Iterator[TerminalFinding]:
        """The settings that do not fit the terminal's protocol, and a currency of the shop that does not."""
        row = driver(terminal.protocol)
        if row.currencies is not None and currency.number not in row.currencies:
            yield (
                "protocol",
                f"the text '{terminal.protocol}'",
                say("settings.form.protocol_for", currency=currency.letters),
                _takes_only(row),
            )
        if terminal.wire not in row.wires:
            known = ", ".join(row.wires)
            yield (
                "wire",
                f"the text '{terminal.wire}'",
                f"one of {known}",
                say("settings.no_other_wire", protocol=row.title),
            )
        for quirk in sorted(set(terminal.quirks) - set(row.quirks)):
            step = _near(quirk, tuple(row.quirks))
            yield "quirks", f"the text '{quirk}'", say("settings.form.quirks"), step
        if terminal.variant and terminal.variant not in row.variants:
            step = _near(terminal.variant, row.variants)
            yield "variant", f"the text '{terminal.variant}'", say("settings.form.variant"), step
            return
        try:
            row.resolver(options_of(terminal, 0))
        except OptionError as error:
            yield "protocol", f"the text '{terminal.protocol}'", say("settings.form.together"), tell(error)


# For `load` and `parse` of agent/settings.
DRIVERS: Final = InstalledDrivers()


def options_of(terminal: TerminalSettings, currency: int) -> Options:
    """One terminal's settings as every driver is given them.

    Raises TypeError for settings that were read without drivers.
    """
    if terminal.own is None:
        raise TypeError(terminal.protocol)
    return Options(
        wire=terminal.wire,
        currency=currency,
        receipts=terminal.receipts,
        variant=terminal.variant,
        quirks=frozenset(terminal.quirks),
        own=terminal.own,
    )


def _takes_only(row: Driver) -> str:
    """The step for a currency that the protocol cannot name."""
    known = sorted(each.letters for each in CURRENCIES.values() if each.number in (row.currencies or ()))
    if len(known) == 1:
        return say("settings.takes_one_currency", protocol=row.title, currency=known[0])
    return say("settings.takes_other_currencies", protocol=row.title)


def _near(word: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(word, known, n=1)
    if near:
        return say("settings.did_you_mean", word=near[0])
    names = ", ".join(sorted(known))
    return say("settings.known", names=names) if known else say("settings.leave_key_out")


def session_of(
    terminal: TerminalSettings, currency: int, buffer: SecretBuffer, card_sealer: CardSealer
) -> Session:
    """A session for one line to this terminal."""
    return driver(terminal.protocol).session(buffer, card_sealer, options_of(terminal, currency))


def wire_of(terminal: TerminalSettings) -> Wire:
    """The line to this terminal. The protocol's defaults hold where the settings say nothing."""
    row, line = driver(terminal.protocol), terminal.line
    if terminal.wire == "tcp":
        return TcpWire(line.host or "", line.port or row.tcp_port or 0)
    form = serial_line(line, row.serial)
    if terminal.wire == "usb":
        return _usb_wire(line, form)
    return SerialWire(str(line.device), form.baud_rate, form.stop_bits, form.data_bits, form.parity)


def _usb_wire(line: LineSettings, form: SerialDefaults) -> Wire:
    from drivers.wires.usb.device import Profile, UsbAddress  # noqa: PLC0415 - libusb only where it is used
    from drivers.wires.usb.profile import UsbLine  # noqa: PLC0415 - as above
    from drivers.wires.usb.wire import UsbWire  # noqa: PLC0415 - as above

    vendor, _, product = (line.usb or "").partition(":")
    address = UsbAddress(
        int(vendor, 16), int(product, 16), line.usb_serial, line.usb_port, line.usb_interface
    )
    profile = Profile(line.usb_profile)
    return UsbWire(address, UsbLine(profile, form.baud_rate, form.stop_bits, form.parity, form.data_bits))


def serial_line(line: LineSettings, usual: SerialDefaults) -> SerialDefaults:
    """The form of the serial line: the protocol's defaults, overruled by the settings."""
    given = {
        name: value
        for name in ("baud_rate", "data_bits", "parity", "stop_bits")
        if (value := getattr(line, name)) is not None
    }
    return replace(usual, **given)
