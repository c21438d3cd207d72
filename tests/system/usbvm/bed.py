"""Four terminals on four cables: how each is reached, and the bank behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.programs.demo.environment import Environment
from tests.system.usbvm.machine import COM_PORTS, Machine
from tests.system.usbvm.relay import Relay

SCRIPT: Final = Path(__file__).with_name("terminal.toml")


@dataclass(frozen=True)
class Cable:
    """How one terminal is reached.

    `socket` is where its line enters the machine, and the serial number of its device. `port` is
    the lasting name that config/udev gives it. `line` is what the shop's settings say of it.
    """

    name: str
    socket: str
    port: str
    line: str

    @property
    def settings(self) -> str:
        """Its sections of the settings."""
        name = f"terminals.{self.name}"
        usb = 'wire = "usb"\n' if self.taken else ""
        own = f'[{name}.zvt]\npassword = "123456"\n'
        return f'[{name}]\n{usb}receipts = "till"\n[{name}.line]\n{self.line}\n{own}'

    @property
    def taken(self) -> bool:
        """Whether the agent takes the device away from the kernel's driver."""
        return self.line.startswith("usb = ")


def _ftdi(socket: str) -> str:
    return f"/dev/tillgate/0403-6001-{socket}"


def _acm(socket: str) -> str:
    return f"/dev/tillgate/0b00-0084-{socket}"


def _serial(port: str) -> str:
    return f'device = "{port}"'


def _usb(ids: str, serial: str, profile: str) -> str:
    return f'usb = "{ids}"\nusb_serial = "{serial}"\nusb_profile = "{profile}"'


# Two equal devices of each kind: only their serial numbers tell them apart.
CABLES: Final = (
    Cable("ftdi-serial", "adapter-1", _ftdi("adapter-1"), _serial(_ftdi("adapter-1"))),
    Cable("ftdi-usb", "adapter-2", _ftdi("adapter-2"), _usb("0403:6001", "adapter-2", "ftdi")),
    Cable("acm-serial", "com-3", _acm("com-3"), _serial(_acm("com-3"))),
    Cable("acm-usb", "com-4", _acm("com-4"), _usb("0b00:0084", "com-4", "cdc_acm")),
)


class Bed:
    """One simulated terminal on the host, and its cable into the machine."""

    def __init__(self, machine: Machine, cable: Cable) -> None:
        self.cable = cable
        self._machine = machine
        self._environment = Environment(machine.folder / cable.name)
        self._environment.folder.mkdir()
        self._bank = self._environment.folder / "bank.json"

    @contextmanager
    def standing(self) -> Iterator[None]:
        """The terminal has power. Its cable is not plugged in yet."""
        pty = self._environment.terminal
        try:
            self._environment.start(
                *("terminal", "sim", "zvt", "--pty", str(pty)),
                *("--script", str(SCRIPT), "--state", str(self._bank)),
            )
            self._environment.wait_for(pty.exists, "the simulated terminal")
            with closing(Relay(pty, self._machine.folder / self.cable.socket)) as self._relay:
                yield
        finally:
            self._environment.close()

    def plug(self) -> None:
        self._relay.plugged = True
        socket = self.cable.socket
        if socket in COM_PORTS:
            hub_port = list(COM_PORTS).index(socket)
            self._machine.order("plug", hub_port=hub_port, serial=socket, line=COM_PORTS[socket])
        else:
            self._machine.plug(socket)

    def unplug(self) -> None:
        """Pull the cable. What either side sends from now on is lost."""
        self._relay.plugged = False
        if self.cable.socket in COM_PORTS:
            self._machine.order("unplug", serial=self.cable.socket)
        else:
            self._machine.unplug(self.cable.socket)

    def port(self) -> str:
        """The kernel's serial port of this cable, such as ttyUSB0; empty when it has none."""
        ports: dict[str, str] = self._machine.order("ports")
        return ports.get(self.cable.port, "")

    def line(self) -> str | None:
        """What the terminal was told to set its line to; None where QEMU's adapter does not say."""
        if self.cable.socket not in COM_PORTS:
            return None
        return str(self._machine.order("line", serial=self.cable.socket))

    def bookings(self) -> list[Any]:
        """What the bank was asked, oldest first."""
        if not self._bank.exists():
            return []
        bookings: list[Any] = json.loads(self._bank.read_text("utf-8"))["bookings"]
        return bookings
