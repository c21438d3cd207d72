"""The control requests of the two kinds of USB serial line, and FTDI's packet head.

CDC-ACM: the requests of the PSTN subclass (PSTN 1.2, 6.3). FTDI: the vendor's requests, named as
in Linux' ftdi_sio.h and in libftdi. The chip puts two status bytes at the head of every packet.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Final

import usb.core

from drivers.driver import Parity
from drivers.terminal import DriverFact, WireError
from drivers.wires.usb.device import Profile, UsbFunction

NO_SUCH_RATE: Final = DriverFact("wires.usb_no_such_rate")

# A control transfer is answered within milliseconds; USB 2.0, 9.2.6.4 allows half a second with data.
CONTROL_TIMEOUT_MS: Final = 1000

# bmRequestType: class or vendor request, to the device, towards interface or device.
_CLASS_TO_INTERFACE: Final = 0x21
_VENDOR_TO_DEVICE: Final = 0x40

_SET_LINE_CODING: Final = 0x20
_SET_CONTROL_LINE_STATE: Final = 0x22
_DTR_AND_RTS: Final = 0x03

_FTDI_RESET: Final = 0
_FTDI_MODEM_CONTROL: Final = 1
_FTDI_FLOW_CONTROL: Final = 2
_FTDI_BAUD_RATE: Final = 3
_FTDI_DATA: Final = 4
_FTDI_LATENCY_TIMER: Final = 9
# Values of the reset request: all, and the two queues inside the chip.
_RESETS: Final = (0, 1, 2)
_FTDI_DTR_AND_RTS: Final = 0x0303
_FTDI_NO_DTR_NO_RTS: Final = 0x0300
# The chip sends a packet this long after its last one, even without bytes: its factory setting.
# A shorter time wakes the host more often. A longer one holds back single ACK bytes.
FTDI_LATENCY_MS: Final = 16
# Modem status and line status. Damaged bytes are found by the protocols' own checks.
FTDI_STATUS_BYTES: Final = 2
# 48 MHz / 16, counted in eighths; the eighths' codes are the chip's own (FTDI AN_120).
_FTDI_EIGHTHS_PER_S: Final = 24_000_000
_FTDI_EIGHTH_CODES: Final = (0, 3, 2, 4, 1, 5, 6, 7)
_FTDI_MAX_DIVISOR: Final = 0x3FFF
# Two whole rates that do not fit the rule: 3 Mbaud is divisor 0, 2 Mbaud is divisor 1.
_FTDI_SPECIAL: Final = {8: 0, 12: 1}
# A receiver samples the middle of the tenth bit: beyond this error it reads wrong bits.
_MAX_BAUD_ERROR: Final = 0.03

_PARITY: Final[dict[Parity, int]] = {"N": 0, "O": 1, "E": 2}


@dataclass(frozen=True, slots=True)
class UsbLine:
    """The form of the line: the profile, and the settings of its UART. `baud_rate` is bits a second."""

    profile: Profile
    baud_rate: int = 9600
    stop_bits: int = 2
    parity: Parity = "N"
    data_bits: int = 8


def set_line(device: usb.core.Device, function: UsbFunction, line: UsbLine) -> None:
    """Set speed and format, raise DTR and RTS; an FTDI chip also drops the bytes in its queues."""
    if line.profile is Profile.FTDI:
        _set_ftdi(device, function.channel, line)
    else:
        _set_cdc(device, function.control, line)


def hang_up(device: usb.core.Device, function: UsbFunction, profile: Profile) -> None:
    """Drop DTR and RTS, as a serial driver does: the terminal sees that nobody listens."""
    if profile is Profile.FTDI:
        _vendor(device, _FTDI_MODEM_CONTROL, _FTDI_NO_DTR_NO_RTS, function.channel)
    else:
        _class(device, _SET_CONTROL_LINE_STATE, 0, function.control)


def without_status(profile: Profile, packet: memoryview) -> int:
    """Take FTDI's status bytes out of one packet, in place; returns how many bytes are left."""
    if profile is not Profile.FTDI:
        return len(packet)
    left = max(0, len(packet) - FTDI_STATUS_BYTES)
    packet[:left] = packet[FTDI_STATUS_BYTES:]
    packet[left:] = bytes(len(packet) - left)
    return left


def ftdi_divisor(baud_rate: int) -> int:
    """The 17 bits of the baud rate request. Raises `WireError` for a rate that the chip cannot come near."""
    eighths = max(1, round(_FTDI_EIGHTHS_PER_S / baud_rate))
    error = abs(_FTDI_EIGHTHS_PER_S / eighths / baud_rate - 1)
    if eighths in _FTDI_SPECIAL:
        return _FTDI_SPECIAL[eighths]
    if error > _MAX_BAUD_ERROR or not 16 <= eighths <= _FTDI_MAX_DIVISOR * 8:
        raise WireError(NO_SUCH_RATE.about(baud_rate=baud_rate))
    return eighths >> 3 | _FTDI_EIGHTH_CODES[eighths & 7] << 14


def _set_cdc(device: usb.core.Device, control: int, line: UsbLine) -> None:
    stop = {1: 0, 2: 2}[line.stop_bits]
    coding = line.baud_rate.to_bytes(4, "little") + bytes((stop, _PARITY[line.parity], line.data_bits))
    _class(device, _SET_LINE_CODING, 0, control, coding)
    _class(device, _SET_CONTROL_LINE_STATE, _DTR_AND_RTS, control)


def _class(device: usb.core.Device, request: int, value: int, interface: int, data: bytes = b"") -> None:
    try:
        device.ctrl_transfer(_CLASS_TO_INTERFACE, request, value, interface, data, CONTROL_TIMEOUT_MS)
    except usb.core.USBError as error:
        # Both requests are optional (PSTN 1.2, 5.3.2): a terminal without a UART refuses them with a stall.
        if error.errno != errno.EPIPE:
            raise


def _set_ftdi(device: usb.core.Device, channel: int, line: UsbLine) -> None:
    divisor = ftdi_divisor(line.baud_rate)
    # A chip with several lines takes the line's number in the low byte, the divisor's top in the high one.
    top = divisor >> 16
    for what in _RESETS:
        _vendor(device, _FTDI_RESET, what, channel)
    _vendor(device, _FTDI_BAUD_RATE, divisor & 0xFFFF, top << 8 | channel if channel else top)
    stop = {1: 0, 2: 2}[line.stop_bits]
    _vendor(device, _FTDI_DATA, line.data_bits | _PARITY[line.parity] << 8 | stop << 11, channel)
    _vendor(device, _FTDI_FLOW_CONTROL, 0, channel)
    _vendor(device, _FTDI_LATENCY_TIMER, FTDI_LATENCY_MS, channel)
    _vendor(device, _FTDI_MODEM_CONTROL, _FTDI_DTR_AND_RTS, channel)


def _vendor(device: usb.core.Device, request: int, value: int, index: int) -> None:
    device.ctrl_transfer(_VENDOR_TO_DEVICE, request, value, index, b"", CONTROL_TIMEOUT_MS)
