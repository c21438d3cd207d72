"""Tries one mutant: the nearest tests, then the rest that reach it, then a simulated shop.

A test that fails is run once more on the same mutant. One that then passes proves nothing about the
mutant, so it is set aside and the others go on: a test that fails by chance must not count as an eye.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any

from tests.mutants.copies import Copy, Ran
from tests.mutants.draw import Mutant
from tests.mutants.reach import Measured, batches, ordered
from tests.mutants.targets import JUDGED_BY_WORLD, protocol

# Tests of a few seconds share a process; a slow one has its own, so that a hang in one of the
# others is seen early. Times are many times what the unchanged code needs: the machine may be busy.
QUICK_S, PATIENCE, LEAST_S = 3.0, 5, 30.0
WORLD_SEEDS, WORLD_S = 100, 600
MOST_DOUBTS = 3
NEAREST, REST, LIVED = "nearest", "rest", "lived"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant; `by` names the test, or why it may live."""

    mutant: str
    verdict: str
    by: str
    seconds: float


def judge(mutant: Mutant, copy: Copy, all_tested: Iterable[Measured]) -> Verdict:
    """Run what reaches a mutant until something fails."""
    began = time.monotonic()
    nearest, rest = ordered(mutant, all_tested)
    with copy.mutated(mutant):
        verdict, by = NEAREST, _killer(copy, nearest)
        if not by:
            verdict, by = REST, _killer(copy, rest) or _world(mutant, copy)
    if not by:
        verdict, by = LIVED, f"{len(nearest) + len(rest)} files of tests reach it"
    return Verdict(mutant.id, verdict, by, round(time.monotonic() - began, 1))


def _killer(copy: Copy, files: Sequence[Measured]) -> str:
    """The test that fails, or nothing."""
    for batch in batches(files, QUICK_S):
        one_test = LEAST_S + PATIENCE * max(tested.longest for tested in batch)
        whole = LEAST_S + PATIENCE * sum(tested.seconds for tested in batch)
        if by := _first_failure(copy, [tested.test for tested in batch], whole, one_test):
            return by
    return ""


def _first_failure(copy: Copy, files: Sequence[str], whole: float, one_test: float) -> str:
    doubted: list[str] = []
    while len(doubted) <= MOST_DOUBTS:
        ran = copy.pytest(files, whole, one_test, *(f"--deselect={test}" for test in doubted))
        if ran.code in {0, 5}:  # 5: none was left to run
            return ""
        if not ran.failed:
            return _end_of(ran)
        if copy.pytest([ran.failed], whole, one_test).code != 0:
            return ran.failed
        doubted.append(ran.failed)
    return ""


def _end_of(ran: Ran) -> str:
    return "its time was over" if ran.code is None else f"pytest ended with {ran.code}"


def _world(mutant: Mutant, copy: Copy) -> str:
    """The simulated shop's word, where there is one."""
    if mutant.group not in JUDGED_BY_WORLD or not (copy.place / "tests/simulation/__main__.py").exists():
        return ""
    command = ["tests.simulation", "--seeds", str(WORLD_SEEDS), "--jobs", "1"]
    if protocol(mutant.path):
        command += ["--protocol", protocol(mutant.path)]
    return "" if copy.run(command, {}, WORLD_S).code == 0 else "tests.simulation"


def in_parallel(
    copies: Sequence[Copy],
    work: Iterable[Any],
    act: Callable[[Copy, Any], Any],
    done: Callable[[Any], None],
) -> None:
    """Each copy takes the next piece of work when it is free; `done` is called in this thread."""
    waiting, results, stop = list(work)[::-1], SimpleQueue[Any](), Event()
    count = len(waiting)
    threads = [Thread(target=_worker, args=(copy, waiting, act, results, stop)) for copy in copies]
    for thread in threads:
        thread.start()
    try:
        for _ in range(count):
            done(_result(results.get()))
    except BaseException:
        for copy in copies:
            copy.stop()
        raise
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _result(came: Any) -> Any:
    if isinstance(came, BaseException):
        raise came
    return came


def _worker(
    copy: Copy, waiting: list[Any], act: Callable[[Copy, Any], Any], results: SimpleQueue[Any], stop: Event
) -> None:
    while not stop.is_set():
        try:
            work = waiting.pop()
        except IndexError:
            return
        try:
            results.put(act(copy, work))
        except Exception as error:  # noqa: BLE001 - raised again where the work was given
            results.put(error)
