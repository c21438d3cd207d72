"""What went wrong with a USB device, in a sentence for the person on site."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import usb.core

from drivers.terminal import WireError
from drivers.wires.port_owner import UNKNOWN, owner_of
from drivers.wires.usb.device import NOT_SENT, UsbAddress, UsbFunction, node, port_path

ROOT: Final = Path("/")

UNPLUGGED: Final = "the terminal's cable or power was cut"
BABBLE: Final = "the terminal sent more than a USB packet holds, so bytes were lost"
STALLED: Final = "the terminal's USB line stays halted"

# What Linux and libusb say of a device that was taken out, at whatever moment.
_GONE: Final = {errno.ENODEV, errno.EIO, errno.ESHUTDOWN, errno.EPROTO, errno.ENOENT}


def why_lost(error: usb.core.USBError) -> str:
    """Why a line that was open is not any more."""
    if error.errno == errno.EOVERFLOW:
        return BABBLE
    return STALLED if error.errno == errno.EPIPE else UNPLUGGED


def why_not_open(error: usb.core.USBError, address: UsbAddress, device: usb.core.Device | None) -> str:
    """Why a device that is there could not be opened."""
    if error.errno in {errno.EACCES, errno.EPERM}:
        return (
            f"The USB device {address} may not be opened by this user. {NOT_SENT} "
            "Install config/udev/60-tillgate.rules, plug the terminal out and in again, and add the "
            "service's user to the group dialout."
        )
    if error.errno == errno.EBUSY:
        user = (owner_of(node(device)) if device is not None else None) or UNKNOWN
        return f"The USB device {address} is in use by {user}. {NOT_SENT} Stop that program."
    if error.errno in _GONE:
        return f"The USB device {address} went away while it was opened. {NOT_SENT} Check cable and power."
    return f"The USB device {address} could not be opened. {NOT_SENT} Plug the terminal out and in again."


def no_backend() -> str:
    """Why there is no libusb to ask."""
    try:
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE).close()
    except OSError:
        return (
            f"libusb may not use AF_NETLINK, without which it finds no device. {NOT_SENT} "
            "Install systemd/agent/tillgate-agent.service.d/usb-terminal.conf."
        )
    return f"There is no libusb on this host. {NOT_SENT} Install it: apt install libusb-1.0-0."


def refuse_used_port(device: usb.core.Device, function: UsbFunction, system: Path) -> None:
    """Raise `WireError` when a program has the serial port open that detaching would pull from under it."""
    configuration = device.get_active_configuration().bConfigurationValue
    for name in serial_ports(f"{port_path(device)}:{configuration}", function.interfaces, system):
        user = owner_of(str(system / "dev" / name))
        if user is not None:
            raise WireError(
                f"The terminal's port /dev/{name} is in use by {user}. {NOT_SENT} Stop that program."
            )


def serial_ports(configured: str, interfaces: tuple[int, ...], system: Path) -> Iterator[str]:
    """The kernel's serial ports on these interfaces: "ttyACM0". `configured` is sysfs' "1-1.2:1"."""
    for number in interfaces:
        place = system / "sys/bus/usb/devices" / f"{configured}.{number}"
        with suppress(OSError):
            # cdc_acm puts its ports into a folder tty, the adapters' drivers beside it.
            yield from sorted(entry.name for entry in (*place.glob("tty/tty*"), *place.glob("ttyUSB*")))
