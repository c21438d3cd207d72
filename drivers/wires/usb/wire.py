"""A terminal on USB without the kernel's serial driver: CDC-ACM, or an FTDI chip.

pyusb blocks, so threads talk to it and the loop never does. One thread finds the device, reads from it
and releases it. A second one writes. If the device sends notices, a third one takes and drops
them.
"""

from __future__ import annotations

import asyncio
import errno
import threading
from array import array
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

import usb.backend
import usb.core
import usb.util

from drivers.terminal import DriverFact, WireError
from drivers.wires.usb.device import Profile, UsbAddress, UsbFunction, find, fresh_backend, function
from drivers.wires.usb.memory import TransferBuffer
from drivers.wires.usb.profile import UsbLine, hang_up, set_line, without_status
from drivers.wires.usb.trouble import ROOT, UNPLUGGED, no_backend, refuse_used_port, why_lost, why_not_open

# A transfer waits this long for the device. A thread sees no sooner that it must end, so `close`
# takes up to this plus CONTROL_TIMEOUT_MS.
TRANSFER_TIMEOUT_MS: Final = 250
# Two transfers, and the control transfers that hang up. A line not released by then never will be.
RELEASE_TIMEOUT_S: Final = 10.0
# At opening, old bytes in a CDC-ACM device are read and dropped: they come at once or never.
STALE_TIMEOUT_MS: Final = 20
STALE_TRANSFERS: Final = 64
# A stall is cleared this often in a row; a device that still stalls is broken.
MAX_STALLS: Final = 2
# The size of the write queue; a dialogue sends a few hundred bytes. The link keeps the rest.
MAX_UNWRITTEN_BYTES: Final = 4096
# A notice is 10 bytes (PSTN 1.2, 6.5.4); a packet of the fastest bus holds 1024.
NOTICE_BYTES: Final = 1024

OWN_FAULT: Final = DriverFact("wires.usb_own_fault")


