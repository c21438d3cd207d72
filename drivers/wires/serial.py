"""A serial port (or the pty of a simulator).

pyserial opens the port and sets the line. It does not read: every pyserial read leaves copies of the
bytes in memory. `os.readv` into the secret buffer leaves none.
"""

from __future__ import annotations

import asyncio
import errno
import os
import termios
from collections.abc import Callable
from typing import Final

import serial

from drivers.terminal import DriverFact, WireError
from drivers.wires.port_owner import UNKNOWN, owner_of

# ZVT's usual line (reference 2); both are settings, since some terminals differ.
DEFAULT_BAUD_RATE: Final = 9600
DEFAULT_STOP_BITS: Final = 2

_UNPLUGGED: Final = DriverFact("wires.unplugged")
_NO_PORT: Final = DriverFact("wires.no_port")
_FORBIDDEN: Final = DriverFact("wires.forbidden")
_IN_USE: Final = DriverFact("wires.in_use")
_NO_SERIAL_PORT: Final = DriverFact("wires.no_serial_port")


class SerialWire:
    """One port without flow control, locked for this process."""

    def __init__(
        self,
        device: str,
        baud_rate: int = DEFAULT_BAUD_RATE,
        stop_bits: int = DEFAULT_STOP_BITS,
        data_bits: int = 8,
        parity: str = "N",
    ) -> None:
        self._device = device
        self._baud_rate, self._stop_bits = baud_rate, stop_bits
        self._data_bits, self._parity = data_bits, parity
        self._port: serial.Serial | None = None
        self._file = -1
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self) -> None:
        self.close()
        try:
            self._port = serial.Serial(
                self._device,
                self._baud_rate,
                bytesize=self._data_bits,
                parity=self._parity,
                stopbits=self._stop_bits,
                timeout=0,
                write_timeout=0,
                exclusive=True,
            )
            self._file = self._port.fileno()
            _report_hang_up(self._file)
        except (OSError, ValueError, termios.error) as error:
            self.close()
            raise WireError(self._why(error)) from error

    def close(self) -> None:
        if self._loop is not None:
            self._loop.remove_reader(self._file)
            self._loop = None
        if self._port is not None:
            self._port.close()
            self._port = None
        self._file = -1

    def read_into(self, space: memoryview) -> int:
        try:
            count = os.readv(self._file, [space])
        except BlockingIOError:
            return 0
        except OSError as error:
            raise WireError(_UNPLUGGED) from error
        if count == 0 and len(space):
            raise WireError(_UNPLUGGED)
        return count

    def write(self, data: bytes) -> int:
        try:
            return os.write(self._file, data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise WireError(_UNPLUGGED) from error

    def on_readable(self, callback: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._file, callback)

    def _why(self, error: Exception) -> DriverFact:
        number = getattr(error, "errno", None)
        if number == errno.ENOENT:
            return _NO_PORT.about(device=self._device)
        if number in {errno.EACCES, errno.EPERM}:
            return _FORBIDDEN.about(device=self._device)
        if number in {errno.EBUSY, errno.EWOULDBLOCK}:
            user = owner_of(self._device) or UNKNOWN
            return _IN_USE.about(device=self._device, user=user)
        return _NO_SERIAL_PORT.about(device=self._device)


def _report_hang_up(file: int) -> None:
    """Make an empty read mean the end of the line; with pyserial's VMIN 0 it means "nothing now"."""
    attributes = termios.tcgetattr(file)
    attributes[6][termios.VMIN] = 1
    termios.tcsetattr(file, termios.TCSANOW, attributes)
