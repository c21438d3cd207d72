"""A serial port (or the pty of a simulator).

pyserial opens the port and sets the line. It does not read: every pyserial read leaves copies of the
bytes in memory. `os.readv` into the secret buffer leaves none.

The kernel may hold up whoever opens or closes a port: a device that hangs takes 30 s to be closed, for so
long Linux waits for bytes that it does not take. So both happen in a thread, and the loop that serves all
tills and terminals goes on.
"""

from __future__ import annotations

import asyncio
import errno
import os
import termios
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import serial

from drivers.terminal import DriverFact, WireError
from drivers.wires.port_owner import UNKNOWN, owner_of

# ZVT's usual line (reference 2); both are settings, since some terminals differ.
DEFAULT_BAUD_RATE: Final = 9600
DEFAULT_STOP_BITS: Final = 2

# Linux waits 30 s at most for the bytes of a port that is closed (closing_wait); then the port is free.
CLOSING_S: Final = 40.0
# A port that is there opens in milliseconds. One that hangs is tried again later.
OPENING_S: Final = 5.0

_HANGS: Final = DriverFact("wires.hangs")
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
        opening = _Opening(self._device, self._open_port)
        try:
            async with asyncio.timeout(OPENING_S):
                await asyncio.shield(opening.done)
        except TimeoutError:
            opening.abandon()
            raise WireError(_HANGS.about(device=self._device)) from None
        except asyncio.CancelledError:
            opening.abandon()
            raise
        except (OSError, ValueError, termios.error) as error:
            raise WireError(self._why(error)) from error
        self._port = opening.done.result()
        self._file = self._port.fileno()

    def _open_port(self) -> serial.Serial:
        """Runs in a thread."""
        _wait_until_closed(self._device)
        port = serial.Serial(
            self._device,
            self._baud_rate,
            bytesize=self._data_bits,
            parity=self._parity,
            stopbits=self._stop_bits,
            timeout=0,
            write_timeout=0,
            exclusive=True,
        )
        try:
            _report_hang_up(port.fileno())
        except termios.error:
            _close_aside(self._device, port)
            raise
        return port

    def close(self) -> None:
        """Let go of it; the port is free a moment later, and `open` waits for that."""
        if self._loop is not None:
            self._loop.remove_reader(self._file)
            self._loop = None
        if self._port is not None:
            _close_aside(self._device, self._port)
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
        if number == errno.ETIMEDOUT:
            return _HANGS.about(device=self._device)
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


class _Opening:
    """A port that is being opened by a thread. `done` gets it, or what went wrong."""

    def __init__(self, device: str, open_port: Callable[[], serial.Serial]) -> None:
        self._loop = asyncio.get_running_loop()
        self.done: asyncio.Future[serial.Serial] = self._loop.create_future()
        self._device = device
        self._lock = threading.Lock()
        self._port: serial.Serial | None = None
        self._wanted = True
        with _closing_lock:
            turn = _turns.setdefault(device, threading.Lock())
        threading.Thread(target=self._run, args=(open_port, turn), daemon=True).start()

    def abandon(self) -> None:
        """Nobody waits any more: if it opens after all it is closed again."""
        with self._lock:
            self._wanted = False
            if self._port is not None:
                _close_aside(self._device, self._port)
        self.done.cancel()

    def _run(self, open_port: Callable[[], serial.Serial], turn: threading.Lock) -> None:
        with turn:
            try:
                port = open_port()
            except Exception as error:  # noqa: BLE001 - it is raised where `open` waits
                self._tell(self._failed, error)
                return
            with self._lock:
                self._port = port
                if not (self._wanted and self._tell(self._opened, port)):
                    _close_aside(self._device, port)

    def _tell(self, how: Callable[..., None], what: object) -> bool:
        """False if the loop is gone."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(how, what)
            return True
        return False

    def _opened(self, port: serial.Serial) -> None:
        if not self.done.done():
            self.done.set_result(port)

    def _failed(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


# Who wants the same port opens it one after the other: an abandoned opening is over first.
_turns: Final[dict[str, threading.Lock]] = {}
# The threads that close a port, by its name: two wires to one port follow each other.
_closing: dict[str, threading.Thread] = {}
_closing_lock: Final = threading.Lock()


def _close_aside(device: str, port: serial.Serial) -> None:
    """Close a port in a thread. What the device did not take yet is dropped first: nobody reads an answer."""
    with suppress(OSError, termios.error):
        termios.tcflush(port.fileno(), termios.TCIOFLUSH)
    thread = threading.Thread(target=_close, args=(device, port), daemon=True)
    with _closing_lock:
        _closing[device] = thread
        thread.start()


def _close(device: str, port: serial.Serial) -> None:
    with suppress(OSError):
        port.close()
    with _closing_lock:
        if _closing.get(device) is threading.current_thread():
            del _closing[device]


def _wait_until_closed(device: str) -> None:
    """Runs in a thread. A port that does not let go is an OSError, as a busy one is."""
    with _closing_lock:
        closing = _closing.get(device)
    if closing is not None:
        closing.join(CLOSING_S)
        if closing.is_alive():
            raise OSError(errno.ETIMEDOUT, device)
