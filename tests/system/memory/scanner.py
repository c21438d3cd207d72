"""Looks for card numbers in the memory of another process, in every form that a program gives them.

    python tests/system/memory/scanner.py PID NUMBER...

Reads /proc/PID/maps and /proc/PID/mem, so it needs root or a process of the
same user that allows it. Give it numbers that nothing else contains; a hundred
that begin with the same six digits take hardly longer than one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# The kernel's own pages; reading them fails or says nothing.
_KERNEL = ("[vvar", "[vsyscall", "[vdso")
# A region is read in pieces; the overlap is longer than any form of a track.
_PIECE_BYTES = 32 * 1024 * 1024
_OVERLAP_BYTES = 512
_GROUP_BYTES = 4
# Fewer digits of a number stand in any text by chance; a swapped form drops what fills no word.
_FEWEST_DIGITS = 12


@dataclass(frozen=True)
class Hit:
    """One copy: which of the given numbers or tracks, in which form, where."""

    what: int
    form: str
    address: int
    region: str


@dataclass(frozen=True)
class Region:
    """One mapping of the process."""

    start: int
    end: int
    name: str


def scan(pid: int, pans: Sequence[str], tracks: Sequence[str] = ()) -> list[Hit]:
    """Every copy of a number (`what` counts from 0) or a track (counted on behind the numbers)."""
    secrets = [*pans, *tracks]
    needles: dict[bytes, tuple[int, str]] = {}
    for what, secret in enumerate(secrets):
        for form, encode in FORMS.items():
            needle = encode(secret)
            if needle:
                needles.setdefault(needle, (what, form))
    pattern = _pattern(needles)
    integers = {encode(pan): what for what, pan in enumerate(pans) for encode in (int, _python_int)}
    hits = {}
    for region, address, piece in pieces(pid):
        found = [(match.start(), *needles[match[0]]) for match in pattern.finditer(piece)]
        found.extend((at, what, "integer") for at, what in _integers(piece, integers))
        for at, what, form in found:
            hits[address + at, form] = Hit(what, form, address + at, region.name)
    return list(hits.values())


def _swapped(width: int) -> Callable[[str], bytes]:
    def encode(secret: str) -> bytes:
        raw = secret.encode("ascii")
        whole = len(raw) // width * width
        if whole < _FEWEST_DIGITS:
            return b""
        return b"".join(raw[at : at + width][::-1] for at in range(0, whole, width))

    return encode


def _packed(secret: str) -> bytes:
    """Two digits a byte, as on the line; a track's equals sign is D."""
    nibbles = secret.replace("=", "D").strip(";?")
    return bytes.fromhex(nibbles[: len(nibbles) // 2 * 2])


# Big and little endian text differ only in zeros at the ends, which are left off here. A packed
# number's zeros are its digits and stay: three bytes that are left of six stand in any memory by chance.
FORMS: Final[dict[str, Callable[[str], bytes]]] = {
    "ascii": lambda secret: secret.encode("ascii"),
    "utf-16": lambda secret: secret.encode("utf-16-le").strip(b"\0"),
    "utf-32": lambda secret: secret.encode("utf-32-le").strip(b"\0"),
    "hex text": lambda secret: secret.encode("ascii").hex().encode(),
    "words of 4 bytes, swapped": _swapped(4),
    # The first two bytes differ from number to number, which would make the pattern slow.
    "words of 8 bytes, swapped": lambda secret: _swapped(8)(secret)[2:],
    "packed": _packed,
    "packed, shifted": lambda secret: _packed(secret.lstrip(";")[1:]),
}


def _python_int(pan: str) -> int:
    """Eight aligned bytes inside CPython's int, which keeps 30 bits in each four."""
    value, limb = int(pan), (1 << 30) - 1
    return (value & limb) | ((value >> 30) & limb) << 32


def _integers(piece: bytes, wanted: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    words = memoryview(piece)[: len(piece) // 8 * 8].cast("Q")
    for word in frozenset(wanted).intersection(words):
        yield piece.find(word.to_bytes(8, "little")), wanted[word]


def pieces(pid: int) -> Iterator[tuple[Region, int, bytes]]:
    """All readable memory of a process. What the kernel keeps secret is not readable, also not for root."""
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for region in regions(pid):
            for start in range(region.start, region.end, _PIECE_BYTES):
                end = min(start + _PIECE_BYTES + _OVERLAP_BYTES, region.end)
                try:
                    memory.seek(start)
                    yield region, start, memory.read(end - start)
                except OSError:
                    continue


def regions(pid: int) -> Iterator[Region]:
    """The mappings that the process itself can read."""
    for line in Path(f"/proc/{pid}/maps").read_text("utf-8").splitlines():
        span, permissions, *rest = line.split(maxsplit=5)
        name = rest[3] if len(rest) == 4 else ""
        if "r" in permissions and not name.startswith(_KERNEL):
            start, end = (int(part, 16) for part in span.split("-"))
            yield Region(start, end, name)


def _pattern(needles: Iterable[bytes]) -> re.Pattern[bytes]:
    """One pattern for all, grouped by their beginnings: a thousand loose ones would take minutes."""
    groups: dict[bytes, list[bytes]] = {}
    for needle in needles:
        groups.setdefault(needle[:_GROUP_BYTES], []).append(needle[_GROUP_BYTES:])
    parts = [
        re.escape(head) + b"(?:" + b"|".join(re.escape(tail) for tail in sorted(tails, reverse=True)) + b")"
        for head, tails in groups.items()
    ]
    return re.compile(b"|".join(parts), re.DOTALL)


if __name__ == "__main__":
    found = scan(int(sys.argv[1]), sys.argv[2:])
    for hit in found:
        where = hit.region or "anonymous memory"
        sys.stdout.write(f"number {hit.what} as {hit.form} at {hit.address:#x} in {where}\n")
    sys.exit(1 if found else 0)
