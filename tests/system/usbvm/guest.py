"""Process 1 of the virtual machine: a shop's host that does what it is told, one JSON line an order.

The kernel starts it by `image.INIT`. Agent, API, rules and journal are the real ones, and so are
the kernel's drivers and udev; keys and settings are made as the demo makes them.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from agent.api.v1.bodies import PaymentRequest, PaymentView, StatusView
from agent.cli.ui.client import AgentUnreachableError, BrokenError
from agent.journal.reader import JournalReader
from agent.journal.schema.entry import BecameUnclear, Resolved, TerminalResult, decode
from tests.system.faults.stage import Shop
from tests.system.usbvm.usbip import line_file, opened

ORDERS: Final = "/dev/ttyS1"
SHOP: Final = Path("/run/shop")
# Where config/udev makes the names that stay.
NAMES: Final = Path("/dev/tillgate")
# udev has made its names by then.
UDEV_S: Final = 10
# The drivers themselves are udev's choice, as on any host.
BEGIN: Final = (
    ("modprobe", "--all", "xhci-pci", "vhci-hcd"),
    ("/usr/lib/systemd/systemd-udevd", "--daemon"),
    ("udevadm", "trigger", "--action=add"),
)


class Guest:
    """Each public method is an order, and what it returns is the answer."""

    def __init__(self) -> None:
        SHOP.mkdir()
        self._shop = Shop(SHOP)
        self._emulators: dict[str, subprocess.Popen[bytes]] = {}
        self._held: list[int] = []

    def open_shop(self, terminals: str) -> None:
        """Make keys and settings with these terminals, and start the agent."""
        self._shop.environment.provision()
        text = self._shop.settings.read_text("utf-8")
        front = text[text.index("[terminals.front]") : text.index("[rules]")]
        self._shop.change(front, terminals)
        self._shop.start_agent()

    def start(self) -> None:
        """Start the agent again."""
        self._shop.start_agent()

    def stop(self) -> None:
        """End the agent in good order."""
        self._shop.environment.stop("agent")

    def kill(self) -> None:
        """End the agent as it stands."""
        agent = self._shop.environment.programs.pop("agent")
        agent.kill()
        agent.wait()

    def states(self) -> dict[str, list[str]]:
        """Each terminal's state and why; nothing while the agent is not up."""
        if self._shop.environment.programs["agent"].poll() is not None:
            raise RuntimeError(f"the agent has ended: {self._shop.said()}")
        try:
            status = self._shop.environment.api.call("GET", "/v1/status", StatusView)
        except (AgentUnreachableError, BrokenError):
            return {}
        return {terminal.name: [terminal.state, terminal.text] for terminal in status.terminals}

    def sell(self, payment_id: str, amount: int, terminal: str) -> None:
        """Ask for a sale; `view` tells what becomes of it."""
        request = PaymentRequest(payment="sale", amount=amount, currency="EUR", terminal=terminal)
        self._shop.environment.api.call("PUT", f"/v1/payments/{payment_id}", PaymentView, request)

    def view(self, payment_id: str) -> object:
        return msgspec.to_builtins(self._shop.view(payment_id))

    def ports(self) -> dict[str, str]:
        """The kernel's serial ports by their lasting names."""
        run("udevadm", "settle", f"--timeout={UDEV_S}")
        return {str(link): link.resolve().name for link in NAMES.glob("*")}

    def terminals(self) -> dict[str, str]:
        """By port, what `tillgate terminals --probe` has found out."""
        found = json.loads(run(sys.executable, "-m", "agent", "terminals", "--probe", "--json"))
        return {one["device"]["port"]: f"{one['suggestion']['what']}, {one['probed']}" for one in found}

    def hold(self, port: str, *, lock: bool) -> None:
        """Have a port open, as a forgotten program has. Unplugged or not, its number is taken."""
        file = os.open(f"/dev/{port}", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._held.append(file)
        if lock:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def let_go(self) -> None:
        while self._held:
            os.close(self._held.pop())

    def plug(self, hub_port: int, serial: str, line: str) -> None:
        """Plug an emulated CDC-ACM device into this port of the USB/IP hub."""
        command = [sys.executable, "-m", "tests.system.usbvm.usbip", str(hub_port), serial, line]
        self._emulators[serial] = subprocess.Popen(command)

    def unplug(self, serial: str) -> None:
        emulator = self._emulators.pop(serial)
        emulator.kill()
        emulator.wait()

    def line(self, serial: str) -> str:
        """What an emulated device was told to set its line to."""
        return line_file(serial).read_text("ascii")

    def close_shop(self) -> dict[str, Any]:
        """End the day: the journal's own word on every payment, and what `tillgate journal verify` says."""
        self.stop()
        verify = [sys.executable, "-m", "agent", "journal", "verify", "--every"]
        return {
            "verified": run(*verify, "--settings", str(self._shop.settings)),
            "says": journal_says(self._shop.environment.journal),
        }

    def log(self) -> str:
        """What the agent has said so far."""
        log = SHOP / "agent.log"
        return log.read_text("utf-8") if log.exists() else ""


def journal_says(journal: Path) -> dict[str, list[str]]:
    """For each payment every verdict in the journal; the last one stands."""
    says: dict[str, list[str]] = {}
    for commit in JournalReader(journal).commits(0):
        for body in (decode(line).body for line in commit.lines):
            if isinstance(body, TerminalResult | Resolved | BecameUnclear):
                verdict = "unclear" if isinstance(body, BecameUnclear) else body.verdict
                says.setdefault(body.payment_id, []).append(verdict)
    return says


def run(*command: str) -> str:
    """A tool that must succeed; what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")
    return done.stdout


def serve() -> None:
    """Obey until the machine is switched off."""
    for command in BEGIN:
        run(*command)
    guest = Guest()
    with os.fdopen(opened(ORDERS), "r+b", buffering=0) as orders:
        orders.write(b'{"answer": "ready"}\n')
        for line in iter(orders.readline, b""):
            orders.write(json.dumps(obeyed(guest, line)).encode() + b"\n")


def obeyed(guest: Guest, line: bytes) -> dict[str, object]:
    """Carry out one order. One that fails is answered with its reason."""
    try:
        order = json.loads(line)
        what: Callable[..., object] = getattr(guest, order["order"])
        return {"answer": what(**order["with"])}
    except Exception as error:  # noqa: BLE001 - whatever it is, the person at the host has to hear it
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    serve()
