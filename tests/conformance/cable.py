"""A cable in simulated time, and what can befall it.

A `Harm` is asked about each piece that one side writes, and gives the pieces that arrive:
how many seconds later than usual, and which bytes. None for the bytes is the plug that is
pulled just then.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Final, Literal

Way = Literal["to_terminal", "to_till"]
Piece = tuple[float, bytes | None]
Harm = Callable[[Way, bytes, float], Iterator[Piece]]

WAYS: Final[tuple[Way, ...]] = ("to_terminal", "to_till")
# One way. Anything above zero: an answer must not come before the call has returned.
CABLE_S: Final = 0.001
# Bytes at 9600 baud; what is written together and merged stays within the shortest wait of any protocol.
BYTE_S: Final = 0.001
MERGE_S: Final = 0.05
# The specification of ZVT allows 0.2 s between two bytes; terminals on USB were seen to take more.
PAUSE_S: Final = 0.5


class Cable:
    """Both ways. Pieces never overtake each other."""

    def __init__(self) -> None:
        self.harm: Harm = whole
        self.seen: dict[Way, bytearray] = {way: bytearray() for way in WAYS}
        self._ways: dict[Way, list[tuple[float, bytes | None]]] = {way: [] for way in WAYS}

    def carry(self, way: Way, data: bytes, now: float) -> None:
        """One side writes this."""
        pieces = self._ways[way]
        self.seen[way] += data
        for later, piece in self.harm(way, data, now):
            at = now + CABLE_S + later
            pieces.append((max(at, pieces[-1][0]) if pieces else at, piece))

    def put(self, way: Way, data: bytes, now: float) -> None:
        """These bytes arrive, whoever wrote them."""
        self._ways[way].append((now + CABLE_S, data))

    def arrived(self, way: Way, now: float) -> Iterator[bytes | None]:
        """What has come to the other end by now, in the order in which it came."""
        pieces = self._ways[way]
        while pieces and pieces[0][0] <= now:
            yield pieces.pop(0)[1]

    def due(self) -> float | None:
        """When something arrives next."""
        return min((pieces[0][0] for pieces in self._ways.values() if pieces), default=None)

    def cut(self) -> None:
        """What is on its way is lost."""
        for pieces in self._ways.values():
            pieces.clear()


def whole(_way: Way, data: bytes, _now: float) -> Iterator[Piece]:
    """Nothing befalls it."""
    yield 0.0, data


def bytewise(_way: Way, data: bytes, _now: float) -> Iterator[Piece]:
    """Each byte comes alone."""
    for place in range(len(data)):
        yield place * BYTE_S, data[place : place + 1]


def first_byte_alone(_way: Way, data: bytes, _now: float) -> Iterator[Piece]:
    """As drivers of USB adapters like to read."""
    yield 0.0, data[:1]
    if data[1:]:
        yield 5 * BYTE_S, data[1:]


def merged() -> Harm:
    """What is written within a moment arrives as one piece."""
    until: dict[Way, float] = dict.fromkeys(WAYS, 0.0)

    def harm(way: Way, data: bytes, now: float) -> Iterator[Piece]:
        if now >= until[way]:
            until[way] = now + MERGE_S
        yield until[way] - now, data

    return harm


def split(place: int, seconds: float = PAUSE_S / 10) -> Harm:
    """Each piece that is longer comes in two parts."""

    def harm(_way: Way, data: bytes, _now: float) -> Iterator[Piece]:
        yield 0.0, data[:place]
        if data[place:]:
            yield seconds, data[place:]

    return harm


def lossy(dice: random.Random, share: float) -> Harm:
    """So many of the pieces never arrive."""

    def harm(_way: Way, data: bytes, _now: float) -> Iterator[Piece]:
        if dice.random() >= share:
            yield 0.0, data

    return harm


def noisy(dice: random.Random, share: float, most: int = 30) -> Harm:
    """Random bytes stand before some of the pieces."""

    def harm(_way: Way, data: bytes, _now: float) -> Iterator[Piece]:
        noise = dice.randbytes(dice.randrange(1, most)) if dice.random() < share else b""
        yield 0.0, noise + data

    return harm


def damaged(dice: random.Random, share: float) -> Harm:
    """One bit of some of the pieces turns over."""

    def harm(_way: Way, data: bytes, _now: float) -> Iterator[Piece]:
        if dice.random() < share:
            place = dice.randrange(len(data))
            data = data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :]
        yield 0.0, data

    return harm


def doubled(dice: random.Random, share: float, only: tuple[Way, ...] = WAYS) -> Harm:
    """Some of the pieces arrive again, at once or later."""

    def harm(way: Way, data: bytes, _now: float) -> Iterator[Piece]:
        yield 0.0, data
        if way in only and dice.random() < share:
            yield dice.choice((0.0, 0.2, 3.0)), data

    return harm


def in_message(number: int, way: Way, harm: Harm) -> Harm:
    """Only the piece with this number, counted from 0 one way, is befallen."""
    count = -1

    def once(one: Way, data: bytes, now: float) -> Iterator[Piece]:
        nonlocal count
        count += one is way
        return (harm if one is way and count == number else whole)(one, data, now)

    return once


def from_byte(way: Way, place: int, then: Callable[[float], Iterator[Piece]]) -> Harm:
    """After so many bytes one way, `then` says what happens; what is written later is up to it, too."""
    carried = 0

    def harm(one: Way, data: bytes, now: float) -> Iterator[Piece]:
        nonlocal carried
        if one is not way or carried + len(data) <= place:
            carried += len(data) * (one is way)
            yield 0.0, data
            return
        yield 0.0, data[: place - carried]
        carried = 1 << 62
        yield from then(now)

    return harm


def unplugged(way: Way, place: int) -> Harm:
    """The plug is pulled behind this byte."""
    return from_byte(way, place, lambda _now: iter([(CABLE_S, None)]))


def silent(way: Way, place: int, seconds: float) -> Harm:
    """Behind this byte the line is dead for a while, both ways, and neither side is told."""
    carried, until = 0, 0.0

    def harm(one: Way, data: bytes, now: float) -> Iterator[Piece]:
        nonlocal carried, until
        if now < until:
            return
        left = place - carried if one is way else len(data)
        carried += len(data) * (one is way)
        yield 0.0, data[: max(left, 0)] if 0 <= left < len(data) else data
        if 0 <= left < len(data):
            until = now + seconds

    return harm
