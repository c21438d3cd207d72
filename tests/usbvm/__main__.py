"""`make usb-vm`: the real kernel's USB stack under the real agent.

    python -m tests.usbvm [--only CABLE ...]

A virtual machine boots Debian's kernel. Simulated terminals on the host are wired to its USB
adapters; in the machine the agent takes payments, and cables are pulled in the middle of them.
Root, debootstrap, cpio and QEMU are needed to build the machine, and a network the first time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from agent.demo.house import DemoError
from tests.usbvm import image
from tests.usbvm.bed import CABLES, Bed
from tests.usbvm.machine import Machine, MachineError
from tests.usbvm.qmp import QmpError
from tests.usbvm.story import Story, WrongError

LOG = image.BUILD / "usbvm.log"


def main() -> int:
    """0 if every payment ended as the bank says, 1 if one did not, 2 if there is no machine."""
    parser = argparse.ArgumentParser(prog="python -m tests.usbvm", description=__doc__)
    names = [cable.name for cable in CABLES]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="CABLE", help=f"of {names}")
    args = parser.parse_args()
    image.BUILD.mkdir(parents=True, exist_ok=True)
    with LOG.open("w", encoding="utf-8", buffering=1) as log:
        teller = Teller(log)
        try:
            machine_image = image.made([sys.executable, "-m", "pip"])
            teller.say("the guest is built")
            run(teller, machine_image, args.only, log)
        except image.ImageError as error:
            teller.say(f"No machine can be built here: {error}.")
            return 2
        except (WrongError, MachineError, QmpError, DemoError) as error:
            teller.say(f"FAILED: {error}")
            return 1
    return 0


class Teller:
    """Prints what happens with the seconds since the start, and keeps it in the log."""

    def __init__(self, log: TextIO) -> None:
        self._log = log
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        line = f"{time.monotonic() - self._began:6.1f} s  {text}"
        print(line, flush=True)  # noqa: T201 - a program
        self._log.write(line + "\n")


def run(teller: Teller, machine_image: image.Image, names: Sequence[str], log: TextIO) -> None:
    """One boot, one shop, all terminals one after the other; then journal and banks are compared."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tillgate-usbvm-")))
        machine = stack.enter_context(Machine(machine_image, folder, log))
        teller.say("the guest has booted")
        beds = [Bed(machine, cable, folder / cable.name) for cable in CABLES if cable.name in names]
        for bed in beds:
            stack.enter_context(bed.standing())
        story = Story(machine, beds, teller.say)
        story.open()
        for bed in beds:
            story.play(bed)
        story.close()
        teller.say("the end")


if __name__ == "__main__":
    sys.exit(main())
