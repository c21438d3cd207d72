"""Budgets of memory: what the processes hold, and that payments leave nothing behind."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from agent.api.v1.bodies import PaymentView
from agent.programs.agent import SNAPSHOT_ENTRIES
from agent.programs.demo.environment import Environment
from drivers.simulator.core.bank import Bank
from tests.bench.bench_journal import UnsyncedDisk
from tests.bench.budget import Line
from tests.bench.inside import NO_PORT, SALE, Counter, counter
from tests.bench.outside import check_alive, house_running, resident_mb

DOOR_PAYMENTS = 100
AGENT_MB, UPLOAD_MB = 64.0, 32.0
WARM_UP, SHORT, LONG = 5_000, 10_000, 100_000
# A heap that is cut into other pieces is not a leak; a byte a payment already shows in the long run.
GROWTH = 1.02
# The simulated bank remembers every booking, which is its own affair.
BANK_FORGETS_AFTER = 1_000


def resident(place: Path) -> list[Line]:
    """The agent after payments through its API, and the uploader that carried them away.

    The floor is a process that has only imported what the program imports.
    """
    with house_running(place / "environment") as environment:
        for number in range(DOOR_PAYMENTS):
            environment.api.call("PUT", f"/v1/payments/M-{number}", PaymentView, SALE)
            environment.api.call("GET", f"/v1/payments/M-{number}?wait=30", PaymentView)
        check_alive(environment)
        agent, upload = (resident_mb(environment.programs[name].pid) for name in ("agent", "upload"))
    return [
        Line("agent, resident", "MB", _imported_mb("agent.programs.agent"), agent, AGENT_MB, "figure"),
        Line("uploader, resident", "MB", _imported_mb("agent.programs.upload"), upload, UPLOAD_MB, "figure"),
    ]


def growth(place: Path, *, long: bool) -> list[Line]:
    """Resident memory of this process after a warm-up and after many more payments."""
    environment = Environment(place / "environment", port=NO_PORT)
    environment.folder.mkdir()
    environment.provision()
    payments = LONG if long else SHORT
    before, after = asyncio.run(_grown(environment, payments))
    note = f"in one process with the terminal, {payments:,} payments, disk not synced"
    if not long:
        note += f"; --long: {LONG:,}"
    return [Line("memory after payments", "MB", before, after, GROWTH, note=note)]


async def _grown(environment: Environment, payments: int) -> tuple[float, float]:
    async with counter(environment, UnsyncedDisk(environment.journal)) as shop:
        await _take(shop, "W", WARM_UP)
        before = resident_mb("self")
        await _take(shop, "G", payments)
        return before, resident_mb("self")


async def _take(shop: Counter, series: str, payments: int) -> None:
    for number in range(payments):
        await shop.pay(f"{series}-{number}")
        if shop.agent.entries_since_snapshot() >= SNAPSHOT_ENTRIES:
            shop.agent.keep_snapshot()
        if number % BANK_FORGETS_AFTER == 0:
            shop.cable.device.terminal.memory.bank = Bank()


def _imported_mb(module: str) -> float:
    code = f"import {module}, sys; sys.stdout.write('ready'); sys.stdout.flush(); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        if process.stdout is None or process.stdin is None:
            raise AssertionError("both were asked for")
        process.stdout.read(len("ready"))
        size = resident_mb(process.pid)
        process.stdin.close()
    return size
