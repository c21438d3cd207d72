"""Who uses a device node, as far as /proc tells this user: the name of a program to stop."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

UNKNOWN: Final = "another program"


def owner_of(device: str) -> str | None:
    """Who has locked the node, or has it open; None when nobody is seen, which proves nothing."""
    for process in (*_lockers(device), *_openers(device)):
        try:
            return f"{Path('/proc', process, 'comm').read_text().strip()} (process {process})"
        except OSError:
            continue
    return None


def _lockers(device: str) -> Iterator[str]:
    """Every user may read who locks what; who has what open only its owner may."""
    with suppress(OSError):
        port = Path(device).stat()
        place = f"{os.major(port.st_dev):02x}:{os.minor(port.st_dev):02x}:{port.st_ino}"
        for lock in Path("/proc/locks").read_text("ascii").splitlines():
            words = lock.split()
            if place in words:
                yield words[words.index(place) - 1]


def _openers(device: str) -> Iterator[str]:
    port = os.path.realpath(device)
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if any(str(file.readlink()) == port for file in (process / "fd").iterdir()):
                yield process.name
