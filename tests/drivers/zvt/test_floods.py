"""A flood costs memory never, and work by its length only."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from types import FrameType

import pytest

from drivers.zvt import bmp, tlv
from drivers.zvt.apdu import LONGEST_BODY_BYTES, join
from tests.drivers.zvt.flood import FLOODS, Flood
from tests.drivers.zvt.stage import read

SHORT_BYTES, LONG_BYTES = 1 << 16, 1 << 18


def calls(work: Callable[[], object]) -> int:
    """How many functions were called, Python's own included: the same count on every machine."""
    count = 0

    def called(_frame: FrameType, event: str, _what: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", FLOODS)
def test_the_work_of_a_flood_grows_with_its_length_only(name: str) -> None:
    flood = Flood(name)
    flood.run(SHORT_BYTES)
    short, long = (calls(lambda size=size: flood.run(size)) for size in (SHORT_BYTES, LONG_BYTES))  # type: ignore[misc]
    flood.close()
    assert long < 1.5 * short * LONG_BYTES / SHORT_BYTES


@pytest.mark.parametrize("name", FLOODS)
def test_nothing_of_a_flood_is_kept(name: str) -> None:
    flood = Flood(name)
    flood.run(SHORT_BYTES)
    gc.collect()
    before = sys.getallocatedblocks()
    flood.run(LONG_BYTES)
    gc.collect()
    assert sys.getallocatedblocks() < before + 500
    flood.close()


def texts(size: int) -> bytes:
    """As many texts as there is room for, in containers that each keep to the limit of elements."""
    container = bmp.field(0x06, tlv.element(0x24, tlv.element(0x07, b"") * 500))
    return join(0x040F, container * (size // len(container)))


def display_lines(size: int) -> bytes:
    return join(0x06E0, bmp.field(0xF1, b"") * (size // 3))


@pytest.mark.parametrize("flood", [texts, display_lines])
def test_the_time_for_a_message_full_of_texts_grows_with_its_length_only(
    flood: Callable[[int], bytes],
) -> None:
    took = []
    for size in (LONGEST_BODY_BYTES // 8, LONGEST_BODY_BYTES):
        apdu = flood(size)
        began = time.process_time()
        read(apdu)
        took.append(time.process_time() - began)
    assert took[1] < 24 * took[0] + 0.05  # a tuple made anew for each text took sixty-four times as long
