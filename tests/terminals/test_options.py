"""From a terminal's settings to its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.base.money import CURRENCIES
from agent.settings.types import LineSettings, TerminalSettings
from agent.terminals.options import DRIVERS, serial_line, wire_of
from drivers.driver import SerialDefaults, driver
from drivers.wires.serial import SerialWire
from drivers.wires.tcp import TcpWire
from drivers.wires.usb.wire import UsbWire


@pytest.mark.parametrize(
    ("terminal", "wire"),
    [
        (TerminalSettings(line=LineSettings(device=Path("/dev/ttyS0"))), SerialWire),
        (TerminalSettings(wire="tcp", line=LineSettings(host="192.0.2.10")), TcpWire),
        (TerminalSettings(wire="usb", line=LineSettings(usb="0403:6001", usb_profile="ftdi")), UsbWire),
    ],
)
def test_each_wire_is_built_from_its_keys(terminal: TerminalSettings, wire: type) -> None:
    assert isinstance(wire_of(terminal), wire)


def test_the_line_is_the_protocols_with_what_the_settings_overrule() -> None:
    usual = driver("zvt").serial
    assert serial_line(LineSettings(), usual) == SerialDefaults(9600, stop_bits=2)
    line = LineSettings(baud_rate=115_200, parity="E", data_bits=7)
    assert serial_line(line, usual) == SerialDefaults(115_200, data_bits=7, parity="E", stop_bits=2)


def test_what_does_not_fit_the_protocol_is_said_with_the_key() -> None:
    wrong = TerminalSettings(quirks=("no_abrt",), variant="v3")
    said = {key: step for key, _found, _expected, step in DRIVERS.check(wrong, CURRENCIES["EUR"])}
    assert said == {
        "quirks": 'Did you mean "no_abort"?',
        "variant": "This protocol has none: leave the key out.",
    }
