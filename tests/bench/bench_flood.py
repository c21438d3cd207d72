"""Budget: a flood of noise costs time by its length only, and no memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from tests.bench.budget import Line
from tests.bench.outside import resident_mb
from tests.drivers.zvt.flood import Flood

FIRST_MB, ALL_MB = 10, 100
MB: Final = 1 << 20
# A quadratic search is ten times as slow by then; what is left is the mood of the machine.
RATE: Final = 0.7
GROWTH: Final = 1.02


def lines() -> Iterator[Line]:
    """The rate over ten megabytes and over all hundred, and what the process holds afterwards."""
    for name in ("serial, noise", "tcp, noise"):
        flood = Flood(name)
        flood.run(MB)
        before = resident_mb("self")
        first = FIRST_MB / _seconds(flood, FIRST_MB)
        whole = ALL_MB / _seconds(flood, ALL_MB)
        after = resident_mb("self")
        flood.close()
        yield Line(f"flood: {name}, {ALL_MB} MB", "MB/s", first, whole, RATE, at_least=True)
        yield Line("- memory afterwards", "MB", before, after, GROWTH)


def _seconds(flood: Flood, megabytes: int) -> float:
    began = time.process_time()
    flood.run(megabytes * MB)
    return time.process_time() - began
