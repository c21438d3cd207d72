"""A flood costs memory never, and work by its length only."""

from __future__ import annotations

import gc
import sys

import pytest

from tests.drivers.zvt.flood import FLOODS, Flood
from tests.support.steps import calls

SHORT_BYTES, LONG_BYTES = 1 << 16, 1 << 18


@pytest.mark.parametrize("name", FLOODS)
def test_the_work_of_a_flood_grows_with_its_length_only(name: str) -> None:
    flood = Flood(name)
    flood.run(SHORT_BYTES)
    short, long = (calls(lambda size=size: flood.run(size)) for size in (SHORT_BYTES, LONG_BYTES))  # type: ignore[misc]  # the loop's own value
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
