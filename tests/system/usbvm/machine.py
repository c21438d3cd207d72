"""The virtual machine: QEMU under software emulation, its monitor, and its orders."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from tests.system.usbvm.image import Image
from tests.system.usbvm.qmp import Qmp

# A guest under emulation on a busy machine; a quiet one needs a tenth of each.
BOOT_S: Final = 240.0
ORDER_S: Final = 120.0
UNTIL_S: Final = 120.0
LOOK_AGAIN_S: Final = 0.2
# The guest is unpacked into it, twice 150 MB for a moment; the agent takes 60.
MEMORY_MIB: Final = 1024

MONITOR: Final = "monitor"
ORDERS: Final = "orders"
# Where the lines of the terminals enter the machine: at USB adapters, or at COM ports from which
# the emulated devices in the guest take them.
ADAPTERS: Final = ("adapter-1", "adapter-2")
COM_PORTS: Final = {"com-3": "/dev/ttyS2", "com-4": "/dev/ttyS3"}


class MachineError(Exception):
    """The machine does not do what it shall. The text says what."""


class Machine:
    """One boot. Its sockets are in `folder`; orders and answers go to `log`, but for mere repeats."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, log: TextIO) -> None:
        self.folder = folder
        self._process = process
        self._log = log
        self._logged = ""
        self.wait_for((folder / MONITOR).exists, "QEMU; the log has what it says")
        self._qmp = Qmp(folder / MONITOR)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(folder / ORDERS))
        self._answers = self._socket.makefile("r", encoding="utf-8")
        self._answer("the power switch", BOOT_S)

    def order(self, order: str, **arguments: object) -> Any:
        """Have the guest do one of `guest.Guest`'s methods; what it returned."""
        line = json.dumps({"order": order, "with": arguments})
        self._socket.sendall(line.encode() + b"\n")
        answer = self._answer(order, ORDER_S)
        self._write(f"{line} -> {json.dumps(answer)}\n")
        return answer

    def plug(self, adapter: str) -> None:
        """Push a USB serial adapter in; its serial number is its name."""
        names = {"id": adapter, "chardev": adapter, "serial": adapter}
        self._qmp.execute("device_add", driver="usb-serial", bus="usb.0", **names)

    def unplug(self, adapter: str) -> None:
        """Pull it out. Returns when it is out."""
        self._qmp.execute("device_del", id=adapter)
        self._qmp.until_deleted(adapter)

    def wait_for(self, true: Callable[[], object], what: str) -> None:
        """Look until it is so. Raises `MachineError` when it takes too long."""
        give_up = time.monotonic() + UNTIL_S
        while not true():
            if time.monotonic() > give_up or self._process.poll() is not None:
                raise MachineError(f"waited in vain for {what}")
            time.sleep(LOOK_AGAIN_S)

    def close(self) -> None:
        self._answers.close()
        self._socket.close()
        self._qmp.close()

    def _write(self, line: str) -> None:
        if line != self._logged:
            self._log.write(line)
            self._logged = line

    def _answer(self, order: str, patience_s: float) -> Any:
        self._socket.settimeout(patience_s)
        try:
            line = self._answers.readline()
        except OSError as error:
            raise MachineError(f"no answer to {order}") from error
        if not line:
            raise MachineError(f"the machine ended at {order}")
        try:
            answer = json.loads(line)
        except ValueError:
            raise MachineError(f"somebody else writes to the line of orders: {line!r}") from None
        if "error" in answer:
            raise MachineError(f"{order}: {answer['error']}")
        return answer["answer"]


@contextmanager
def booted(image: Image, folder: Path, log: TextIO) -> Iterator[Machine]:
    """Switch on, and off when left. What the kernel and the guest print goes to the end of `log`."""
    console = folder / "console"
    with console.open("w") as output:
        process = subprocess.Popen(
            _command(image), cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        machine = Machine(process, folder, log)
        yield machine
        machine.close()
    finally:
        process.kill()
        process.wait()
        log.write(f"\n--- the machine's console\n{readable(console)}")


def readable(console: Path) -> str:
    """What was printed, without control characters and the USB/IP hub's word on each read taken back."""
    text = console.read_text("utf-8", "replace")
    lines = ("".join(filter(str.isprintable, line)) for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if "vhci_hcd: u" not in line)


def _command(image: Image) -> list[str]:
    """No network, no disk, and never /dev/kvm: a run means the same everywhere."""
    sockets = (ORDERS, *COM_PORTS, *ADAPTERS)
    serial = ("stdio", *(f"chardev:{name}" for name in (ORDERS, *COM_PORTS)))
    words = [
        *("qemu-system-x86_64", "-accel", "tcg", "-machine", "pc", "-smp", "2", "-m", str(MEMORY_MIB)),
        *("-nodefaults", "-display", "none", "-nic", "none", "-no-reboot", "-device", "qemu-xhci,id=usb"),
        *("-kernel", str(image.kernel), "-initrd", str(image.archive)),
        *("-append", "console=ttyS0 panic=-1 quiet"),
        *("-qmp", f"unix:{MONITOR},server=on,wait=off"),
    ]
    for name in sockets:
        words += ["-chardev", f"socket,id={name},path={name},server=on,wait=off"]
    for port in serial:
        words += ["-serial", port]
    return words
