"""A USB bus in memory: a pyusb backend whose devices answer transfer by transfer.

It is as strict as libusb and Linux: a transfer goes only to a claimed interface,
claiming fails while the kernel's driver or somebody else has it, a handle is dead
once its device was unplugged, and bytes land at the address that the caller names.
"""

from __future__ import annotations

import ctypes
import errno
from array import array
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace

import usb.backend
import usb.core

from tests.support.usb_gadget import FTDI_STATUS, Gadget


def fails(number: int, what: str = "") -> usb.core.USBError:
    """What pyusb raises: the text and the number are libusb's, the errno is the system's."""
    kind = usb.core.USBTimeoutError if number == errno.ETIMEDOUT else usb.core.USBError
    return kind(what or errno.errorcode[number], -1, number)


@dataclass
class Handle:
    gadget: Gadget
    address: int

    @property
    def alive(self) -> bool:
        return self.gadget.plugged and self.gadget.address == self.address


class UsbWorld(usb.backend.IBackend):  # type: ignore[misc] # pyusb is published without types
    """The bus. `gadgets` are the devices in the order in which the bus lists them."""

    def __init__(self, *gadgets: Gadget) -> None:
        super().__init__()
        self.gadgets = list(gadgets)

    def enumerate_devices(self) -> Iterator[Handle]:
        return iter([Handle(gadget, gadget.address) for gadget in self.gadgets if gadget.plugged])

    def get_parent(self, dev: Handle) -> None:  # noqa: ARG002 - pyusb's own signature
        return None

    def get_device_descriptor(self, dev: Handle) -> SimpleNamespace:
        gadget = dev.gadget
        return SimpleNamespace(
            bLength=18,
            bDescriptorType=1,
            bcdUSB=0x0200,
            bDeviceClass=0,
            bDeviceSubClass=0,
            bDeviceProtocol=0,
            bMaxPacketSize0=64,
            idVendor=gadget.vendor,
            idProduct=gadget.product,
            bcdDevice=0x0100,
            iManufacturer=0,
            iProduct=0,
            iSerialNumber=3 if gadget.serial else 0,
            bNumConfigurations=1,
            address=dev.address,
            bus=gadget.bus,
            port_number=gadget.ports[-1],
            port_numbers=gadget.ports,
            speed=2,
        )

    def get_configuration_descriptor(self, dev: Handle, config: int) -> SimpleNamespace:
        assert config == 0
        return SimpleNamespace(
            bLength=9,
            bDescriptorType=2,
            wTotalLength=0,
            bNumInterfaces=len(dev.gadget.interfaces),
            bConfigurationValue=1,
            iConfiguration=0,
            bmAttributes=0x80,
            bMaxPower=50,
            extra_descriptors=[],
        )

    def get_interface_descriptor(self, dev: Handle, intf: int, alt: int, config: int) -> SimpleNamespace:
        assert config == 0
        if alt:
            raise IndexError(alt)
        one = dev.gadget.interfaces[intf]
        return SimpleNamespace(
            bLength=9,
            bDescriptorType=4,
            bInterfaceNumber=one.number,
            bAlternateSetting=0,
            bNumEndpoints=len(one.endpoints),
            bInterfaceClass=one.code[0],
            bInterfaceSubClass=one.code[1],
            bInterfaceProtocol=one.code[2],
            iInterface=0,
            extra_descriptors=list(one.extra),
        )

    def get_endpoint_descriptor(
        self, dev: Handle, ep: int, intf: int, alt: int, config: int
    ) -> SimpleNamespace:
        assert alt == config == 0
        one = dev.gadget.interfaces[intf].endpoints[ep]
        return SimpleNamespace(
            bLength=7,
            bDescriptorType=5,
            bEndpointAddress=one.address,
            bmAttributes=one.kind,
            wMaxPacketSize=one.packet_bytes,
            bInterval=8,
            bRefresh=0,
            bSynchAddress=0,
            extra_descriptors=[],
        )

    def open_device(self, dev: Handle) -> Handle:
        if not dev.alive:
            raise fails(errno.ENODEV)
        if not dev.gadget.may_open:
            raise fails(errno.EACCES)
        dev.gadget.open_handles += 1
        return Handle(dev.gadget, dev.address)

    def close_device(self, dev_handle: Handle) -> None:
        with dev_handle.gadget.changed:
            dev_handle.gadget.open_handles -= 1
            dev_handle.gadget.changed.notify_all()

    def get_configuration(self, dev_handle: Handle) -> int:
        self._alive(dev_handle)
        return 1

    def is_kernel_driver_active(self, dev_handle: Handle, intf: int) -> bool:
        return intf in self._alive(dev_handle).kernel

    def detach_kernel_driver(self, dev_handle: Handle, intf: int) -> None:
        gadget = self._alive(dev_handle)
        driver = gadget.kernel.pop(intf)
        if driver == "cdc_acm":  # it holds both interfaces and lets go of both
            gadget.kernel.clear()
        gadget.note("detach", intf)

    def attach_kernel_driver(self, dev_handle: Handle, intf: int) -> None:
        gadget = self._alive(dev_handle)
        assert not gadget.claimed, "attached while claimed"
        gadget.note("attach", intf)
        gadget.kernel[intf] = "back"

    def claim_interface(self, dev_handle: Handle, intf: int) -> None:
        gadget = self._alive(dev_handle)
        if gadget.used_by_others or intf in gadget.kernel or intf in gadget.claimed:
            raise fails(errno.EBUSY)
        gadget.claimed.add(intf)
        gadget.note("claim", intf)

    def release_interface(self, dev_handle: Handle, intf: int) -> None:
        gadget = self._alive(dev_handle)
        gadget.claimed.remove(intf)
        gadget.note("release", intf)

    def clear_halt(self, dev_handle: Handle, ep: int) -> None:
        self._alive(dev_handle).note("clear_halt", ep)

    def ctrl_transfer(
        self,
        dev_handle: Handle,
        bmRequestType: int,  # noqa: N803 - pyusb's and the standard's own names
        bRequest: int,  # noqa: N803 - as above
        wValue: int,  # noqa: N803 - as above
        wIndex: int,  # noqa: N803 - as above
        data: array[int],
        timeout: int,
    ) -> int:
        gadget = self._alive(dev_handle)
        assert timeout > 0, "a control transfer without an end"
        if (bmRequestType, bRequest) == (0x80, 0x06):
            return _put(data, _string_descriptor(gadget, wValue & 0xFF))
        if bRequest in gadget.refused:
            raise fails(errno.EPIPE)
        with gadget.changed:
            gadget.requests.append((bmRequestType, bRequest, wValue, wIndex, data.tobytes()))
        return len(data)

    def bulk_read(self, dev_handle: Handle, ep: int, intf: int, buff: array[int], timeout: int) -> int:
        gadget = self._claimed(dev_handle, intf, ep)
        gadget.landings.add(buff.buffer_info())
        return _transfer(dev_handle, gadget.packets, buff, timeout)

    def intr_read(self, dev_handle: Handle, ep: int, intf: int, size: array[int], timeout: int) -> int:
        gadget = self._claimed(dev_handle, intf, ep)
        return _transfer(dev_handle, gadget.notices, size, timeout)

    def bulk_write(self, dev_handle: Handle, ep: int, intf: int, data: array[int], timeout: int) -> int:
        gadget = self._claimed(dev_handle, intf, ep)
        assert timeout > 0
        with gadget.changed:
            if gadget.write_faults:
                raise fails(gadget.write_faults.popleft())
            if gadget.takes is not None:
                if gadget.takes == 0:
                    gadget.changed.wait(timeout / 1000)
                    self._alive(dev_handle)
                    raise fails(errno.ETIMEDOUT)
                data = data[: gadget.takes]
                gadget.takes -= len(data)
            gadget.written += data.tobytes()
            if gadget.terminal is not None:
                gadget.terminal.receive(data.tobytes(), gadget.now)
                gadget.let_terminal_speak()
            gadget.changed.notify_all()
        return len(data)

    def _alive(self, handle: Handle) -> Gadget:
        if not handle.alive:
            raise fails(errno.ENODEV)
        return handle.gadget

    def _claimed(self, handle: Handle, interface: int, endpoint: int) -> Gadget:
        gadget = self._alive(handle)
        assert interface in gadget.claimed, f"endpoint {endpoint:02x} was used without a claim"
        return gadget


