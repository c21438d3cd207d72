"""The folder of tiles: right by its definition at every size, and right after a crash at every call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from agent.collector.storage.folder import DiskFolder, FolderInUseError, lock
from agent.collector.storage.store import CHECKPOINT, StoreDamagedError, TileStore
from agent.journal.proofs.tiles import bundle_path, tile_path
from agent.journal.tree import leaf_hash, root_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.collector.conftest import MemoryFolder, Place, Shop


def mth(leaves: list[bytes], shop: Shop, start: int) -> bytes:
    """RFC 6962's Merkle Tree Hash of a perfect range, from the reference tree."""
    level = len(leaves).bit_length() - 1
    return shop.tree.node(level, start >> level)


def defined_files(shop: Shop, size: int) -> dict[str, bytes]:
    """All tiles and bundles of a tree of `size`, from the sentences of tlog-tiles."""
    files: dict[str, bytes] = {}
    for level in range(6):
        span = 256**level
        hashes = [mth(shop.lines[i * span : (i + 1) * span], shop, i * span) for i in range(size // span)]
        for n in range(0, len(hashes), 256):
            tile = hashes[n : n + 256]
            files[tile_path(level, n // 256, len(tile))] = b"".join(tile)
    for n in range(0, size, 256):
        entries = shop.lines[n : n + min(256, size - n)]
        bundle = b"".join(len(e).to_bytes(2, "big") + e for e in entries)
        files[bundle_path(n // 256, len(entries))] = bundle
    return files


def entries(bundle: bytes) -> list[bytes]:
    """The entries of a C2SP tlog-tiles bundle: each behind its length as uint16."""
    found = []
    while bundle:
        end = 2 + int.from_bytes(bundle[:2], "big")
        found.append(bundle[2:end])
        bundle = bundle[end:]
    return found


def append(folder: MemoryFolder, shop: Shop, start: int, end: int) -> None:
    lines = shop.lines[start:end]
    TileStore(folder).append(start, lines, [leaf_hash(line) for line in lines], shop.checkpoint(end))


@pytest.mark.parametrize("step", [1, 7, 255, 256, 257, 600])
def test_tiles_are_what_the_specification_defines(shop: Shop, place: Place, step: int) -> None:
    shop.grow(600)
    folder = place.tiles
    for start in range(0, 600, step):
        end = min(start + step, 600)
        append(folder, shop, start, end)
        expected = defined_files(shop, end)
        assert {name: folder.live.get(name) for name in expected} == expected


def test_two_levels_of_full_tiles(shop: Shop, place: Place) -> None:
    shop.grow(70_000)
    append(place.tiles, shop, 0, 65_000)
    append(place.tiles, shop, 65_000, 70_000)
    expected = defined_files(shop, 70_000)
    assert {name: place.tiles.live.get(name) for name in expected} == expected
    # The example of the specification's own page.
    assert {"tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"} < expected.keys()


def test_partial_tiles_go_when_the_full_one_is_there(shop: Shop, place: Place) -> None:
    shop.grow(300)
    for end in (100, 200, 300):
        append(place.tiles, shop, end - 100, end)
    partial = {name for name in place.tiles.live if ".p/" in name}
    assert partial == {"tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"}


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 511, 512, 600])
def test_frontier_and_roots_are_read_back_from_tiles(shop: Shop, place: Place, size: int) -> None:
    shop.grow(600)
    append(place.tiles, shop, 0, size)
    store = TileStore(place.tiles)
    assert store.frontier(size).root() == shop.root(size)
    for smaller in {1, size // 2, size - 1, size} - {0}:
        assert store.root(smaller, size) == root_of(smaller, shop.tree.node)


def test_missing_tile_is_named(shop: Shop, place: Place) -> None:
    append(place.tiles, shop, 0, 40)
    del place.tiles.live["tile/0/000.p/40"]
    with pytest.raises(StoreDamagedError, match=r"tile/0/000\.p/40"):
        TileStore(place.tiles).frontier(40)


def never(_name: str) -> bool:
    return False


def always(_name: str) -> bool:
    return True


def by_name(name: str) -> bool:
    return len(name) % 2 == 0


@pytest.mark.parametrize("lucky", [never, always, by_name], ids=["nothing unsynced", "everything", "some"])
@pytest.mark.parametrize(("old", "new"), [(0, 1), (200, 210), (200, 600), (256, 300)])
def test_a_crash_at_any_call_leaves_a_folder_that_is_right(
    shop: Shop, place: Place, old: int, new: int, lucky: Callable[[str], bool]
) -> None:
    shop.grow(new)
    heads = {None if size == 0 else shop.checkpoint(size): size for size in (old, new)}
    seen = set()
    for calls in range(1000):
        folder = type(place.tiles)()
        if old:
            append(folder, shop, 0, old)
        folder.calls_left = calls
        try:
            append(folder, shop, old, new)
        except OSError:
            disk = folder.after_crash(lucky)
            size = heads[disk.live.get(CHECKPOINT)]
            expected = defined_files(shop, size)
            assert {name: disk.live.get(name) for name in expected} == expected
            append(disk, shop, size, new)  # and the log goes on from there
            assert TileStore(disk).frontier(new).root() == shop.root(new)
            seen.add(size)
        else:
            break
    assert folder.durable[CHECKPOINT] == shop.checkpoint(new)
    assert old in seen


def test_a_real_folder_is_served_as_it_stands(shop: Shop, tmp_path: Path) -> None:
    shop.grow(300)
    folder = DiskFolder(tmp_path / "logs" / "shop.example" / "till-1")
    folder.make("")
    store = TileStore(folder)
    for start, end in ((0, 250), (250, 300)):
        lines = shop.lines[start:end]
        store.append(start, lines, [leaf_hash(line) for line in lines], shop.checkpoint(end))
    served = tmp_path / "logs/shop.example/till-1"
    assert (served / "checkpoint").read_bytes() == shop.checkpoint(300)
    bundles = (served / "tile/entries/000").read_bytes() + (served / "tile/entries/001.p/44").read_bytes()
    assert entries(bundles) == shop.lines
    assert not (served / "tile/entries/000.p").exists()
    assert store.frontier(300).root() == shop.root(300)


def test_a_folder_has_one_writer(tmp_path: Path) -> None:
    lock(tmp_path)
    with pytest.raises(FolderInUseError, match="another collector"):
        lock(tmp_path)
