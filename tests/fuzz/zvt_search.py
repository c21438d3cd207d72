"""The search that the ZVT fuzz targets share.

With atheris installed it is guided by coverage and begins with the good input;
else, or with --plain, it is a seeded loop that bends good input.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

from tests.fuzz import harness

FINDINGS_SHOWN = 20
MOST_ACCIDENTS = 5
LONGEST_PIECE_BYTES = 40
# Longer than any message in the field but for receipts; what is longer is only slower to search.
LONGEST_INPUT_BYTES = 600


def bent(rng: random.Random, good: Sequence[bytes], pieces: Sequence[bytes]) -> bytes:
    """Good input after a few accidents."""
    data = bytearray(rng.choice(good))
    for _ in range(rng.randrange(MOST_ACCIDENTS + 1)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(7):
            case 0:
                data[at:at] = rng.choice(pieces)
            case 1:
                del data[at : at + rng.randrange(1, LONGEST_PIECE_BYTES)]
            case 2 | 3:
                data[at : at + 1] = bytes((rng.randrange(256),))
            case 4:
                data[at:] = rng.choice(good)[at:]
            case 5:
                data[at:at] = rng.randbytes(rng.randrange(1, LONGEST_PIECE_BYTES))
            case _:
                data[at:at] = data[at : at + rng.randrange(1, LONGEST_PIECE_BYTES)]
    return bytes(data)


def loop(
    one_input: Callable[[bytes], None], good: Sequence[bytes], pieces: Sequence[bytes], runs: int, seed: int
) -> int:
    """The seeded search; gives the number of findings and prints the first of them."""
    rng, began, findings = random.Random(seed), time.perf_counter(), 0  # noqa: S311 - repeatable on purpose
    for run in range(runs):
        data = bent(rng, good, pieces)
        try:
            one_input(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            findings += 1
            if findings <= FINDINGS_SHOWN:
                print(f"finding in run {run}: {error!r} from {data.hex()}", file=sys.stderr)  # noqa: T201 - a program
    took_s = time.perf_counter() - began
    print(f"{runs} inputs, seed {seed}, {took_s:.1f} s: {findings} findings")  # noqa: T201 - a program
    return findings


def search(one_input: Callable[[bytes], None], good: Sequence[bytes], pieces: Sequence[bytes]) -> None:
    """Read the options and search; leaves with an error when something was found."""
    by_seed = partial(loop, one_input, good, pieces)
    harness.run(__doc__, one_input, by_seed, corpus=good, longest=LONGEST_INPUT_BYTES)
