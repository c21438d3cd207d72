"""Tells a repeated answer from a new one: ECR17 numbers nothing (reference 3).

A terminal says the same up to three times until it has our ACK. One of those copies
may come when the next command has left, and must never be taken for its answer.
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

from drivers.ecr17.line import ACK_S

# A copy comes when the ACK is overdue, less what a loaded host may have read late; a new piece at once.
REPEAT_EARLIEST_S: Final = 0.8 * ACK_S

Digest = tuple[int, int]


def digest_of(payload: memoryview) -> Digest:
    """Length and checksum: enough to know a message again."""
    return len(payload), crc32(payload)


class Ecr17Duplicates:
    """Remembers what was acknowledged last, and which outcome was or was only told."""

    def __init__(self) -> None:
        self._last: Digest | None = None
        self._came_at = 0.0
        self._outcome: Digest | None = None
        self._reported: Digest | None = None

    def forget(self) -> None:
        """A fresh line. The last outcome stays known: a terminal may give it again."""
        self._last = None

    def answered(self, digest: Digest, came_at: float, *, outcome: bool) -> None:
        """This message was acknowledged."""
        self._last, self._came_at = digest, came_at
        if outcome:
            self._outcome = digest

    def note_reported(self, digest: Digest) -> None:
        """This outcome was told to the caller, who need not have accepted it."""
        self._reported = digest

    def is_last(self, digest: Digest) -> bool:
        """The same as the message that was acknowledged last."""
        return digest == self._last

    def is_last_late(self, digest: Digest, now: float) -> bool:
        """The same, as late as a copy comes: two equal lines of a receipt come at once."""
        return digest == self._last and now - self._came_at >= REPEAT_EARLIEST_S

    def is_outcome(self, digest: Digest) -> bool:
        """The same as the outcome that was acknowledged last."""
        return digest == self._outcome

    def was_reported(self, digest: Digest) -> bool:
        """The same as the outcome that was told last, accepted or not."""
        return digest == self._reported
