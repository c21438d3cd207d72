"""A terminal on the network: one connection to exactly the configured address."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from drivers.terminal import DriverFact, WireError

# A terminal on the same switch answers in milliseconds; one that takes longer is off or elsewhere.
CONNECT_TIMEOUT_S: Final = 5.0
# A terminal that lost its power says nothing. The kernel asks after 30 s and gives up after three
# questions. That takes less than a minute and does not wake the agent.
KEEPALIVE_IDLE_S: Final = 30
KEEPALIVE_INTERVAL_S: Final = 10
KEEPALIVE_PROBES: Final = 3

_CLOSED: Final = DriverFact("wires.closed")
_BROKEN: Final = DriverFact("wires.broken")
_SILENT: Final = DriverFact("wires.silent")
_UNREACHABLE: Final = DriverFact("wires.unreachable")
_NO_ADDRESS: Final = DriverFact("wires.no_address")
_NOT_ONE_TERMINAL: Final = DriverFact("wires.not_one_terminal")


class TcpWire:
    """One socket to one terminal. Names are not looked up: the agent has no network but this address."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._socket: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self) -> None:
        self.close()
        address = self._address()
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            _prepare(connection)
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await asyncio.get_running_loop().sock_connect(connection, (str(address), self._port))
        except TimeoutError as error:
            connection.close()
            raise WireError(self._why(_SILENT)) from error
        except OSError as error:
            connection.close()
            raise WireError(self._why(_UNREACHABLE)) from error
        except BaseException:
            connection.close()
            raise
        self._socket = connection

    def close(self) -> None:
        if self._socket is None:
            return
        if self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._loop = None
        self._socket.close()
        self._socket = None

    def read_into(self, space: memoryview) -> int:
        try:
            count = self._open_socket().recv_into(space)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise WireError(_BROKEN) from error
        if count == 0 and len(space):
            raise WireError(_CLOSED)
        return count

    def write(self, data: bytes) -> int:
        try:
            return self._open_socket().send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise WireError(_BROKEN) from error

    def on_readable(self, callback: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._open_socket().fileno(), callback)

    def _open_socket(self) -> socket.socket:
        if self._socket is None:
            raise WireError(_BROKEN)
        return self._socket

    def _address(self) -> IPv4Address | IPv6Address:
        try:
            address = ip_address(self._host)
        except ValueError:
            raise WireError(_NO_ADDRESS.about(host=self._host)) from None
        if address.is_unspecified or address.is_multicast:
            raise WireError(_NOT_ONE_TERMINAL.about(host=self._host))
        return address

    def _why(self, fact: DriverFact) -> DriverFact:
        return fact.about(host=self._host, port=self._port)


def _prepare(connection: socket.socket) -> None:
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_PROBES)
