from __future__ import annotations

import asyncio
import selectors
import socket
from collections.abc import Iterator

import pytest

from drivers.terminal import WireError
from drivers.wires.tcp import CONNECT_TIMEOUT_S, TcpWire

PAY = bytes.fromhex("06010A 04000000001010 490978")
POSITIVE = bytes.fromhex("800000")


@pytest.fixture
def terminal() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listener:
        yield listener


def wire_to(terminal: socket.socket) -> TcpWire:
    host, port = terminal.getsockname()
    return TcpWire(host, port)


async def readable(wire: TcpWire) -> None:
    heard = asyncio.Event()
    wire.on_readable(heard.set)
    await heard.wait()


def test_bytes_go_both_ways_through_the_given_memory(terminal: socket.socket) -> None:
    async def story() -> bytes:
        wire, block = wire_to(terminal), bytearray(64)
        await wire.open()
        with terminal.accept()[0] as till:
            assert wire.read_into(memoryview(block)) == 0
            assert wire.write(PAY) == len(PAY)
            assert till.recv(100) == PAY
            till.sendall(POSITIVE)
            await readable(wire)
            count = wire.read_into(memoryview(block)[10:])
        wire.close()
        wire.close()
        return bytes(block[10 : 10 + count])

    assert asyncio.run(story()) == POSITIVE


def test_small_messages_go_at_once_and_a_dead_terminal_is_found(terminal: socket.socket) -> None:
    async def story() -> None:
        wire = wire_to(terminal)
        await wire.open()
        connection = wire._open_socket()
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert not connection.getblocking()
        wire.close()

    asyncio.run(story())


def test_a_terminal_that_closes_is_an_error_and_not_an_endless_empty_read(terminal: socket.socket) -> None:
    async def story() -> None:
        wire = wire_to(terminal)
        await wire.open()
        terminal.accept()[0].close()
        await readable(wire)
        with pytest.raises(WireError, match=r"wires\.closed"):
            wire.read_into(memoryview(bytearray(16)))
        wire.close()
        with pytest.raises(WireError, match=r"wires\.broken"):
            wire.write(PAY)

    asyncio.run(story())


def test_a_terminal_that_reads_nothing_does_not_block(terminal: socket.socket) -> None:
    async def story() -> None:
        wire = wire_to(terminal)
        await wire.open()
        with terminal.accept()[0]:
            while wire.write(bytes(1 << 20)):
                pass
            wire.close()

    asyncio.run(story())


def test_a_second_opening_is_a_fresh_connection(terminal: socket.socket) -> None:
    async def story() -> None:
        wire = wire_to(terminal)
        await wire.open()
        with terminal.accept()[0] as first:
            await wire.open()
            assert first.recv(1) == b""
        with terminal.accept()[0] as second:
            wire.write(PAY)
            assert second.recv(100) == PAY
        wire.close()

    asyncio.run(story())


def test_nobody_there_says_what_to_do(terminal: socket.socket) -> None:
    wire = wire_to(terminal)
    terminal.close()
    with pytest.raises(WireError, match=r"wires\.unreachable"):
        asyncio.run(wire.open())


def test_a_terminal_that_never_answers_is_given_up() -> None:
    class Jump(selectors.SelectSelector):
        """Where a loop would wait for longer than a loopback takes, the clock jumps."""

        now = 0.0

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            ready = super().select(0.01)
            self.now += 0 if ready else timeout or 0
            return ready

    selector = Jump()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]  # simulated time
    # The kernel answers nobody once a listener that never accepts has its queue full.
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as deaf,
        socket.create_connection(deaf.getsockname()),
        pytest.raises(WireError, match=r"wires\.silent"),
    ):
        loop.run_until_complete(wire_to(deaf).open())
    assert selector.now >= CONNECT_TIMEOUT_S
    loop.close()


@pytest.mark.parametrize("host", ["terminal.local", "", "127.0.0.1:20007"])
def test_names_are_not_looked_up(host: str) -> None:
    with pytest.raises(WireError, match=r"wires\.no_address"):
        asyncio.run(TcpWire(host, 20007).open())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "224.0.0.1"])  # noqa: S104 - what must be refused
def test_addresses_of_many_are_refused(host: str) -> None:
    with pytest.raises(WireError, match=r"wires\.not_one_terminal"):
        asyncio.run(TcpWire(host, 20007).open())
