"""A port whose device hangs: it costs its own terminal its time, and nobody else a moment."""

from __future__ import annotations

import asyncio
import os
import pty
import threading
from collections.abc import Iterator

import pytest
import serial

from drivers.terminal import WireError
from drivers.wires import serial as wires
from drivers.wires.serial import SerialWire


class Hung:
    """A port that stands still in the kernel until it is let go."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.let_go = threading.Event()

    def wait(self) -> None:
        self.reached.set()
        assert self.let_go.wait(30), "nobody let the port go"


@pytest.fixture
def ports() -> Iterator[tuple[tuple[int, str], tuple[int, str]]]:
    """Two cables: the terminal's ends and the names of the till's."""
    pairs = []
    for _ in range(2):
        terminal, till = pty.openpty()
        pairs.append((terminal, os.ttyname(till)))
        os.close(till)
    yield pairs[0], pairs[1]
    for terminal, _name in pairs:
        os.close(terminal)


@pytest.fixture
def hung(monkeypatch: pytest.MonkeyPatch, ports: tuple[tuple[int, str], tuple[int, str]]) -> Iterator[Hung]:
    """The first port hangs whenever it is closed."""
    hang, close = Hung(), serial.Serial.close

    def slow(port: serial.Serial) -> None:
        if port.is_open and port.port == ports[0][1]:
            hang.wait()
        close(port)

    monkeypatch.setattr(serial.Serial, "close", slow)
    yield hang
    hang.let_go.set()
    for thread in list(wires._closing.values()):
        thread.join()


async def passes_bytes(wire: SerialWire, terminal: int) -> bool:
    """Whether a byte of the terminal reaches the till."""
    os.write(terminal, b"\x06")
    heard = asyncio.Event()
    wire.on_readable(heard.set)
    await heard.wait()
    return wire.read_into(memoryview(bytearray(4))) == 1


async def reached(event: threading.Event) -> None:
    """Let the loop go on until a thread is there."""
    await asyncio.to_thread(event.wait)


@pytest.mark.case("other/11")
def test_while_a_hung_port_is_closed_the_other_terminal_is_heard(
    ports: tuple[tuple[int, str], tuple[int, str]], hung: Hung
) -> None:
    async def story() -> None:
        bad, good = SerialWire(ports[0][1]), SerialWire(ports[1][1])
        await bad.open()
        await good.open()
        bad.close()
        await reached(hung.reached)
        assert await passes_bytes(good, ports[1][0])
        good.close()

    asyncio.run(story())


@pytest.mark.case("other/11")
def test_a_port_that_is_still_being_closed_is_opened_again_once_it_is_free(
    ports: tuple[tuple[int, str], tuple[int, str]], hung: Hung
) -> None:
    async def story() -> None:
        wire, again = SerialWire(ports[0][1]), SerialWire(ports[0][1])
        await wire.open()
        wire.close()
        await reached(hung.reached)
        opening = asyncio.ensure_future(again.open())
        await asyncio.sleep(0)
        assert not opening.done()
        hung.let_go.set()
        await opening
        assert await passes_bytes(again, ports[0][0])
        again.close()

    asyncio.run(story())


@pytest.mark.case("other/11")
def test_a_port_that_does_not_let_go_is_told_and_opened_by_nobody_afterwards(
    ports: tuple[tuple[int, str], tuple[int, str]], hung: Hung, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wires, "OPENING_S", 0.01)

    async def story() -> None:
        wire = SerialWire(ports[0][1])
        await wire.open()
        wire.close()
        await reached(hung.reached)
        with pytest.raises(WireError, match=r"wires\.hangs"):
            await wire.open()
        hung.let_go.set()

    asyncio.run(story())
    while threads := [thread for thread in threading.enumerate() if thread.daemon]:
        for thread in threads:
            thread.join()
    other = SerialWire(ports[0][1])
    monkeypatch.setattr(wires, "OPENING_S", 5.0)

    async def free() -> None:
        await other.open()
        other.close()

    asyncio.run(free())


def test_an_opening_that_is_cancelled_leaves_the_port_free(
    ports: tuple[tuple[int, str], tuple[int, str]],
) -> None:
    async def story() -> None:
        opening = asyncio.ensure_future(SerialWire(ports[0][1]).open())
        await asyncio.sleep(0)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        wire = SerialWire(ports[0][1])
        await wire.open()
        wire.close()

    asyncio.run(story())
