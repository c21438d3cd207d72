"""A journal in a list, with the alarms that stand in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from agent.alarms.standing import StandingAlarms
from agent.journal.schema.entry import AnyBody, Entry, decode, encode

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Entries:
    """What was written, and the fold over it. Time goes on a second with each entry."""

    def __init__(self) -> None:
        self.standing = StandingAlarms()
        self.lines: list[bytes] = []

    def write(self, bodies: Iterable[AnyBody]) -> None:
        for body in bodies:
            index = len(self.lines)
            at = NOON + timedelta(seconds=index)
            self.lines.append(encode(Entry(index=index, at=at, boot_ms=0, body=body)))
            self.standing.apply(decode(self.lines[-1]))

    def read_again(self) -> StandingAlarms:
        """The fold of another process, over the same bytes."""
        standing = StandingAlarms()
        for line in self.lines:
            standing.apply(decode(line))
        return standing
