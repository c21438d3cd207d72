"""Plays the worlds of one setting: all of them, or a reduced set that is spread evenly."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tests.exhaust.faults import Setting, World, faults, played
from tests.simulation.plan import Fault

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Reduced:
    """How many worlds of one setting are enough: single faults, first faults with pairs, pairs of each."""

    singles: int
    firsts: int
    seconds: int


@dataclass
class Found:
    """What the search of one setting came to. `merged` pairs are proven by another pair's world."""

    singles: int = 0
    singles_run: int = 0
    pairs: int = 0
    merged: int = 0
    pairs_run: int = 0
    violations: dict[str, list[str]] = field(default_factory=dict)

    def judge(self, faults: Sequence[Fault], world: World) -> None:
        """Keep what a world broke, under the faults that show it again."""
        if world.violations:
            name = " + ".join(f"{one.what}@{one.way or 'steps'}:{one.at}" for one in faults) or "no fault"
            self.violations[name] = [f"{one.rule}: {one.text}" for one in world.violations]


def some(items: Sequence[Item], count: int) -> list[Item]:
    """At most so many of them, spread evenly."""
    if count >= len(items):
        return list(items)
    return [items[place * len(items) // count] for place in range(count)]


def singles(setting: Setting, reduced: Reduced | None, found: Found) -> list[tuple[Fault, World]]:
    """Every single fault; what comes back are first faults with different states, one for each."""
    calm = played(setting.plan())
    found.judge((), calm)
    every = list(faults(setting, Counter(), calm.after))
    chosen = every if reduced is None else some(every, reduced.singles)
    found.singles, found.singles_run = len(every), len(chosen)
    states: dict[str, tuple[Fault, World]] = {}
    for fault in chosen:
        world = played(setting.plan(fault))
        found.judge((fault,), world)
        seconds = sum(1 for _ in faults(setting, world.before, world.after))
        found.pairs += seconds
        if world.state in states:
            found.merged += seconds
        else:
            states[world.state] = (fault, world)
        gc.collect(0)
    return list(states.values())


def pairs(setting: Setting, first: Fault, world: World, most: int | None, found: Found) -> None:
    """Every second fault after this first one."""
    every = list(faults(setting, world.before, world.after))
    for second in every if most is None else some(every, most):
        found.judge((first, second), played(setting.plan(first, second)))
        found.pairs_run += 1


def search(setting: Setting, reduced: Reduced) -> Found:
    """A reduced search of one setting, in this process."""
    found = Found()
    firsts = singles(setting, reduced, found)
    for first, world in some(firsts, reduced.firsts):
        pairs(setting, first, world, reduced.seconds, found)
    return found