class UsbWire:
    """One serial line in one USB device. The device is looked for at every `open`.

    `backend` gives pyusb's way to the bus, `system` is where /sys and /dev lie.
    """

    def __init__(
        self,
        address: UsbAddress,
        line: UsbLine,
        backend: Callable[[], usb.backend.IBackend | None] = fresh_backend,
        system: Path = ROOT,
    ) -> None:
        self._system = system
        self._address = address
        self._line = line
        self._backend = backend
        self._owner: _OpenDevice | None = None
        self._last: threading.Thread | None = None
        self._callback: Callable[[], None] | None = None
        self._called = False

    async def open(self) -> None:
        self.close()
        self._called = False
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = loop.create_future()
        owner = _OpenDevice(self._address, self._line, self._system, loop, self._wake)
        thread = threading.Thread(
            target=owner.run, args=(self._backend, opened, self._last), name=f"usb {self._address}"
        )
        self._owner, self._last = owner, thread
        thread.start()
        try:
            await opened
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close it: the device is released within TRANSFER_TIMEOUT_MS and its control transfers."""
        if self._owner is not None:
            self._owner.stop()
        self._owner = None
        self._callback = None

    def read_into(self, space: memoryview) -> int:
        if self._owner is None:
            raise WireError(UNPLUGGED)
        count, more = self._owner.read_into(space)
        if more:
            self._wake()
        return count

    def write(self, data: bytes) -> int:
        if self._owner is None:
            raise WireError(UNPLUGGED)
        return self._owner.submit(data)

    def on_readable(self, callback: Callable[[], None]) -> None:
        self._callback = callback
        self._wake()  # something may have come since the opening

    def _wake(self) -> None:
        if not self._called:
            self._called = True
            asyncio.get_running_loop().call_soon(self._call)

    def _call(self) -> None:
        self._called = False
        if self._callback is not None:
            self._callback()


class _OpenDevice:
    """One opening of the device. The loop calls `read_into`, `submit` and `stop`; the threads call the rest.

    The transfer buffer itself is the hand-over: one transfer fills it, the loop empties it, and only
    then it is filled again.
    """

    def __init__(
        self,
        address: UsbAddress,
        line: UsbLine,
        system: Path,
        loop: asyncio.AbstractEventLoop,
        wake: Callable[[], None],
    ) -> None:
        self._address = address
        self._line = line
        self._system = system
        self._loop = loop
        self._wake = wake
        self._changed = threading.Condition()
        self._transfer_buffer: TransferBuffer | None = None
        self._start = 0
        self._end = 0
        self._unwritten = bytearray()
        self._failure: DriverFact | None = None
        self._stopped = False

    def read_into(self, space: memoryview) -> tuple[int, bool]:
        """Move arrived bytes into `space`; returns how many, and whether there are more."""
        with self._changed:
            count = min(len(space), self._end - self._start)
            if count and self._transfer_buffer is not None:
                landed = self._transfer_buffer.secret.view[self._start : self._start + count]
                space[:count] = landed
                landed[:] = bytes(count)
                self._start += count
            elif self._failure and self._start == self._end:
                raise WireError(self._failure)
            self._changed.notify_all()
            return count, self._start < self._end

    def submit(self, data: bytes) -> int:
        """Queue as many bytes as there is room for."""
        with self._changed:
            if self._failure:
                raise WireError(self._failure)
            taken = data[: MAX_UNWRITTEN_BYTES - len(self._unwritten)]
            self._unwritten += taken
            self._changed.notify_all()
            return len(taken)

    def stop(self) -> None:
        """Let the threads end: queued bytes are tried once more, arrived bytes are wiped."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def run(
        self,
        make_backend: Callable[[], usb.backend.IBackend | None],
        opened: asyncio.Future[None],
        last: threading.Thread | None,
    ) -> None:
        """The owner thread. The backend must outlive its devices, or libusb frees memory that is in use."""
        if last is not None:
            last.join(RELEASE_TIMEOUT_S)
        why: DriverFact | None = OWN_FAULT
        try:
            backend = make_backend()
            why = no_backend() if backend is None else self._live(backend, opened)
        finally:
            if why:
                self._call_loop(_complete, opened, why)
                self._fail(why)

    def _live(self, backend: usb.backend.IBackend, opened: asyncio.Future[None]) -> DriverFact | None:
        """Open, serve until stopped, release; returns the reason if it could not be opened."""
        device = None
        with ExitStack() as after:
            try:
                device = find(backend, self._address)
                after.callback(usb.util.dispose_resources, device)
                line = self._claim(device, after)
            except WireError as error:
                return error.fact
            except usb.core.USBError as error:
                return why_not_open(error, self._address, device)
            self._call_loop(_complete, opened, None)
            self._serve(device, line)
        return None

    def _claim(self, device: usb.core.Device, after: ExitStack) -> UsbFunction:
        """Take the line from the kernel's driver, which gets it back afterwards, and set it."""
        line = function(device, self._address, self._line.profile)
        refuse_used_port(device, line, self._system)
        for interface in line.interfaces:
            if device.is_kernel_driver_active(interface):
                device.detach_kernel_driver(interface)
                after.callback(_quietly, device.attach_kernel_driver, interface)
        for interface in line.interfaces:
            after.callback(_quietly, usb.util.release_interface, device, interface)
            usb.util.claim_interface(device, interface)
        # One packet a transfer: a full packet with nothing behind it does not end a longer transfer, and
        # its bytes would wait for the time-out, which is longer than ZVT's T1.
        transfer_buffer = self._transfer_buffer = TransferBuffer(line.packet_bytes)
        after.callback(self._wipe, transfer_buffer)
        after.callback(_quietly, hang_up, device, line, self._line.profile)
        set_line(device, line, self._line)
        if self._line.profile is Profile.CDC_ACM:
            self._drop_stale(device, line, transfer_buffer)
        return line

    def _drop_stale(
        self, device: usb.core.Device, line: UsbFunction, transfer_buffer: TransferBuffer
    ) -> None:
        try:
            for _ in range(STALE_TRANSFERS):
                device.read(line.bulk_in, transfer_buffer, STALE_TIMEOUT_MS)
        except usb.core.USBError as error:
            if error.errno not in {errno.ETIMEDOUT, errno.EPIPE}:  # the reader clears a stall
                raise
        transfer_buffer.secret.wipe()

    def _wipe(self, transfer_buffer: TransferBuffer) -> None:
        with self._changed:
            self._start = self._end = 0
            self._transfer_buffer = None
            transfer_buffer.secret.close()

    def _serve(self, device: usb.core.Device, line: UsbFunction) -> None:
        helpers = [threading.Thread(target=self._write, args=(device, line))]
        if line.notices is not None:
            helpers.append(threading.Thread(target=self._drop_notices, args=(device, line.notices)))
        for helper in helpers:
            helper.start()
        try:
            self._read(device, line)
        finally:
            self.stop()
            for helper in helpers:
                helper.join()

    def _read(self, device: usb.core.Device, line: UsbFunction) -> None:
        stalls = 0
        while self._wait_until(lambda: self._start == self._end and not self._failure):
            try:
                count = device.read(line.bulk_in, self._transfer_buffer, TRANSFER_TIMEOUT_MS)
                stalls = 0
                self._landed(count)
            except usb.core.USBTimeoutError:
                continue
            except usb.core.USBError as error:
                stalls += 1
                self._mend(device, line.bulk_in, error, stalls)

    def _landed(self, count: int) -> None:
        if count and self._transfer_buffer is not None:
            end = without_status(self._line.profile, self._transfer_buffer.secret.view[:count])
            with self._changed:
                self._start, self._end = 0, end
            if end:
                self._call_loop(self._wake)

    def _write(self, device: usb.core.Device, line: UsbFunction) -> None:
        stalls = 0
        while self._wait_until(lambda: bool(self._unwritten)) or self._unwritten:
            ending = self._ending()
            try:
                written = device.write(line.bulk_out, bytes(self._unwritten), TRANSFER_TIMEOUT_MS)
                stalls = 0
                with self._changed:
                    del self._unwritten[:written]
            except usb.core.USBTimeoutError:
                pass
            except usb.core.USBError as error:
                stalls += 1
                self._mend(device, line.bulk_out, error, stalls)
            if ending or self._failure:
                return

    def _drop_notices(self, device: usb.core.Device, endpoint: int) -> None:
        """Take and drop the device's notices (SERIAL_STATE), so that it can go on."""
        space = array("B", bytes(NOTICE_BYTES))
        while not self._ending() and not self._failure:
            try:
                device.read(endpoint, space, TRANSFER_TIMEOUT_MS)
            except usb.core.USBTimeoutError:
                continue
            except usb.core.USBError:
                return  # the line itself shows any real fault

    def _mend(self, device: usb.core.Device, endpoint: int, error: usb.core.USBError, stalls: int) -> None:
        """Clear a stall, a few times; any other error ends the line."""
        why = why_lost(error)
        if error.errno == errno.EPIPE and stalls <= MAX_STALLS:
            try:
                device.clear_halt(endpoint)
            except usb.core.USBError as worse:
                why = why_lost(worse)
            else:
                return
        self._fail(why)

    def _fail(self, why: DriverFact) -> None:
        with self._changed:
            self._failure = self._failure or why
            self._changed.notify_all()
        self._call_loop(self._wake)

    def _wait_until(self, ready: Callable[[], bool]) -> bool:
        """Wait until there is work; False when the line shall end."""
        with self._changed:
            while not self._ending():
                if ready():
                    return True
                self._changed.wait(TRANSFER_TIMEOUT_MS / 1000)
            return False

    def _ending(self) -> bool:
        """Stopped, or left behind by a loop that ended without closing its wires."""
        return self._stopped or self._loop.is_closed()

    def _call_loop(self, what: Callable[..., None], *arguments: Any) -> None:
        with suppress(RuntimeError):  # the loop has ended meanwhile
            self._loop.call_soon_threadsafe(what, *arguments)


def _complete(opened: asyncio.Future[None], why: DriverFact | None) -> None:
    if opened.done():
        return
    if why:
        opened.set_exception(WireError(why))
    else:
        opened.set_result(None)


def _quietly(work: Callable[..., None], *arguments: Any) -> None:
    """Leave the device in order, if it still answers."""
    with suppress(usb.core.USBError):
        work(*arguments)
