"""One quiet HTTP/1.1 server for the till's API and for the collector.

It uses uvicorn's h11 protocol (a parser in pure Python) without uvicorn's server. That server
wakes ten times a second, and a till that is idle all night should not. Here nothing happens
until a byte, a deadline or the stop event comes.

Every bound is a constant below; anything beyond one is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import h11
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from agent.api.peers import ClientWait, Peer, TcpPeer, UnixPeer, peer_of
from agent.texts import say

if TYPE_CHECKING:
    import ssl

# A shop has a handful of tills, each with one request and one event stream. The Unix socket, whose peers
# the kernel names, has slots of its own: nobody on a port takes them.
MAX_CONNECTIONS = 64
# Over TCP anybody can connect and say nothing. So many may wait for their first proven request; the
# next one takes the place of the oldest. A till shows its token at once.
MAX_UNPROVEN = 16
MAX_HEAD_BYTES = 16_384  # ours are below 1 KiB; h11 refuses a head that is longer
MAX_BODY_BYTES = 65_536  # the till's requests are below 2 KiB; the collector asks for more
REQUEST_SECONDS = 30.0  # from the connection, or the first byte, to the last byte of one request
KEEP_ALIVE_SECONDS = 75  # above the 60 s of a long poll, so that a till keeps its connection
HANDSHAKE_SECONDS = 10.0  # two round trips and a slow till
GOODBYE_SECONDS = 1.0  # everything was sent; only the other side's TLS close is still to come
STOP_SECONDS = 5.0  # requests may finish; systemd would kill after 90
BACKLOG = 64  # connections that the kernel may queue for us

_ABSOLUTE = re.compile(rb"http://(?P<address>[^/@]+)", re.IGNORECASE)

AsgiScope = MutableMapping[str, Any]
AsgiMessage = MutableMapping[str, Any]
AsgiReceive = Callable[[], Awaitable[AsgiMessage]]
AsgiSend = Callable[[AsgiMessage], Awaitable[None]]
AsgiApp = Callable[[AsgiScope, AsgiReceive, AsgiSend], Awaitable[None]]


Allow = Callable[[Peer], str | None]
# The form of this server's own refusals: from status and sentence to content type and body.
RefusalFormat = Callable[[int, str], tuple[bytes, bytes]]


def plain(_status: int, sentence: str) -> tuple[bytes, bytes]:
    """A refusal as one line of text."""
    return b"text/plain; charset=utf-8", sentence.encode() + b"\n"


async def serve(
    app: AsgiApp,
    *,
    sockets: Sequence[socket.socket],
    stop: asyncio.Event,
    ssl: ssl.SSLContext | None = None,
    allow: Allow = lambda _: None,
    max_body_bytes: int = MAX_BODY_BYTES,
    refusal_format: RefusalFormat = plain,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Serve `app` on listening `sockets` (Unix, inherited, TCP) until `stop` is set; then close them.

    `allow` sees the peer before a byte is read. It gives None, or the sentence that refuses the
    connection (403). The application finds the same peer in `scope["state"]["peer"]`, in
    `scope["state"]["wait"]` whether the client still waits, and each request's whole body in one
    message. It calls `scope["state"]["proven"]` when a client has proven more than its address.
    `refusal_format` gives the form of refusals that never reach the application (400, 403, 413).
    """
    guard = _ConnectionGuard(_Bounded(app, max_body_bytes, refusal_format), allow, refusal_format)
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(
            guard.protocol,
            sock=listener,
            backlog=BACKLOG,
            ssl=ssl,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if ssl else None,
            ssl_shutdown_timeout=GOODBYE_SECONDS if ssl else None,
        )
        for listener in sockets
    ]
    try:
        started()
        await stop.wait()
    finally:
        for server in servers:
            server.close()
        await guard.close()


def listen_tcp(host: str, port: int) -> socket.socket:
    """A listening TCP socket; port 0 takes any free one. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


class _ConnectionGuard:
    """Makes one protocol per connection and knows which are open."""

    def __init__(self, app: AsgiApp, allow: Allow, refusal_format: RefusalFormat) -> None:
        self.allow = allow
        self.refusal_format = refusal_format
        self.state = ServerState()
        self.empty = asyncio.Event()
        self.empty.set()
        # The connections of known and of unknown origin, and those that have proven nothing, oldest first.
        self._local: set[_Connection] = set()
        self._remote: set[_Connection] = set()
        self.unproven: dict[_Connection, None] = {}
        self._config = Config(
            app,
            http=_Connection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="error",  # a client's malformed request is answered, not logged
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        )
        self._config.load()

    def slots_of(self, peer: Peer) -> set[_Connection]:
        """The connections with which a new one shares its slots."""
        return self._local if isinstance(peer, UnixPeer) else self._remote

    def count_unproven(self, connection: _Connection, peer: Peer) -> None:
        """A client that proved only its address waits for its first proven request, for a while."""
        if not isinstance(peer, TcpPeer):
            return
        if len(self.unproven) >= MAX_UNPROVEN:
            oldest = next(iter(self.unproven))
            del self.unproven[oldest]
            oldest.transport.abort()
        self.unproven[connection] = None

    def protocol(self) -> asyncio.Protocol:
        return _Connection(self, self._config)

    async def close(self) -> None:
        """Cut what is idle, let requests finish for `STOP_SECONDS`, then cut them too."""
        for connection in list(self.state.connections):
            if _is_idle(connection):
                connection.transport.abort()
            else:
                connection.shutdown()
        await self._until_empty(STOP_SECONDS)
        for connection in list(self.state.connections):
            connection.transport.abort()
        await self._until_empty(STOP_SECONDS)
        tasks = list(self.state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _until_empty(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.empty.wait(), seconds)


def _is_idle(connection: Any) -> bool:
    """Whether no request is open and no byte is left to send, on any of uvicorn's protocols."""
    answered = connection.cycle is None or connection.cycle.response_complete
    return answered and not connection.transport.get_write_buffer_size()


