"""The journal's interface to a disk, and the real disk. Every call may fail, and a write may be short.

Nothing here is tried again. After a failed sync the kernel may have dropped the pages and still
call them clean, so only a start that reads the file again may go on.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
from datetime import date
from pathlib import Path
from typing import Protocol

from agent.journal.damage import JournalError

_FILE_MODE = 0o640
_FOLDER_MODE = 0o2750
_FALLOC_FL_KEEP_SIZE = 1
_LOCK = "lock"
_LOCK_BYTES = 20
_FILE_NAME = re.compile(r"j([0-9]{10})-([0-9]{4}-[0-9]{2}-[0-9]{2})\.jsonl")


class JournalLocked(JournalError):
    """Another process writes this journal. `pid` is what it wrote into the lock."""

    def __init__(self, folder: str, pid: str) -> None:
        super().__init__("journal.locked", folder=folder, pid=pid)
        self.pid = pid


class Readable(Protocol):
    """A folder of journal files to read."""

    def list(self) -> dict[str, int]:
        """The journal's files and their sizes in bytes."""

    def read(self, name: str, offset: int, count: int) -> bytes:
        """Up to `count` bytes; less only at the end of the file."""


class Disk(Readable, Protocol):
    """A folder of journal files to write. All calls raise `OSError`."""

    def lock(self) -> None:
        """Become the only writer. Raises `JournalLocked`."""

    def open(self, name: str) -> None:
        """Make a file ready for `append`; an empty one is made when there is none."""

    def append(self, name: str, data: bytes) -> int:
        """How many bytes went to the end of the file in one write."""

    def sync(self, name: str) -> None:
        """Return when all appended bytes will survive a power cut."""

    def sync_folder(self) -> None:
        """Return when the names of new files will survive a power cut."""

    def truncate(self, name: str, size: int) -> None:
        """Cut the file, and give back the space reserved behind its end."""

    def reserve(self, name: str, until: int) -> None:
        """Make sure that the file can grow to `until` bytes, without changing its size."""

    def close(self, name: str) -> None:
        """Done with this file."""

    def unlock(self) -> None:
        """Done with the folder."""


def file_name(index: int, day: date) -> str:
    """The name of a file by the index of its first entry and its local date."""
    return f"j{index:010d}-{day}.jsonl"


def first_index(name: str) -> int:
    """The index of a file's first entry. Raises `ValueError` for any other file."""
    match = _FILE_NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"no journal file: {name}")
    date.fromisoformat(match[2])
    return int(match[1])


def file_day(name: str) -> date:
    """The local date in a file's name."""
    return date.fromisoformat(name[12:22])


class FolderReader:
    """A journal folder, read-only: for another user of the same group."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def list(self) -> dict[str, int]:
        with os.scandir(self.folder) as files:
            found = {f.name: f.stat().st_size for f in files if f.name.endswith(".jsonl")}
        return dict(sorted(found.items()))

    def read(self, name: str, offset: int, count: int) -> bytes:
        fd = os.open(self.folder / name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.pread(fd, count, offset)
        finally:
            os.close(fd)


class FolderDisk(FolderReader):
    """The real disk. The folder is made if it is missing, closed to others (2750)."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(_FOLDER_MODE)
        self._files: dict[str, int] = {}
        # For each open file its path and identity, checked before each write.
        self._places: dict[str, tuple[str, tuple[int, int]]] = {}
        self._lock: int | None = None

    def lock(self) -> None:
        fd = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(fd, 0)
            os.pwrite(fd, b"%d\n" % os.getpid(), 0)
        except BlockingIOError:
            pid = os.pread(fd, _LOCK_BYTES, 0).decode("ascii", "replace").strip()
            os.close(fd)
            raise JournalLocked(str(self.folder), pid or "unknown") from None
        self._lock = fd

    def open(self, name: str) -> None:
        path, flags = self.folder / name, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
        try:
            fd = os.open(path, flags | os.O_CREAT | os.O_EXCL, _FILE_MODE)
            os.fchmod(fd, _FILE_MODE)
        except FileExistsError:
            fd = os.open(path, flags)
            # Clean pages may hold what a failed sync of our predecessor never wrote: read the disk itself.
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        found = os.fstat(fd)
        self._files[name] = fd
        self._places[name] = os.fspath(path), (found.st_dev, found.st_ino)

    def append(self, name: str, data: bytes) -> int:
        path, opened = self._places[name]
        # The kernel still writes and syncs a file that somebody has removed.
        found = os.stat(path)  # noqa: PTH116 - a Path costs more than the look itself, at every commit
        if (found.st_dev, found.st_ino) != opened:
            raise OSError(errno.ESTALE, "file was replaced", path)
        return os.write(self._files[name], data)

    def sync(self, name: str) -> None:
        os.fdatasync(self._files[name])

    def sync_folder(self) -> None:
        fd = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def truncate(self, name: str, size: int) -> None:
        os.ftruncate(self._files[name], size)

    def reserve(self, name: str, until: int) -> None:
        fd = self._files[name]
        end = os.fstat(fd).st_size
        try:
            _fallocate(fd, end, until - end)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.ENOSYS):
                raise
            # This file system cannot reserve: its free space is the next best promise.
            space = os.fstatvfs(fd)
            if space.f_bavail * space.f_frsize < until - end:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from None

    def close(self, name: str) -> None:
        os.close(self._files.pop(name))

    def unlock(self) -> None:
        for name in tuple(self._files):
            self.close(name)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


_libc = ctypes.CDLL(None, use_errno=True)


def _fallocate(fd: int, offset: int, length: int) -> None:
    call = getattr(_libc, "fallocate64", None) or _libc.fallocate  # musl has only the one with 64 bits
    done = call(
        ctypes.c_int(fd),
        ctypes.c_int(_FALLOC_FL_KEEP_SIZE),
        ctypes.c_int64(offset),
        ctypes.c_int64(length),
    )
    if done != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
