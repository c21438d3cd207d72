"""What a simulated terminal said to a session, and when: played again in a process that has no terminal.

A simulator knows its cards as text, so it cannot live where a memory is searched for them. The
same session with the same times says the same; so the terminal's half can come from a tape.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from drivers.simulator.core.behaviour import Behaviour
from drivers.simulator.core.cards import SampleCard, Shown
from drivers.simulator.core.terminal import PlainTerminal
from drivers.simulator.zvt.device import SimulatedDevice
from drivers.terminal import EndReason
from tests.conformance.bed import Bed
from tests.conformance.cable import CABLE_S, Piece, Way
from tests.conformance.table import Case, cases

# Which row of the table, the second, the count of bytes that follow; no bytes: the tape ends.
HEAD: Final = struct.Struct("<HdI")

# The number, the track, and the number once more on the paper.
LOUD: Final = Behaviour(card="generated", shown=Shown.TRACK_2, receipt=("Karte {card}", "Betrag"))
# What makes a terminal tell more of the card than it does by itself.
TELLS_MORE: Final = {("telium", "e+"): "long_answer", ("ecr17", "noext"): "extended_answer"}


@cache
def rows() -> tuple[Case, ...]:
    """The table, with terminals that tell as much as they can."""
    return tuple(replace(case, quirks=_quirks(case)) for case in cases())


def _quirks(case: Case) -> frozenset[str]:
    more = TELLS_MORE.get((case.protocol, case.variant))
    return frozenset({more}) if more else frozenset()


@dataclass(frozen=True)
class Tape:
    """A payment and its card. `content` is what the terminal said."""

    card: SampleCard
    content: bytes
    spoken: bytes


def record(row: int, case: Case, seed: int) -> Tape:
    """A payment with a generated card that the terminal tells as clearly as the protocol can."""
    pieces: list[tuple[float, bytes]] = []

    def heard(way: Way, data: bytes, now: float) -> Iterator[Piece]:
        if way == "to_till":
            pieces.append((now + CABLE_S, data))
        yield 0.0, data

    with Bed(case, LOUD, seed) as bed:
        bed.cable.harm = heard
        bed.begin()
        end = bed.pay(heard)
        assert getattr(end, "end_reason", None) is EndReason.COMPLETED
        card = card_of(bed)
    content = b"".join(HEAD.pack(row, at, len(data)) + data for at, data in pieces)
    return Tape(card, content + HEAD.pack(row, 0.0, 0), b"".join(data for _, data in pieces))


def card_of(bed: Bed) -> SampleCard:
    """The card that was held to the terminal last."""
    device = bed.device
    if isinstance(device, PlainTerminal):
        card = device.card
    else:
        assert isinstance(device, SimulatedDevice)
        card = device.terminal.memory.card
    assert card is not None
    return card
