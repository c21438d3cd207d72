"""The same worlds with the habits of other libraries: what they would have lost.

`python -m tests.simulation.habits` prints a table for the README. Each habit is a change
of our own code, so that all else (journal, till, terminal, faults) is equal; see
`research/evidence.md` and `protocols/zvt.md` for who has them.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from agent.journal.schema.entry import AnyBody, Fact, TerminalResult
from agent.payments import context as shop
from agent.payments.record import Record
from tests.simulation.chance import plan_of
from tests.simulation.checker import harm
from tests.simulation.planted import (
    acknowledge_before_sync,
    patched,
    send_again,
    silence_is_a_no,
    tell_before_completed,
)
from tests.simulation.simulation import Simulation


@contextmanager
def a_crash_is_a_no() -> Iterator[None]:
    """After a restart a payment without a result is one that failed."""

    def left_open(record: Record) -> AnyBody:
        verdict: Any = "approved" if record.result is not None else "declined"
        return TerminalResult(
            payment_id=record.payment_id, verdict=verdict, why=Fact("payment.restarted_during")
        )

    with patched(shop, "_left_open", left_open):
        yield


@dataclass(frozen=True)
class Habit:
    """A way of working: a name for the table and what it changes."""

    name: str
    changes: tuple[Callable[[], Any], ...]


FAILS = (silence_is_a_no, a_crash_is_a_no)
HABITS = (
    Habit("Tillgate", ()),
    Habit("acknowledge first, write then", (acknowledge_before_sync,)),
    Habit("approved at the result, not at the completion", (tell_before_completed,)),
    Habit("what is unclear is told as failed, nothing is resolved", FAILS),
    Habit("send again after a time-out", (send_again,)),
    Habit("all of these", (acknowledge_before_sync, tell_before_completed, *FAILS, send_again)),
)


def _counts(work: tuple[int, range]) -> tuple[int, int, int, int]:
    """Payments, and those lost, charged twice, approved for nothing."""
    place, seeds = work
    gc.disable()
    payments = lost = twice = wrong = 0
    with ExitStack() as changed:
        for change in HABITS[place].changes:
            changed.enter_context(change())
        for seed in seeds:
            account = Simulation(plan_of(seed)).run()
            payments += len(account.records)
            harmed = harm(account)
            lost, twice, wrong = lost + len(harmed[0]), twice + len(harmed[1]), wrong + len(harmed[2])
            gc.collect()
    return payments, lost, twice, wrong


def main(arguments: Sequence[str]) -> int:
    """Print the table in Markdown; 1 when we lost something ourselves."""
    parser = argparse.ArgumentParser(
        "python -m tests.simulation.habits", description="What other habits cost."
    )
    parser.add_argument("--seeds", type=int, default=1000, help="how many worlds")
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    options = parser.parse_args(arguments)
    seeds = range(options.start, options.start + options.seeds)
    with get_context("spawn").Pool() as pool:
        found = pool.map(_counts, [(place, seeds) for place in range(len(HABITS))], chunksize=1)
    print("\n".join(table(found)))  # noqa: T201 - a program
    return 1 if any(found[0][1:]) else 0


def table(found: Sequence[tuple[int, int, int, int]]) -> list[str]:
    """One line a habit, per 1000 payments."""
    lines = [
        "| habit | payments | lost | charged twice | approved for nothing |",
        "|---|---:|---:|---:|---:|",
    ]
    for habit, (payments, *harmed) in zip(HABITS, found, strict=True):
        cells = " | ".join(f"{1000 * count / max(payments, 1):.1f}" for count in harmed)
        lines.append(f"| {habit.name} | {payments} | {cells} |")
    return [*lines, "", "Per 1000 payments in worlds full of faults, far more than a shop sees."]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
