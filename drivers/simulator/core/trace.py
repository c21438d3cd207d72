"""The simulator's own record of the line: every frame in hex, without card data."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from drivers.simulator.core.behaviour import Harm, Side
from drivers.simulator.core.cards import SampleCard, Shown

# A card is in the frames of one dialogue and their repeats; two dialogues never overlap.
CARDS_REMEMBERED: Final = 4
SECRETS_PER_CARD: Final = 3
MASK: Final = "**"
_NOTES: Final = {None: "", Harm.DROP: "  (dropped)", Harm.DAMAGE: "  (damaged)"}


class Trace:
    """Writes one line for each frame: seconds since the start, who sent it, the bytes as they were meant."""

    def __init__(self, write: Callable[[str], object], *, stuffed: bool) -> None:
        self._write = write
        self._stuffed = stuffed
        self._secrets: deque[bytes] = deque(maxlen=SECRETS_PER_CARD * CARDS_REMEMBERED)

    def hide(self, card: SampleCard) -> None:
        """From now on this card's clear fields and its number in texts are starred."""
        for secret in (card.fields(Shown.TRACK_2), card.fields(Shown.NUMBER), card.number.encode("ascii")):
            wire = secret.replace(b"\x10", b"\x10\x10") if self._stuffed else secret
            if wire not in self._secrets:
                self._secrets.append(wire)

    def record(self, now: float, side: Side, unit: bytes, harm: Harm | None) -> None:
        """One frame or single byte, at `now` seconds."""
        shown = [f"{byte:02X}" for byte in unit]
        for secret in self._secrets:
            at = unit.find(secret)
            while at >= 0:
                shown[at : at + len(secret)] = [MASK] * len(secret)
                at = unit.find(secret, at + len(secret))
        self._write(f"{now:10.3f}  {side.value:<8}  {' '.join(shown)}{_NOTES[harm]}\n")
