"""The journal as the uploader sees it: its length, and whole commits that are on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from agent.journal.checkpoint import Checkpoint, parse_checkpoint
from agent.journal.note import NoteError, parse_note
from agent.journal.reader import JournalReader
from agent.journal.tree import Frontier, leaf_hash
from agent.texts import say
from agent.upload.uploader import Batch

# What fits well into 32 MB of memory together with everything else; a catch-up takes several.
MAX_BATCH_BYTES = 256 * 1024
# A few commits at a time; four of these are in memory while a file is read.
BLOCK_BYTES = 64 * 1024
# Half of the collector's limit for one request.
MAX_BATCH_LINES = 4_096


class CommitLike(Protocol):
    """A commit of the journal, as `JournalReader` gives it."""

    lines: list[bytes]
    checkpoint: bytes

    @property
    def size(self) -> int:
        """The tree's size after this commit."""

    def note(self) -> bytes:
        """The signed checkpoint."""


class CommitReader(Protocol):
    """The part of `JournalReader` that an uploader needs."""

    def commits(self, index: int) -> Iterator[CommitLike]:
        """The commits that hold entry `index` and those after it."""

    def size(self) -> int:
        """How many entries stand in whole commits."""

    def changed(self) -> bool:
        """Whether there may be unread commits."""

    def sync_read(self) -> None:
        """Return when everything read so far is on disk."""


class JournalSource:
    """Two readers over one folder, so that each continues where it stopped.

    Methods raise `DamagedJournal`, and `OSError` when the disk fails. Nothing may be sent after
    that; only a fresh start may try again.
    """

    def __init__(self, head: CommitReader, lines: CommitReader) -> None:
        self._head = head
        self._lines = lines
        self._size: int | None = None

    @classmethod
    def of(cls, folder: Path) -> JournalSource:
        """The source over a journal folder."""
        return cls(JournalReader(folder, BLOCK_BYTES), JournalReader(folder, BLOCK_BYTES))

    def size(self) -> int:
        """How many entries the journal has; 0 while the agent has not made the folder."""
        try:
            if self._size is None or self._head.changed():
                self._size = self._head.size()
        except FileNotFoundError:
            self._size = 0
        return self._size

    def batch(self, start: int) -> Batch:
        """The commits from `start` on, each with its checkpoint's line, up to a bound.

        The last checkpoint stands apart. Without lines when `start` is the end.

        Lines are synced after they are read: the agent may have written them a moment ago and
        still be waiting for the disk.
        """
        lines: list[bytes] = []
        last = None
        for commit in self._lines.commits(start):
            if last is not None and not _fits(lines, commit.lines):
                break
            if last is not None:
                lines.append(last.checkpoint)
            lines += commit.lines
            last = commit
        if last is None:
            last = self._last(start)
        self._lines.sync_read()
        return Batch(start, last.size, tuple(lines), last.note())

    def ends_torn(self, head: str) -> bool:
        """True if the collector is behind us and only our last commit is torn.

        A power cut can leave this state; the next start of the agent cuts that commit off. A head that
        is no checkpoint stands for an empty log. Reads the whole journal.
        """
        tree, theirs, torn = Frontier(), _checkpoint(head), False
        for commit in self._lines.commits(0):
            if torn:
                return False  # it is not the newest
            for line in commit.lines:
                tree.append(leaf_hash(line))
                if theirs is not None and tree.size == theirs.size and tree.root() != theirs.root:
                    return False
            own = _checkpoint(commit.note().decode("utf-8", "replace"))
            torn = own is None or own.root != tree.root()
        return torn

    def holds(self, size: int, root: bytes) -> bool:
        """Whether this journal's first `size` entries have that root. Reads the whole journal."""
        tree = Frontier()
        for commit in self._lines.commits(0):
            for line in commit.lines:
                if tree.size == size:
                    return tree.root() == root
                tree.append(leaf_hash(line))
        return tree.size == size and tree.root() == root

    def _last(self, size: int) -> CommitLike:
        for commit in self._lines.commits(size - 1):
            return commit
        raise OSError(say("upload.journal_became_shorter_while"))


def _checkpoint(note: str) -> Checkpoint | None:
    try:
        return parse_checkpoint(parse_note(note.encode()).text)
    except NoteError:
        return None


def _fits(lines: list[bytes], more: list[bytes]) -> bool:
    many = len(lines) + len(more) > MAX_BATCH_LINES
    return not many and sum(map(len, lines)) + sum(map(len, more)) <= MAX_BATCH_BYTES
