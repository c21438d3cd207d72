"""The disk under the collector: six calls, and the lock that makes it the only writer."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import Protocol

from agent.texts import say

# Readable by the web server that serves the tiles; written by the collector alone.
_FILE_MODE = 0o644
_FOLDER_MODE = 0o755


class Folder(Protocol):
    """The calls a store makes on its disk. Names are relative, with slashes."""

    def read(self, name: str) -> bytes | None:
        """The file's content; None when there is none."""

    def write(self, name: str, data: bytes) -> None:
        """Create or replace a file; its content is durable, its name not yet."""

    def append(self, name: str, data: bytes) -> None:
        """Write behind the end of a file, durably; one is made when there is none."""

    def rename(self, name: str, new_name: str) -> None:
        """Give a file its name, in place of any other with that name."""

    def sync(self, folder: str) -> None:
        """Make the names in a folder durable."""

    def make(self, folder: str) -> None:
        """A durable folder and its parents. No error when there is one."""

    def remove(self, folder: str) -> None:
        """Remove a folder and the files in it. No error when there is none."""


class DiskFolder:
    """A folder of the host. Every call may raise `OSError`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, name: str) -> bytes | None:
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        descriptor = os.open(self._root / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)

    def append(self, name: str, data: bytes) -> None:
        descriptor = os.open(self._root / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _FILE_MODE)
        with os.fdopen(descriptor, "ab") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)

    def rename(self, name: str, new_name: str) -> None:
        (self._root / name).rename(self._root / new_name)

    def sync(self, folder: str) -> None:
        descriptor = os.open(self._root / folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def make(self, folder: str) -> None:
        path = self._root / folder
        missing = [parent for parent in (path, *path.parents) if not parent.exists()]
        for parent in reversed(missing):
            parent.mkdir(_FOLDER_MODE)
            self.sync(str(parent.parent))

    def remove(self, folder: str) -> None:
        shutil.rmtree(self._root / folder, ignore_errors=True)


class FolderInUseError(Exception):
    """Another collector writes into the folder."""


def lock(folder: Path) -> int:
    """Become the only writer of a folder; the lock lasts as long as the returned descriptor.

    Raises `FolderInUseError`, or `OSError` when the folder cannot be written.
    """
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise FolderInUseError(say("collector.folder_in_use", folder=folder)) from None
    return descriptor
