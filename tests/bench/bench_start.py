"""Budget: `tillgate agent` from exec to READY=1 with a million entries in its journal.

The floor is the same start with an empty journal. The snapshot is as old as one
can be: behind it lie as many entries as the agent lets come together.
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from agent.base.clock import SystemClock
from agent.journal.disk import FolderDisk
from agent.journal.schema.entry import AnyBody
from agent.programs.agent import SNAPSHOT_ENTRIES
from agent.programs.demo.environment import Environment
from tests.bench.bench_journal import UnsyncedDisk
from tests.bench.budget import Line
from tests.bench.inside import NO_PORT, agent_of, counter

ENTRIES = 1_000_000
DAYS = 90
# Payments in one commit while the journal is made; a shop's commits are smaller.
BATCH = 9
STARTS = 5
BUDGET_S = 1.0
PATIENCE_S = 60.0

Story = Sequence[tuple[AnyBody, ...]]


class Past(SystemClock):
    """The clock of an earlier boot, a quarter of a year ago; `passed` moves it."""

    passed = timedelta()

    def __init__(self) -> None:
        super().__init__("5bd7b7c1-59c1-4ad2-8a72-3f0a5a3e2c66")
        self._began = datetime.now(UTC) - timedelta(days=DAYS, hours=1)

    def wall(self) -> datetime:
        return self._began + self.passed

    def boot_ms(self) -> int:
        return self.passed // timedelta(milliseconds=1)


def lines(place: Path) -> list[Line]:
    """Starts with and without history, in turn."""
    empty, full = _environment(place / "empty"), _environment(place / "full")
    story = asyncio.run(payment_story(place / "one"))
    entries = _fill(full, story)
    os.sync()
    _start_s(empty)  # the first one writes byte code
    starts = [(_start_s(empty), _start_s(full)) for _ in range(STARTS)]
    floor, figure = map(statistics.median, zip(*starts, strict=True))
    note = f"{entries:,} entries, {SNAPSHOT_ENTRIES:,} of them behind the snapshot"
    return [Line("start to ready", "s", floor, figure, BUDGET_S, "figure", note=note)]


def _environment(folder: Path) -> Environment:
    folder.mkdir()
    environment = Environment(folder, port=NO_PORT)
    environment.provision()
    return environment


async def payment_story(folder: Path) -> Story:
    """What one real payment writes, commit by commit."""
    environment = _environment(folder)
    async with counter(environment, FolderDisk(environment.journal)) as shop:
        await shop.pay("S-0")
        return tuple(shop.context.written)


def _fill(environment: Environment, story: Story) -> int:
    """A million entries over ninety days, a snapshot, and what may lie behind one."""
    clock = Past()
    agent, context = agent_of(environment, UnsyncedDisk(environment.journal), clock)
    journal, bodies = context.journal, [body for commit in story for body in commit]
    number = 0
    while journal.size < ENTRIES - SNAPSHOT_ENTRIES:
        clock.passed = timedelta(days=DAYS) * journal.size / ENTRIES
        journal.commit(*renamed(bodies, range(number, number + BATCH)))
        number += BATCH
    agent.keep_snapshot()
    while agent.entries_since_snapshot() < SNAPSHOT_ENTRIES:
        for commit in story:
            journal.commit(*renamed(commit, (number,)))
        number += 1
    size = journal.size
    agent.close()
    return size


def renamed(bodies: Iterable[AnyBody], numbers: Iterable[int]) -> list[AnyBody]:
    """The same entries for other payments."""
    bodies = list(bodies)
    return [msgspec.structs.replace(body, payment_id=f"S-{n}") for n in numbers for body in bodies]


def _start_s(environment: Environment) -> float:
    """Seconds until READY=1. The agent is killed, so that the next start finds what this one found."""
    address = environment.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(PATIENCE_S)
        os.environ["NOTIFY_SOCKET"] = str(address)
        began = time.perf_counter()
        environment.start("agent", "agent", "--settings", str(environment.folder / "tillgate.toml"))
        try:
            while b"READY=1" not in manager.recv(4096):
                pass
            return time.perf_counter() - began
        finally:
            environment.close()
            address.unlink()
