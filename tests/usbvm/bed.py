"""Four terminals on four cables: what is plugged in where, and the bank behind each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.demo.house import House
from tests.usbvm.machine import COM_PORTS, Machine
from tests.usbvm.relay import Relay

SCRIPT: Final = Path(__file__).with_name("terminal.toml")


@dataclass(frozen=True)
class Cable:
    """How one terminal is reached. `socket` is the machine's end of its line and its serial number.

    `node` is the name that udev gives to the kernel's serial port; `settings` what the shop writes.
    """

    name: str
    socket: str
    node: str
    settings: str

    @property
    def held(self) -> bool:
        """Whether the agent takes the device from the kernel's driver."""
        return 'wire = "usb"' in self.settings


def _ftdi(socket: str) -> str:
    return f"/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_{socket}-if00-port0"


def _acm(socket: str) -> str:
    return f"/dev/serial/by-id/usb-Tillgate_Simulated_terminal_{socket}-if00"


# Two of each kind, so that the serial number has to tell them apart.
CABLES: Final = (
    Cable("ftdi-serial", "adapter-1", _ftdi("adapter-1"), f'device = "{_ftdi("adapter-1")}"'),
    Cable(
        "ftdi-usb",
        "adapter-2",
        _ftdi("adapter-2"),
        'wire = "usb"\nusb = "0403:6001"\nusb_serial = "adapter-2"\nusb_profile = "ftdi"',
    ),
    Cable("acm-serial", "com-3", _acm("com-3"), f'device = "{_acm("com-3")}"'),
    Cable(
        "acm-usb",
        "com-4",
        _acm("com-4"),
        'wire = "usb"\nusb = "1209:0001"\nusb_serial = "com-4"\nusb_profile = "cdc_acm"',
    ),
)


class Bed:
    """One simulated terminal on the host, and its cable into the machine."""

    def __init__(self, machine: Machine, cable: Cable, folder: Path) -> None:
        folder.mkdir()
        self.cable = cable
        self._machine = machine
        self._house = House(folder)
        self._bank = folder / "bank.json"

    @contextmanager
    def standing(self) -> Iterator[None]:
        """The terminal has power; its cable is not plugged in yet."""
        pty, trace = self._house.terminal, self._bank.with_name("trace")
        try:
            self._house.start(
                *("terminal", "sim", "zvt", "--pty", str(pty), "--script", str(SCRIPT)),
                *("--state", str(self._bank), "--trace", str(trace)),
            )
            self._house.wait_for(pty.exists, "the simulated terminal")
            self._relay = Relay(pty, self._machine.folder / self.cable.socket)
            yield
            self._relay.close()
        finally:
            self._house.close()

    def plug(self) -> None:
        self._relay.plug()
        socket = self.cable.socket
        if socket in COM_PORTS:
            port = str(list(COM_PORTS).index(socket))
            self._machine.order("plug", port=port, serial=socket, line=COM_PORTS[socket])
        else:
            self._machine.plug(socket)

    def unplug(self) -> None:
        """Pull the cable. What either side sends from now on is lost."""
        self._relay.unplug()
        if self.cable.socket in COM_PORTS:
            self._machine.order("unplug", serial=self.cable.socket)
        else:
            self._machine.unplug(self.cable.socket)

    def node(self) -> str:
        """The kernel's serial port of this cable, such as ttyUSB0; empty when there is none."""
        nodes: dict[str, str] = self._machine.order("nodes")
        return nodes.get(self.cable.node, "")

    def bookings(self, amount: int | None = None) -> list[Any]:
        """What the bank was asked, oldest first."""
        if not self._bank.exists():
            return []
        bookings = json.loads(self._bank.read_text("utf-8"))["bookings"]
        return [one for one in bookings if amount in {None, one["amount"]}]
