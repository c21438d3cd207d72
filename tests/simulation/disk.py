"""A disk that loses, tears and reorders what was not synced, and fails when it is told to.

A file has two contents: what every reader sees now, and the writes of which
nobody can know yet whether they would outlive a power cut. A sync decides those.
"""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.journal.disk import JournalLocked

SECTOR_BYTES = 512


# Offset and bytes; a new size and None; a negative offset: a sync has failed.
Writes = list[tuple[int, bytes | None]]


@dataclass(slots=True)
class File:
    """`pending` are the writes since the last sync."""

    now: bytearray = field(default_factory=bytearray)
    safe: bytearray = field(default_factory=bytearray)
    pending: Writes = field(default_factory=list)
    reserved: int = 0
    failures: int = 0


class SimulatedDisk:
    """`agent.journal.disk.Disk`. It outlives the agent.

    `before(call, name)` is asked before each call: it may raise, or give how many
    bytes an append takes; `after(call)` is told when the call has had its effect.
    """

    def __init__(self, dice: random.Random) -> None:
        self.files: dict[str, File] = {}
        self.names: set[str] = set()  # whose folder entry is on disk
        self.locked = False
        self.full = False
        self.before: Callable[[str, str], int | None] = lambda _call, _name: None
        self.after: Callable[[str], None] = lambda _call: None
        self._dice = dice

    # ---- what the agent calls ----

    def lock(self) -> None:
        if self.locked:
            raise JournalLocked("memory", "1")
        self.locked = True

    def unlock(self) -> None:
        self.locked = False

    def list(self) -> dict[str, int]:
        return {name: len(self.files[name].now) for name in sorted(self.files)}

    def read(self, name: str, offset: int, count: int) -> bytes:
        self.before("read", name)
        return bytes(self.files[name].now[offset : offset + count])

    def open(self, name: str) -> None:
        self.before("open", name)
        if name not in self.files:
            self.files[name] = File()
        else:
            self._look_at_the_disk_itself(self.files[name])
        self.after("open")

    def append(self, name: str, data: bytes) -> int:
        room = self.before("append", name)
        file = self.files[name]
        if self.full and len(file.now) + len(data) > file.reserved:
            room = max(0, file.reserved - len(file.now))
            if room == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = data if room is None else data[:room]
        file.pending.append((len(file.now), written))
        file.now += written
        self.after("append")
        return len(written)

    def sync(self, name: str) -> None:
        self.before("sync", name)
        self._make_durable(self.files[name])
        self.after("sync")

    def sync_folder(self) -> None:
        self.before("sync_folder", "")
        self.names |= set(self.files)
        self.after("sync_folder")

    def truncate(self, name: str, size: int) -> None:
        self.before("truncate", name)
        file = self.files[name]
        del file.now[size:]
        file.pending.append((size, None))
        file.reserved = size
        self.after("truncate")

    def reserve(self, name: str, until: int) -> None:
        self.before("reserve", name)
        if self.full and until > self.files[name].reserved:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.files[name].reserved = max(self.files[name].reserved, until)
        self.after("reserve")

    def close(self, name: str) -> None:
        """Nothing is kept open here."""

    # ---- what another process calls ----

    def read_by_other(self, name: str, offset: int, count: int) -> bytes:
        """The page cache is the same for all."""
        return bytes(self.files[name].now[offset : offset + count])

    def forget_clean_pages(self, name: str) -> None:
        """Who opens it reads the disk itself, where a sync had failed (POSIX_FADV_DONTNEED)."""
        self._look_at_the_disk_itself(self.files[name])

    def failures(self, name: str) -> int:
        """How many syncs of this file have failed until now: a descriptor tells of later ones only."""
        return self.files[name].failures

    def sync_by_reader(self, name: str, known: int) -> None:
        """What the agent wrote and did not sync yet becomes durable by a reader's sync as well."""
        file = self.files.get(name)
        if file is None or file.failures > known:
            raise OSError(errno.EIO, "sync failed")
        self._make_durable(file)

    # ---- what happens to it ----

    def fail_to_sync(self, name: str) -> None:
        """A sync fails: the kernel drops some writes and shows them until it is opened again."""
        file = self.files[name]
        file.failures += 1
        kept = [write for write in file.pending if self._dice.random() < 0.5]
        file.safe = self._torn(file.safe, kept)
        file.pending = [(-1, b"")]

    def power_cut(self) -> None:
        """What was synced stands; of the rest nobody knows."""
        self.locked = False
        for name in sorted(self.files):
            if name not in self.names and self._dice.random() < 0.5:
                del self.files[name]
                continue
            file = self.files[name]
            file.safe = self._torn(file.safe, [write for write in file.pending if write[0] >= 0])
            file.now, file.pending = bytearray(file.safe), []
        self.names = set(self.files)

    def content(self) -> dict[str, bytes]:
        """All files, in the order of their names."""
        return {name: bytes(self.files[name].now) for name in sorted(self.files)}

    def _make_durable(self, file: File) -> None:
        """What was written since is on disk now; what a failed sync dropped is lost for good."""
        if not any(offset < 0 for offset, _ in file.pending):
            file.safe, file.pending = bytearray(file.now), []
            return
        for offset, data in file.pending[1:]:
            file.safe.extend(bytes(max(0, offset - len(file.safe))))
            file.safe[offset:] = data or b""
        file.pending = [(-1, b"")]

    def _look_at_the_disk_itself(self, file: File) -> None:
        if any(offset < 0 for offset, _ in file.pending):
            file.now, file.pending = bytearray(file.safe), []

    def _torn(self, safe: bytearray, pending: Writes) -> bytearray:
        """One of the contents that a disk may hold after these writes, each sector new or old for itself."""
        fashion = self._dice.choice(("nothing", "all", "beginning", "sectors", "sectors", "length only"))
        if fashion == "nothing" or not pending:
            return bytearray(safe)
        torn = bytearray(safe)
        for offset, data in pending:
            if data is None:
                if self._dice.random() < 0.5:
                    del torn[offset:]
            else:
                self._write(torn, offset, data, fashion)
        return torn

    def _write(self, torn: bytearray, offset: int, data: bytes, fashion: str) -> None:
        if fashion == "beginning":
            data = data[: self._dice.randint(0, len(data))]
        torn.extend(bytes(max(0, offset + len(data) - len(torn))))
        if fashion == "length only":
            return
        at = offset
        while at < offset + len(data):
            end = min(at // SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES, offset + len(data))
            if fashion != "sectors" or self._dice.random() < 0.5:
                torn[at:end] = data[at - offset : end - offset]
            at = end
