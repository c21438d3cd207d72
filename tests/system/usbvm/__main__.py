"""`make usb-vm`: the real kernel's USB stack under the real agent.

    python -m tests.system.usbvm [--only CABLE ...]

A virtual machine boots Debian's kernel. Simulated terminals on the host are wired to its USB
adapters; in the machine the agent takes payments, and cables are pulled in the middle of them.
Root, debootstrap, cpio and QEMU are needed, and a network to build the machine the first time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, TextIO

from agent.programs.demo.environment import DemoError
from tests.system.usbvm import image
from tests.system.usbvm.bed import CABLES, Bed
from tests.system.usbvm.machine import Machine, MachineError, booted
from tests.system.usbvm.qmp import QmpError
from tests.system.usbvm.story import Story, WrongError

LOG: Final = image.BUILD / "usbvm.log"
HEAD: Final = f"{'payment':<20}amount  {'journal':<31}bank"


class Teller:
    """Prints what happens with the seconds since the start, and keeps it in the log."""

    def __init__(self, log: TextIO) -> None:
        self._log = log
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        line = f"{time.monotonic() - self._began:5.0f} s  {text}"
        print(line, flush=True)  # noqa: T201 - a program
        self._log.write(f"--- {line}\n")


def main() -> int:
    """0 if every payment ended as the bank says, 1 if one did not, 2 if there is no machine."""
    parser = argparse.ArgumentParser(prog="python -m tests.system.usbvm", description=__doc__)
    names = [cable.name for cable in CABLES]
    parser.add_argument(
        "--only", nargs="+", choices=names, default=names, metavar="CABLE", help=f"of {names}"
    )
    args = parser.parse_args()
    image.BUILD.mkdir(parents=True, exist_ok=True)
    with LOG.open("w", encoding="utf-8", buffering=1) as log:
        return tell(Teller(log), args.only, log)


def tell(teller: Teller, names: Sequence[str], log: TextIO) -> int:
    """Build, boot, play; what went wrong in one sentence."""
    try:
        guest = image.made([sys.executable, "-m", "pip"])
        teller.say("the machine is built")
        play(teller, guest, names, log)
    except image.ImageError as error:
        teller.say(f"No machine can be built here: {error}.")
        return 2
    except (WrongError, MachineError, QmpError, DemoError, OSError) as error:
        teller.say(f"FAILED: {error}. All of it is in {LOG.relative_to(image.ROOT)}.")
        return 1
    return 0


def play(teller: Teller, guest: image.Image, names: Sequence[str], log: TextIO) -> None:
    """One boot, one shop, one terminal after the other; at last the journal and the banks."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tillgate-usbvm-"))
        machine = stack.enter_context(booted(guest, Path(folder), log))
        stack.callback(keep_log, machine, log)
        teller.say("the machine has booted")
        beds = [Bed(machine, cable) for cable in CABLES if cable.name in names]
        for bed in beds:
            stack.enter_context(bed.standing())
        story = Story(machine, beds, teller.say)
        story.open()
        for bed in beds:
            story.play(bed)
        story.rest()
        story.crash()
        rows = story.close()
        for line in ("the journal says what the banks say", HEAD, *rows):
            teller.say(line)


def keep_log(machine: Machine, log: TextIO) -> None:
    """What the agent has said, whatever became of it."""
    with suppress(MachineError):
        text = machine.order("log")
        log.write(f"\n--- the agent's log\n{text}\n")


if __name__ == "__main__":
    sys.exit(main())
