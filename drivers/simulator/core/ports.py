"""Where the simulated terminal is plugged in: a pty that looks like a serial port, or a TCP port."""

from __future__ import annotations

import contextlib
import os
import socket
import tty
from pathlib import Path
from typing import Final, Protocol

# One read; a frame is rarely longer, and the rest comes with the next one.
READ_BYTES: Final = 4096
# What nobody reads is lost, as on a real line. Two of the longest frames, so that a slow reader loses none.
MAX_UNREAD_BYTES: Final = 1 << 19


class Port(Protocol):
    """A place that a till can open, any number of times."""

    @property
    def name(self) -> str:
        """Where a till finds it."""

    def open(self) -> None:
        """Be there. Raises OSError."""

    def close(self) -> None:
        """Be gone; `open` brings it back under the same name."""

    def files(self) -> list[int]:
        """What to wait for."""

    def full(self) -> list[int]:
        """What to wait for until more can be written."""

    def arrived(self) -> bool:
        """Let a waiting till in; True when a fresh connection was made."""

    def read(self) -> bytes:
        """What has come; empty when there is nothing."""

    def write(self, data: bytes) -> None:
        """Send as much as can go out now, and the rest with the next call."""


class PtyPort:
    """A pseudo terminal in raw mode, with a link to the end that a till opens.

    Our own descriptor of that end stays open: without it the pty would hang up
    whenever a till closes it, and a serial port does not do that.
    """

    def __init__(self, link: Path) -> None:
        self._link = link
        self._master = self._slave = -1
        self._unwritten = b""

    @property
    def name(self) -> str:
        return str(self._link)

    def open(self) -> None:
        if self._link.exists() and not self._link.is_symlink():
            raise FileExistsError(f"{self._link} exists and is not a link; name another place")
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        fresh = self._link.with_name(self._link.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.replace(self._link)

    def close(self) -> None:
        if self._master < 0:
            return
        with contextlib.suppress(OSError):
            if self._link.readlink() == Path(os.ttyname(self._slave)):
                self._link.unlink()
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1
        self._unwritten = b""

    def files(self) -> list[int]:
        return [self._master] if self._master >= 0 else []

    def full(self) -> list[int]:
        return self.files() if self._unwritten else []

    def arrived(self) -> bool:
        return False  # a serial port does not tell

    def read(self) -> bytes:
        try:
            return os.read(self._master, READ_BYTES)
        except BlockingIOError:
            return b""

    def write(self, data: bytes) -> None:
        self._unwritten = (self._unwritten + data)[-MAX_UNREAD_BYTES:]
        with contextlib.suppress(BlockingIOError):
            while self._unwritten:
                self._unwritten = self._unwritten[os.write(self._master, self._unwritten) :]


class TcpPort:
    """A listening socket; the newest connection is the till's, an older one is closed."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._listener: socket.socket | None = None
        self._till: socket.socket | None = None
        self._unwritten = b""

    @property
    def name(self) -> str:
        return "{}:{}".format(*self._address)

    def open(self) -> None:
        self._listener = socket.create_server(self._address, backlog=1)
        self._listener.setblocking(False)
        self._address = self._listener.getsockname()[:2]  # port 0 has become a real one

    def close(self) -> None:
        self._drop()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def files(self) -> list[int]:
        return [each.fileno() for each in (self._listener, self._till) if each is not None]

    def full(self) -> list[int]:
        return [self._till.fileno()] if self._till is not None and self._unwritten else []

    def arrived(self) -> bool:
        if self._listener is None:
            return False
        try:
            fresh, _ = self._listener.accept()
        except BlockingIOError:
            return False
        self._drop()
        fresh.setblocking(False)
        self._till = fresh
        return True

    def read(self) -> bytes:
        if self._till is None:
            return b""
        try:
            data = self._till.recv(READ_BYTES)
        except BlockingIOError:
            return b""
        except ConnectionError:
            data = b""
        if not data:
            self._drop()
        return data

    def write(self, data: bytes) -> None:
        if self._till is None:
            return
        self._unwritten = (self._unwritten + data)[-MAX_UNREAD_BYTES:]
        try:
            while self._unwritten:
                self._unwritten = self._unwritten[self._till.send(self._unwritten) :]
        except BlockingIOError:
            pass
        except ConnectionError:
            self._drop()

    def _drop(self) -> None:
        if self._till is not None:
            self._till.close()
            self._till = None
        self._unwritten = b""
