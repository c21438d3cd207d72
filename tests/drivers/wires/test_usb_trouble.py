"""USB on its bad days: not there, two of them, busy, forbidden, stalled, babbling, pulled."""

from __future__ import annotations

import asyncio
import errno
import os
import pty
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.terminal import WireError
from drivers.wires.usb.device import Profile, UsbAddress, fresh_backend
from drivers.wires.usb.profile import UsbLine
from drivers.wires.usb.trouble import serial_ports
from drivers.wires.usb.wire import MAX_STALLS, UsbWire
from tests.drivers.wires.test_usb import CDC, adapter, nothing, opened, read, run, terminal, wire_to
from tests.support.usb_gadget import BULK_IN, BULK_OUT, PATIENCE_S, Gadget, cdc_acm
from tests.support.usb_world import UsbWorld


def refused(wire: UsbWire, fact: str) -> None:
    with pytest.raises(WireError, match=fact):
        run(wire.open())


async def lost(wire: UsbWire) -> str:
    """Read until the line is lost; gives why."""
    with pytest.raises(WireError) as why:
        await read(wire, 1 << 20)
    return str(why.value)


def test_a_device_that_is_not_there_says_what_to_do() -> None:
    world = UsbWorld(terminal(product=0x9999))
    refused(UsbWire(UsbAddress(0x0B00, 0x0084), CDC, lambda: world), r"wires\.usb_no_device device=0b00:0084")


def test_two_equal_terminals_are_named_with_their_marks() -> None:
    pair = terminal(serial="A-1"), terminal(serial="B-2", ports=(1, 3), address=5)
    refused(wire_to(*pair), r"usb_several_devices.*count=2 found=A-1 \(250-1\.2\), B-2 \(250-1\.3\)")
    assert all(gadget.released() for gadget in pair)


@pytest.mark.parametrize("mark", [{"serial": "B-2"}, {"port_path": "250-1.3"}])
def test_two_equal_terminals_are_told_apart(mark: dict[str, str]) -> None:
    first, second = terminal(serial="A-1"), terminal(serial="B-2", ports=(1, 3), address=5)
    address = UsbAddress(first.vendor, first.product, **mark)  # type: ignore[arg-type] # two of its texts
    opened(second, nothing, wire_to(first, second, address=address))
    assert not first.claimed
    assert not first.requests
    assert second.requests


def test_two_equal_terminals_without_serial_numbers_are_told_apart_by_port_only() -> None:
    pair = terminal(), terminal(ports=(4,), address=5)
    refused(wire_to(*pair), r"usb_several_devices.*found=- \(250-1\.2\), - \(250-4\)")
    refused(wire_to(*pair, address=UsbAddress(0x0B00, 0x0084, serial="A-1")), r"usb_no_device.*number A-1")


def test_a_device_without_a_serial_line_says_so() -> None:
    refused(wire_to(terminal(), line=UsbLine(Profile.FTDI)), r"usb_no_line.*profile=ftdi")
    refused(wire_to(adapter(), line=CDC), r"usb_no_line.*profile=cdc_acm")


def test_a_device_with_two_lines_wants_to_know_which() -> None:
    refused(
        wire_to(terminal(interfaces=[*cdc_acm(0), *cdc_acm(2)])),
        r"usb_several_lines.*count=2 interfaces=0, 2",
    )


def test_missing_rights_name_the_udev_rule() -> None:
    gadget = terminal(may_open=False, serial="A")
    refused(wire_to(gadget), r"wires\.usb_forbidden")
    refused(wire_to(gadget, address=UsbAddress(gadget.vendor, gadget.product, "A")), r"wires\.usb_forbidden")


def test_a_device_in_use_says_so_and_the_kernel_gets_it_back() -> None:
    gadget = terminal(used_by_others=True, kernel={0: "cdc_acm", 1: "cdc_acm"})
    refused(wire_to(gadget), r"wires\.usb_in_use.*user=another program")
    gadget.wait(gadget.released)
    assert gadget.log == [("detach", 0), ("attach", 0)]


def test_no_libusb_says_what_to_install() -> None:
    refused(UsbWire(UsbAddress(1, 2), CDC, lambda: None), r"wires\.usb_no_(libusb|netlink)")


def test_libusb_itself_is_asked_anew_each_time() -> None:
    first = fresh_backend()
    if first is None:
        pytest.skip("no libusb on this host")
    second = fresh_backend()
    assert second is not None
    assert second.ctx.value != first.ctx.value


def test_a_port_that_a_program_has_open_is_not_pulled_from_under_it(tmp_path: Path) -> None:
    far, near = pty.openpty()
    place = tmp_path / "sys/bus/usb/devices/250-1.2:1.0/tty/ttyACM0"
    place.mkdir(parents=True)
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/ttyACM0").symlink_to(os.ttyname(near))
    gadget = terminal(kernel={0: "cdc_acm", 1: "cdc_acm"})
    world = UsbWorld(gadget)
    wire = UsbWire(UsbAddress(0x0B00, 0x0084), CDC, lambda: world, tmp_path)
    refused(wire, rf"wires\.in_use device=/dev/ttyACM0 .*process {os.getpid()}")
    gadget.wait(gadget.released)
    assert gadget.log == []
    os.close(near)
    opened(gadget, nothing, wire)
    assert ("detach", 0) in gadget.log
    os.close(far)


def test_the_ports_of_both_kinds_of_kernel_driver_are_found(tmp_path: Path) -> None:
    base = tmp_path / "sys/bus/usb/devices"
    (base / "1-1:1.0/tty/ttyACM3").mkdir(parents=True)
    (base / "1-2:1.0/ttyUSB1/tty/ttyUSB1").mkdir(parents=True)
    assert list(serial_ports("1-1:1", (0, 1), tmp_path)) == ["ttyACM3"]
    assert list(serial_ports("1-2:1", (0,), tmp_path)) == ["ttyUSB1"]


