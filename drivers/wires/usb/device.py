"""Finds the configured device on the USB bus, and the serial line inside it.

It searches again at every opening: a device that was unplugged, or that restarted by itself, comes
back under another address.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import usb.backend
import usb.backend.libusb1
import usb.core
import usb.util

from drivers.terminal import DriverFact, WireError

# USB class codes; CDC 1.2, 4.2 and 4.5.
CLASS_COMMUNICATIONS: Final = 0x02
CLASS_DATA: Final = 0x0A
CLASS_VENDOR: Final = 0xFF
SUBCLASS_ACM: Final = 0x02
# CDC 1.2, 5.2.3: class-specific interface descriptor, and the union's subtype.
_CS_INTERFACE: Final = 0x24
_UNION: Final = 0x06

NO_DEVICE: Final = DriverFact("wires.usb_no_device")
SEVERAL_DEVICES: Final = DriverFact("wires.usb_several_devices")
NO_LINE: Final = DriverFact("wires.usb_no_line")
SEVERAL_LINES: Final = DriverFact("wires.usb_several_lines")


class Profile(StrEnum):
    """How a device offers its serial line: the standard class, or FTDI's own way."""

    CDC_ACM = "cdc_acm"
    FTDI = "ftdi"


@dataclass(frozen=True, slots=True)
class UsbAddress:
    """The configured device. `serial` or `port_path` ("1-1.2", as in sysfs) tells two equal ones apart.

    `interface` is the number of the line's control or data interface, for a
    device with several lines.
    """

    vendor: int
    product: int
    serial: str = ""
    port_path: str = ""
    interface: int | None = None

    def __str__(self) -> str:
        marks = [f"serial number {self.serial}"] * bool(self.serial)
        marks += [f"port {self.port_path}"] * bool(self.port_path)
        return f"{self.vendor:04x}:{self.product:04x}" + (f" ({', '.join(marks)})" if marks else "")


@dataclass(frozen=True, slots=True)
class UsbFunction:
    """One serial line inside a device: its interfaces and endpoints.

    `channel` is FTDI's number for the line, 0 in a chip with one only;
    `packet_bytes` is wMaxPacketSize of the endpoint that is read.
    """

    control: int
    data: int
    bulk_in: int
    bulk_out: int
    notices: int | None
    packet_bytes: int
    channel: int = 0

    @property
    def interfaces(self) -> tuple[int, ...]:
        """The interfaces to claim, the controlling one first."""
        return (self.control,) if self.control == self.data else (self.control, self.data)


def fresh_backend() -> usb.backend.IBackend | None:
    """A libusb context of our own, or None where libusb is missing or may not start.

    pyusb keeps one context for the whole process. libusb fills a context's list of devices once and
    then relies on udev's events. A service with PrivateNetwork= does not get those. A new context
    makes its own list.
    """
    known = usb.backend.libusb1.get_backend()
    try:
        return None if known is None else type(known)(known.lib)
    except usb.core.USBError:
        return None


def find(backend: usb.backend.IBackend, address: UsbAddress) -> usb.core.Device:
    """The one device with this address. Raises `WireError` if there is none, or several."""
    found = [
        device
        for device in usb.core.find(
            find_all=True, backend=backend, idVendor=address.vendor, idProduct=address.product
        )
        if address.port_path in {"", port_path(device)}
        and (not address.serial or serial_number(device) == address.serial)
    ]
    if not found:
        raise WireError(NO_DEVICE.about(device=str(address)))
    if len(found) > 1:
        names = ", ".join(_marks(device) for device in found)
        raise WireError(SEVERAL_DEVICES.about(device=str(address), count=len(found), found=names))
    return found[0]


def port_path(device: usb.core.Device) -> str:
    """The socket it is plugged into, as sysfs writes it: bus, then the port of each hub."""
    return f"{device.bus}-{'.'.join(str(port) for port in device.port_numbers or ())}"


def node(device: usb.core.Device) -> str:
    """The device's file for libusb; it changes each time the device is plugged in."""
    return f"/dev/bus/usb/{device.bus:03d}/{device.address:03d}"


