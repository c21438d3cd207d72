"""Reading the journal at start: what is on disk, checked, and where the next line goes."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from agent.journal.checkpoint import parse_checkpoint
from agent.journal.damage import Damage, DamagedJournal, JournalError, NewerJournal
from agent.journal.diagnosis import DamageDiagnosis
from agent.journal.disk import Readable
from agent.journal.evolving import epoch_of
from agent.journal.known_time import ClockReading, KnownTime
from agent.journal.lines import MAX_LINE_BYTES, Commit, note_of
from agent.journal.note import NoteError, Verifier, open_note, parse_note
from agent.journal.schema.base import Fact
from agent.journal.schema.entry import SCHEMA, ClockMoved, Entry, Schema, StateKept, TailCut
from agent.journal.tree import Frontier
from agent.journal.walk import Start, Walk

# A start checks the last signature of each file and this many others: a tenth of a second at most.
START_SIGNATURES = 500


class SnapshotUnusable(JournalError):
    """The snapshot does not fit the journal. Delete it and start from the first line."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A place where a start may begin instead of at the first line.

    `offset`, `line` and `checkpoint_offset` are places in `file`; `files` are the
    sizes that were complete then, so that a missing one is noticed. `state` is the digest
    of what was derived up to there. The commit behind it holds the snapshot's own digest.
    """

    size: int
    frontier: list[bytes]
    files: dict[str, int]
    file: str
    offset: int
    line: int
    checkpoint_offset: int
    known: KnownTime
    state: str

    @property
    def digest(self) -> str:
        """What the journal keeps of it."""
        digest = hashlib.sha256(msgspec.json.encode(self, order="deterministic")).digest()
        return b32encode(digest).decode("ascii").rstrip("=").lower()


@dataclass(slots=True)
class JournalHead:
    """The place behind the last commit, its checkpoint, and what the journal knows of the time."""

    file: str
    offset: int
    line: int
    checkpoint_offset: int
    checkpoint: str
    known: KnownTime


@dataclass(slots=True)
class Recovery:
    """The journal's end. `head` is None before the first commit."""

    frontier: Frontier
    head: JournalHead | None
    cut: TailCut | None = None


def recover(
    folder: Readable,
    origin: str,
    verifier: Verifier,
    start: Snapshot | None,
    apply: Callable[[Entry], None],
    schema: Schema = SCHEMA,
) -> Recovery:
    """Check the journal from `start` on and give its entries to `apply`.

    Raises `DamagedJournal`, `NewerJournal`, `SnapshotUnusable` and `OSError`.
    """
    walk = Walk(folder, origin, [verifier], signatures=START_SIGNATURES)
    diagnosis = DamageDiagnosis(folder, origin, [verifier])
    found = _beginning(start, folder, verifier)
    boot, known, read = start.known.anchor.boot if start else "", start.known if start else None, False
    for commit in walk.commits(_start(start)):
        entries = _entries(commit, diagnosis, schema)
        if not read and start is not None:
            _check_vouched(start, entries)
        read = True
        for entry in entries:
            if schema.is_newer(entry):
                raise NewerJournal(commit.file, entry.index)
            apply(entry)
            boot = entry.written_by.boot if entry.written_by else boot
            known = _known(known, ClockReading(entry.at, entry.boot_ms, boot), entry)
    if not read and start is not None:
        _check_vouched(start, [])
    found.frontier = walk.frontier
    if walk.last is not None and known is not None:
        found.head = _head(walk.last, known)
    if walk.tail is not None:
        tail = walk.tail
        found.cut = TailCut(file=tail.file, offset=tail.offset, removed_bytes=tail.removable)
    return found


def last_epoch(found: Recovery, name: str) -> int | None:
    """The epoch of the newest checkpoint; None without one that names its epoch."""
    if found.head is None:
        return None
    try:
        return epoch_of(parse_note(found.head.checkpoint.encode()), name)
    except NoteError:
        return None


def _beginning(start: Snapshot | None, folder: Readable, verifier: Verifier) -> Recovery:
    if start is None:
        return Recovery(Frontier(), None)
    note = _check_snapshot(start, folder, verifier)
    head = JournalHead(start.file, start.offset, start.line, start.checkpoint_offset, note, start.known)
    return Recovery(Frontier(start.size, start.frontier), head)


def _start(start: Snapshot | None) -> Start | None:
    if start is None:
        return None
    return Start(start.file, start.offset, start.line, Frontier(start.size, start.frontier))


def _check_snapshot(start: Snapshot, folder: Readable, verifier: Verifier) -> str:
    """The checkpoint that the snapshot stands on."""
    sizes = folder.list()
    for name, size in start.files.items():
        if sizes.get(name, -1) < size:
            raise DamagedJournal(_lost(name, size, sizes.get(name), start))
    length = min(start.offset - start.checkpoint_offset - 1, MAX_LINE_BYTES)
    try:
        raw = note_of(folder.read(start.file, start.checkpoint_offset, max(length, 0)))
        checkpoint = parse_checkpoint(open_note(raw, [verifier]).text)
        fits = checkpoint.root == Frontier(start.size, start.frontier).root()
    except ValueError as error:
        raise SnapshotUnusable("journal.snapshot_off_checkpoint", why=str(error)) from None
    if not fits or checkpoint.size != start.size or checkpoint.origin != verifier.name:
        raise SnapshotUnusable("journal.snapshot_root")
    return raw.decode()


def _check_vouched(start: Snapshot, entries: list[Entry]) -> None:
    """The first commit behind a snapshot must have its digest: only we can sign that."""
    if StateKept(digest=start.digest) not in [entry.body for entry in entries]:
        raise SnapshotUnusable("journal.snapshot_unknown")


def _lost(name: str, size: int, found: int | None, start: Snapshot) -> Damage:
    if found is None:
        what = Fact("journal.file_gone")
        return Damage(kind="missing_file", file=name, line=0, index=start.size, what=what)
    what = Fact("journal.file_shortened", {"size": size, "found": found})
    return Damage(kind="shortened_file", file=name, line=0, index=start.size, what=what)


def _entries(commit: Commit, diagnosis: DamageDiagnosis, schema: Schema) -> list[Entry]:
    try:
        return [schema.decode(line) for line in commit.lines]
    except (msgspec.DecodeError, UnicodeDecodeError):
        damage = diagnosis.unreadable(commit)
        if damage is None:
            raise
        raise DamagedJournal(damage) from None


def _known(known: KnownTime | None, now: ClockReading, entry: Entry) -> KnownTime:
    told = isinstance(entry.body, ClockMoved)
    return known.after(now, told=told) if known is not None else KnownTime.of(now)


def _head(last: Commit, known: KnownTime) -> JournalHead:
    note = last.note().decode()
    return JournalHead(last.file, last.end, last.checkpoint_line + 1, last.checkpoint_offset, note, known)
