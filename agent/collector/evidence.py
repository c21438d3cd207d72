"""The evidence that one key has signed two histories: both heads and the offered lines."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agent.collector.storage.folder import Folder

# One file proves a fork. The bound keeps a thief of a log key from filling the disk.
MAX_FILES = 32
MAX_LINES_BYTES = 1024 * 1024


class EvidenceRecord(msgspec.Struct, frozen=True):
    """One file of evidence. `at` is POSIX seconds; `lines_left_out` counts lines beyond the bound."""

    origin: str
    finding: str
    at: int
    known_head: str
    offered_head: str
    lines: list[str]
    lines_left_out: int


class Evidence:
    """A folder of numbered findings about one log; each offered head is kept once."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def keep(
        self, origin: str, finding: str, at: int, known: bytes, offered: bytes, lines: Sequence[bytes]
    ) -> None:
        """Write a finding durably, unless it is there or the bound is reached. Raises `OSError`."""
        head = offered.decode()
        name = self._free_name(head)
        if name is None:
            return
        kept = _within(lines, MAX_LINES_BYTES)
        found = EvidenceRecord(origin, finding, at, known.decode(), head, kept, len(lines) - len(kept))
        self._folder.make("")
        self._folder.write(".new", msgspec.json.format(msgspec.json.encode(found)))
        self._folder.rename(".new", name)
        self._folder.sync("")

    def _free_name(self, head: str) -> str | None:
        for number in range(1, MAX_FILES + 1):
            name = f"{number:04d}.json"
            found = self._folder.read(name)
            if found is None:
                return name
            if msgspec.json.decode(found, type=EvidenceRecord).offered_head == head:
                return None
        return None


def _within(lines: Sequence[bytes], limit: int) -> list[str]:
    kept, total = [], 0
    for line in lines:
        total += len(line)
        if total > limit:
            break
        kept.append(line.decode())
    return kept
