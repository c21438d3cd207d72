"""Fuzz the TLV reader: any bytes give elements inside the container and the places of what was not read.

python -m tests.fuzz.fuzz_zvt_tlv --runs 1000000 [--seed N]
"""

from __future__ import annotations

from drivers.zvt.tlv import CONTAINERS, MOST_ELEMENTS, element, elements, length, length_bytes
from tests.fuzz.zvt_search import search

TEXTS = element(0x24, element(7, b"EUR 1.23") + element(7, b"Bitte warten"))
PRINTED = element(0x25, element(9, b"\x40") + element(7, b"x" * 200) + element(9, b"\x80"))
APPLICATION = element(0x60, element(0x43, bytes(7)) + element(0x2F, element(0x1F10, b"\x02")))
GOOD = (TEXTS, PRINTED, APPLICATION * 3, TEXTS + PRINTED + APPLICATION, element(0x1F8204, bytes(300)))
PIECES = (
    b"\x1f", b"\x1f\x80\x80", b"\x81", b"\x81\xff", b"\x82\xff\xff", b"\x83\x00\x00\x01", b"\x80",
    b"\x24\x00", b"\x60\x7f", b"\x60\x81\xff" * 12, element(7, b"") * 50,
)  # fmt: skip


def one_input(data: bytes) -> None:
    """Raises `AssertionError` on a finding."""
    view = memoryview(data)
    start = len(data) // 7
    found, unread = elements(view, start, len(data))
    assert len(found) <= MOST_ELEMENTS
    assert all(start <= at < stop <= len(data) for at, stop in unread)
    assert 0 <= sum(stop - at for at, stop in unread) <= len(data) - start
    reached = start
    for container, tag, at, stop in found:
        assert container in CONTAINERS or container == 0
        assert tag >= 0
        assert reached < at <= stop <= len(data), "elements overlap"
        reached = stop
    value_at, size = length(view, 0, len(data))
    if size >= 0:
        canonical = length_bytes(size)
        assert length(memoryview(canonical), 0, len(canonical)) == (len(canonical), size)
        assert len(canonical) <= value_at, "a length was read from fewer bytes than it needs"


if __name__ == "__main__":
    search(one_input, GOOD, PIECES)
