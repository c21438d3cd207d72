"""The three clocks of a payment: wall, monotonic and boot time. Passed in, never reached for."""

from __future__ import annotations

import time
import uuid
from base64 import b32encode
from datetime import datetime
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """What time it is, in the three senses that a journal needs."""

    def wall(self) -> datetime:
        """Local wall time with its offset. May jump and may be wrong."""

    def monotonic(self) -> float:
        """Seconds that never go back; stands still while the host sleeps."""

    def boot_ms(self) -> int:
        """Milliseconds since the host started, sleep included (`CLOCK_BOOTTIME`)."""

    def boot_id(self) -> str:
        """The kernel's name for this boot."""


class SystemClock:
    """The host's own clocks.

    `boot_id` may be given by the service manager (`%b`): a sandbox with
    `ProcSubset=pid` hides the kernel's file.
    """

    def __init__(self, boot_id: str = "") -> None:
        self._boot_id = name_of_boot(boot_id or _kernel_boot_id())

    def wall(self) -> datetime:
        return datetime.now().astimezone()

    def monotonic(self) -> float:
        return time.monotonic()

    def boot_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def boot_id(self) -> str:
        return self._boot_id


def name_of_boot(kernel_id: str) -> str:
    """The kernel's UUID in base32: hex could hold a run of digits that looks like a card."""
    return b32encode(uuid.UUID(kernel_id).bytes).decode("ascii").rstrip("=").lower()


def _kernel_boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
