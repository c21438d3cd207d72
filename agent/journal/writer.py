"""The one writer: a commit is one write and one sync, and only then is anybody told."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from agent.base.clock import Clock
from agent.journal.checkpoint import check_origin, checkpoint_text
from agent.journal.damage import JournalError
from agent.journal.disk import Disk, file_day, file_name
from agent.journal.evolving import EvolvingKey
from agent.journal.known_time import ClockReading, KnownTime
from agent.journal.lines import checkpoint_line
from agent.journal.note import Signer, parse_vkey, signature_line
from agent.journal.recover import JournalHead, Recovery, Snapshot, last_epoch, recover
from agent.journal.schema.entry import (
    MAX_ENTRY_BYTES,
    SCHEMA,
    AnyBody,
    ClockDeclared,
    ClockMoved,
    Entry,
    EntryRefusedError,
    EpochEnded,
    Fact,
    Schema,
    StateKept,
    WrittenBy,
)
from agent.journal.tree import leaf_hash

# Payments in flight may still need this on a full disk: result, receipts, completion of each terminal.
RESERVE_LOW_BYTES = 128 << 10
# Reserved in larger steps, so that few commits pay for it.
RESERVE_BYTES = 256 << 10

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_MILLISECOND = timedelta(milliseconds=1)


class JournalBroken(JournalError):
    """The disk failed. The lines being written are not promised to anybody; the agent must exit."""

    def __init__(self, reason: str) -> None:
        super().__init__("journal.broken", reason=reason)


class Journal:
    """An open journal. `size`, `root` and `checkpoint` are those of the last commit.

    `full` means that the disk has no reserve left: finish what runs, begin nothing. `doubts` are
    what the evolving key showed at the start: the journal lacks its end, or the key was put back.
    """

    def __init__(
        self,
        disk: Disk,
        signer: Signer,
        evolving: EvolvingKey,
        clock: Clock,
        version: str,
        config: str,
        found: Recovery,
        apply: Callable[[Entry], None],
        schema: Schema,
    ) -> None:
        self._disk = disk
        self._signer = signer
        self._evolving = evolving
        self._clock = clock
        self._version = version
        self._config = config
        self._apply = apply
        self._schema = schema
        self._said_who = False
        self._frontier = found.frontier
        self._head: JournalHead | None = found.head
        self._sizes = disk.list()
        self._file, self._offset, self._line = _end(found, list(self._sizes))
        self._day = file_day(self._file) if self._file else date.min
        self._reserved_until = 0
        self._no_reserve = self._old_key = self._declared = False
        self._broken = ""
        self._epoch = last_epoch(found, signer.name)
        self.doubts: tuple[Fact, ...] = ()
        self.size = found.frontier.size
        self.root = found.frontier.root()
        self.checkpoint = found.head.checkpoint if found.head else ""

    @classmethod
    def open(
        cls,
        disk: Disk,
        origin: str,
        signer: Signer,
        evolving: EvolvingKey,
        clock: Clock,
        version: str,
        config: str,
        start: Snapshot | None,
        apply: Callable[[Entry], None],
        schema: Schema = SCHEMA,
    ) -> Journal:
        """Check the files, give their entries to `apply`, cut a torn end, and be ready to write.

        With `start`, only the entries after the snapshot are read and applied. Raises
        `JournalLocked`, `DamagedJournal`, `NewerJournal`, `SnapshotUnusable` and
        `OSError`; the journal is then as it was.
        """
        check_origin(origin)
        if signer.name != origin:
            raise ValueError(f"key of {signer.name} for {origin}")
        disk.lock()
        try:
            _sync_leftovers(disk)
            found = recover(disk, origin, parse_vkey(signer.vkey), start, apply, schema)
            journal = cls(disk, signer, evolving, clock, version, config, found, apply, schema)
            journal._start_key()
            journal._make_ready(found)
        except BaseException:
            disk.unlock()
            raise
        return journal

    @property
    def full(self) -> bool:
        """Whether no new payment may begin."""
        return self._no_reserve or self._old_key

    def commit(self, *bodies: AnyBody) -> tuple[Entry, ...]:
        """Write entries durably, then apply them. Their order is the order on disk.

        Raises `JournalBroken` if they may not be on disk, and again at every later call. Raises
        `EntryRefusedError`, with nothing changed, for an entry that is too long and for one that could
        not be read again; `ValueError` for no bodies.
        """
        if self._broken:
            raise JournalBroken(self._broken)
        if not bodies:
            raise ValueError("commit without entries")
        return self._commit(bodies)[-len(bodies) :]

    def _commit(self, bodies: tuple[AnyBody, ...]) -> tuple[Entry, ...]:
        """The entries of `bodies`, after those that time asks for."""
        # A day that was far ahead is over: the next one must begin a file again.
        self._declared = any(isinstance(body, ClockDeclared) for body in bodies)
        moment, jump = self._moment()
        self._evolve(moment)
        entries = self._entries((*self._before(jump), *bodies), moment)
        lines = self._lines(entries)
        try:
            self._write(lines, moment)
        except BaseException as error:
            self._broken = str(error) or type(error).__name__
            if isinstance(error, OSError):
                raise JournalBroken(self._broken) from error
            raise
        self._epoch = self._evolving.epoch
        for entry in entries:
            self._apply(entry)
        return entries

    def _lines(self, entries: Sequence[Entry]) -> list[bytes]:
        try:
            lines = self._schema.encode_all(entries)
        except ValueError as error:
            raise EntryRefusedError(str(error)) from None
        if (longest := max(map(len, lines))) > MAX_ENTRY_BYTES:
            raise EntryRefusedError(f"entry too long: {longest}")
        return lines

    def tick(self) -> None:
        """Evolve the key when it is time, with an entry, and look for room again on a full disk.

        Call it about once a minute, even without payments. Raises `JournalBroken`.
        """
        if self._broken:
            raise JournalBroken(self._broken)
        if self._old_key:
            self._store_key()
        if self._no_reserve:
            self._reserve()
        # On a full disk the room that is left belongs to payments; their entries step the key.
        if not self.full and self._head is not None and self._evolving.due(self._clock.boot_ms() / 1000):
            self._commit(())

    def now(self) -> datetime:
        """The wall clock without a jump that no entry tells of yet."""
        moment, jump = self._moment()
        return moment.wall - jump * _MILLISECOND

    def keep_state(self, state: str) -> Snapshot:
        """A place where a later start may begin, with the digest of the state derived up to here.

        The snapshot's own digest is written behind it. Raises `ValueError` before the first
        commit, and `JournalBroken`.
        """
        snapshot = self.snapshot(state)
        self.commit(StateKept(digest=snapshot.digest))
        return snapshot

    def replay(self, apply: Callable[[Entry], None]) -> None:
        """Give all entries again from the first line, checked. Raises as a start does."""
        recover(self._disk, self._signer.name, parse_vkey(self._signer.vkey), None, apply, self._schema)

    def snapshot(self, state: str) -> Snapshot:
        """Where a later start may begin. Raises `ValueError` before the first commit."""
        if self._head is None:
            raise ValueError("nothing to snapshot")
        head = self._head
        return Snapshot(
            size=self.size,
            frontier=list(self._frontier.hashes),
            files={name: size for name, size in self._sizes.items() if size} | {head.file: head.offset},
            file=head.file,
            offset=head.offset,
            line=head.line,
            checkpoint_offset=head.checkpoint_offset,
            known=head.known,
            state=state,
        )

    def close(self) -> None:
        """Give back the reserve, leave the key's epoch, and let the folder go. Raises `OSError`."""
        try:
            if not self._broken:
                # The reserve goes first: on a full disk the new key needs its room.
                self._disk.truncate(self._file, self._offset)
                self._evolving.close()
        finally:
            self._broken = self._broken or "it was closed"
            self._disk.unlock()

    def _make_ready(self, found: Recovery) -> None:
        if not self._file:
            self._begin_file(self._clock.wall().date())
        if found.cut is not None:
            self._disk.truncate(self._file, self._offset)
            self._disk.sync(self._file)
        self._reserve()
        if found.cut is not None:
            self.commit(found.cut)

    def _entries(self, bodies: tuple[AnyBody, ...], moment: ClockReading) -> tuple[Entry, ...]:
        written_by = self._written_by(moment)
        return tuple(
            [
                Entry(
                    index=index,
                    at=moment.wall,
                    boot_ms=moment.boot_ms,
                    body=body,
                    written_by=written_by if index == self.size else None,
                )
                for index, body in enumerate(bodies, self.size)
            ]
        )

    def _written_by(self, moment: ClockReading) -> WrittenBy | None:
        """Who writes, for the first entry of this run and of each file."""
        if self._said_who and self._offset and not self._turns(moment):
            return None
        version, config = self._version, self._config
        return WrittenBy(format=self._schema.version, version=version, config=config, boot=moment.boot)

    def _turns(self, moment: ClockReading) -> bool:
        """Whether the next commit begins a new file. On a full disk the reserve belongs to the old one."""
        return (self._declared or moment.wall.date() > self._day) and not self._no_reserve

    def _moment(self) -> tuple[ClockReading, int]:
        """The time now, and the wall clock's jump in milliseconds since the newest entry."""
        wall = self._clock.wall()
        wall = wall.replace(microsecond=wall.microsecond // 1000 * 1000)  # nobody needs them finer
        moment = ClockReading(wall, self._clock.boot_ms(), self._clock.boot_id())
        return moment, self._head.known.jump_ms(moment) if self._head else 0

    def _knows(self, moment: ClockReading) -> KnownTime:
        """What the journal knows of the time once an entry of this moment stands in it."""
        if self._head is None:
            return KnownTime.of(moment)
        known = self._head.known
        return known.after(moment, told=known.jump_ms(moment) != 0)

    def _write(self, lines: list[bytes], moment: ClockReading) -> None:
        if self._turns(moment):
            self._end_file()
            self._begin_file(moment.wall.date())
            self._reserve()
        self._frontier.extend(map(leaf_hash, lines))
        root = self._frontier.root()
        note = self._note(root)
        lines.append(checkpoint_line(note))
        block = b"\n".join(lines) + b"\n"
        self._append(block)
        self._said_who = True
        self._offset += len(block)
        self._line += len(lines)
        self._head = JournalHead(
            self._file, self._offset, self._line, self._offset - len(lines[-1]) - 1, note, self._knows(moment)
        )
        self.size, self.root, self.checkpoint = self._frontier.size, root, note
        if self._reserved_until - self._offset < RESERVE_LOW_BYTES:
            self._reserve()

    def _note(self, root: bytes) -> str:
        signer = self._signer
        text = checkpoint_text(signer.name, self._frontier.size, root)
        raw = text.encode()
        signed = signature_line(signer.name, signer.key_id, signer.sign(raw))
        return f"{text}\n{signed}{self._evolving.line(raw)}"

    def _append(self, block: bytes) -> None:
        written = self._disk.append(self._file, block)
        if written != len(block):
            raise OSError(f"short write: {written} of {len(block)}")
        self._disk.sync(self._file)

    def _start_key(self) -> None:
        """Take up the evolving key, and compare it with the journal's newest line."""
        used = self._epoch or 0
        try:
            stored = self._evolving.start(self._epoch)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            self._old_key, stored = True, used
        figures: dict[str, int | str] = {"stored": stored, "epoch": used}
        if stored > used + 1:
            # Each epoch that the key has left has an entry, except the last one.
            self.doubts = (Fact("journal.tail_missing", figures),)
        elif stored < used:
            self.doubts = (Fact("journal.evolving_key_old", figures),)

    def _before(self, jump: int) -> tuple[AnyBody, ...]:
        """What has to be said before the entries of this commit: the clock jumped, an epoch ended."""
        ended = self._epoch is not None and self._evolving.epoch != self._epoch
        return (
            *((ClockMoved(by_ms=jump),) if jump else ()),
            *((EpochEnded(epoch=self._epoch or 0, size=self.size),) if ended else ()),
        )

    def _evolve(self, moment: ClockReading) -> None:
        """Begin a new epoch if it is time. An epoch without a line is not left: none is skipped."""
        now_s = moment.boot_ms / 1000
        if self._evolving.due(now_s) and self._evolving.epoch == self._epoch:
            self._keep_key(lambda: self._evolving.step(now_s))

    def _store_key(self) -> None:
        self._keep_key(self._evolving.store_again)

    def _keep_key(self, keep: Callable[[], None]) -> None:
        try:
            keep()
            self._old_key = False
        except OSError as error:
            if error.errno not in _NO_ROOM:
                self._broken = str(error)
                raise JournalBroken(self._broken) from error
            # The new key is in memory only. A payment in flight may be finished with it.
            self._old_key = True

    def _reserve(self) -> None:
        until = self._offset + RESERVE_BYTES
        try:
            self._disk.reserve(self._file, until)
        except OSError:
            # Whatever the reason: without a reserve no payment may begin. The next commit asks again.
            self._no_reserve = True
        else:
            self._no_reserve, self._reserved_until = False, until

    def _begin_file(self, day: date) -> None:
        self._file, self._offset, self._line = file_name(self.size, day), 0, 1
        self._day = day
        self._disk.open(self._file)
        self._disk.sync_folder()

    def _end_file(self) -> None:
        self._disk.truncate(self._file, self._offset)
        self._disk.close(self._file)
        self._sizes[self._file] = self._offset


def _sync_leftovers(disk: Disk) -> None:
    """Sync the lines that a killed predecessor wrote, before anybody believes them."""
    if names := list(disk.list()):
        disk.open(names[-1])
        disk.sync(names[-1])
        disk.sync_folder()


def _end(found: Recovery, names: list[str]) -> tuple[str, int, int]:
    """File, offset and line for the next commit: behind the head, or in an empty file."""
    head = found.head
    if head is not None and (not names or names[-1] == head.file):
        return head.file, head.offset, head.line
    return (names[-1], 0, 1) if names else ("", 0, 1)
