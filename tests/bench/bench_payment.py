"""Budget: what the agent adds to one payment, by the side of its durable commits alone.

The terminal at the other end of the wire is simulated, and its own time is
taken out. The floor commits the same entries to a second journal on the same
disk, in turn with the payments.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from agent.api.v1.bodies import PaymentView
from agent.base.clock import SystemClock
from agent.journal.disk import FolderDisk
from agent.journal.schema.entry import AnyBody
from agent.programs.demo.environment import Environment
from tests.bench.bench_journal import UnsyncedDisk, open_journal
from tests.bench.budget import Line
from tests.bench.inside import NO_PORT, SALE, Took, counter
from tests.bench.outside import Pty, agent_running

WARM_UP = 20
ROUNDS = 300
DOOR_ROUNDS = 100
BUDGET = 1.5
# The commits before the verdict's: request with decision and `submitted`, and the answer.
UNTIL_ANSWER = 2

Commits = Sequence[tuple[AnyBody, ...]]


class Floor:
    """The same commits by a journal that nobody else is behind."""

    def __init__(self, folder: Path, disk: type[FolderDisk], clock: Callable[[], int]) -> None:
        self._journal = open_journal(folder / "journal", disk(folder / "journal"), SystemClock())
        self._clock = clock
        self.until_answer: list[int] = []
        self.until_verdict: list[int] = []

    def commit(self, written: Commits) -> None:
        """All commits of one payment."""
        took = []
        for bodies in written:
            began = self._clock()
            self._journal.commit(*bodies)
            took.append(self._clock() - began)
        self.until_answer.append(sum(took[:UNTIL_ANSWER]))
        self.until_verdict.append(sum(took))

    def close(self) -> None:
        self._journal.close()


def lines(place: Path) -> list[Line]:
    """The budget; the same up to the verdict, on the processor alone, and through the till's API."""
    floor, took, written = _in_turn(place / "disk", FolderDisk, time.perf_counter_ns)
    alone, took_alone, _ = _in_turn(place / "cpu", UnsyncedDisk, time.process_time_ns)
    api_floor, api = _through_the_door(place, written)
    figure = _us([one.request + one.answer for one in took])
    figure_alone = _us([one.request + one.answer for one in took_alone])
    to_verdict = _us([one.request + one.verdict for one in took])
    return [
        Line("payment: to wire, to answer", "us", _us(floor.until_answer), figure, BUDGET),
        Line(f"- to verdict, {len(written)} commits", "us", _us(floor.until_verdict), to_verdict),
        Line("- processor alone, no disk", "us", _us(alone.until_answer), figure_alone),
        Line("- by API and pty", "us", _us(api_floor.until_answer), _us(api)),
    ]


def _in_turn(
    place: Path, disk: type[FolderDisk], clock: Callable[[], int]
) -> tuple[Floor, list[Took], Commits]:
    """Payments and their floor in turn; and what one payment writes."""
    place.mkdir()
    environment = Environment(place / "environment", port=NO_PORT)
    environment.folder.mkdir()
    environment.provision()
    floor = Floor(place / "floor", disk, clock)
    took, written = asyncio.run(_payments(environment, floor, disk, clock))
    floor.close()
    return floor, took, written


async def _payments(
    environment: Environment, floor: Floor, disk: type[FolderDisk], clock: Callable[[], int]
) -> tuple[list[Took], Commits]:
    took: list[Took] = []
    async with counter(environment, disk(environment.journal), clock) as shop:
        for number in range(WARM_UP):
            await shop.pay(f"warm-{number}")
        written = tuple(shop.context.written)
        for number in range(ROUNDS):
            if number % 2:
                floor.commit(written)
            took.append(await shop.pay(f"B-{number}"))
            if not number % 2:
                floor.commit(written)
    return took, written


def _through_the_door(place: Path, written: Commits) -> tuple[Floor, list[int]]:
    """The real process, a till at its socket, and a terminal on a pty with a stamp on what it hears."""
    took: list[int] = []
    floor = Floor(place / "api-floor", FolderDisk, time.perf_counter_ns)
    with agent_running(place / "api") as environment, Pty(environment.terminal) as terminal:
        environment.wait_for(lambda: environment.terminal_is("ready"), "the agent and its terminal")
        for number in range(WARM_UP + DOOR_ROUNDS):
            floor.commit(written)
            took.append(_one(environment, terminal, f"D-{number}"))
    floor.close()
    return floor, took[WARM_UP:]


def _one(environment: Environment, terminal: Pty, payment_id: str) -> int:
    began = time.perf_counter_ns()
    environment.api.call("PUT", f"/v1/payments/{payment_id}", PaymentView, SALE)
    view = environment.api.call("GET", f"/v1/payments/{payment_id}?wait=30", PaymentView)
    if view.verdict != "approved":
        raise RuntimeError(f"{payment_id} was to be approved and is {view.verdict}: {view.text}")
    return terminal.asked_ns - began + terminal.answered_ns - terminal.told_ns


def _us(took: Sequence[int]) -> float:
    return statistics.median(took) / 1000
