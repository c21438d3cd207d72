"""`make exhaust`: a reduced set of the worlds; `make exhaust ALL=1`: every one, and it may take nights."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable, Sequence
from multiprocessing import get_context

from tests.exhaust.faults import SETTINGS, Setting, World
from tests.exhaust.results import Line, code_digest, keep, known
from tests.exhaust.search import Found, Reduced, pairs, search, singles
from tests.simulation.plan import Fault

# All settings together: 52 s on two shared cores (`make exhaust`, 2026-11-27).
PLAIN = Reduced(singles=40, firsts=5, seconds=8)
Task = tuple[Setting, Fault, World]


def reduced(setting: Setting) -> Found:
    """A reduced search, in a process of its own."""
    return search(setting, PLAIN)


def pairs_of(task: Task) -> Line:
    """Every pair with one first fault, in a process of its own."""
    setting, first, world = task
    found = Found()
    pairs(setting, first, world, None, found)
    gc.collect()
    return Line("", str(setting), str(first), found.pairs_run, found.violations)


def everything(pool_map: Callable[..., object], setting: Setting, code: str) -> Found:
    """All worlds of one setting; what an earlier night has run is read, not run."""
    found = Found()
    firsts = singles(setting, None, found)
    done = known(code)
    open_tasks = [(setting, *one) for one in firsts if (str(setting), str(one[0])) not in done]
    for line in pool_map(pairs_of, open_tasks):  # type: ignore[attr-defined]  # a pool's iterator
        keep(Line(code, line.setting, line.first, line.run, line.violations))
    done = known(code)
    for first, _ in firsts:
        line = done[str(setting), str(first)]
        found.pairs_run += line.run
        found.violations |= line.violations
    return found


def row(setting: Setting, found: Found) -> str:
    """One line of the table."""
    figures = (
        found.singles,
        found.singles_run,
        found.pairs,
        found.merged,
        found.pairs_run,
        len(found.violations),
    )
    cells = " | ".join(f"{figure:,}".replace(",", " ") for figure in figures)
    return f"| `{setting.protocol}` | {setting.kind} | {cells} |"


def main(arguments: Sequence[str]) -> int:
    """Print the table in Markdown; 1 when a promise was broken."""
    parser = argparse.ArgumentParser("python -m tests.exhaust", description="Every fault and every pair.")
    parser.add_argument("--all", action="store_true", help="every world; goes on where it was stopped")
    parser.add_argument("--protocol", help="only this protocol")
    parser.add_argument("--kind", help="only this kind of payment")
    asked = parser.parse_args(arguments)
    chosen = [
        one for one in SETTINGS if asked.protocol in {None, one.protocol} and asked.kind in {None, one.kind}
    ]
    say("| protocol | kind | single faults | run | pairs of these | merged | pairs run | violations |")
    say("|---|---|---:|---:|---:|---:|---:|---:|")
    broken: dict[str, list[str]] = {}
    with get_context("spawn").Pool() as pool:
        code = code_digest()
        every = (everything(pool.imap_unordered, one, code) for one in chosen)
        for setting, found in zip(chosen, every if asked.all else pool.imap(reduced, chosen), strict=True):
            say(row(setting, found))
            name = f"{setting.protocol} {setting.kind}"
            broken |= {f"{name}: {faults}": how for faults, how in found.violations.items()}
    for name, how in broken.items():
        say(f"BROKEN {name}: {'; '.join(how)}")
    return 1 if broken else 0


def say(line: str) -> None:
    """One line, at once: the run is long."""
    print(line, flush=True)  # noqa: T201 - a program
