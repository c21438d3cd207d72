"""A payment like the one before it: same amount, same card, minutes later. Resolving must tell them apart."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from drivers.simulator.core.behaviour import Behaviour
from drivers.simulator.core.behaviour import ScriptedOutcome as Mood
from drivers.terminal import BookingProof
from tests.conformance.bed import Bed
from tests.conformance.cable import WAYS, Harm, damaged, doubled, lossy, silent, unplugged
from tests.conformance.promises import kept, of
from tests.conformance.table import Case

# Every so many bytes: the first payment had each of them.
STEP = 7
MOST_BYTES = {"to_terminal": 290, "to_till": 500}
BETWEEN_S = 100.0
SEEDS = range(15)
MOODS = {"approved": Behaviour(), "declined": Behaviour(outcome=Mood.DECLINE)}
BAD: dict[str, Callable[[random.Random], Harm]] = {
    "loss": lambda dice: lossy(dice, 0.2),
    "damage": lambda dice: damaged(dice, 0.1),
    "copies": lambda dice: doubled(dice, 0.3, only=("to_till",)),
}


def second(bed: Bed, mood: str) -> None:
    """The first is paid, and the terminal is in this mood for the second."""
    bed.begin()
    assert kept(bed, bed.pay()) == "approved"
    bed.wait(BETWEEN_S)
    bed.moods.mood = MOODS[mood]


@pytest.mark.parametrize("mood", MOODS)
def test_the_plug_is_pulled_in_the_second(dialect: Case, mood: str) -> None:
    for way in WAYS:
        for place in range(0, MOST_BYTES[way], STEP):
            with of("unplugged behind byte", place, way), Bed(dialect) as bed:
                second(bed, mood)
                if kept(bed, bed.pay(unplugged(way, place), bed.command(2))) == "approved":
                    break  # it ends before this byte


@pytest.mark.parametrize("mood", MOODS)
def test_the_line_falls_silent_in_the_second(dialect: Case, mood: str) -> None:
    for way in WAYS:
        for place in range(0, MOST_BYTES[way], 2 * STEP):
            with of("silent behind byte", place, way), Bed(dialect) as bed:
                second(bed, mood)
                kept(bed, bed.pay(silent(way, place, 40.0), bed.command(2)))


@pytest.mark.parametrize("kind", BAD)
def test_a_line_that_stays_bad(dialect: Case, kind: str) -> None:
    """Also while the terminal is asked what became of it."""
    if dialect.wire == "tcp":
        pytest.skip("TCP loses, adds and damages nothing")
    for seed in SEEDS:
        for mood in MOODS:
            with of(kind, "seed", seed, mood), Bed(dialect) as bed:
                second(bed, mood)
                harm = BAD[kind](random.Random(seed))  # noqa: S311 - repeatable, not secret
                kept(bed, bed.pay(harm, bed.command(2)), harm)


@pytest.mark.parametrize("mood", MOODS)
def test_the_till_dies_in_the_second(dialect: Case, mood: str) -> None:
    """After any of the bytes that it writes or reads."""
    for place in range(0, 700, 2 * STEP):
        with of("dead after byte", place), Bed(dialect) as bed:
            second(bed, mood)
            last = total(bed) + place
            bed.ask(bed.command(2))
            bed.session.start(bed.sale, bed.now)
            if not carried(bed, last):
                break
            bed.power_cut()
            finding = bed.resolve()
            bed.wait(120.0)
            assert len(bed.booked) <= 1
            assert bed.moods.begun.count("payment") <= 1
            if finding is not None and finding.found is not BookingProof.UNPROVEN:
                assert (finding.found is BookingProof.BOOKED) is (len(bed.booked) == 1)


def carried(bed: Bed, count: int) -> bool:
    """Let it go on until the cable has carried more bytes than these; False when there are no more."""
    return bed.until(lambda: total(bed) > count, 200.0)


def total(bed: Bed) -> int:
    return sum(len(seen) for seen in bed.cable.seen.values())
