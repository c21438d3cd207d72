"""A line that loses and damages frames where the script says so."""

from __future__ import annotations

from typing import Final

from drivers.simulator.core.behaviour import Harm, ScriptedFault, Side

# The commands that move money; each begins a new count.
FINANCIAL: Final = frozenset({0x0601, 0x0630, 0x0631})


class Faults:
    """Counts frames within each financial command and tells which are harmed."""

    def __init__(self, faults: tuple[ScriptedFault, ...]) -> None:
        self._faults = faults
        self._payment = 0
        self._frames = dict.fromkeys(Side, 0)
        self._acks = dict.fromkeys(Side, 0)
        self._till_said_last = b""

    def __bool__(self) -> bool:
        return bool(self._faults)

    def harm_of(self, side: Side, unit: bytes, control: int | None) -> Harm | None:
        """What happens to this unit. A repeated frame is counted again, but begins no new count."""
        if control is None:
            self._acks[side] += 1
            return self._find(side, None, self._acks[side])
        if side is Side.TILL:
            if control in FINANCIAL and unit != self._till_said_last:
                self._payment += 1
                self._frames = dict.fromkeys(Side, 0)
                self._acks = dict.fromkeys(Side, 0)
            self._till_said_last = unit
        self._frames[side] += 1
        return self._find(side, self._frames[side], None)

    def _find(self, side: Side, frame: int | None, ack: int | None) -> Harm | None:
        place = (side, self._payment, frame, ack)
        for fault in self._faults:
            if (fault.sender, fault.payment, fault.frame, fault.ack) == place:
                return fault.do
        return None


def damaged(unit: bytes) -> bytes:
    """One bit of the last byte is turned: on a serial line that is the checksum."""
    return unit[:-1] + bytes((unit[-1] ^ 0x01,))