def serial_number(device: usb.core.Device) -> str | None:
    """The device's serial number; None if it has none.

    Raises `USBError` when this user may not open the device.
    """
    device.get_active_configuration()  # opens it: pyusb hides missing rights
    try:
        return str(device.serial_number) if device.iSerialNumber else None
    except (usb.core.USBError, ValueError):
        return None
    finally:
        usb.util.dispose_resources(device)


def _marks(device: usb.core.Device) -> str:
    try:
        serial = serial_number(device)
    except usb.core.USBError:
        serial = None
    return f"{serial or '-'} ({port_path(device)})"


def function(device: usb.core.Device, address: UsbAddress, profile: Profile) -> UsbFunction:
    """The serial line inside the device. Raises `WireError` if there is none, or if several fit."""
    interfaces = [one for one in device.get_active_configuration() if one.bAlternateSetting == 0]
    all_lines = list(_ftdi(interfaces) if profile is Profile.FTDI else _cdc_acm(interfaces))
    lines = [line for line in all_lines if address.interface in {None, line.control, line.data}]
    if not lines:
        raise WireError(NO_LINE.about(device=str(address), profile=profile.value))
    if len(lines) > 1:
        numbers = ", ".join(str(line.control) for line in lines)
        raise WireError(SEVERAL_LINES.about(device=str(address), count=len(lines), interfaces=numbers))
    return lines[0]


def _ftdi(interfaces: list[usb.core.Interface]) -> Iterator[UsbFunction]:
    for interface in interfaces:
        number = interface.bInterfaceNumber
        if interface.bInterfaceClass == CLASS_VENDOR:
            channel = number + 1 if len(interfaces) > 1 else 0
            yield from _line(interface, interface, channel)


def _cdc_acm(interfaces: list[usb.core.Interface]) -> Iterator[UsbFunction]:
    by_number = {interface.bInterfaceNumber: interface for interface in interfaces}
    for interface in interfaces:
        if (interface.bInterfaceClass, interface.bInterfaceSubClass) != (CLASS_COMMUNICATIONS, SUBCLASS_ACM):
            continue
        # Some devices leave the union out, or put all endpoints into one interface.
        follower = _union(interface) or interface.bInterfaceNumber + 1
        data = by_number.get(follower)
        if data is None or data.bInterfaceClass != CLASS_DATA:
            data = interface
        yield from _line(interface, data)


def _union(interface: usb.core.Interface) -> int | None:
    """The number of the data interface, from the union functional descriptor."""
    extra = bytes(interface.extra_descriptors)
    while len(extra) >= 5 and extra[0] >= 3:
        if extra[0] >= 5 and extra[1:3] == bytes((_CS_INTERFACE, _UNION)):
            return extra[4]
        extra = extra[extra[0] :]
    return None


def _line(control: usb.core.Interface, data: usb.core.Interface, channel: int = 0) -> Iterator[UsbFunction]:
    bulk_in = _endpoint(data, usb.util.ENDPOINT_IN, usb.util.ENDPOINT_TYPE_BULK)
    bulk_out = _endpoint(data, usb.util.ENDPOINT_OUT, usb.util.ENDPOINT_TYPE_BULK)
    notices = _endpoint(control, usb.util.ENDPOINT_IN, usb.util.ENDPOINT_TYPE_INTR)
    if bulk_in is not None and bulk_out is not None and bulk_in.wMaxPacketSize:
        yield UsbFunction(
            control=control.bInterfaceNumber,
            data=data.bInterfaceNumber,
            bulk_in=bulk_in.bEndpointAddress,
            bulk_out=bulk_out.bEndpointAddress,
            notices=None if notices is None else notices.bEndpointAddress,
            packet_bytes=bulk_in.wMaxPacketSize,
            channel=channel,
        )


def _endpoint(interface: usb.core.Interface, direction: int, kind: int) -> Any:
    return next(
        (
            endpoint
            for endpoint in interface
            if usb.util.endpoint_direction(endpoint.bEndpointAddress) == direction
            and usb.util.endpoint_type(endpoint.bmAttributes) == kind
        ),
        None,
    )
