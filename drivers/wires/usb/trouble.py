"""The faults of a USB device, for the person on site."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import usb.core

from drivers.terminal import DriverFact, WireError
from drivers.wires.port_owner import UNKNOWN, owner_of
from drivers.wires.usb.device import UsbAddress, UsbFunction, node, port_path

ROOT: Final = Path("/")

UNPLUGGED: Final = DriverFact("wires.unplugged")
BABBLE: Final = DriverFact("wires.babble")
STALLED: Final = DriverFact("wires.stalled")
PORT_IN_USE: Final = DriverFact("wires.in_use")
_FORBIDDEN: Final = DriverFact("wires.usb_forbidden")
_IN_USE: Final = DriverFact("wires.usb_in_use")
_WENT_AWAY: Final = DriverFact("wires.usb_went_away")
_NOT_OPENED: Final = DriverFact("wires.usb_not_opened")
_NO_NETLINK: Final = DriverFact("wires.usb_no_netlink")
_NO_LIBUSB: Final = DriverFact("wires.usb_no_libusb")

# The errors of Linux and libusb for a device that was unplugged, at any moment.
_GONE: Final = {errno.ENODEV, errno.EIO, errno.ESHUTDOWN, errno.EPROTO, errno.ENOENT}


def why_lost(error: usb.core.USBError) -> DriverFact:
    """The reason why an open line broke."""
    if error.errno == errno.EOVERFLOW:
        return BABBLE
    return STALLED if error.errno == errno.EPIPE else UNPLUGGED


def why_not_open(error: usb.core.USBError, address: UsbAddress, device: usb.core.Device | None) -> DriverFact:
    """The reason why a connected device could not be opened."""
    if error.errno in {errno.EACCES, errno.EPERM}:
        return _FORBIDDEN.about(device=str(address))
    if error.errno == errno.EBUSY:
        user = (owner_of(node(device)) if device is not None else None) or UNKNOWN
        return _IN_USE.about(device=str(address), user=user)
    if error.errno in _GONE:
        return _WENT_AWAY.about(device=str(address))
    return _NOT_OPENED.about(device=str(address))


def no_backend() -> DriverFact:
    """The reason why libusb is not available."""
    try:
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE).close()
    except OSError:
        return _NO_NETLINK
    return _NO_LIBUSB


def refuse_used_port(device: usb.core.Device, function: UsbFunction, system: Path) -> None:
    """Raise `WireError` if a program has the serial port open: detaching would break its line."""
    configuration = device.get_active_configuration().bConfigurationValue
    for name in serial_ports(f"{port_path(device)}:{configuration}", function.interfaces, system):
        user = owner_of(str(system / "dev" / name))
        if user is not None:
            raise WireError(PORT_IN_USE.about(device=f"/dev/{name}", user=user))


def serial_ports(configured: str, interfaces: tuple[int, ...], system: Path) -> Iterator[str]:
    """The kernel's serial ports on these interfaces: "ttyACM0". `configured` is sysfs' "1-1.2:1"."""
    for number in interfaces:
        place = system / "sys/bus/usb/devices" / f"{configured}.{number}"
        with suppress(OSError):
            # cdc_acm puts its ports into a folder tty, the adapters' drivers beside it.
            yield from sorted(entry.name for entry in (*place.glob("tty/tty*"), *place.glob("ttyUSB*")))
