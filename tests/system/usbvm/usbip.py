"""An emulated USB device in the guest: the far end of the kernel's USB/IP (`vhci_hcd`).

    python -m tests.system.usbvm.usbip PORT SERIAL LINE

The kernel takes any stream socket, so one of a pair is enough: there is no network.
Whoever kills this process pulls the plug. Layouts: Documentation/usb/usbip_protocol.rst.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import socket
import struct
import sys
import termios
import tty
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.system.usbvm.cdc_acm import DATA_IN, DATA_OUT, CdcAcm

ATTACH: Final = Path("/sys/devices/platform/vhci_hcd.0/attach")
FULL_SPEED: Final = 2  # enum usb_device_speed
DEVICE_ID: Final = 0x00010001  # bus 1, device 1: nobody looks at it

_CMD_SUBMIT: Final = 1
_CMD_UNLINK: Final = 2
_RET_SUBMIT: Final = 3
_RET_UNLINK: Final = 4
_IN: Final = 1

_HEADER: Final = struct.Struct(">5I4iI8s")
_ANSWER: Final = struct.Struct(">5I5i8x")
_UNLINKED: Final = struct.Struct(">5Ii24x")
# One read from the terminal's line.
READ_BYTES: Final = 4096


@dataclass
class Transfer:
    """One that the host has begun. `length` is the room it has, or what it sends."""

    number: int
    direction: int
    endpoint: int
    length: int
    setup: bytes


@dataclass
class UsbIp:
    """The protocol without its socket: bytes of the kernel in, bytes for it out."""

    device: CdcAcm
    from_host: bytearray = field(default_factory=bytearray)
    to_host: bytearray = field(default_factory=bytearray)
    unread: bytearray = field(default_factory=bytearray)
    waiting: deque[Transfer] = field(default_factory=deque)

    def receive(self, data: bytes) -> None:
        """Bytes of the kernel: whole commands are carried out, the rest waits."""
        self.from_host += data
        while len(self.from_host) >= _HEADER.size:
            fields = _HEADER.unpack_from(self.from_host)
            command, number, _, direction, endpoint, first, length = fields[:7]
            sent = length if command == _CMD_SUBMIT and direction != _IN else 0
            if len(self.from_host) < _HEADER.size + sent:
                return
            body = bytes(self.from_host[_HEADER.size : _HEADER.size + sent])
            del self.from_host[: _HEADER.size + sent]
            if command == _CMD_UNLINK:
                self._unlink(number, first)
            else:
                self._submit(Transfer(number, direction, endpoint, length, fields[-1]), body)

    def give(self, data: bytes) -> None:
        """Bytes of the terminal, for the host to fetch."""
        self.unread += data
        self._fetched()

    def _submit(self, transfer: Transfer, body: bytes) -> None:
        if transfer.endpoint == 0:
            answer = self.device.control(transfer.setup, body)
            self._done(transfer, answer, -errno.EPIPE if answer is None else 0)
        elif transfer.direction == _IN:
            self.waiting.append(transfer)
            self._fetched()
        elif transfer.endpoint == DATA_OUT:
            self.device.written += body
            self._done(transfer, None, 0)

    def _fetched(self) -> None:
        """A read ends with what is there, as by a short packet. Notifications never come."""
        for transfer in [one for one in self.waiting if one.endpoint == DATA_IN & 0x0F]:
            if not self.unread:
                return
            size = min(transfer.length, len(self.unread))
            self.waiting.remove(transfer)
            self._done(transfer, bytes(self.unread[:size]), 0)
            del self.unread[:size]

    def _done(self, transfer: Transfer, data: bytes | None, status: int) -> None:
        came = data if data is not None and transfer.direction == _IN else b""
        length = len(came) if transfer.direction == _IN else transfer.length
        self.to_host += _ANSWER.pack(_RET_SUBMIT, transfer.number, 0, 0, 0, status, length, 0, 0, 0) + came

    def _unlink(self, number: int, wanted: int) -> None:
        """The host takes a transfer back; one that is over already has been answered."""
        found = [one for one in self.waiting if one.number == wanted]
        for transfer in found:
            self.waiting.remove(transfer)
        self.to_host += _UNLINKED.pack(_RET_UNLINK, number, 0, 0, 0, -errno.ECONNRESET if found else 0)


def main(port: str, serial: str, line: str) -> None:
    """Be plugged in until killed."""
    ours, kernels = socket.socketpair()
    ATTACH.write_text(f"{port} {kernels.fileno()} {DEVICE_ID} {FULL_SPEED}", "ascii")
    kernels.close()
    terminal = opened(line)
    usb = UsbIp(CdcAcm(serial))
    told = ""
    while True:
        if told != usb.device.line_told:
            told = usb.device.line_told
            line_file(serial).write_text(told, "ascii")
        for ready in select.select([ours.fileno(), terminal], [], [])[0]:
            data = os.read(ready, READ_BYTES)
            if not data:
                return
            (usb.give if ready == terminal else usb.receive)(data)
        ours.sendall(bytes(usb.to_host))
        usb.to_host.clear()
        os.write(terminal, bytes(usb.device.written))
        usb.device.written.clear()


def line_file(serial: str) -> Path:
    """Where the device says what its line was set to."""
    return Path("/run", f"line-of-{serial}")


def opened(line: str) -> int:
    """A COM port of the machine for us alone, raw; what lies in it from before is thrown away."""
    file = os.open(line, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(file, fcntl.LOCK_EX)  # or `tillgate terminals --probe` would ask it, too
    tty.setraw(file)
    attributes = termios.tcgetattr(file)
    attributes[4] = attributes[5] = termios.B115200
    termios.tcsetattr(file, termios.TCSAFLUSH, attributes)
    return file


if __name__ == "__main__":
    main(*sys.argv[1:])
