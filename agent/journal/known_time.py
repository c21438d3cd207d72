"""What a journal knows of the time: how far a wall clock may be believed.

The boot clock only goes forward while a host runs. So within one boot the wall clock must
keep its distance from it. Small steps that add up are noticed like one large step. The writer
makes an entry of a jump (`clock_moved`); a check wants to see that entry.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

# Time daemons step the clock by a second or two at start. A smaller jump is harmless.
CLOCK_TOLERANCE_MS: Final = 5_000
_MILLISECOND: Final = timedelta(milliseconds=1)


class ClockReading(msgspec.Struct, frozen=True):
    """When an entry was written, by the clocks of its host."""

    wall: datetime
    boot_ms: int
    boot: str


class KnownTime(msgspec.Struct, frozen=True):
    """`anchor` is the first reading of this boot, or that of the last jump; `newest` the latest wall time."""

    anchor: ClockReading
    newest: datetime

    @classmethod
    def of(cls, first: ClockReading) -> KnownTime:
        """What the first entry tells."""
        return cls(first, first.wall)

    def jump_ms(self, now: ClockReading) -> int:
        """Milliseconds by which the wall clock moved, if more than the tolerance, else 0.

        After a restart of the host only a step back is certain: a step forward may be time that passed.
        """
        if now.boot == self.anchor.boot:
            moved = (now.wall - self.anchor.wall) // _MILLISECOND - (now.boot_ms - self.anchor.boot_ms)
            return moved if abs(moved) > CLOCK_TOLERANCE_MS else 0
        moved = (now.wall - self.newest) // _MILLISECOND
        return moved if moved < -CLOCK_TOLERANCE_MS else 0

    def after(self, now: ClockReading, *, told: bool) -> KnownTime:
        """What is known after an entry; `told` says that an entry tells of the jump up to it."""
        if told:
            return KnownTime(now, now.wall)
        if now.boot != self.anchor.boot:
            return KnownTime(now, max(now.wall, self.newest))
        return KnownTime(self.anchor, now.wall) if now.wall > self.newest else self
