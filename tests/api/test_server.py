"""The quiet server: who connects, what is bounded, how it stops, and that it sleeps."""

from __future__ import annotations

import asyncio
import os
import selectors
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.api import server as httpd
from agent.api.peers import Peer, UnixPeer

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def echo(scope: httpd.AsgiScope, receive: httpd.AsgiReceive, send: httpd.AsgiSend) -> None:
    message = await receive()
    peer = scope["state"]["peer"]
    body = message["body"] + f" from {type(peer).__name__} {getattr(peer, 'pid', 0)}".encode()
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def stream_without_end(
    _scope: httpd.AsgiScope, receive: httpd.AsgiReceive, send: httpd.AsgiSend
) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"first", "more_body": True})
    await asyncio.Event().wait()


@asynccontextmanager
async def served(
    folder: Path, app: httpd.AsgiApp, allow: httpd.Allow = lambda _: None, max_body_bytes: int = 100
) -> AsyncIterator[Callable[[], Awaitable[Streams]]]:
    path = folder / "api"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    stop, ready = asyncio.Event(), asyncio.Event()
    server = asyncio.create_task(
        httpd.serve(
            app,
            sockets=[listener],
            stop=stop,
            allow=allow,
            max_body_bytes=max_body_bytes,
            started=ready.set,
        )
    )
    await ready.wait()
    writers: list[asyncio.StreamWriter] = []

    async def connect() -> Streams:
        reader, writer = await asyncio.open_unix_connection(path)
        writers.append(writer)
        return reader, writer

    try:
        yield connect
    finally:
        stop.set()
        await server
        for writer in writers:
            writer.close()


async def answer(streams: Streams, request: bytes) -> bytes:
    reader, writer = streams
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head + await reader.readexactly(length)


def post(body: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\nhost: api\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def test_application_sees_the_whole_body_and_which_process_knocked(tmp_path: Path) -> None:
    async def scene() -> bytes:
        async with served(tmp_path, echo) as connect:
            return await answer(await connect(), post(b"hello"))

    reply = asyncio.run(scene())
    assert reply.endswith(b"hello from UnixPeer %d" % os.getpid())
    assert b"server:" not in reply.lower()
    assert b"date:" not in reply.lower()


def test_unix_peer_carries_user_and_all_groups(tmp_path: Path) -> None:
    seen: list[Peer] = []

    def allow(peer: Peer) -> str | None:
        seen.append(peer)
        return None

    async def scene() -> None:
        async with served(tmp_path, echo, allow) as connect:
            await answer(await connect(), post(b""))

    asyncio.run(scene())
    (peer,) = seen
    assert isinstance(peer, UnixPeer)
    assert (peer.uid, peer.gid) == (os.getuid(), os.getgid())
    assert peer.groups == frozenset({os.getgid(), *os.getgroups()})


def test_refused_peer_is_told_why_before_it_says_a_word(tmp_path: Path) -> None:
    async def scene() -> bytes:
        async with served(tmp_path, echo, lambda _: "Only the group till may connect.") as connect:
            reader, _ = await connect()
            return await reader.read()

    reply = asyncio.run(scene())
    assert reply.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert reply.endswith(b"Only the group till may connect.\n")


def test_one_connection_carries_several_requests(tmp_path: Path) -> None:
    async def scene() -> list[bytes]:
        async with served(tmp_path, echo) as connect:
            streams = await connect()
            return [await answer(streams, post(b"%d" % turn)) for turn in range(3)]

    assert [reply.split(b"\r\n\r\n")[1][:1] for reply in asyncio.run(scene())] == [b"0", b"1", b"2"]


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
def test_body_over_the_bound_is_413(tmp_path: Path, declared: bool) -> None:
    body = b"x" * 101
    chunked = (
        b"POST / HTTP/1.1\r\nhost: d\r\ntransfer-encoding: chunked\r\n\r\n65\r\n" + body + b"\r\n0\r\n\r\n"
    )

    async def scene() -> bytes:
        async with served(tmp_path, echo) as connect:
            return await answer(await connect(), post(body) if declared else chunked)

    assert asyncio.run(scene()).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nx: " + b"y" * httpd.MAX_HEAD_BYTES + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: d\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: d\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    ],
    ids=["endless head", "a TLS hello", "no host", "negative length", "two lengths"],
)
def test_what_is_not_http_is_answered_400_and_closed(tmp_path: Path, head: bytes) -> None:
    async def scene() -> bytes:
        async with served(tmp_path, echo) as connect:
            reader, writer = await connect()
            writer.write(head)
            return await reader.read()

    assert asyncio.run(scene()).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "half", [b"", b"POST / HT", post(b"hello")[:-1]], ids=["nothing", "half a head", "half a body"]
)
def test_slow_request_is_cut(tmp_path: Path, half: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpd, "REQUEST_SECONDS", 0.01)

    async def scene() -> bytes:
        async with served(tmp_path, echo) as connect:
            reader, writer = await connect()
            writer.write(half)
            return await reader.read()

    assert asyncio.run(scene()) == b""


