"""Cuts what goes over the line into units: one frame, one APDU, or one single byte.

Only for the trace and for faults; what the terminal understands is read by `drivers.zvt.line`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from drivers.zvt.frame import BUFFER_BYTES, DLE, ETX, STX, announced_length

# Two CRC bytes follow DLE ETX (reference 2).
CRC_BYTES: Final = 2


class Cutter(Protocol):
    """One direction of one line."""

    def cut(self, data: bytes) -> Iterator[bytes]:
        """The units that are whole now; an unfinished one waits for more."""

    def control(self, unit: bytes) -> int | None:
        """The control field of a unit that carries an APDU."""


class SerialCutter:
    """Frames as of reference 2, and single bytes between them."""

    def __init__(self) -> None:
        self._unit = bytearray()
        self._escaped = False
        self._tail = 0

    def cut(self, data: bytes) -> Iterator[bytes]:
        for byte in data:
            self._unit.append(byte)
            if self._ends(byte) or len(self._unit) > BUFFER_BYTES:
                yield bytes(self._unit)
                self._unit.clear()
                self._escaped, self._tail = False, 0

    def control(self, unit: bytes) -> int | None:
        return int.from_bytes(unit[2:4], "big") if len(unit) > 1 else None

    def _ends(self, byte: int) -> bool:
        if len(self._unit) == 1:
            return byte != DLE
        if len(self._unit) == 2:
            return byte != STX
        if self._tail:
            self._tail -= 1
            return self._tail == 0
        if self._escaped:
            self._tail = CRC_BYTES if byte == ETX else 0
            self._escaped = False
        else:
            self._escaped = byte == DLE
        return False


class TcpCutter:
    """Bare APDUs (reference 3)."""

    def __init__(self) -> None:
        self._unit = bytearray()

    def cut(self, data: bytes) -> Iterator[bytes]:
        for byte in data:
            self._unit.append(byte)
            if announced_length(memoryview(self._unit)) == len(self._unit):
                yield bytes(self._unit)
                self._unit = bytearray()

    def control(self, unit: bytes) -> int | None:
        return int.from_bytes(unit[:2], "big")
