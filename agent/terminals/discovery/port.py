"""What is behind the name of a serial port. Nothing is opened: that would disturb who uses it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from drivers.wires.port_owner import owners_of

# The far ends of pseudo-terminals, which sysfs does not list (Linux, admin-guide/devices.txt).
_PTY_MAJORS: Final = range(136, 144)


def is_serial_port(device: Path) -> bool:
    """Whether a terminal can be behind it: a character device that the kernel calls a tty."""
    status = device.stat()
    if not stat.S_ISCHR(status.st_mode):
        return False
    major, minor = os.major(status.st_rdev), os.minor(status.st_rdev)
    kind = Path("/sys/dev/char", f"{major}:{minor}", "subsystem")
    return major in _PTY_MAJORS or not kind.exists() or kind.resolve().name == "tty"


def other_programs(device: Path) -> list[str]:
    """Programs that use the port beside the agent, as far as /proc shows them to this user."""
    return owners_of(str(device), but=_is_ours)


def _is_ours(process: str) -> bool:
    """Whether it is a process of Tillgate: the agent, or a simulated terminal."""
    words: list[str] = []
    with suppress(OSError):
        words = Path("/proc", process, "cmdline").read_text("utf-8", "replace").split("\0")
    return any(Path(word).name == "tillgate" for word in words[:2]) or words[1:3] == ["-m", "agent"]
