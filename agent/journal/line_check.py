"""What the lines of a journal say about themselves: each is an entry, and time goes on.

Hashes and signatures prove that lines are those that were signed. This asks whether an honest
agent can have signed them: one JSON object in our spelling, no key twice, no time that runs
back without an entry that says so. What a newer version wrote is no damage.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from agent.journal.known_time import CLOCK_TOLERANCE_MS, ClockReading, KnownTime
from agent.journal.schema.base import Fact
from agent.journal.schema.entry import SCHEMA, ClockMoved, Entry, EpochEnded, UnknownEntry, WrittenBy, decode

# How an entry of every version begins, in our spelling; what follows is its body.
_BEGINNING: Final = re.compile(
    rb'\{"index":\d+(,"at":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d))"'
    rb',"boot_ms":(0|[1-9]\d*))(?:,"written_by":(\{[^{}]*\}))?,(?="kind":)'
)


_written_by = msgspec.json.Decoder(WrittenBy)


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
        self._decoder = msgspec.json.Decoder(dict[str, Any])
        self._encoder = msgspec.json.Encoder()

    def check(self, index: int, lines: Sequence[bytes]) -> Told:
        """What the lines of one commit say; `index` is the first one's. Raises `LineError`."""
        told, bodies = self._as_we_write(index, lines) or self._closely(index, lines)
        moved = None
        for body in bodies:
            kind = type(body)
            if kind is EpochEnded:
                told.ended = body
            elif kind is ClockMoved:
                moved = body.by_ms
        self._follow(index, ClockReading(told.newest, told.boot_ms, told.boot), moved)
        return told

    def _as_we_write(self, index: int, lines: Sequence[bytes]) -> tuple[Told, Sequence[Any]] | None:
        """The fast path: written again by this version, all lines come back the same. Else None."""
        beginning = _BEGINNING.match(lines[0])
        if beginning is None or not lines[0].startswith(b'{"index":%d,' % index):
            return None
        times, at, boot_ms, by = beginning.groups()
        newest, writer = _time(at.decode()), self._writer(by)
        if newest is None or writer is None:
            return None
        texts = [b"{" + lines[0][beginning.end() :]]
        for number, line in enumerate(lines[1:], index + 1):
            begins = b'{"index":%d%b,' % (number, times)
            if not line.startswith(begins):
                return None
            texts.append(b"{" + line[len(begins) :])
        bodies = SCHEMA.bodies_of(texts)
        if bodies is None:
            return None
        boot, self.format = writer
        return Told(boot, int(boot_ms), self.format, by is not None, None, newest), bodies

    def _writer(self, by: bytes | None) -> tuple[str, int] | None:
        """The boot and the format of who writes; None if this version would not write it so."""
        if by is None:
            return self._boot, self.format
        try:
            said = _written_by.decode(by)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        ours = self._encoder.encode(said) == by and said.format <= SCHEMA.version
        return (said.boot, said.format) if ours else None

    def _closely(self, index: int, lines: Sequence[bytes]) -> tuple[Told, Sequence[Any]]:
        """The slow path names what is wrong, and takes what a newer version wrote."""
        told, bodies, first = None, [], {}
        for place, line in enumerate(lines):
            read = self._object(index + place, place, line)
            entry = self._entry(index + place, place, line)
            if told is None:
                told, first = self._told(index, read, entry), read
            elif (read["boot_ms"], read["at"]) != (first["boot_ms"], first["at"]):
                raise LineError(place, Fact("journal.entry_times", {"index": index + place}), about_time=True)
            if not _is_newer(entry, self.format) and not _same_keys(_spelled(entry, place), line):
                raise LineError(place, Fact("journal.entry_not_canonical", {"index": index + place}))
            bodies.append(entry.body)
        if told is None:
            raise AssertionError("a commit has a line")
        return told, bodies

    def _object(self, index: int, place: int, line: bytes) -> dict[str, Any]:
        """A line as one object. A key that stands twice, or another spelling, does not come back the same."""
        try:
            read: dict[str, Any] = self._decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise LineError(place, Fact("journal.entry_unreadable", {"index": index})) from None
        if self._encoder.encode(read) != line:
            raise LineError(place, Fact("journal.entry_not_canonical", {"index": index}))
        return read

    def _entry(self, index: int, place: int, line: bytes) -> Entry:
        try:
            entry = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise LineError(place, Fact("journal.entry_unreadable", {"index": index})) from None
        if entry.index != index:
            raise LineError(place, Fact("journal.entry_spelling", {"index": index}))
        return entry

    @property
    def _boot(self) -> str:
        return self.known.anchor.boot if self.known is not None else ""

    def _told(self, index: int, read: dict[str, Any], first: Entry) -> Told:
        boot, by = self._boot, first.written_by
        if by is not None:
            boot, self.format = by.boot, by.format
        newest = _time(read["at"])
        if newest is None or newest.tzinfo is None:
            raise LineError(0, Fact("journal.entry_unreadable", {"index": index}))
        return Told(boot, first.boot_ms, self.format, by is not None, None, newest)

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


def _time(at: str) -> datetime | None:
    try:
        return datetime.fromisoformat(at)
    except ValueError:
        return None


def _is_newer(entry: Entry, form: int) -> bool:
    return isinstance(entry.body, UnknownEntry) or form > SCHEMA.version


def _spelled(entry: Entry, place: int) -> bytes:
    try:
        return SCHEMA.encode(entry)
    except ValueError:
        raise LineError(place, Fact("journal.entry_unreadable", {"index": entry.index})) from None


def _same_keys(ours: bytes, line: bytes) -> bool:
    """Whether the keys that both know stand in one order; a newer version may have put more between."""
    if ours == line:
        return True
    mine, theirs = list(msgspec.json.decode(ours)), list(msgspec.json.decode(line))
    return mine == [key for key in theirs if key in mine]
