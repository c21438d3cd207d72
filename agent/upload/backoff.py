"""The waits between two attempts to reach the collector."""

from __future__ import annotations

from collections.abc import Callable

FIRST_SECONDS = 2.0  # a restart of the collector takes about as long
FACTOR = 2.0
# A shop comes back from a night without a network within five minutes of it.
CAP_SECONDS = 300.0


class Backoff:
    """Growing waits with jitter: after an outage, the shops of a chain must not all come back at once.

    `random` gives numbers from 0 up to 1.
    """

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._wait_s = FIRST_SECONDS

    def next_s(self) -> float:
        """Seconds to wait now: between half the step and all of it. The step then grows up to the cap."""
        wait_s = self._wait_s * (0.5 + self._random() / 2)
        self._wait_s = min(self._wait_s * FACTOR, CAP_SECONDS)
        return wait_s

    def reset(self) -> None:
        """The collector gave a good answer."""
        self._wait_s = FIRST_SECONDS
