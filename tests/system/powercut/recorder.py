"""A disk with a volatile cache, as a FUSE file: `python -m ...powercut.recorder MOUNT MIB ACKS SEED`.

A loop device over the file `disk` turns the file system's flushes into `fsync` here,
so what was written and not yet flushed is known. An order written to the file `cut`
takes a picture of what a power cut would leave after some more writes.
"""

from __future__ import annotations

import errno
import random
import stat
import sys
from pathlib import Path
from typing import Any, Final

import msgspec
from mfusepy import FUSE, FuseOSError, Operations

SECTOR_BYTES: Final = 512
DISK, CUT = "/disk", "/cut"


class Order(msgspec.Struct):
    """Cut the power after `writes` more writes (0: now), and leave the picture in `image`."""

    image: str
    writes: int
    torn: bool


class Cut(msgspec.Struct):
    """What was acknowledged before the cut (bytes of the acks' file), and what became of unflushed writes."""

    acked_bytes: int
    unflushed: int
    lost_bytes: int


def finished(image: Path) -> Path:
    """The file that says that a picture is whole."""
    return image.with_suffix(".json")


class Cache:
    """A disk's content, and what of it only its cache has."""

    def __init__(self, size: int, chance: random.Random) -> None:
        self.current = bytearray(size)
        self._durable = bytearray(size)
        self._unflushed: list[tuple[int, bytes]] = []
        self._chance = chance

    def write(self, offset: int, data: bytes) -> None:
        self.current[offset : offset + len(data)] = data
        self._unflushed.append((offset, bytes(data)))

    def flush(self) -> None:
        for offset, data in self._unflushed:
            self._durable[offset : offset + len(data)] = data
        self._unflushed.clear()

    def after_a_cut(self, torn: bool) -> tuple[bytearray, int, int]:
        """Each unflushed write, or with `torn` each sector of it, is there or not, as a coin says.

        The picture, how many writes were unflushed, and how many bytes are lost.
        """
        picture, lost = bytearray(self._durable), 0
        for offset, data in self._unflushed:
            step = SECTOR_BYTES if torn else len(data)
            for begin in range(0, len(data), step):
                part = data[begin : begin + step]
                if self._chance.random() < 0.5:
                    picture[offset + begin : offset + begin + len(part)] = part
                else:
                    lost += len(part)
        return picture, len(self._unflushed), lost


class Recorder(Operations):  # type: ignore[misc]  # published without strict types
    """The two files. One thread serves them, so nothing is written while a picture is taken."""

    use_ns = True

    def __init__(self, cache: Cache, acks: Path) -> None:
        self._cache = cache
        self._acks = acks
        self._order: Order | None = None

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:  # noqa: ARG002 - FUSE's call
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2}
        if path not in {DISK, CUT}:
            raise FuseOSError(errno.ENOENT)
        size = len(self._cache.current) if path == DISK else 0
        return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": size}

    def open(self, path: str, flags: int) -> int:  # noqa: ARG002 - FUSE's form
        return 0

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:  # noqa: ARG002 - FUSE's form
        return 0

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:  # noqa: ARG002 - FUSE's form
        return bytes(self._cache.current[offset : offset + size]) if path == DISK else b""

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:  # noqa: ARG002 - FUSE's form
        if path == CUT:
            self._order = msgspec.json.decode(data, type=Order)
        else:
            self._cache.write(offset, data)
        self._cut_if_it_is_time()
        return len(data)

    def fsync(self, path: str, datasync: int, fh: int) -> int:  # noqa: ARG002 - FUSE's form
        self._cut_if_it_is_time()
        self._cache.flush()
        return 0

    def _cut_if_it_is_time(self) -> None:
        order = self._order
        if order is None:
            return
        order.writes -= 1
        if order.writes >= 0:
            return
        self._order = None
        # Read before the picture: what is acknowledged by now must be in it.
        acked = self._acks.stat().st_size
        picture, unflushed, lost = self._cache.after_a_cut(order.torn)
        image = Path(order.image)
        image.write_bytes(picture)
        done = finished(image)
        fresh = done.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(Cut(acked, unflushed, lost)))
        fresh.rename(done)


if __name__ == "__main__":
    mount, mib, acks_file, seed = sys.argv[1:]
    cache = Cache(int(mib) << 20, random.Random(seed))  # noqa: S311 - a seed must replay
    # FUSE leaves for the root folder: the place must be absolute.
    FUSE(Recorder(cache, Path(acks_file).resolve()), mount, foreground=True, nothreads=True)
