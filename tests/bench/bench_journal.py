"""Budgets of the journal, each beside a floor that is measured in turn with it.

    python tests/bench/bench_journal.py [--json]

The floor of a commit is what no journal can go below: one write of as many
bytes, one fdatasync, one Ed25519 signature.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.base.clock import SystemClock
from agent.journal.disk import FolderDisk
from agent.journal.evolving import EvolvingKey, KeyFile, enrol
from agent.journal.note import Ed25519Signer, parse_vkey
from agent.journal.recover import Snapshot
from agent.journal.schema.entry import AnyBody, CardSummary, Entry, TerminalResult
from agent.journal.verify import verify
from agent.journal.writer import Journal

ORIGIN = "bench.example/till-1"
ROUNDS = 1_500
BATCH = 64
ENTRIES = 1_000_000
VERIFIED = 200_000
KEY = Ed25519PrivateKey.generate()
SIGNER = Ed25519Signer(ORIGIN, KEY)
CARD = CardSummary(
    masked="411111******1111",
    expiry="2712",
    card=117,
    card_key=42,
    older_card=205,
    older_card_key=41,
    key_id="2026-1",
    entry_mode="chip",
)
BODY = TerminalResult(
    payment_id="20260328-0001",
    verdict="approved",
    code=0,
    amount=1010,
    currency="EUR",
    trace=12,
    receipt_number=7,
    terminal_id="5210",
    card=CARD,
)


@dataclass(frozen=True)
class Row:
    """One budget. `ratio` is figure by floor, or floor by figure where more is better."""

    what: str
    unit: str
    floor: float
    figure: float
    ratio: float
    budget: float

    @property
    def met(self) -> bool:
        return self.ratio <= self.budget


class UnsyncedDisk(FolderDisk):
    """To make a long journal before the clock runs."""

    def sync(self, name: str) -> None:
        """Not now."""


class Calendar(SystemClock):
    """A wall clock that can be moved on by days, together with the boot clock."""

    ahead = timedelta()

    def wall(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def boot_ms(self) -> int:
        return super().boot_ms() + self.ahead // timedelta(milliseconds=1)


def open_journal(
    folder: Path, disk: FolderDisk, clock: SystemClock, start: Snapshot | None = None
) -> Journal:
    """A journal of this benchmark, its evolving key beside the folder."""
    keys = KeyFile(folder.with_name("evolving.key"))
    if not folder.with_name("evolving.key").exists():
        enrol(keys, bytearray(32))
    key = EvolvingKey(ORIGIN, keys)
    return Journal.open(disk, ORIGIN, SIGNER, key, clock, "0.1.0", "config", start, ignore)


def ignore(_entry: Entry) -> None:
    """What a fold costs is not the journal's."""


def commits(place: Path, count: int) -> Row:
    """Commits of `count` entries, each in turn with its floor."""
    journal = open_journal(place / "journal", FolderDisk(place / "journal"), SystemClock())
    bodies: tuple[AnyBody, ...] = (BODY,) * count
    before = sum(FolderDisk(place / "journal").list().values())
    journal.commit(*bodies)
    size = sum(FolderDisk(place / "journal").list().values()) - before
    floor_us, figure_us = interleaved(floor(place / "floor", size), lambda: journal.commit(*bodies))
    journal.close()
    what = "durable signed commit" if count == 1 else f"batch of {count} entries"
    return Row(what, "us", floor_us, figure_us, figure_us / floor_us, 1.25 if count == 1 else 2.0)


def floor(path: Path, size: int) -> Callable[[], object]:
    """One write, one sync, one signature."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    block, text = bytes(size), bytes(100)

    def once() -> None:
        KEY.sign(text)
        os.write(fd, block)
        os.fdatasync(fd)

    return once


def interleaved(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """The medians of both in microseconds; each goes first every other time."""
    took: tuple[list[int], list[int]] = ([], [])
    pair = ((one, took[0]), (other, took[1]))
    for number in range(ROUNDS):
        for action, times in pair if number % 2 else pair[::-1]:
            began = time.perf_counter_ns()
            action()
            times.append(time.perf_counter_ns() - began)
    return statistics.median(took[0]) / 1000, statistics.median(took[1]) / 1000


def filled(place: Path, entries: int, batch: int) -> Journal:
    """A journal of `entries` over a quarter of a year."""
    clock = Calendar()
    journal = open_journal(place / "journal", UnsyncedDisk(place / "journal"), clock)
    bodies: tuple[AnyBody, ...] = (BODY,) * batch
    for number in range(entries // batch):
        clock.ahead = timedelta(days=90) * number * batch / entries
        journal.commit(*bodies)
    return journal


def start(place: Path) -> Row:
    """Start to ready with a snapshot that is a day old, against the budget of one second."""
    journal = filled(place, ENTRIES, BATCH)
    snapshot = journal.keep_state("")
    for _ in range(1000):
        journal.commit(BODY)
    journal.close()
    clock = Calendar()
    clock.ahead = timedelta(days=90)
    began = time.perf_counter()
    again = open_journal(place / "journal", FolderDisk(place / "journal"), clock, snapshot)
    took_s = time.perf_counter() - began
    again.close()
    return Row(f"start with {again.size} entries", "s", 1.0, took_s, took_s, 1.0)


def verified(place: Path, batch: int) -> Row:
    """Entries a second of one core for `log verify`, against the budget of 200 000."""
    filled(place, VERIFIED, batch).close()
    began = time.process_time()  # it waits for nothing; other programs on this host are not its fault
    report = verify(place / "journal", parse_vkey(SIGNER.vkey), every=False)
    rate = report.entries / (time.process_time() - began)
    what = f"verify, {batch} entries a commit"
    return Row(what, "1/s", 200_000, rate, 200_000 / rate, 1.0)


def rows() -> list[Row]:
    """All budgets, each in a folder of its own on the disk of this checkout."""
    measures: tuple[Callable[[Path], Row], ...] = (
        lambda place: commits(place, 1),
        lambda place: commits(place, BATCH),
        start,
        lambda place: verified(place, 2),
        lambda place: verified(place, BATCH),
    )
    found = []
    for measure in measures:
        with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path(__file__).parent) as folder:
            found.append(measure(Path(folder)))
    return found


def main() -> None:
    """Measure and print; exit with 1 when a budget is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = rows()
    for row in found:
        line = f"{row.what:<28} {row.floor:>10.5g} {row.figure:>10.5g} {row.unit:<4} {row.ratio:>5.2f} x"
        text = json.dumps(asdict(row) | {"met": row.met}) if args.json else f"{line} (<= {row.budget})"
        print(text)  # noqa: T201 - a program
    raise SystemExit(0 if all(row.met for row in found) else 1)


if __name__ == "__main__":
    main()
