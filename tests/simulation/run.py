"""Runs many seeds in several processes and says calmly what came of them."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing import get_context

from drivers.driver import PROTOCOLS, driver
from tests.simulation.chance import SEEDS_EACH, first_seed, plan_of
from tests.simulation.checker import Tally, Violation, check
from tests.simulation.plan import Plan
from tests.simulation.simulation import Account, Simulation

# Small enough that the progress moves and the last process does not run alone for long.
SEEDS_A_PORTION = 25
# A world is full of cycles; looking for them after every few of them is cheaper than all the time.
SEEDS_A_COLLECTION = 5
WIDTH = 80


def play(plan: Plan) -> tuple[Account, list[Violation]]:
    """One run and its broken promises. What breaks the world itself is one too."""
    try:
        account = Simulation(plan).run()
    except Exception as error:  # noqa: BLE001 - a seed that cannot be judged must be reported with its number
        return Account(), [Violation("the world goes on", f"{type(error).__name__}: {error}")]
    return account, check(account)


def collect_worlds_only() -> None:
    """The modules stay; what the worlds leave is collected between them."""
    gc.disable()
    gc.freeze()


def portion(seeds: range) -> tuple[Tally, dict[int, list[Violation]]]:
    """Some seeds, in one process."""
    tally, broken = Tally(), {}
    for seed in seeds:
        account, violations = play(plan_of(seed))
        tally.add(account)
        if violations:
            broken[seed] = violations
        if seed % SEEDS_A_COLLECTION == 0:
            gc.collect()
    return tally, broken


def portions(start: int, seeds: int) -> Iterator[range]:
    """The seeds in small parts."""
    for first in range(start, start + seeds, SEEDS_A_PORTION):
        yield range(first, min(first + SEEDS_A_PORTION, start + seeds))


def run(start: int, seeds: int, jobs: int) -> tuple[Tally, dict[int, list[Violation]]]:
    """All seeds. The result does not depend on the number of processes."""
    tally: Tally = Tally()
    broken: dict[int, list[Violation]] = {}
    began = time.monotonic()
    with get_context("spawn").Pool(jobs, collect_worlds_only) as pool:
        for part, bad in pool.imap(portion, portions(start, seeds)):
            tally.join(part)
            broken |= bad
            _progress(tally, len(broken), seeds, time.monotonic() - began)
    if sys.stderr.isatty():
        sys.stderr.write("\r" + " " * (WIDTH - 1) + "\r")
    return tally, broken


def _progress(tally: Tally, broken: int, seeds: int, seconds: float) -> None:
    if sys.stderr.isatty():
        line = f"{tally.seeds} of {seeds} seeds, {tally.payments} payments, {broken} broken, {seconds:.0f} s"
        sys.stderr.write("\r" + line.ljust(WIDTH - 1))
        sys.stderr.flush()


def main(arguments: Sequence[str]) -> int:
    """`python -m tests.simulation`; 1 when a promise was broken."""
    options = _options(arguments)
    began = time.monotonic()
    start = first_seed(options.protocol) + options.start
    tally, broken = run(start, options.seeds, options.jobs)
    seconds = time.monotonic() - began
    if options.json:
        print(json.dumps(figures(tally, broken, seconds), indent=1))  # noqa: T201 - a program
    else:
        print("\n".join(summary(tally, broken, seconds, start)))  # noqa: T201 - a program
    return 1 if broken else 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.simulation", description="The whole shop under faults.")
    parser.add_argument("--seeds", type=int, default=2000, help="how many worlds")
    parser.add_argument("--start", type=int, default=0, help="the first seed, counted for each protocol")
    parser.add_argument("--protocol", choices=PROTOCOLS, default=PROTOCOLS[0], help="the terminal's")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="processes")
    parser.add_argument("--json", action="store_true", help="figures for programs")
    options = parser.parse_args(arguments)
    if not 0 <= options.start <= SEEDS_EACH - options.seeds or options.seeds < 0:
        last = SEEDS_EACH - 1
        parser.error(
            f"each protocol has the seeds 0 to {last}: --start {options.start} --seeds {options.seeds} "
            "leaves them. Take a smaller START, or fewer SEEDS."
        )
    return options


def figures(tally: Tally, broken: dict[int, list[Violation]], seconds: float) -> dict[str, object]:
    """All figures, for programs."""
    return {
        "seeds": tally.seeds,
        "payments": tally.payments,
        "seconds": round(seconds, 1),
        "verdicts": dict(tally.verdicts.most_common()),
        "faults": dict(tally.faults.most_common()),
        "unclear": tally.unclear,
        "resolved": tally.resolved,
        "persons": dict(tally.persons.most_common()),
        "lost": tally.lost,
        "twice": tally.twice,
        "wrong": tally.wrong,
        "broken": {seed: [f"{v.rule}: {v.text}" for v in found] for seed, found in broken.items()},
    }


def summary(tally: Tally, broken: dict[int, list[Violation]], seconds: float, start: int) -> list[str]:
    """What a person reads at the end."""
    last, faults = start + tally.seeds - 1, tally.faults.total()
    protocol = plan_of(start).protocol
    title = "" if protocol == PROTOCOLS[0] else f"{driver(protocol).title}.\n"
    lines = [
        f"{title}Seeds {start} to {last}: {tally.payments} payments, {faults} faults, {seconds:.0f} s.",
        "",
        *_table("Verdicts in the end", tally.verdicts),
        "",
        *_table("Faults", tally.faults),
        "",
        f"Unclear at some time: {tally.unclear}. Resolved by asking the terminal: {tally.resolved}.",
        f"Left to a person: {tally.persons.total()}",
        *(line for why, count in tally.persons.most_common() for line in _person(count, why)),
        "",
        f"Lost or denied: {tally.lost}. Charged twice: {tally.twice}. Approved for nothing: {tally.wrong}.",
    ]
    if not broken:
        return [*lines, "No promise was broken."]
    lines.append(f"Promises were broken in {len(broken)} seeds: python -m tests.simulation.replay SEED")
    for seed, found in list(broken.items())[:10]:
        lines += [f"{seed:9}  {violation.rule}: {violation.text}"[:WIDTH] for violation in found[:3]]
    return lines


def _table(title: str, counts: Counter[str]) -> list[str]:
    cells = [f"{name} {count}" for name, count in counts.most_common()]
    lines = [f"{title}:"]
    for cell in cells:
        if len(lines[-1]) + len(cell) + 2 > WIDTH:
            lines.append(" ")
        lines[-1] += f" {cell},"
    lines[-1] = lines[-1].rstrip(",") + "."
    return lines


def _person(count: int, why: str) -> list[str]:
    return textwrap.wrap(f"{count:7}  {why}", WIDTH, subsequent_indent=" " * 9, drop_whitespace=True)
