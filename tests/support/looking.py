"""Waiting for another process: looks are counted, and no clock says that it took too long."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

LOOK_AGAIN_S: Final = 0.02
# Five minutes on an idle machine, longer on a busy one: only what never comes runs into it.
MOST_LOOKS: Final = 15_000


def until(true: Callable[[], bool], what: Callable[[], str]) -> None:
    """Look until it is so; `what` tells what was wrong if it never is."""
    for _ in range(MOST_LOOKS):
        if true():
            return
        time.sleep(LOOK_AGAIN_S)
    raise AssertionError(f"waited in vain: {what()}")
