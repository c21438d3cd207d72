"""A folder that wakes whoever waits for it: inotify(7), so that nobody looks every few seconds.

The kernel tells only of what this host does. A folder on a network file system or in some
container layers changes in silence, and a host may have no instance of inotify left: a
reader looks again by itself after `LOOK_ANYWAY_S`, or as often as before where there is no watch.
"""

from __future__ import annotations

import ctypes
import os
import select
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

# How late a change is seen that the kernel does not tell of. Two wake-ups in such a time, both of them rare.
LOOK_ANYWAY_S: Final = 60.0

# linux/inotify.h: a file of the folder was written, made, moved in or out, or removed.
_CHANGES: Final = 0x2 | 0x100 | 0x40 | 0x80 | 0x200
# The folder itself was removed or moved away: what has its name now is another folder.
_FOLDER_GONE: Final = 0x400 | 0x800
_ONLY_FOLDERS: Final = 0x0100_0000
_NONBLOCK_CLOEXEC: Final = os.O_NONBLOCK | os.O_CLOEXEC
# struct inotify_event: the watch, what happened, a cookie, the length of the name behind it.
_HEAD_BYTES: Final = 16
_READ_BYTES: Final = 16 << 10
# The kernel has taken the watch away, by itself or because the folder is gone.
_IGNORED: Final = 0x8000


class Kernel(Protocol):
    """The three calls of inotify. All raise `OSError`."""

    def start(self) -> int:
        """A descriptor that is readable when something happened; it does not block."""

    def add(self, descriptor: int, folder: Path, mask: int) -> None:
        """Watch a folder."""

    def read(self, descriptor: int) -> bytes:
        """Whole events. Raises `BlockingIOError` when there is none."""


class Inotify:
    """The kernel of this host. A C library without inotify raises `OSError` like a kernel without it."""

    def start(self) -> int:
        return _checked(_function("inotify_init1")(_NONBLOCK_CLOEXEC), "inotify_init1")

    def add(self, descriptor: int, folder: Path, mask: int) -> None:
        path = os.fsencode(folder)
        _checked(_function("inotify_add_watch")(descriptor, path, ctypes.c_uint32(mask)), str(folder))

    def read(self, descriptor: int) -> bytes:
        return os.read(descriptor, _READ_BYTES)


class FolderWatch:
    """A watch on one folder; it comes again by itself when the folder does.

    watch.arm()          # before looking: what changes from now on will wake us
    look()
    watch.wait(seconds)  # sooner, if something changed since `arm`
    """

    def __init__(self, folder: Path, kernel: Kernel | None = None) -> None:
        self._folder = folder
        self._kernel = kernel or Inotify()
        self._descriptor: int | None = None

    @property
    def descriptor(self) -> int | None:
        """What is readable after a change; None where changes are not told."""
        return self._descriptor

    def arm(self) -> bool:
        """Forget what was told, and be told of what comes. False where that is not possible now."""
        if self._descriptor is not None and self._forget():
            return True
        self.close()
        try:
            self._descriptor = self._kernel.start()
            self._kernel.add(self._descriptor, self._folder, _CHANGES | _FOLDER_GONE | _ONLY_FOLDERS)
        except OSError:
            self.close()
        return self._descriptor is not None

    def wait(self, seconds: float) -> bool:
        """True as soon as something changed, False after so many seconds."""
        heard = [] if self._descriptor is None else [self._descriptor]
        return bool(select.select(heard, [], [], seconds)[0])

    def close(self) -> None:
        """Stop watching."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _forget(self) -> bool:
        """Read all that was told; False if the watch itself is over."""
        descriptor = self._descriptor
        alive = descriptor is not None
        while descriptor is not None:
            try:
                told = self._kernel.read(descriptor)
            except BlockingIOError:
                return alive
            except OSError:
                return False
            alive = alive and not any(mask & (_FOLDER_GONE | _IGNORED) for mask in masks(told))
        return False


def masks(told: bytes) -> list[int]:
    """What happened, event by event, as the kernel wrote it."""
    found, place = [], 0
    while place + _HEAD_BYTES <= len(told):
        found.append(int.from_bytes(told[place + 4 : place + 8], sys.byteorder))
        place += _HEAD_BYTES + int.from_bytes(told[place + 12 : place + 16], sys.byteorder)
    return found


def _function(name: str) -> Callable[..., int]:
    try:
        function: Callable[..., int] = getattr(_libc, name)
    except AttributeError:
        raise OSError(name) from None
    return function


def _checked(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)
    return result


_libc = ctypes.CDLL(None, use_errno=True)
