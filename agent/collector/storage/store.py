"""One log as a folder of C2SP tlog-tiles that any static web server can serve.

Entries and tiles are written first, the checkpoint last; each file is complete and
synced before it gets its name. Whatever is written after a checkpoint and before the
next one is named by neither, so a crash at any point leaves the old log whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.collector.storage.folder import Folder
from agent.journal.proofs.tiles import MAX_TILE_LEVEL, TILE_WIDTH, bundle_path, encode_bundle, tile_path
from agent.journal.tree import HASH_BYTES, Frontier, node_hash, root_of
from agent.texts import say

CHECKPOINT = "checkpoint"
# A name that no tile has and that web servers do not serve.
_TEMPORARY = ".new"
_TILE_HEIGHT = 8  # 2**8 hashes in a full tile


class TileStore:
    """The files of one log in `folder`. Every method raises `OSError`."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def checkpoint(self) -> bytes | None:
        """The signed note of the stored head; None for a log that has not begun."""
        return self._folder.read(CHECKPOINT)

    def frontier(self, size: int) -> Frontier:
        """The right edge of the stored tree. Raises `StoreDamagedError`."""
        bits = [bit for bit in range(size.bit_length()) if size >> bit & 1]
        return Frontier(size, [self._node(size, bit, (size >> bit) - 1) for bit in reversed(bits)])

    def root(self, size: int, stored_size: int) -> bytes:
        """The root of the first `size` leaves. Raises `StoreDamagedError`."""
        return root_of(size, lambda level, index: self._node(stored_size, level, index))

    def append(self, size: int, lines: Sequence[bytes], leaves: Sequence[bytes], checkpoint: bytes) -> None:
        """Store `lines` and their `leaves` (hashes) behind the first `size`, then the new checkpoint."""
        changed = set()
        for name, data in (*self._bundles(size, lines), *self._tiles(size, leaves)):
            changed.add(self._put(name, data))
        for folder in sorted(changed):
            self._folder.sync(folder)
        self.put_checkpoint(checkpoint)
        self._drop_partials(size, size + len(lines))

    def put_checkpoint(self, checkpoint: bytes) -> None:
        """Replace the signed head."""
        self._folder.sync(self._put(CHECKPOINT, checkpoint))

    def _put(self, name: str, data: bytes) -> str:
        """Write one file; the answer is the folder to be synced."""
        folder = name.rpartition("/")[0]
        self._folder.make(folder)
        self._folder.write(_TEMPORARY, data)
        self._folder.rename(_TEMPORARY, name)
        return folder

    def _bundles(self, size: int, lines: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
        index, width = divmod(size, TILE_WIDTH)
        before = self._whole(bundle_path(index, width)) if width and lines else b""
        while lines:
            part, lines = lines[: TILE_WIDTH - width], lines[TILE_WIDTH - width :]
            yield bundle_path(index, width + len(part)), before + encode_bundle(part)
            index, width, before = index + 1, 0, b""

    def _tiles(self, size: int, leaves: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
        row, level = list(leaves), 0
        while row and level <= MAX_TILE_LEVEL:
            index, width = divmod(size, TILE_WIDTH)
            before = self._whole(tile_path(level, index, width)) if width else b""
            tiles = _cut(before + b"".join(row))
            for number, tile in enumerate(tiles, index):
                yield tile_path(level, number, len(tile) // HASH_BYTES), tile
            row = [_hash_up(tile) for tile in tiles if len(tile) == TILE_WIDTH * HASH_BYTES]
            size, level = index, level + 1

    def _drop_partials(self, size: int, new_size: int) -> None:
        """Partial tiles may go when the full one is there (tlog-tiles, Partial Tiles)."""
        for level in range(MAX_TILE_LEVEL + 1):
            height = (level + 1) * _TILE_HEIGHT
            index = size >> height
            if index < new_size >> height:
                self._folder.remove(tile_path(level, index) + ".p")
                if level == 0:
                    self._folder.remove(bundle_path(index) + ".p")

    def _node(self, stored_size: int, level: int, index: int) -> bytes:
        tile_level, height = divmod(level, _TILE_HEIGHT)
        first = index << height
        hashes = stored_size >> tile_level * _TILE_HEIGHT
        number = first // TILE_WIDTH
        width = min(TILE_WIDTH, hashes - number * TILE_WIDTH)
        tile = self._whole(tile_path(tile_level, number, width))
        if len(tile) != width * HASH_BYTES:
            raise StoreDamagedError(tile_path(tile_level, number, width))
        offset = first % TILE_WIDTH * HASH_BYTES
        return _hash_up(tile[offset : offset + (HASH_BYTES << height)])

    def _whole(self, name: str) -> bytes:
        data = self._folder.read(name)
        if data is None:
            raise StoreDamagedError(name)
        return data


class StoreDamagedError(OSError):
    """A file that the checkpoint needs is missing or has another length."""

    def __init__(self, name: str) -> None:
        super().__init__(say("collector.stored_log_incomplete", name=name))


def _cut(row: bytes) -> list[bytes]:
    step = TILE_WIDTH * HASH_BYTES
    return [row[start : start + step] for start in range(0, len(row), step)]


def _hash_up(row: bytes) -> bytes:
    """The root over a power of two of neighbouring hashes."""
    hashes = [row[start : start + HASH_BYTES] for start in range(0, len(row), HASH_BYTES)]
    while len(hashes) > 1:
        hashes = [node_hash(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]
