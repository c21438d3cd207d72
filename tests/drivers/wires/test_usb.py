"""One line over USB, down to its transfers: found, claimed, set, read, written, released."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from drivers.terminal import WireError
from drivers.wires.usb.device import Profile, UsbAddress
from drivers.wires.usb.memory import TransferBuffer
from drivers.wires.usb.profile import UsbLine, ftdi_divisor
from drivers.wires.usb.wire import MAX_UNWRITTEN_BYTES, UsbWire
from tests.support.usb_gadget import PATIENCE_S, Gadget, Interface, cdc_acm, ftdi
from tests.support.usb_world import UsbWorld, zeros

CDC = UsbLine(Profile.CDC_ACM)
FTDI = UsbLine(Profile.FTDI, 115_200, 1, "E", 7)


def terminal(**more: object) -> Gadget:
    return Gadget(**more)  # type: ignore[arg-type] # a field of Gadget each


def adapter(**more: object) -> Gadget:
    return terminal(vendor=0x0403, product=0x6001, interfaces=ftdi(), **more)


def wire_to(*gadgets: Gadget, address: UsbAddress | None = None, line: UsbLine | None = None) -> UsbWire:
    first = gadgets[0]
    wanted = address or UsbAddress(first.vendor, first.product)
    world = UsbWorld(*gadgets)
    return UsbWire(wanted, line or (FTDI if first.is_ftdi else CDC), lambda: world)


def run(story: Awaitable[None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await story

    asyncio.run(bounded())


async def read(wire: UsbWire, count: int, space: int = 512) -> bytes:
    """So many bytes, as the link reads them: when called, until nothing more comes."""
    heard, got, block = asyncio.Event(), b"", bytearray(space)
    wire.on_readable(heard.set)
    while len(got) < count:
        await heard.wait()
        heard.clear()
        while taken := wire.read_into(memoryview(block)):
            got += block[:taken]
    return got


def opened(gadget: Gadget, then: Callable[[UsbWire], Awaitable[None]], wire: UsbWire | None = None) -> None:
    """Open, do, close, and wait until the device is released."""
    wire = wire or wire_to(gadget)

    async def story() -> None:
        await wire.open()
        try:
            await then(wire)
        finally:
            wire.close()

    run(story())
    gadget.wait(gadget.released)


async def nothing(_wire: UsbWire) -> None:
    return


def test_the_line_of_a_cdc_device_is_set_by_the_requests_of_its_class() -> None:
    gadget = terminal()
    opened(gadget, nothing, wire_to(gadget, line=UsbLine(Profile.CDC_ACM, 115_200, 1, "E", 7)))
    assert gadget.requests == [
        (0x21, 0x20, 0, 0, bytes.fromhex("00C20100 00 02 07")),
        (0x21, 0x22, 3, 0, b""),
        (0x21, 0x22, 0, 0, b""),  # hung up
    ]


def test_the_line_of_an_ftdi_chip_is_set_by_the_vendors_requests() -> None:
    gadget = adapter()
    opened(gadget, nothing)
    assert [request[:4] for request in gadget.requests] == [
        (0x40, 0, 0, 0),
        (0x40, 0, 1, 0),
        (0x40, 0, 2, 0),
        (0x40, 3, 0x001A, 0),
        (0x40, 4, 0x0207, 0),
        (0x40, 2, 0, 0),
        (0x40, 9, 16, 0),
        (0x40, 1, 0x0303, 0),
        (0x40, 1, 0x0300, 0),
    ]


def test_a_chip_with_two_lines_is_told_which_one_is_meant() -> None:
    gadget = terminal(vendor=0x0403, product=0x6010, interfaces=ftdi(2))
    address = UsbAddress(0x0403, 0x6010, interface=1)
    opened(gadget, nothing, wire_to(gadget, address=address, line=UsbLine(Profile.FTDI, 460_800)))
    assert {request[3] & 0xFF for request in gadget.requests} == {2}
    assert gadget.requests[3][:4] == (0x40, 3, 0x4006, 2)
    assert ("claim", 0) not in gadget.log


@pytest.mark.parametrize(
    ("baud_rate", "divisor"),
    # FTDI AN_120 and what Linux sends: 3 MHz by the rate, in eighths.
    [
        (300, 0x2710),
        (9600, 0x4138),
        (19_200, 0x809C),
        (38_400, 0xC04E),
        (57_600, 0xC034),
        (115_200, 0x001A),
        (230_400, 0x000D),
        (460_800, 0x4006),
        (921_600, 0x8003),
        (2_000_000, 1),
        (3_000_000, 0),
    ],
)
def test_the_divisor_is_the_one_that_linux_sends(baud_rate: int, divisor: int) -> None:
    assert ftdi_divisor(baud_rate) == divisor


@pytest.mark.parametrize("baud_rate", [100, 2_500_000, 4_000_000])
def test_a_rate_that_the_chip_cannot_do_is_refused(baud_rate: int) -> None:
    with pytest.raises(WireError, match=rf"wires\.usb_no_such_rate baud_rate={baud_rate}"):
        ftdi_divisor(baud_rate)


@pytest.mark.parametrize("make", [terminal, adapter])
@pytest.mark.parametrize("space", [1, 7, 512])
def test_every_byte_value_passes_in_both_directions(make: Callable[[], Gadget], space: int) -> None:
    gadget, everything = make(), bytes(range(256))

    async def story(wire: UsbWire) -> None:
        assert wire.write(everything) == 256
        gadget.wait(lambda: gadget.written == everything)
        gadget.say_bytes(everything)
        assert await read(wire, 256, space) == everything

    opened(gadget, story)


def test_a_full_packet_with_nothing_behind_it_does_not_wait_for_more() -> None:
    gadget = terminal()

    async def story(wire: UsbWire) -> None:
        gadget.say(bytes(range(64)))
        assert await read(wire, 64) == bytes(range(64))

    opened(gadget, story)


def test_empty_packets_and_time_outs_are_nothing() -> None:
    gadget = terminal()

    async def story(wire: UsbWire) -> None:
        gadget.say(b"", b"\x06", b"", b"", b"\x15")
        assert await read(wire, 2) == b"\x06\x15"
        assert wire.read_into(memoryview(bytearray(9))) == 0

    opened(gadget, story)


def test_status_packets_without_bytes_wake_nobody() -> None:
    gadget = adapter(latency_s=0.001)

    async def story(wire: UsbWire) -> None:
        heard = asyncio.Event()
        await read(wire, 0)
        wire.on_readable(heard.set)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        heard.clear()
        gadget.say(b"\x01\x60", b"\x11\x60", b"\x01", b"")
        gadget.wait(lambda: len(gadget.packets) == 0)
        gadget.say(b"\x01\x60A")
        await heard.wait()
        space = bytearray(8)
        assert wire.read_into(memoryview(space)) == 1
        assert space == b"A" + bytes(7)

    opened(gadget, story)


def test_the_kernels_driver_gets_its_device_back() -> None:
    gadget = terminal(kernel={0: "cdc_acm", 1: "cdc_acm"})
    opened(gadget, nothing)
    assert gadget.log == [
        ("detach", 0),
        ("claim", 0),
        ("claim", 1),
        ("release", 1),
        ("release", 0),
        ("attach", 0),
    ]


def test_without_a_kernel_driver_none_is_attached() -> None:
    gadget = adapter()
    opened(gadget, nothing)
    assert gadget.log == [("claim", 0), ("release", 0)]


def test_what_waited_from_before_is_gone() -> None:
    gadget = terminal()
    gadget.say_bytes(b"an old answer")

    async def story(wire: UsbWire) -> None:
        gadget.say_bytes(b"new")
        assert await read(wire, 3) == b"new"

    opened(gadget, story)


def test_notices_are_taken_and_dropped() -> None:
    gadget = terminal()

    async def story(wire: UsbWire) -> None:
        with gadget.changed:
            gadget.notices.extend([bytes.fromhex("A1200000000002000300")] * 3)
            gadget.changed.notify_all()
        gadget.wait(lambda: not gadget.notices)
        assert wire.read_into(memoryview(bytearray(64))) == 0

    opened(gadget, story)


def test_a_device_that_takes_nothing_does_not_block_the_loop() -> None:
    gadget = terminal(serial="A")
    gadget.takes = 0

    async def story(wire: UsbWire) -> None:
        flood = bytes(10_000)
        assert wire.write(flood) == MAX_UNWRITTEN_BYTES
        assert wire.write(flood) == 0
        with gadget.changed:
            gadget.takes = 1000
            gadget.changed.notify_all()
        gadget.wait(lambda: len(gadget.written) == 1000)

    opened(gadget, story)


def test_a_partly_taken_write_goes_on_where_it_stopped() -> None:
    gadget = terminal()

    async def story(wire: UsbWire) -> None:
        gadget.takes = 3
        wire.write(b"abcdef")
        gadget.wait(lambda: gadget.written == b"abc")
        with gadget.changed:
            gadget.takes = None
        gadget.wait(lambda: gadget.written == b"abcdef")

    opened(gadget, story)


def test_what_was_written_just_before_closing_still_leaves() -> None:
    gadget = terminal()

    async def story(wire: UsbWire) -> None:
        wire.write(b"\x06")

    opened(gadget, story)
    assert gadget.written == b"\x06"


def test_a_terminal_that_says_more_than_is_read_has_to_wait() -> None:
    gadget = terminal()

    async def story(wire: UsbWire) -> None:
        gadget.say(b"1", b"2", b"3")
        gadget.wait(lambda: len(gadget.packets) == 2)
        assert await read(wire, 3) == b"123"

    opened(gadget, story)


@pytest.mark.parametrize("make", [terminal, adapter])
def test_nothing_stays_in_the_memory_of_the_wire(make: Callable[[], Gadget]) -> None:
    gadget, track = make(), b"\x10\x02;" + b"1" * 37 + b"?"
    wire_memory: list[TransferBuffer | None] = []

    async def story(wire: UsbWire) -> None:
        gadget.say_bytes(track * 3)
        assert await read(wire, len(track) * 3) == track * 3
        assert gadget.landings
        assert zeros(gadget.landings)
        gadget.say_bytes(track)  # and what nobody reads is wiped at the end
        gadget.wait(lambda: not gadget.packets)
        wire_memory.append(wire._owner._transfer_buffer)  # type: ignore[union-attr] # open
        assert wire_memory[0] is not None
        assert {wire_memory[0].buffer_info()} == gadget.landings, (
            "transfers land in the secret block and nowhere else"
        )
        assert wire_memory[0].tobytes() == b""

    opened(gadget, story)
    assert wire_memory[0] is not None
    with pytest.raises(ValueError, match="released"):
        wire_memory[0].secret.view[0]


def test_bytes_that_a_full_reader_left_are_offered_again() -> None:
    gadget = terminal()

    async def story(wire: UsbWire) -> None:
        heard, block, got = asyncio.Event(), bytearray(1), b""
        wire.on_readable(heard.set)
        gadget.say(b"four")
        while len(got) < 4:  # one read a call, as a link that has other work to do
            await heard.wait()
            heard.clear()
            assert wire.read_into(memoryview(b"")) == 0
            got += block[: wire.read_into(memoryview(block))]
        assert got == b"four"

    opened(gadget, story)


def test_what_came_before_anybody_listened_is_told_of() -> None:
    gadget = terminal()

    async def story(wire: UsbWire) -> None:
        gadget.say(b"early")
        gadget.wait(lambda: not gadget.packets)
        await asyncio.sleep(0)  # its call has nobody to reach
        await asyncio.sleep(0)
        assert await read(wire, 5) == b"early"

    opened(gadget, story)


def test_the_union_descriptor_says_where_the_data_goes() -> None:
    control, data = cdc_acm(0)
    data.number = 7
    control.extra = control.extra[:-1] + b"\x07"
    gadget = terminal(interfaces=[control, Interface(1, (0x0A, 0, 0), []), data])
    opened(gadget, nothing)
    assert [number for what, number in gadget.log if what == "claim"] == [0, 7]


def test_a_line_may_be_opened_again_at_once() -> None:
    gadget = terminal(kernel={0: "cdc_acm", 1: "cdc_acm"})
    wire = wire_to(gadget)

    async def story() -> None:
        for _ in range(3):
            await wire.open()
            gadget.say_bytes(b"hello")
            assert await read(wire, 5) == b"hello"
            wire.close()
            wire.close()

    run(story())
    gadget.wait(gadget.released)
    assert not gadget.claimed


def test_a_loop_that_ends_without_closing_leaves_no_thread_behind() -> None:
    gadget = terminal()
    wire = wire_to(gadget)
    run(wire.open())
    gadget.wait(gadget.released)


def test_two_lines_of_one_device_are_told_apart_by_interface() -> None:
    gadget = terminal(interfaces=[*cdc_acm(0), *cdc_acm(2)])
    opened(gadget, nothing, wire_to(gadget, address=UsbAddress(gadget.vendor, gadget.product, interface=3)))
    assert [number for what, number in gadget.log if what == "claim"] == [2, 3]
