"""Finds the program that uses a device node, as far as /proc shows it to this user."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

UNKNOWN: Final = "another program"


def owner_of(device: str) -> str | None:
    """The program that has locked the node or has it open. None proves nothing."""
    return next(iter(owners_of(device)), None)


def owners_of(device: str, *, but: Callable[[str], bool] = lambda _process: False) -> list[str]:
    """All such programs, but the processes that `but` names. An empty list proves nothing."""
    named = []
    for process in dict.fromkeys((*_lockers(device), *_openers(device))):
        with suppress(OSError):
            if not but(process):
                named.append(f"{Path('/proc', process, 'comm').read_text().strip()} (process {process})")
    return named


def _lockers(device: str) -> Iterator[str]:
    """The processes that lock the node. Any user may read locks; only the owner may read open files."""
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
