"""A device in memory: its descriptors, what it says and hears, and its plug."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from drivers.simulator.zvt.device import SimulatedDevice

# Another thread on a busy machine; an honest step takes milliseconds.
PATIENCE_S: Final = 10.0

BULK_IN, BULK_OUT, NOTICES = 0x81, 0x02, 0x88
_BULK, _INTERRUPT = 0x02, 0x03
UNION = bytes.fromhex("05240010 01 0524010001 04240202 0524060001")
FTDI_STATUS = b"\x01\x60"


@dataclass
class Endpoint:
    address: int
    kind: int = _BULK
    packet_bytes: int = 64


@dataclass
class Interface:
    number: int
    code: tuple[int, int, int]
    endpoints: list[Endpoint]
    extra: bytes = b""


def cdc_acm(control: int = 0) -> list[Interface]:
    extra = UNION[:-2] + bytes((control, control + 1))
    return [
        Interface(control, (0x02, 0x02, 0x01), [Endpoint(NOTICES + control, _INTERRUPT, 10)], extra),
        Interface(control + 1, (0x0A, 0, 0), [Endpoint(BULK_IN + control), Endpoint(BULK_OUT + control)]),
    ]


def ftdi(ports: int = 1) -> list[Interface]:
    return [
        Interface(n, (0xFF, 0xFF, 0xFF), [Endpoint(BULK_IN + 2 * n), Endpoint(BULK_OUT + 2 * n)])
        for n in range(ports)
    ]


Request = tuple[int, int, int, int, bytes]


@dataclass
class Gadget:
    """One device. What it says next stands in `packets`: bytes, or an errno that the transfer ends with."""

    interfaces: list[Interface] = field(default_factory=cdc_acm)
    vendor: int = 0x0B00
    product: int = 0x0084
    serial: str = ""
    ports: tuple[int, ...] = (1, 2)
    bus: int = 250
    address: int = 4
    kernel: dict[int, str] = field(default_factory=dict)
    terminal: SimulatedDevice | None = None
    plugged: bool = True
    may_open: bool = True
    used_by_others: bool = False
    latency_s: float | None = None

    def __post_init__(self) -> None:
        self.changed = threading.Condition()
        self.packets: deque[bytes | int] = deque()
        self.notices: deque[bytes | int] = deque()
        self.write_faults: deque[int] = deque()
        self.takes: int | None = None
        self.written = bytearray()
        self.requests: list[Request] = []
        self.refused: set[int] = set()
        self.log: list[tuple[str, int]] = []
        self.claimed: set[int] = set()
        self.open_handles = 0
        self.born = time.monotonic()
        # Every address that a transfer landed at, with its length: the tests look what lies there later.
        self.landings: set[tuple[int, int]] = set()

    @property
    def is_ftdi(self) -> bool:
        return self.vendor == 0x0403

    @property
    def now(self) -> float:
        return time.monotonic() - self.born

    def say(self, *packets: bytes | int) -> None:
        """Queue packets as they go over the bus; an int is the errno of a transfer."""
        with self.changed:
            self.packets.extend(packets)
            self.changed.notify_all()

    def say_bytes(self, data: bytes) -> None:
        """Send bytes as a device does: in packets, the last one short or followed by an empty one."""
        size = 62 if self.is_ftdi else 64
        head = FTDI_STATUS if self.is_ftdi else b""
        parts = [data[i : i + size] for i in range(0, len(data), size)]
        if parts and len(parts[-1]) == size:
            parts.append(b"")
        self.say(*(head + part for part in parts))

    def unplug(self) -> None:
        """Out of the socket, at whatever moment: transfers under way end at once."""
        with self.changed:
            self.plugged = False
            self.claimed.clear()
            self.changed.notify_all()

    def plug_in(self, ports: tuple[int, ...] | None = None) -> None:
        """Back, under a new address, with the kernel's driver bound to it again."""
        with self.changed:
            self.plugged = True
            self.address += 1
            self.ports = ports or self.ports
            self.packets.clear()
            self.changed.notify_all()

    def wait(self, what: Callable[[], bool]) -> None:
        """Until a thread of the wire has got there."""
        with self.changed:
            assert self.changed.wait_for(what, PATIENCE_S), "the wire did not get there"

    def note(self, what: str, number: int) -> None:
        with self.changed:
            self.log.append((what, number))
            self.changed.notify_all()

    def released(self) -> bool:
        return self.open_handles == 0

    def let_terminal_speak(self) -> None:
        """Give the simulated terminal its time, and put what it says onto the bus."""
        if self.terminal is None:
            return
        due = self.terminal.deadline()
        if due is not None and self.now >= due:
            self.terminal.deadline_passed(self.now)
        if data := self.terminal.bytes_to_send(self.now):
            self.say_bytes(data)
        if not self.terminal.plugged:
            self.unplug()

    def wait_s(self, until: float) -> float:
        """How long a transfer may rest before the terminal wants to act, or the transfer ends."""
        due = self.terminal.deadline() if self.terminal is not None else None
        moments = [until] + ([due] if due is not None else [])
        return max(0.0, min(moments) - self.now)
