"""The virtual machine: QEMU under software emulation, its monitor, and its orders."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TextIO

from tests.usbvm.image import Image
from tests.usbvm.qmp import Qmp, QmpError

# A guest under emulation on a busy machine; usually a tenth of it.
BOOT_S: Final = 240.0
ORDER_S: Final = 120.0
UNTIL_S: Final = 120.0
LOOK_AGAIN_S: Final = 0.2
MEMORY_MIB: Final = 1024

MONITOR, ORDERS = "monitor", "orders"
# Sockets of the machine that end in a simulated terminal: two in its USB adapters, two in its COM ports.
ADAPTERS: Final = ("adapter-1", "adapter-2")
COM_PORTS: Final = {"com-3": "/dev/ttyS2", "com-4": "/dev/ttyS3"}


class MachineError(Exception):
    """The machine does not do what it shall. The text says what."""


class Machine:
    """One boot, from `with` to its end. Sockets are in `folder`, the console goes to `log`."""

    def __init__(self, image: Image, folder: Path, log: TextIO) -> None:
        self.folder = folder
        self._log = log
        with (folder / "console").open("w") as console:
            self._process = subprocess.Popen(
                _command(image), cwd=folder, stdin=subprocess.DEVNULL, stdout=console, stderr=console
            )

    def __enter__(self) -> Machine:
        self.wait_for((self.folder / MONITOR).exists, "QEMU")
        self._qmp = Qmp(self.folder / MONITOR)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(self.folder / ORDERS))
        self._socket.settimeout(BOOT_S)
        self._answers = self._socket.makefile("r", encoding="utf-8")
        self._answer("boot")
        self._socket.settimeout(ORDER_S)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        self._log.write((self.folder / "console").read_text("utf-8", "replace"))

    def order(self, order: str, **arguments: object) -> Any:
        """Have the guest do one of `guest.Guest`'s methods; its answer."""
        line = json.dumps({"order": order, "with": arguments})
        self._socket.sendall(line.encode() + b"\n")
        answer = self._answer(order)
        self._log.write(f"{time.strftime('%H:%M:%S')} {line} -> {json.dumps(answer)}\n")
        return answer

    def plug(self, adapter: str) -> None:
        """Push a USB serial adapter in. Its serial number is its name."""
        self._qmp.execute("device_add", driver="usb-serial", bus="usb.0", chardev=adapter, id=adapter, serial=adapter)

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

    def _answer(self, order: str) -> Any:
        try:
            line = self._answers.readline()
        except OSError as error:
            raise MachineError(f"no answer to {order}") from error
        if not line:
            raise MachineError(f"the machine ended at {order}")
        answer = json.loads(line)
        if "error" in answer:
            raise MachineError(f"{order}: {answer['error']}")
        return answer["answer"]


def _command(image: Image) -> list[str]:
    """No network, no disk, and never /dev/kvm: a run means the same everywhere."""
    serial = ["stdio", *(f"chardev:{name}" for name in (ORDERS, *COM_PORTS))]
    sockets = (ORDERS, *COM_PORTS, *ADAPTERS)
    return [
        *("qemu-system-x86_64", "-accel", "tcg", "-machine", "pc", "-smp", "2", "-m", str(MEMORY_MIB)),
        *("-nodefaults", "-display", "none", "-nic", "none", "-no-reboot", "-device", "qemu-xhci,id=usb"),
        *("-kernel", str(image.kernel), "-initrd", str(image.archive)),
        *("-append", "console=ttyS0 panic=-1 quiet"),
        *("-qmp", f"unix:{MONITOR},server=on,wait=off"),
        *(word for name in sockets for word in ("-chardev", f"socket,id={name},path={name},server=on,wait=off")),
        *(word for one in serial for word in ("-serial", one)),
    ]
