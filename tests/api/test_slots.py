"""Nobody who proves nothing keeps a till out: slots go by what the kernel or a token says of a client."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.api import server as httpd
from agent.api.access import AccessList
from agent.api.app import serve
from agent.api.sockets import bind
from tests.conftest import SceneService, read_reply

TOKEN = b"t" * 32
STATUS = b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n"


class BothWays:
    """The API on a Unix socket and on a port."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.port = httpd.listen_tcp("127.0.0.1", 0)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(10)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        access = AccessList(frozenset({0}), frozenset(), TOKEN)
        sockets = [bind(self.path, None), self.port]
        await serve(SceneService(), access, sockets, self._stop, lambda _error: None, self._ready.set)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)

    def by_port(self) -> socket.socket:
        connection = socket.create_connection(self.port.getsockname(), timeout=20)
        connection.settimeout(20)
        return connection

    def status(self, connection: socket.socket, more: bytes = b"") -> int:
        connection.sendall(STATUS + more + b"\r\n")
        return read_reply(connection, "GET").status


@pytest.fixture
def both(tmp_path: Path) -> Iterator[BothWays]:
    served = BothWays(tmp_path / "till.sock")
    yield served
    served.close()


BEARER = b"Authorization: Bearer " + TOKEN + b"\r\n"


def test_silent_clients_on_the_port_keep_no_till_out(both: BothWays) -> None:
    silent = [both.by_port() for _ in range(100)]
    with socket.socket(socket.AF_UNIX) as till:
        till.settimeout(20)
        till.connect(str(both.path))
        assert both.status(till) == 200
    with both.by_port() as till:
        assert both.status(till, BEARER) == 200
    for connection in silent:
        connection.close()


def test_who_has_shown_a_token_is_not_put_out_by_silent_ones(both: BothWays) -> None:
    with both.by_port() as till:
        assert both.status(till, BEARER) == 200
        silent = [both.by_port() for _ in range(100)]
        assert both.status(till, BEARER) == 200
    for connection in silent:
        connection.close()


def test_a_wrong_token_proves_nothing(both: BothWays) -> None:
    with both.by_port() as guesser:
        assert both.status(guesser, b"Authorization: Bearer wrong\r\n") == 401
        silent = [both.by_port() for _ in range(httpd.MAX_UNPROVEN)]
        assert guesser.recv(1) == b""
    for connection in silent:
        connection.close()
