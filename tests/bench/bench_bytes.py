"""Budget: what the journal of one payment needs on disk: a sale, two printed receipts, a sealed card.

The payment is the demo's, whose terminal shows the till a whole card number. The floor of
the whole is its sealed card alone, which no format makes shorter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from agent.journal.disk import FolderDisk
from agent.journal.lines import Commit
from agent.journal.reader import JournalReader
from agent.journal.schema.entry import TerminalResult, decode
from agent.programs.demo.environment import Environment
from tests.bench.budget import Line
from tests.bench.inside import NO_PORT, counter

WHOLE = 4096
SEALED = 2253  # 2.2 KiB


def lines(place: Path) -> Iterator[Line]:
    """The journal of one payment, and in it the entry with the sealed card."""
    commits = asyncio.run(_one_payment(place))
    entries = [line for commit in commits for line in commit.lines]
    checkpoints = sum(len(commit.checkpoint) + 1 for commit in commits)
    whole = sum(len(line) + 1 for line in entries) + checkpoints
    (sealed,) = (line for line in entries if isinstance(decode(line).body, TerminalResult))
    note = f"{len(entries)} entries; {len(commits)} checkpoints are {checkpoints} bytes of it"
    yield Line("journal of one payment", "B", None, whole, WHOLE, "figure", note=note)
    note = f"{100 * len(sealed) // whole} % of the payment"
    yield Line("- of it the sealed card", "B", None, len(sealed) + 1, SEALED, "figure", note=note)


async def _one_payment(place: Path) -> list[Commit]:
    environment = Environment(place / "environment", port=NO_PORT)
    environment.folder.mkdir()
    environment.provision()
    async with counter(environment, FolderDisk(environment.journal)) as shop:
        await shop.pay("B-1")
        begin = shop.agent.context.journal.size
        await shop.pay("B-2")
    return [
        commit
        for commit in JournalReader(environment.journal).commits(begin)
        if b"B-2" in b"".join(commit.lines)
    ]
