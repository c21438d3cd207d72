"""Budgets of the way to headquarters: a backlog, one small upload, and what the collector writes for it.

The collector is a process of its own on this machine, behind mutual TLS. The floor of a backlog
is a copy of the same bytes that is synced once a request. The floor of a small upload is a request
over a kept connection that the collector refuses at once, and two files that are synced with their
folders: the head that the collector keeps, and the cosignature that the uploader keeps.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from agent.collector.storage.folder import DiskFolder
from agent.journal.writer import Journal
from agent.programs.demo.environment import Environment
from agent.programs.demo.network import free_port
from agent.programs.upload import UploadPlan, upload_deps
from agent.settings.load import load
from agent.upload.client import CollectorClient, client_tls
from agent.upload.loop import UploadDeps, UploadLoop
from agent.upload.source import MAX_BATCH_BYTES
from tests.bench.bench_journal import UnsyncedDisk
from tests.bench.bench_start import Story, payment_story, renamed
from tests.bench.budget import Line
from tests.bench.inside import agent_of

PAYMENTS = 12_000
# Payments in one commit of the backlog; a shop's commits are smaller.
BATCH = 9
SMALL = 100
RATE, SMALL_MS, WRITTEN = 20_000, 5.0, 4.0
POLL_S = 1.0
SHOPS_MB = 256.0
NO_SHOPS = "not measured: shops are enrolled by a settings file today, one log each; it comes with the fleet"


def lines(place: Path) -> list[Line]:
    """A day's backlog in one go, then payments that are carried away one by one."""
    environment = Environment(place / "shop", port=free_port())
    environment.folder.mkdir()
    environment.provision()
    settings = load(environment.folder / "tillgate.toml")
    plan = UploadPlan.of(settings, settings.agent.credentials)
    agent, context = agent_of(environment, UnsyncedDisk(environment.journal))
    story = asyncio.run(payment_story(place / "one"))
    context.journal.commit(*renamed(story[0], (PAYMENTS,)))
    environment.start("collector", "collector", "--settings", str(environment.folder / "collector.toml"))
    try:
        deps = replace(upload_deps(plan), log=lambda *_args, **_fields: None)
        environment.wait_for(lambda: _answers(deps), "the collector")
        collector = environment.programs["collector"].pid
        return [
            *_backlog(place, context.journal, story, deps, collector),
            *_one_by_one(_least(plan, place), context.journal, story, deps, collector),
            Line("collector, 10 000 shops", "MB", None, None, SHOPS_MB, "figure", note=NO_SHOPS),
        ]
    finally:
        environment.close()
        agent.close()


def _answers(deps: UploadDeps) -> bool:
    loop = UploadLoop(deps, POLL_S)
    return loop.run_once() == 0.0 or loop.resting


def _backlog(place: Path, journal: Journal, story: Story, deps: UploadDeps, collector: int) -> list[Line]:
    bodies = [body for commit in story for body in commit]
    loop = UploadLoop(deps, POLL_S)
    _until_rest(loop)
    begun, size = journal.size, _bytes(journal)
    for number in range(0, PAYMENTS, BATCH):
        journal.commit(*renamed(bodies, range(number, number + BATCH)))
    entries, sent = journal.size - begun, _bytes(journal) - size
    os.sync()
    written = _written(collector)
    began = time.perf_counter()
    _until_rest(loop)
    rate = entries / (time.perf_counter() - began)
    per_byte = Line("- bytes the collector writes", "x", 1.0, (_written(collector) - written) / sent, WRITTEN)
    floor = entries / _copied_s(place / "copy", sent)
    note = f"{entries:,} entries, {sent >> 20} MiB; the floor writes and syncs them once a request"
    return [
        Line("upload of a backlog", "/s", floor, rate, RATE, "figure", at_least=True, note=note),
        per_byte,
    ]


def _one_by_one(
    least: Callable[[], None], journal: Journal, story: Story, deps: UploadDeps, collector: int
) -> list[Line]:
    loop = UploadLoop(deps, POLL_S)
    took: tuple[list[float], list[float]] = ([], [])
    size, written = _bytes(journal), _written(collector)
    for number in range(SMALL):
        for commit in story:
            journal.commit(*renamed(commit, (PAYMENTS + 1 + number,)))
        for times, action in ((took[0], least), (took[1], lambda: _until_rest(loop))):
            began = time.perf_counter()
            action()
            times.append(time.perf_counter() - began)
    floor, figure = (statistics.median(times) * 1000 for times in took)
    ratio = (_written(collector) - written) / (_bytes(journal) - size)
    note = "each rewrites the last tile and bundle of its log; 4 x is asked of the collector of many shops"
    return [
        Line("upload of one payment, p50", "ms", floor, figure, SMALL_MS, "figure"),
        Line("- bytes the collector writes", "x", 1.0, ratio, note=note),
    ]


def _least(plan: UploadPlan, place: Path) -> Callable[[], None]:
    """The way there and back for nothing, and what both ends have to keep."""
    tls = client_tls(Path(plan.ca), Path(plan.certificate), Path(plan.key))
    client = CollectorClient(plan.url, "nobody.example", tls)
    folder, head = DiskFolder(place), bytes(300)

    def once() -> None:
        client.post(b"")
        for name in ("head", "cosignature"):
            folder.write(name, head)
            folder.sync("")

    return once


def _until_rest(loop: UploadLoop) -> None:
    while loop.run_once() == 0.0:
        pass
    if not loop.resting:
        raise RuntimeError("the collector was to take everything")


def _copied_s(path: Path, size: int) -> float:
    """Seconds to write and sync so many bytes in pieces of one request."""
    block = bytes(MAX_BATCH_BYTES)
    began = time.perf_counter()
    with path.open("wb", buffering=0) as file:
        for _ in range(0, size, MAX_BATCH_BYTES):
            file.write(block)
            os.fdatasync(file.fileno())
    return time.perf_counter() - began


def _bytes(journal: Journal) -> int:
    snapshot = journal.snapshot("")
    return sum(snapshot.files.values())


def _written(pid: int) -> int:
    """What a process has made the disk write, by the kernel's count."""
    text = Path(f"/proc/{pid}/io").read_text("ascii")
    return int(next(line for line in text.splitlines() if line.startswith("write_bytes")).split()[1])
