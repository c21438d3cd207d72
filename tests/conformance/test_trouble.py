"""A bad cable: whatever is lost, added, damaged or doubled, what the till is told is what the bank did."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.conformance.bed import Bed
from tests.conformance.cable import WAYS, Harm, damaged, doubled, lossy, noisy, silent
from tests.conformance.promises import kept, of
from tests.conformance.table import Case

SEEDS = range(25)
SHARE = 0.2
# Of a payment, in any protocol.
MOST_BYTES = {"to_terminal": 290, "to_till": 500}

KINDS: dict[str, Callable[[random.Random], Harm]] = {
    "loss": lambda dice: lossy(dice, SHARE),
    "noise": lambda dice: noisy(dice, SHARE),
    "damage": lambda dice: damaged(dice, SHARE),
}


def dice_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - repeatable, not secret


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_serial_line(dialect: Case, kind: str) -> None:
    if dialect.wire == "tcp":
        pytest.skip("TCP loses, adds and damages nothing")
    for seed in SEEDS:
        with of(kind, "seed", seed), Bed(dialect) as bed:
            bed.begin()
            kept(bed, bed.pay(KINDS[kind](dice_of(seed))))


def test_a_terminal_that_says_things_twice(dialect: Case) -> None:
    for seed in SEEDS:
        with of("seed", seed), Bed(dialect) as bed:
            bed.begin()
            kept(bed, bed.pay(doubled(dice_of(seed), 2 * SHARE, only=("to_till",))))


@pytest.mark.parametrize("seconds", [1.0, 12.0, 400.0])
def test_a_line_that_falls_silent(dialect: Case, seconds: float) -> None:
    for way in WAYS:
        for place in range(0, MOST_BYTES[way], 7):
            with of("silent behind byte", place, way), Bed(dialect) as bed:
                bed.begin()
                kept(bed, bed.pay(silent(way, place, seconds)))
