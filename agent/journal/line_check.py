"""What the lines of a journal say about themselves: each is an entry, and time goes on.

Hashes and signatures prove that lines are those that were signed. This asks whether an honest
agent can have signed them: one JSON object in our spelling, no key twice, no time that runs
back without an entry that says so. What a newer version wrote is no damage.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from agent.journal.known_time import CLOCK_TOLERANCE_MS, ClockReading, KnownTime
from agent.journal.schema.base import Fact
from agent.journal.schema.entry import SCHEMA, ClockMoved, Entry, EpochEnded, UnknownEntry, WrittenBy, decode

B = TypeVar("B")

# So many spellings of the keys of an entry are remembered; there is one for each set of fields.
MAX_SHAPES: Final = 4096
# The kinds whose bodies are read here.
_STEP, _MOVED = "epoch_ended", "clock_moved"


class LineError(ValueError):
    """A line that no honest agent writes. `place` is its place in the commit, `what` says why."""

    def __init__(self, place: int, what: Fact, *, about_time: bool = False) -> None:
        super().__init__(str(what))
        self.about_time = about_time
        self.place = place
        self.what = what


class Told(msgspec.Struct):
    """What the entries of one commit say about it."""

    boot: str
    boot_ms: int
    format: int
    starts: bool
    ended: EpochEnded | None
    newest: datetime


class LineCheck:
    """Follows the lines of a journal from its beginning, or from where another check stopped."""

    def __init__(self, known: KnownTime | None = None, boot_ms: int = 0, form: int = 0) -> None:
        self.known = known
        self.boot_ms = boot_ms
        self.format = form
        self._decoder = msgspec.json.Decoder()
        self._encoder = msgspec.json.Encoder()
        self._shapes: set[tuple[object, ...]] = set()

    def check(self, index: int, lines: Sequence[bytes]) -> Told:
        """What the lines of one commit say; `index` is the first one's. Raises `LineError`."""
        entries = self._read(index, lines)
        told = self._told(index, entries[0], lines[0])
        at, boot_ms, moved, shapes = entries[0]["at"], told.boot_ms, None, self._shapes
        for place, entry in enumerate(entries):
            kind = entry.get("kind")
            shape = (kind, *entry)
            if shape not in shapes:
                self._check_shape(index + place, place, lines[place])
                if len(shapes) < MAX_SHAPES:
                    shapes.add(shape)
            if entry["boot_ms"] != boot_ms or entry["at"] != at:
                raise LineError(place, Fact("journal.entry_times", {"index": index + place}), about_time=True)
            if kind == _STEP:
                told.ended = _body(lines[place], EpochEnded)
            elif kind == _MOVED:
                body = _body(lines[place], ClockMoved)
                moved = body.by_ms if body is not None else None
        self._follow(index, ClockReading(told.newest, boot_ms, told.boot), moved)
        return told

    def _read(self, index: int, lines: Sequence[bytes]) -> list[dict[str, Any]]:
        """The lines as objects. A key that stands twice, or another spelling, does not come back the same."""
        text = b"[" + b",".join(lines) + b"]"
        try:
            entries: list[dict[str, Any]] = self._decoder.decode(text)
            same = self._encoder.encode(entries) == text and len(entries) == len(lines)
        except (msgspec.DecodeError, UnicodeDecodeError):
            same = False
        if not same:
            self._explain(index, lines)
        return entries

    def _explain(self, index: int, lines: Sequence[bytes]) -> None:
        """Name the first line that is no entry in our spelling."""
        for place, line in enumerate(lines):
            figures: dict[str, int | str] = {"index": index + place}
            try:
                value = self._decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise LineError(place, Fact("journal.entry_unreadable", figures)) from None
            if self._encoder.encode(value) != line:
                raise LineError(place, Fact("journal.entry_not_canonical", figures))
        raise LineError(0, Fact("journal.entry_unreadable", {"index": index}))

    def _check_shape(self, index: int, place: int, line: bytes) -> None:
        """The first entry with these keys, looked at closely: one of ours, with its keys in our order."""
        try:
            entry = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise LineError(place, Fact("journal.entry_unreadable", {"index": index})) from None
        if entry.index != index:
            raise LineError(place, Fact("journal.entry_spelling", {"index": index}))
        if _is_newer(entry, self.format):
            return
        if not _same_keys(_spelled(entry, index, place), line):
            raise LineError(place, Fact("journal.entry_not_canonical", {"index": index}))

    def _told(self, index: int, first: dict[str, Any], line: bytes) -> Told:
        boot = self.known.anchor.boot if self.known is not None else ""
        starts = "written_by" in first
        if starts:
            by = _written_by(line, index)
            boot = by.boot if by is not None else boot
            self.format = by.format if by is not None else self.format
        at, boot_ms = first.get("at"), first.get("boot_ms")
        try:
            newest = datetime.fromisoformat(at)  # type: ignore[arg-type]  # what is no text is told below
        except (ValueError, TypeError):
            newest = None
        if newest is None or newest.tzinfo is None or not isinstance(boot_ms, int):
            raise LineError(0, Fact("journal.entry_unreadable", {"index": index}))
        return Told(boot, boot_ms, self.format, starts, None, newest)

    def _follow(self, index: int, now: ClockReading, moved: int | None) -> None:
        known = self.known
        if known is None:
            self.known, self.boot_ms = KnownTime.of(now), now.boot_ms
            return
        if now.boot == known.anchor.boot and now.boot_ms < self.boot_ms:
            raise LineError(0, Fact("journal.time_back", {"index": index}), about_time=True)
        jump = known.jump_ms(now)
        if jump and (moved is None or abs(moved - jump) > CLOCK_TOLERANCE_MS):
            figures: dict[str, int | str] = {"index": index, "seconds": round(jump / 1000)}
            raise LineError(0, Fact("journal.time_moved", figures), about_time=True)
        self.known, self.boot_ms = known.after(now, told=moved is not None), now.boot_ms


def _written_by(line: bytes, index: int) -> WrittenBy | None:
    try:
        return decode(line).written_by
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise LineError(0, Fact("journal.entry_unreadable", {"index": index})) from None


def _body(line: bytes, kind: type[B]) -> B | None:
    body = decode(line).body
    return body if isinstance(body, kind) else None


def _is_newer(entry: Entry, form: int) -> bool:
    return isinstance(entry.body, UnknownEntry) or form > SCHEMA.version


def _spelled(entry: Entry, index: int, place: int) -> bytes:
    try:
        return SCHEMA.encode(entry)
    except ValueError:
        raise LineError(place, Fact("journal.entry_unreadable", {"index": index})) from None


def _same_keys(ours: bytes, line: bytes) -> bool:
    """Whether the keys that both know stand in one order; a newer version may have put more between."""
    if ours == line:
        return True
    mine, theirs = list(msgspec.json.decode(ours)), list(msgspec.json.decode(line))
    return mine == [key for key in theirs if key in mine]