def test_slow_second_request_on_a_kept_connection_is_cut_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> bytes:
        async with served(tmp_path, echo) as connect:
            reader, writer = await connect()
            await answer((reader, writer), post(b"first"))
            monkeypatch.setattr(httpd, "REQUEST_SECONDS", 0.01)
            writer.write(b"P")
            return await reader.read()

    assert asyncio.run(scene()) == b""


def test_connections_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpd, "MAX_CONNECTIONS", 2)

    async def scene() -> tuple[bytes, bytes]:
        async with served(tmp_path, echo) as connect:
            held = [await connect(), await connect()]
            for streams in held:
                await answer(streams, post(b"held"))
            surplus, _ = await connect()
            return await surplus.read(), await answer(held[0], post(b"still here"))

    surplus, held = asyncio.run(scene())
    assert surplus == b""
    assert b"still here" in held


def test_stop_ends_a_stream_that_would_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpd, "STOP_SECONDS", 0.01)

    async def scene() -> None:
        async with served(tmp_path, stream_without_end) as connect:
            reader, writer = await connect()
            writer.write(post(b""))
            assert await reader.readuntil(b"first")

    asyncio.run(scene())


def test_client_that_leaves_in_the_middle_of_a_body_never_reaches_the_application(tmp_path: Path) -> None:
    calls: list[bytes] = []

    async def app(scope: httpd.AsgiScope, receive: httpd.AsgiReceive, send: httpd.AsgiSend) -> None:
        calls.append(scope["raw_path"])
        await echo(scope, receive, send)

    async def scene() -> None:
        async with served(tmp_path, app) as connect:
            _, writer = await connect()
            writer.write(post(b"hello")[:-2])
            writer.close()
            await writer.wait_closed()
            await answer(await connect(), b"GET /after HTTP/1.1\r\nhost: d\r\n\r\n")

    asyncio.run(scene())
    assert calls == [b"/after"]


class CountingSelector(selectors.DefaultSelector):
    waits: list[float | None]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.waits.append(timeout)
        return super().select(timeout)


def test_nothing_wakes_an_idle_server(tmp_path: Path) -> None:
    selector = CountingSelector()
    selector.waits = []
    loop = asyncio.SelectorEventLoop(selector)

    async def scene() -> list[float | None]:
        async with served(tmp_path, echo) as connect:
            reader, writer = await connect()
            await answer((reader, writer), post(b"hello"))
            writer.close()
            await writer.wait_closed()
            # A thread asks for the next wait: had the server a tick, its wait would be short.
            del selector.waits[:]
            await loop.run_in_executor(None, lambda: None)
            return list(selector.waits)

    try:
        waits = loop.run_until_complete(scene())
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    assert all(wait is None or wait == 0 or wait > 1 for wait in waits)