def _transfer(handle: Handle, source: deque[bytes | int], buff: array[int], timeout: int) -> int:
    """Fill `buff` until a short packet, as the bus does."""
    gadget, size = handle.gadget, buff.buffer_info()[1]
    count, until = 0, gadget.now + timeout / 1000
    with gadget.changed:
        while True:
            if source is gadget.packets:
                gadget.let_terminal_speak()
            if not handle.alive:
                raise fails(errno.ENODEV)
            if source:
                length = _land(gadget, source.popleft(), buff, count)
                count += length
                if length < 64 or count == size:
                    return count
            elif gadget.now < until:
                _rest(gadget, source, until)
            elif count:
                return count
            else:
                raise fails(errno.ETIMEDOUT)


def _land(gadget: Gadget, packet: bytes | int, buff: array[int], count: int) -> int:
    """Put one packet behind the `count` bytes that are there, at the address that the caller named."""
    gadget.changed.notify_all()
    if isinstance(packet, int):
        raise fails(packet)
    address, size = buff.buffer_info()
    ctypes.memmove(address + count, packet, min(len(packet), size - count))
    if len(packet) > size - count:
        raise fails(errno.EOVERFLOW)
    return len(packet)


def _rest(gadget: Gadget, source: deque[bytes | int], until: float) -> None:
    if gadget.latency_s is None or source is not gadget.packets:
        gadget.changed.wait(gadget.wait_s(until))
        return
    gadget.changed.wait(min(gadget.latency_s, gadget.wait_s(until)))
    if not source:
        source.append(FTDI_STATUS)


def _put(space: array[int], data: bytes) -> int:
    data = data[: len(space)]
    space[: len(data)] = array("B", data)
    return len(data)


def _string_descriptor(gadget: Gadget, index: int) -> bytes:
    if index == 0:
        return bytes((4, 3, 0x09, 0x04))
    text = gadget.serial.encode("utf-16-le")
    return bytes((len(text) + 2, 3)) + text


def zeros(places: set[tuple[int, int]]) -> bool:
    """Whether nothing but zeros lies at these addresses, which must still be mapped."""
    return all(not any(ctypes.string_at(address, size)) for address, size in places)
