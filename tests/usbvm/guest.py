"""Process 1 of the virtual machine: a shop's host that does what its orders say, one JSON line each.

Started by the kernel, see `image.INIT`. The agent, the door, the rules and the journal are the real
ones; only keys and settings are made as the demo makes them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from agent.cli.client import BrokenError, UnreachableError
from agent.journal.entry import Answered, Settled, Unclear, decode
from agent.journal.reader import JournalReader
from agent.payments.views import PaymentRequest, PaymentView, StatusView
from tests.faults.stage import Shop
from tests.usbvm.usbip import opened

ORDERS: Final = "/dev/ttyS1"
SHOP: Final = Path("/run/shop")
NODES: Final = ("ttyUSB*", "ttyACM*", "serial/by-id/*")
# How long udev may take until it has made every name.
SETTLE_S: Final = 10
UDEV: Final = (
    ("modprobe", "--all", "xhci-pci", "vhci-hcd"),
    ("/usr/lib/systemd/systemd-udevd", "--daemon"),
    ("udevadm", "trigger", "--action=add"),
)


class Guest:
    """Each public method is an order; what it returns is the answer."""

    def __init__(self) -> None:
        SHOP.mkdir()
        self._shop = Shop(SHOP)
        self._emulators: dict[str, subprocess.Popen[bytes]] = {}

    def open_shop(self, terminals: str) -> None:
        """Make keys and settings with these terminals, and start the agent."""
        self._shop.house.furnish()
        before, _, after = self._shop.settings.read_text("utf-8").partition("[terminals.front]")
        rules = after[after.index("[rules]") :]
        self._shop.settings.write_text(f"{before}{terminals}\n{rules}", "utf-8")
        self._shop.start_agent()

    def states(self) -> dict[str, list[str]]:
        """Each terminal's state and its reason; nothing while the agent is not up."""
        agent = self._shop.house.programs["agent"]
        if agent.poll() is not None:
            raise RuntimeError(f"the agent has ended: {self._shop.said()}")
        try:
            status = self._shop.house.door.call("GET", "/status", StatusView)
        except (UnreachableError, BrokenError):
            return {}
        return {terminal.name: [terminal.state, terminal.text] for terminal in status.terminals}

    def sell(self, number: str, amount: int, terminal: str) -> None:
        """Put a sale; its fate is asked for with `view`."""
        request = PaymentRequest(amount=amount, currency="EUR", terminal=terminal)
        self._shop.house.door.call("PUT", f"/payments/{number}", PaymentView, request)

    def view(self, number: str) -> object:
        return msgspec.to_builtins(self._shop.view(number))

    def nodes(self) -> dict[str, str]:
        """What udev has made of the plugged devices: each name, and the node it is."""
        run("udevadm", "settle", f"--timeout={SETTLE_S}")
        found = [path for pattern in NODES for path in Path("/dev").glob(pattern)]
        return {str(path): path.resolve().name for path in found}

    def plug(self, port: str, serial: str, line: str) -> None:
        """Plug an emulated CDC-ACM device into this port of the USB/IP hub."""
        command = [sys.executable, "-m", "tests.usbvm.usbip", port, serial, line]
        self._emulators[serial] = subprocess.Popen(command)

    def unplug(self, serial: str) -> None:
        emulator = self._emulators.pop(serial)
        emulator.kill()
        emulator.wait()

    def close_shop(self) -> dict[str, Any]:
        """End the day: the journal's own word on every payment, and what `tillgate log verify` says."""
        self._shop.house.stop("agent")
        return {
            "says": journal_says(self._shop.house.journal),
            "verified": run(
                *(sys.executable, "-m", "agent", "log", "verify", "--every"),
                *("--settings", str(self._shop.settings)),
            ),
        }

    def log(self) -> str:
        """What the agent has said so far."""
        return (SHOP / "agent.log").read_text("utf-8")


def journal_says(journal: Path) -> dict[str, list[Any]]:
    """For each payment the verdict that stands at the end, and every one on the way."""
    says: dict[str, list[Any]] = {}
    for commit in JournalReader(journal).commits(0):
        for body in (decode(line).body for line in commit.lines):
            if isinstance(body, Answered | Settled):
                says.setdefault(body.till_number, []).append(body.verdict)
            elif isinstance(body, Unclear):
                says.setdefault(body.till_number, []).append("unclear")
    return says


def run(*command: str) -> str:
    """A tool that must succeed; what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")
    return done.stdout


def serve() -> None:
    """Obey until the machine is switched off. An order that fails is answered with its reason."""
    for command in UDEV:
        run(*command)
    guest = Guest()
    with os.fdopen(opened(ORDERS), "r+b", buffering=0) as orders:
        orders.write(b'{"answer": "ready"}\n')
        for line in iter(orders.readline, b""):
            orders.write(json.dumps(obeyed(guest, line)).encode() + b"\n")


def obeyed(guest: Guest, line: bytes) -> dict[str, object]:
    """Carry out one order."""
    try:
        order = json.loads(line)
        what: Callable[..., object] = getattr(guest, order["order"])
        return {"answer": what(**order["with"])}
    except Exception as error:  # noqa: BLE001 - whatever it is, the person at the host has to hear it
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    serve()
