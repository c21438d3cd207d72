"""C2SP tlog-tiles v0.1.0: where the hashes and entries of a log stand in a folder, and in which bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

TILE_WIDTH = 256
# Six levels of 256 hold 2**48 entries.
MAX_TILE_LEVEL = 5
_LENGTH_BYTES = 2


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """`tile/<L>/<N>[.p/<W>]`: hashes of tree level `8 * level`."""
    return f"tile/{level}/{_number(index)}{_partial(width)}"


def bundle_path(index: int, width: int = TILE_WIDTH) -> str:
    """`tile/entries/<N>[.p/<W>]`: the entries themselves."""
    return f"tile/entries/{_number(index)}{_partial(width)}"


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries, each behind its length as uint16. Raises `OverflowError` for a longer one."""
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)


def tiles_of(size: int, level: int) -> Iterator[tuple[int, int]]:
    """`(index, width)` of the tiles of one level of a tree of `size`, a partial last one included."""
    hashes = size >> 8 * level
    for index in range(-(-hashes // TILE_WIDTH)):
        yield index, min(TILE_WIDTH, hashes - index * TILE_WIDTH)


def _number(index: int) -> str:
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03d}")
    return "/".join(reversed(groups))


def _partial(width: int) -> str:
    return "" if width == TILE_WIDTH else f".p/{width}"
