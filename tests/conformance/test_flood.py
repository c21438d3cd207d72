"""Whatever a terminal sends, and however much of it: constant memory, work in proportion, and no error."""

from __future__ import annotations

import random
import sys
import tracemalloc
from collections.abc import Callable
from itertools import cycle, islice
from types import FrameType
from typing import Any

import pytest

from drivers.card.card import SecretBuffer
from drivers.terminal import ConnectionLost, DriverFact, Session
from tests.conformance.bed import Bed
from tests.conformance.promises import of
from tests.conformance.table import Case
from tests.support.still import card_sealer

PIECE_BYTES = 512
# As a line of 115 200 baud brings them.
PIECE_S = 0.045
# What a session may hold more after four times as much noise: some caches and counters.
GROWTH_BYTES = 24 * 1024
SMALL, LARGE = 6 * PIECE_BYTES, 24 * PIECE_BYTES

NOISE: dict[str, Callable[[int], bytes]] = {
    "random": lambda count: random.Random(1).randbytes(count),  # noqa: S311 - repeatable, not secret
    "STX": lambda count: b"\x02" * count,
    "DLE STX": lambda count: _endless(b"\x10\x02", count),
    "DLE": lambda count: b"\x10" * count,
    "SOH": lambda count: b"\x01" * count,
    "ENQ": lambda count: b"\x05" * count,
    "ACK": lambda count: b"\x06" * count,
    "NAK": lambda count: b"\x15" * count,
    "STX ETX": lambda count: _endless(b"\x02A\x03\x42", count),
    "heads of ECRHub": lambda count: _endless(b"\x55\xaa\x00\x01\xff\xff", count),
    "tails of ECRHub": lambda count: _endless(b"\x55\xaa\x00\x01\x00\x00\xcc\x33", count),
    "an APDU without an end": lambda count: b"\x04\x0f\xff\xff\xff" + b"\x27" * (count - 5),
    "zeros": bytes,
    "letters": lambda count: b"A" * count,
}


def _endless(pattern: bytes, count: int) -> bytes:
    return bytes(islice(cycle(pattern), count))


class Till:
    """A session under noise, with the habits of a link: after `ConnectionLost` comes a fresh line."""

    def __init__(self, case: Case) -> None:
        self.buffer = SecretBuffer(case.row.buffer_bytes)
        self.session: Session = case.row.session(self.buffer, card_sealer(), case.options)
        self.now = 0.0
        self.sent = 0
        self.lost = 0
        self.session.connected(self.now)

    def hear(self, noise: bytes) -> None:
        for place in range(0, len(noise), PIECE_BYTES):
            left = noise[place : place + PIECE_BYTES]
            while left:
                space = self.buffer.space()
                assert len(space), "no room is left"
                part, left = left[: len(space)], left[len(space) :]
                space[: len(part)] = part
                self.buffer.filled(len(part))
                self.session.receive(self.now)
                self._pump()
            self.now += PIECE_S
            deadline = self.session.deadline()
            if deadline is not None and deadline <= self.now:
                self.session.deadline_passed(self.now)
                self._pump()

    def _pump(self) -> None:
        self.sent += len(self.session.bytes_to_send())
        if any(isinstance(event, ConnectionLost) for event in self.session.events()):
            self.lost += 1
            self.buffer.wipe()
            self.session.disconnected(DriverFact("wires.unplugged"), self.now)
            self.session.connected(self.now)


def calls(work: Callable[[], object]) -> int:
    """How many functions are called, of ours and of the language."""
    count = 0

    def seen(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def paying(case: Case) -> Till:
    till = Till(case)
    with Bed(case) as bed:
        till.session.start(bed.command(), till.now)
    return till


@pytest.mark.parametrize("what", NOISE)
def test_no_flood_is_an_error_or_answered_without_end(dialect: Case, what: str) -> None:
    for make in (Till, paying):
        with of(make.__name__):
            till = make(dialect)
            till.hear(NOISE[what](LARGE))
            assert till.sent <= LARGE
            till.buffer.close()


@pytest.mark.parametrize("what", NOISE)
def test_four_times_the_noise_is_four_times_the_work(dialect: Case, what: str) -> None:
    small, large = Till(dialect), Till(dialect)
    few = calls(lambda: small.hear(NOISE[what](SMALL)))
    many = calls(lambda: large.hear(NOISE[what](LARGE)))
    small.buffer.close()
    large.buffer.close()
    assert many <= 1.3 * LARGE / SMALL * few


@pytest.mark.parametrize("what", ["random", "STX ETX", "heads of ECRHub"])
def test_noise_leaves_nothing_in_memory(dialect: Case, what: str) -> None:
    till, noise = Till(dialect), NOISE[what](LARGE)
    till.hear(noise)
    tracemalloc.start()
    try:
        till.hear(noise)
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(3):
            till.hear(noise)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        till.buffer.close()
    assert after - before < GROWTH_BYTES
