"""The real journal on the disk under test: `python -m ...powercut.writer FOLDER ACKS SEED [--never-sync]`.

It writes payments until it is killed. When a commit has returned, its size and root
go to the acks' file, which is on another disk: that is what a till has been told.
"""

from __future__ import annotations

import os
import random
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from agent.journal.disk import FolderDisk
from agent.journal.evolving import EvolvingKey, KeyFile, KeyStore
from agent.journal.schema.entry import (
    AnyBody,
    Completed,
    Decided,
    Entry,
    Printed,
    Requested,
    Submitted,
    TerminalResult,
)
from agent.journal.writer import Journal
from tests.journal.conftest import ORIGIN, SIGNER, MemoryKeys, StillClock

# How far the clock goes between two commits: mostly moments, sometimes an epoch of the key, or hours.
PAUSES_S = (0.1, 1.0, 5.0, 700.0, 5_000.0)
MAX_RECEIPT_LINES = 120
# As fast as it can it would fill the disk, and a check would take longer than the cuts.
BREATH_S = 0.003


class NeverSyncs(FolderDisk):
    """The control: a disk that is told nothing."""

    def sync(self, name: str) -> None:
        pass

    def sync_folder(self) -> None:
        pass


def journal_on(folder: Path, clock: StillClock, entries: list[Entry], *, never_sync: bool = False) -> Journal:
    """The journal of one agent with its evolving key beside it, as it is opened at every start."""
    keys: KeyStore = MemoryKeys() if never_sync else KeyFile(folder / "evolving.key")
    disk = (NeverSyncs if never_sync else FolderDisk)(folder / "journal")
    key = EvolvingKey(ORIGIN, keys)
    return Journal.open(disk, ORIGIN, SIGNER, key, clock, "0.1.0", "config", None, entries.append)


def payments(chance: random.Random) -> Iterator[list[AnyBody]]:
    """The commits of one payment after the other."""
    number = 0
    while True:
        number += 1
        till = f"A-{number}"
        yield [
            Requested(payment_id=till, payment="sale", terminal="front", till="1", amount=1250),
            Decided(payment_id=till, action="allow", reasons=[]),
            Submitted(payment_id=till, receipts="till"),
        ]
        yield [TerminalResult(payment_id=till, verdict="approved", amount=1250, trace=number % 1_000_000)]
        lines: list[str | int] = ["*" * 40] * chance.randrange(MAX_RECEIPT_LINES)
        yield [Printed(payment_id=till, copy="customer", lines=lines, last=True)]
        yield [Completed(payment_id=till)]


def main(folder: Path, acks: Path, seed: str, *, never_sync: bool) -> None:
    chance, clock = random.Random(seed), StillClock()  # noqa: S311 - a seed must replay
    journal = journal_on(folder, clock, [], never_sync=never_sync)
    told = os.open(acks, os.O_WRONLY | os.O_APPEND)
    for bodies in payments(chance):
        journal.commit(*bodies)
        os.write(told, b"%d %s\n" % (journal.size, b64encode(journal.root)))
        clock.pass_time(chance.choice(PAUSES_S))
        time.sleep(BREATH_S)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], never_sync="--never-sync" in sys.argv)
