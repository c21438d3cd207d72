"""How old the oldest entry is that headquarters has not confirmed: a fold over the journal."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from agent.journal.schema.derived import DerivedState
from agent.journal.schema.entry import Entry

# An alarm about days does not need more.
GRAIN: Final = timedelta(hours=1)
# A week of hours; when headquarters is away for longer, every second hour is left out.
MAX_MARKS: Final = 168

Mark = tuple[int, datetime]
_STATE: Final = DerivedState(tuple[datetime | None, list[Mark]], version=1)


class EntryAges:
    """Remembers when entries were written, an hour apart."""

    def __init__(self) -> None:
        self._marks: list[Mark] = []
        self._began: datetime | None = None

    @property
    def began(self) -> datetime | None:
        """When the journal's first entry was written."""
        return self._began

    def apply(self, entry: Entry) -> None:
        """Remember an entry if the last one that is remembered is an hour away."""
        self._began = self._began or entry.at
        # A clock that was set back leaves a mark as well.
        if not self._marks or abs(entry.at - self._marks[-1][1]) >= GRAIN:
            self._marks.append((entry.index, entry.at))
        if len(self._marks) > MAX_MARKS:
            self._marks = [self._marks[0], *self._marks[2::2]]

    def waiting_since(self, confirmed: int, size: int) -> datetime | None:
        """When the oldest entry behind the first `confirmed` was written: at most an hour too old.

        None if there is none.
        """
        self._forget(confirmed)
        return self._marks[0][1] if confirmed < size and self._marks else None

    def forget(self) -> None:
        """Begin anew, before the journal is read from its beginning."""
        self._marks.clear()
        self._began = None

    def to_bytes(self) -> bytes:
        """The marks, for a snapshot."""
        return _STATE.encode((self._began, self._marks))

    def from_bytes(self, content: bytes) -> None:
        """Take up where `to_bytes` left off. Raises `OutdatedStateError` for other bytes."""
        self._began, self._marks = _STATE.decode(content)

    def _forget(self, confirmed: int) -> None:
        """Drop the marks of entries that are confirmed, up to the last one before those that wait."""
        while len(self._marks) > 1 and self._marks[1][0] <= confirmed:
            del self._marks[0]
