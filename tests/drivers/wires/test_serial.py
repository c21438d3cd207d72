from __future__ import annotations

import asyncio
import errno
import os
import pty
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.card.card import SecretBuffer
from drivers.terminal import WireError
from drivers.wires.serial import SerialWire
from drivers.zvt.frame import encode_frame
from drivers.zvt.line import ZvtSerialLine

PAY = bytes.fromhex("06010A 04000000001010 490978")
POSITIVE = bytes.fromhex("800000")


@pytest.fixture
def cable() -> Iterator[tuple[int, str]]:
    """The terminal's end of a pty and the name of the till's end."""
    terminal, till = pty.openpty()
    name = os.ttyname(till)
    os.close(till)
    yield terminal, name
    try:
        os.close(terminal)
    except OSError as error:
        assert error.errno == errno.EBADF  # noqa: PT017 - a test pulled the plug


async def readable(wire: SerialWire) -> None:
    heard = asyncio.Event()
    wire.on_readable(heard.set)
    await heard.wait()


def test_frames_go_both_ways_through_the_given_memory(cable: tuple[int, str]) -> None:
    terminal, name = cable
    buffer = SecretBuffer(4096)
    line = ZvtSerialLine(buffer)

    async def story() -> list[bytes]:
        wire = SerialWire(name)
        await wire.open()
        assert wire.read_into(buffer.space()) == 0
        line.send(PAY, 0.0)
        assert wire.write(line.bytes_to_send()) == len(encode_frame(PAY))
        assert os.read(terminal, 100) == encode_frame(PAY)
        os.write(terminal, b"\x06" + encode_frame(POSITIVE))
        heard: list[bytes] = []
        while not heard:
            await readable(wire)
            buffer.filled(wire.read_into(buffer.space()))
            heard += [bytes(apdu) for apdu in line.receive(0.0)]
        wire.close()
        wire.close()
        return heard

    assert asyncio.run(story()) == [POSITIVE]
    assert line.idle
    buffer.close()


@pytest.mark.parametrize("stop_bits", [1, 2])
def test_the_line_is_set_as_the_reference_says(cable: tuple[int, str], stop_bits: int) -> None:
    async def story() -> None:
        wire = SerialWire(cable[1], 115_200, stop_bits)
        await wire.open()
        port = os.open(cable[1], os.O_RDWR | os.O_NOCTTY)
        inputs, outputs, control, local, speed, _, _ = termios.tcgetattr(port)
        os.close(port)
        wire.close()
        assert speed == termios.B115200
        # A pty forces 8 bits and no parity by itself; the rest is ours.
        assert control & termios.CSIZE == termios.CS8
        assert not control & (termios.PARENB | termios.CRTSCTS)
        assert bool(control & termios.CSTOPB) == (stop_bits == 2)
        assert not inputs & (termios.IXON | termios.IXOFF | termios.ICRNL | termios.ISTRIP)
        assert not outputs & termios.OPOST
        assert not local & (termios.ICANON | termios.ECHO | termios.ISIG)

    asyncio.run(story())


def test_every_byte_value_passes_unchanged(cable: tuple[int, str]) -> None:
    async def story() -> bytes:
        wire, got, block = SerialWire(cable[1]), b"", bytearray(512)
        await wire.open()
        os.write(cable[0], bytes(range(256)))
        while len(got) < 256:
            await readable(wire)
            count = wire.read_into(memoryview(block))
            got += block[:count]
        wire.close()
        return got

    assert asyncio.run(story()) == bytes(range(256))


def test_a_pulled_plug_is_an_error_and_not_an_endless_empty_read(cable: tuple[int, str]) -> None:
    async def story() -> None:
        wire = SerialWire(cable[1])
        await wire.open()
        os.close(cable[0])
        await readable(wire)
        with pytest.raises(WireError, match=r"wires\.unplugged"):
            wire.read_into(memoryview(bytearray(16)))
        with pytest.raises(WireError, match=r"wires\.unplugged"):
            wire.write(POSITIVE)
        wire.close()

    asyncio.run(story())


def test_a_line_that_takes_no_more_bytes_does_not_block(cable: tuple[int, str]) -> None:
    async def story() -> None:
        wire = SerialWire(cable[1])
        await wire.open()
        flood = bytes(65_536)
        assert 0 < wire.write(flood) < len(flood)
        while wire.write(flood):
            pass
        wire.close()

    asyncio.run(story())


def test_a_port_in_use_names_its_holder(cable: tuple[int, str]) -> None:
    async def story() -> None:
        first, second = SerialWire(cable[1]), SerialWire(cable[1])
        await first.open()
        with pytest.raises(WireError, match=rf"wires\.in_use.*\(process {os.getpid()}\)"):
            await second.open()
        first.close()
        await second.open()
        second.close()

    asyncio.run(story())


def test_a_closed_wire_is_an_error(cable: tuple[int, str]) -> None:
    wire = SerialWire(cable[1])
    with pytest.raises(WireError):
        wire.read_into(memoryview(bytearray(16)))
    with pytest.raises(WireError):
        wire.write(POSITIVE)


def test_a_port_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WireError, match=r"wires\.no_port.*ttyUSB0"):
        asyncio.run(SerialWire(str(tmp_path / "ttyUSB0")).open())


def test_a_file_that_is_no_port_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WireError, match=r"wires\.no_serial_port"):
        asyncio.run(SerialWire(str(tmp_path / "file")).open())


def test_a_speed_that_no_port_has_says_so(cable: tuple[int, str]) -> None:
    with pytest.raises(WireError, match=r"wires\.no_serial_port"):
        asyncio.run(SerialWire(cable[1], baud_rate=-1).open())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every port")
def test_a_port_of_others_names_the_group(tmp_path: Path) -> None:
    (tmp_path / "port").touch(mode=0)
    with pytest.raises(WireError, match=r"wires\.forbidden"):
        asyncio.run(SerialWire(str(tmp_path / "port")).open())