def test_a_stall_is_cleared_and_the_line_goes_on() -> None:
    gadget = terminal()

    async def story(wire: UsbWire) -> None:
        gadget.say(*[errno.EPIPE] * MAX_STALLS, b"on", *[errno.EPIPE] * MAX_STALLS, b"and on")
        assert await read(wire, 8) == b"onand on"

    opened(gadget, story)
    assert gadget.log.count(("clear_halt", BULK_IN)) == 2 * MAX_STALLS


def test_a_stalled_write_is_cleared_and_written_once() -> None:
    gadget = terminal()
    gadget.write_faults.append(errno.EPIPE)

    async def story(wire: UsbWire) -> None:
        wire.write(b"once")
        gadget.wait(lambda: gadget.written == b"once")

    opened(gadget, story)
    assert gadget.log.count(("clear_halt", BULK_OUT)) == 1


def test_a_line_that_stays_halted_is_lost() -> None:
    gadget = terminal()

    async def story(wire: UsbWire) -> None:
        gadget.say(*[errno.EPIPE] * (MAX_STALLS + 1))
        assert await lost(wire) == "wires.stalled"
        with pytest.raises(WireError, match=r"wires\.stalled"):
            wire.write(b"more")

    opened(gadget, story)


def test_a_terminal_without_a_uart_may_refuse_the_line_requests() -> None:
    gadget = terminal()
    gadget.refused = {0x20, 0x22}

    async def story(wire: UsbWire) -> None:
        gadget.say_bytes(b"here")
        assert await read(wire, 4) == b"here"

    opened(gadget, story)


def test_babble_is_the_end_of_the_line() -> None:
    gadget = terminal()

    async def story(wire: UsbWire) -> None:
        gadget.say(b"9" * 65)
        assert "wires.babble" in await lost(wire)

    opened(gadget, story)


@pytest.mark.parametrize("number", [errno.ENODEV, errno.EIO, errno.ESHUTDOWN, errno.EPROTO])
def test_a_pulled_plug_is_told_whatever_linux_calls_it(number: int) -> None:
    gadget = terminal()

    async def story(wire: UsbWire) -> None:
        gadget.say(b"half of a", number)
        assert "wires.unplugged" in await lost(wire)

    opened(gadget, story)


@pytest.mark.parametrize("make", [terminal, adapter])
def test_unplugged_in_the_middle_of_a_transfer(make: Callable[[], Gadget]) -> None:
    gadget = make()

    async def story(wire: UsbWire) -> None:
        await read(wire, 0)
        gadget.unplug()
        assert "wires.unplugged" in await lost(wire)
        with pytest.raises(WireError, match=r"wires\.unplugged"):
            wire.write(b"\x06")

    opened(gadget, story)


def test_unplugged_while_writing() -> None:
    gadget = terminal()
    gadget.takes = 0

    async def story(wire: UsbWire) -> None:
        wire.write(b"never heard")
        gadget.unplug()
        assert "wires.unplugged" in await lost(wire)

    opened(gadget, story)
    assert gadget.written == b""


def test_what_came_before_the_plug_was_pulled_is_still_read() -> None:
    gadget = terminal()

    async def story(wire: UsbWire) -> None:
        gadget.say(b"approved")
        gadget.wait(lambda: not gadget.packets)
        gadget.unplug()
        assert await read(wire, 8) == b"approved"
        assert "wires.unplugged" in await lost(wire)

    opened(gadget, story)


def test_a_reader_without_room_learns_of_the_plug_after_it_has_read() -> None:
    gadget = terminal()
    gadget.write_faults.append(errno.ENODEV)

    async def story(wire: UsbWire) -> None:
        heard, first, rest = asyncio.Event(), bytearray(1), bytearray(9)
        wire.on_readable(heard.set)
        gadget.say(b"approved")
        while not wire.read_into(memoryview(first)):
            await heard.wait()
            heard.clear()
        wire.write(b"?")
        while not wire._owner._failure:  # type: ignore[union-attr] # open
            await heard.wait()
            heard.clear()
        assert wire.read_into(memoryview(b"")) == 0
        assert wire.read_into(memoryview(rest)) == 7
        assert first + rest[:7] == b"approved"
        assert "wires.unplugged" in await lost(wire)

    opened(gadget, story)


def test_a_device_is_found_again_under_its_new_address() -> None:
    gadget = terminal(serial="A-1")
    wire = wire_to(gadget, address=UsbAddress(gadget.vendor, gadget.product, "A-1"))

    async def story() -> None:
        await wire.open()
        gadget.unplug()
        await lost(wire)
        wire.close()
        with pytest.raises(WireError, match=r"wires\.usb_no_device"):
            await wire.open()
        gadget.plug_in(ports=(2, 4))
        await wire.open()
        gadget.say_bytes(b"back")
        assert await read(wire, 4) == b"back"
        wire.close()

    run(story())
    gadget.wait(gadget.released)


def test_a_closed_wire_is_an_error() -> None:
    wire = wire_to(terminal())
    with pytest.raises(WireError):
        wire.read_into(memoryview(bytearray(16)))
    with pytest.raises(WireError):
        wire.write(b"\x06")


def test_an_opening_that_is_given_up_releases_the_device() -> None:
    gadget = terminal()
    wire = wire_to(gadget)

    async def story() -> None:
        opening = asyncio.ensure_future(wire.open())
        await asyncio.sleep(0)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert wire._last is not None
        await asyncio.to_thread(wire._last.join, PATIENCE_S)  # while the loop is still there
        assert not wire._last.is_alive()

    run(story())
    assert gadget.released()
    assert not gadget.claimed
