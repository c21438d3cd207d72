"""What a link asks of a cable: open it, read into a given block, write without waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Wire(Protocol):
    """Bytes to and from one device. Nothing here blocks and nothing keeps a byte.

    Every failure is a `WireError` that says why, for the person on site.
    """

    async def open(self) -> None:
        """Open the line afresh; whatever waited in it from before is gone."""

    def close(self) -> None:
        """Close it. Closing twice is fine."""

    def read_into(self, space: memoryview) -> int:
        """Put what has arrived into `space`; gives how many bytes, 0 = nothing now."""

    def write(self, data: bytes) -> int:
        """Hand over what the line takes now; gives how many bytes that was."""

    def on_readable(self, callback: Callable[[], None]) -> None:
        """Call back, until closed, whenever `read_into` may have something."""
