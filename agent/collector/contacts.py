"""When each shop was heard of: a journal that falls silent, or that was refused, is shown to a person.

It is no proof and no promise: a power cut may lose the newest line of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from agent.journal.schema.base import Fact

# A shop that is closed on Sunday is heard of within forty hours.
SILENT_AFTER: Final = timedelta(hours=48)
# An uploader sends what is new within minutes. More is a clock that is wrong, or a backlog.
LATE_AFTER: Final = timedelta(minutes=30)
AHEAD_AFTER: Final = timedelta(minutes=5)
NAME: Final = "contact.json"


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one shop. `newest` is its newest entry's own time; `doubt` the last refusal."""

    heard_at: datetime | None = None
    entries: int = 0
    newest: datetime | None = None
    doubt: Fact | None = None
    doubted_at: datetime | None = None

    def silent(self, now: datetime) -> bool:
        """Whether nothing was heard of it for too long."""
        return self.heard_at is None or now - self.heard_at > SILENT_AFTER

    def clock_off(self) -> timedelta:
        """How far its newest entry was from our time when it came; zero if that is no wonder."""
        if self.newest is None or self.heard_at is None:
            return timedelta()
        off = self.newest - self.heard_at
        return off if off > AHEAD_AFTER or off < -LATE_AFTER else timedelta()

    @property
    def doubted(self) -> bool:
        """Whether it was refused after it was last accepted."""
        heard = self.heard_at
        return self.doubted_at is not None and (heard is None or self.doubted_at >= heard)


class Contacts:
    """What is known of one shop, in a file of its own; without a place it is kept in memory only."""

    def __init__(self, place: Path | None) -> None:
        self._path = place / NAME if place is not None else None
        self.now = _read(self._path) if self._path is not None else Contact()

    def seen(self, at_s: int, entries: int, newest: datetime) -> None:
        """The shop brought lines that were accepted."""
        at = datetime.fromtimestamp(at_s, UTC)
        self._keep(msgspec.structs.replace(self.now, heard_at=at, entries=entries, newest=newest))

    def refused(self, at_s: int, what: Fact) -> None:
        """The shop brought something that was not accepted."""
        at = datetime.fromtimestamp(at_s, UTC)
        self._keep(msgspec.structs.replace(self.now, doubt=what, doubted_at=at))

    def _keep(self, contact: Contact) -> None:
        self.now = contact
        if self._path is None:
            return
        temporary = self._path.with_name(".new")
        try:
            temporary.write_bytes(msgspec.json.encode(contact))
            temporary.rename(self._path)
        except OSError:
            return  # no shop waits for this


def read_contact(folder: Path, origin: str) -> Contact:
    """What a collector's folder says of one shop; nothing if it says nothing."""
    return _read(place_of(folder, origin) / NAME)


def place_of(folder: Path, origin: str) -> Path:
    """Where the file of one shop lies."""
    return folder / "contacts" / origin


def _read(path: Path) -> Contact:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Contact)
    except (OSError, ValueError):
        return Contact()
