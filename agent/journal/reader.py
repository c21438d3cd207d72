"""The journal for readers: the uploader (another user of the group) and the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from agent.journal.damage import Damage, DamagedJournal
from agent.journal.disk import FolderReader, first_index
from agent.journal.lines import BLOCK_BYTES, Commit, FileCommits, Tail
from agent.journal.schema.base import Fact

# Longer than the random part of a signature line.
MARK_BYTES = 128


class JournalReader:
    """Whole commits from any index on. Trees and signatures are not checked here: see `walk.py`.

    The reader remembers where it stopped, so that reading on costs nothing. It holds
    a few times `block_bytes` in memory.
    """

    def __init__(self, folder: Path, block_bytes: int = BLOCK_BYTES) -> None:
        self._folder = FolderReader(folder)
        self._block_bytes = block_bytes
        self._newest: tuple[str, int] | None = None
        self._place = ("", 0, 1, 0)  # file, offset, line, index to go on from
        self._before = b""  # what stood just before that place
        self._seen: dict[str, int] = {}

    def commits(self, index: int) -> Iterator[Commit]:
        """The commits from entry `index` on; the first one is cut to begin there.

        Nothing for an index that is not written yet. Raises `DamagedJournal` when the
        files do not follow each other, and `OSError`.
        """
        self._seen = self._folder.list()
        names = list(self._seen)
        for place, name in enumerate(names):
            following = first_index(names[place + 1]) if place + 1 < len(names) else None
            if following is not None and following <= index:
                continue
            self._hold(name)
            part = self._part(name, index)
            for commit in part:
                if commit.size > index:
                    self._remember(name, commit.offset, commit.line, commit.index)
                    yield _since(commit, index)
            self._remember(name, part.offset, part.line, part.index)
            if following is not None and (part.tail or part.index != following):
                raise _broken_off(part.tail, name, part.index)

    def size(self) -> int:
        """How many entries there are now in whole commits. Raises `OSError`."""
        self._seen = self._folder.list()
        if not self._seen:
            return 0
        name = list(self._seen)[-1]
        part = self._part(name, sys.maxsize)
        for _ in part:
            pass
        self._remember(name, part.offset, part.line, part.index)
        return part.index

    def sync_read(self) -> None:
        """Return when everything read so far is on disk: nothing may be sent before. Raises `OSError`.

        The agent may have written lines that it has not synced yet, and the sync may still fail.
        Files older than the newest one were synced before it was made.
        """
        if self._newest is not None:
            os.fdatasync(self._newest[1])

    def close(self) -> None:
        """Done with the folder."""
        if self._newest is not None:
            os.close(self._newest[1])
            self._newest = None

    def changed(self) -> bool:
        """Whether files have grown or come since `commits` or `size` looked. Costs next to nothing."""
        return self._folder.list() != self._seen

    def _hold(self, name: str) -> None:
        """Open before reading: a sync tells only of failures since its descriptor was opened."""
        if self._newest is None or self._newest[0] != name:
            self.close()
            fd = os.open(self._folder.folder / name, os.O_RDONLY | os.O_CLOEXEC)
            # The kernel tells a failed sync to the agent, not to us. Pages that it left clean may be on
            # no disk. Read the disk itself.
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            self._newest = name, fd

    def _remember(self, name: str, offset: int, line: int, index: int) -> None:
        if self._place != (name, offset, line, index):
            self._place = (name, offset, line, index)
            self._before = self._just_before(name, offset)

    def _just_before(self, name: str, offset: int) -> bytes:
        """The end of the previous commit: its signatures, which no other commit has."""
        begin = max(offset - MARK_BYTES, 0)
        return self._folder.read(name, begin, offset - begin)

    def _part(self, name: str, index: int) -> FileCommits:
        """The rest of a file from the last place that is not behind `index`."""
        file, offset, line, begin = self._place
        # If the content there has changed, it is another file, whatever its name: we read a torn end
        # before the agent cut it, or a disk image was restored.
        if file != name or begin > index or self._just_before(name, offset) != self._before:
            offset, line, begin = 0, 1, first_index(name)
        return FileCommits(
            self._folder, name, offset=offset, line=line, index=begin, block_bytes=self._block_bytes
        )


def _since(commit: Commit, index: int) -> Commit:
    """A commit without the lines before `index`."""
    skipped = max(index - commit.index, 0)
    if skipped:
        commit.offset += sum(len(line) + 1 for line in commit.lines[:skipped])
        commit.line += skipped
        commit.index += skipped
        del commit.lines[:skipped]
    return commit


def _broken_off(tail: Tail | None, name: str, index: int) -> DamagedJournal:
    line = tail.line if tail else 0
    what = Fact("journal.file_ends_early", {"index": index})
    return DamagedJournal(Damage(kind="missing_lines", file=name, line=line, index=index, what=what))