class _Connection(H11Protocol):
    """uvicorn's connection with a guard, a deadline for each request and no growth."""

    def __init__(self, guard: _ConnectionGuard, config: Config) -> None:
        super().__init__(config, guard.state, {})
        self._guard = guard
        self._slots: set[_Connection] = set()
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn says BaseTransport
        super().connection_made(transport)
        self._guard.empty.clear()
        peer = peer_of(transport)
        self._slots = self._guard.slots_of(peer)
        if len(self._slots) >= MAX_CONNECTIONS:
            transport.abort()
            return
        self._slots.add(self)
        refusal = self._guard.allow(peer)
        if refusal is None:
            proven = partial(self._guard.unproven.pop, self, None)
            self.app_state = {"peer": peer, "wait": ClientWait(self._socket()), "proven": proven}
            self._guard.count_unproven(self, peer)
            self._arm()
        else:
            self._refuse(b"403 Forbidden", refusal)

    def _socket(self) -> socket.socket:
        connection: socket.socket = self.transport.get_extra_info("socket")
        return connection

    def send_400_response(self, msg: str) -> None:
        """Called by uvicorn when the bytes are not HTTP."""
        self._refuse(b"400 Bad Request", msg)

    def _refuse(self, status: bytes, sentence: str) -> None:
        content_type, body = self._guard.refusal_format(int(status[:3]), sentence)
        head = b"HTTP/1.1 %s\r\ncontent-type: %s\r\ncontent-length: %d" % (status, content_type, len(body))
        self.transport.write(head + b"\r\nconnection: close\r\n\r\n" + body)
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]:
            data = data.lstrip(b"\r\n")  # RFC 9112, section 2.2: empty lines before a request are nothing
            if not data:
                return
        if self.conn.their_state is h11.IDLE:
            self.app_state["wait"] = ClientWait(self._socket())  # a new request; scopes have a copy
        super().data_received(data)
        # IDLE in h11 means here that a head has begun: its first byte ended the keep-alive timer.
        if self.conn.their_state in {h11.IDLE, h11.SEND_BODY}:
            self._arm()
        else:
            self._disarm()

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn says None, which is False
        """The client sends no more. One that only said so gets its answer; one that has gone needs none."""
        if self.cycle is None or self.cycle.more_body or self.cycle.response_complete:
            return False
        if self.transport.get_extra_info("ssl_object") or self.app_state["wait"].gone():
            return False
        self.cycle.keep_alive = False
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        self._slots.discard(self)
        self._guard.unproven.pop(self, None)
        self._unset_keepalive_if_required()
        super().connection_lost(exc)
        if not self.connections:
            self._guard.empty.set()

    def _arm(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Bounded:
    """Reads the whole body, up to a bound, before the application is called."""

    def __init__(self, app: AsgiApp, max_body_bytes: int, refusal_format: RefusalFormat) -> None:
        self._app = app
        self._refusal_format = refusal_format
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        try:
            body = await self._read(scope, receive)
        except _TooLongError:
            too_long = say("api.body_too_long", limit=self._max_body_bytes)
            await _answer(send, 413, *self._refusal_format(413, too_long))
            return
        if body is None:
            return
        _take_origin_form(scope)
        # The guard cancels a request only after its connection is gone: nobody is left to be told.
        with contextlib.suppress(asyncio.CancelledError):
            await self._app(scope, _once(body, receive), send)

    async def _read(self, scope: AsgiScope, receive: AsgiReceive) -> bytes | None:
        """The body; None when the client went away."""
        lengths = [int(value) for name, value in scope["headers"] if name == b"content-length"]
        if any(length > self._max_body_bytes for length in lengths):
            raise _TooLongError
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            body += message["body"]
            if len(body) > self._max_body_bytes:
                raise _TooLongError
            if not message["more_body"]:
                return bytes(body)


class _TooLongError(Exception):
    """A body exceeds its bound."""


def _take_origin_form(scope: AsgiScope) -> None:
    """Read a target in absolute form as the address and path that it names.

    A client that was told of a proxy sends it. The address then stands for the `Host` header: RFC 9112,
    section 3.2.2.
    """
    found = _ABSOLUTE.match(scope["raw_path"])
    if found is None:
        return
    scope["raw_path"] = scope["raw_path"][found.end() :] or b"/"
    scope["path"] = unquote(scope["raw_path"])
    others = [(name, value) for name, value in scope["headers"] if name != b"host"]
    scope["headers"] = [(b"host", found["address"]), *others]


def _once(body: bytes, receive: AsgiReceive) -> AsgiReceive:
    """The body in one message, then the messages of the connection (that the client left)."""
    given = False

    async def next_message() -> AsgiMessage:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message


async def _answer(send: AsgiSend, status: int, content_type: bytes, body: bytes) -> None:
    headers = [
        (b"content-type", content_type),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
