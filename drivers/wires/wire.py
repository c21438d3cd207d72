"""A link's interface to a cable: open it, read into a given block, write without waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Wire(Protocol):
    """Bytes to and from one device. No call blocks and none keeps a byte.

    Every failure is a `WireError` that says why, for the person on site.
    """

    async def open(self) -> None:
        """Open the line afresh; bytes that waited in it are gone."""

    def close(self) -> None:
        """Close it. Closing twice is fine."""

    def read_into(self, space: memoryview) -> int:
        """Put arrived bytes into `space`; returns how many, 0 = nothing now."""

    def write(self, data: bytes) -> int:
        """Hand over as much as the line takes now; returns how many bytes."""

    def on_readable(self, callback: Callable[[], None]) -> None:
        """Call back, until closed, whenever `read_into` may have something."""
