"""From `[terminals.NAME]` to a driver's own words, and what the drivers say against them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from agent.settings.types import TerminalSettings
from drivers.card.card import CardSealer
from drivers.card.secret import SecretBuffer
from drivers.driver import Driver, OptionError, Options, SerialDefaults, driver
from drivers.terminal import Session
from drivers.wires.serial import SerialWire
from drivers.wires.tcp import TcpWire
from drivers.wires.wire import Wire

# Key, what was found, what is expected, what to do: the parts of a finding in a settings file.
TerminalFinding = tuple[str, str, str, str]


def options_of(terminal: TerminalSettings, currency: int) -> Options:
    """One terminal's settings as every driver is given them."""
    return Options(
        wire=terminal.wire,
        currency=currency,
        receipts=terminal.receipts,
        password=terminal.password,
        registration=terminal.registration,
        tlv=terminal.tlv,
        answer_s=terminal.t3_s,
        silence_s=terminal.t4_s,
        variant=terminal.variant,
        till_id=terminal.till_id,
        terminal_id=terminal.terminal_id,
        quirks=frozenset(terminal.quirks),
    )


def check_terminal(terminal: TerminalSettings) -> Iterator[TerminalFinding]:
    """What does not go together with the terminal's protocol."""
    row = driver(terminal.protocol)
    if terminal.wire not in row.wires:
        known = ", ".join(row.wires)
        yield "wire", f"the text '{terminal.wire}'", f"one of {known}", f"{row.title} has no other."
    for quirk in sorted(set(terminal.quirks) - set(row.quirks)):
        step = _near(quirk, tuple(row.quirks))
        yield "quirks", f"the text '{quirk}'", "quirks that the driver knows", step
    if terminal.variant and terminal.variant not in row.variants:
        step = _near(terminal.variant, row.variants)
        yield "variant", f"the text '{terminal.variant}'", "a variant of the protocol", step
        return
    try:
        row.resolver(options_of(terminal, 0))
    except OptionError as error:
        yield "protocol", f"the text '{terminal.protocol}'", "settings that go together", str(error)


def _near(word: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(word, known, n=1)
    if near:
        return f'Did you mean "{near[0]}"?'
    return f"Known: {', '.join(sorted(known))}." if known else "This protocol has none: leave the key out."


def session_of(
    terminal: TerminalSettings, currency: int, buffer: SecretBuffer, card_sealer: CardSealer
) -> Session:
    """A session for one line to this terminal."""
    return driver(terminal.protocol).session(buffer, card_sealer, options_of(terminal, currency))


def wire_of(terminal: TerminalSettings) -> Wire:
    """The line to this terminal, as its protocol has it where the settings say nothing."""
    row = driver(terminal.protocol)
    if terminal.wire == "tcp":
        return TcpWire(terminal.host or "", terminal.port or row.tcp_port or 0)
    line = serial_line(terminal, row)
    if terminal.wire == "usb":
        return _usb_wire(terminal, line)
    return SerialWire(str(terminal.device), line.baud_rate, line.stop_bits, line.data_bits, line.parity)


def _usb_wire(terminal: TerminalSettings, line: SerialDefaults) -> Wire:
    from drivers.wires.usb.device import Profile, UsbAddress  # noqa: PLC0415 - libusb only where it is used
    from drivers.wires.usb.profile import UsbLine  # noqa: PLC0415 - as above
    from drivers.wires.usb.wire import UsbWire  # noqa: PLC0415 - as above

    vendor, _, product = (terminal.usb or "").partition(":")
    address = UsbAddress(
        int(vendor, 16), int(product, 16), terminal.usb_serial, terminal.usb_port, terminal.usb_interface
    )
    form = UsbLine(Profile(terminal.usb_profile), line.baud_rate, line.stop_bits, line.parity, line.data_bits)
    return UsbWire(address, form)


def serial_line(terminal: TerminalSettings, row: Driver) -> SerialDefaults:
    """The serial line's form: the protocol's, with what the settings overrule."""
    given = {
        name: value
        for name in ("baud_rate", "data_bits", "parity", "stop_bits")
        if (value := getattr(terminal, name)) is not None
    }
    return replace(row.serial, **given)
