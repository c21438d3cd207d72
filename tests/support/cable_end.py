"""The agent's end of a cable in a simulated world: a `Wire` without what the cable is made of."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable

from drivers.terminal import DriverFact, WireError

NO_PORT = DriverFact("wires.no_port", {"device": "/dev/ttyACM0"})
CUT = DriverFact("wires.unplugged")


class CableEnd(ABC):
    """Bytes that have arrived wait here until the agent reads them."""

    def __init__(self) -> None:
        self._arrived = bytearray()
        self._lost = False
        self._callback: Callable[[], None] | None = None

    async def open(self) -> None:
        if not self._there:
            raise WireError(NO_PORT)
        self._arrived.clear()
        self._lost = False
        self._opened()

    def close(self) -> None:
        self._callback = None
        self._closed()

    def read_into(self, space: memoryview) -> int:
        if self._lost:
            raise WireError(CUT)
        count = min(len(space), len(self._arrived))
        space[:count] = self._arrived[:count]
        del self._arrived[:count]
        return count

    def write(self, data: bytes) -> int:
        if self._lost:
            raise WireError(CUT)
        self._send(data)
        return len(data)

    def on_readable(self, callback: Callable[[], None]) -> None:
        self._callback = callback

    def bring(self, data: bytes) -> None:
        """Bytes have arrived."""
        self._arrived += data
        self._call_back()

    def lose(self) -> None:
        """The other end is gone."""
        self._lost = True
        self._call_back()

    def _call_back(self) -> None:
        if self._callback is not None:
            asyncio.get_running_loop().call_soon(self._callback)

    # ---- what a world adds ----

    @property
    @abstractmethod
    def _there(self) -> bool:
        """Whether the agent finds a port."""

    @abstractmethod
    def _opened(self) -> None:
        """The agent has the port."""

    @abstractmethod
    def _closed(self) -> None:
        """The agent gave it back."""

    @abstractmethod
    def _send(self, data: bytes) -> None:
        """Bytes leave the agent."""
