"""The journal's files as commits: some entry lines and the one checkpoint line that signs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from agent.journal.disk import Readable
from agent.journal.note import MAX_NOTE_BYTES, NoteError
from agent.journal.schema.base import MAX_ENTRY_BYTES

# Large steps spread the cost of a call over many lines.
BLOCK_BYTES = 4 << 20
# A JSON string may need six bytes for one of the note.
MAX_LINE_BYTES = max(MAX_ENTRY_BYTES, 6 * MAX_NOTE_BYTES)

_ENTRY = b"{"
_CHECKPOINT = b'"'


@dataclass(slots=True)
class Tail:
    """The bytes after the last commit of a file. If they are torn, they were never promised to anybody."""

    file: str
    offset: int
    line: int
    index: int
    lines: list[bytes]
    rest: bytes

    @property
    def removable(self) -> int:
        """How many bytes there are."""
        return sum(len(line) + 1 for line in self.lines) + len(self.rest)


@dataclass(slots=True)
class Commit:
    """One commit as it stands in a file. `lines` have no newline; `line` counts from 1."""

    file: str
    offset: int
    line: int
    index: int
    lines: list[bytes]
    checkpoint: bytes
    end: int

    @property
    def size(self) -> int:
        """The tree's size after this commit."""
        return self.index + len(self.lines)

    @property
    def checkpoint_line(self) -> int:
        """The line number of the checkpoint."""
        return self.line + len(self.lines)

    @property
    def checkpoint_offset(self) -> int:
        """Where the checkpoint's line begins."""
        return self.end - len(self.checkpoint) - 1

    def note(self) -> bytes:
        """The checkpoint as a signed note. Raises `NoteError`."""
        return note_of(self.checkpoint)

    def as_tail(self) -> Tail:
        """The same bytes as a `Tail`."""
        return Tail(self.file, self.offset, self.line, self.index, self.lines, self.checkpoint + b"\n")


class FileCommits:
    """The commits of one file from a position on; after the last one, `tail` holds the rest."""

    def __init__(
        self,
        folder: Readable,
        file: str,
        *,
        offset: int,
        line: int,
        index: int,
        block_bytes: int = BLOCK_BYTES,
    ) -> None:
        self._folder = folder
        self._block_bytes = block_bytes
        self.file = file
        self.offset = offset
        self.line = line
        self.index = index
        self.tail: Tail | None = None

    def __iter__(self) -> Iterator[Commit]:
        pending: list[bytes] = []
        rest, position = b"", self.offset
        while block := self._folder.read(self.file, position, self._block_bytes):
            position += len(block)
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            for number, line in enumerate(lines):
                first = line[:1]
                if first == _ENTRY:
                    pending.append(line)
                elif first == _CHECKPOINT:
                    yield self._commit(pending, line)
                    pending = []
                else:
                    self._leave(pending, b"\n".join((*lines[number:], rest)))
                    return
            if len(rest) > MAX_LINE_BYTES:
                break
        self._leave(pending, rest)

    def _commit(self, lines: list[bytes], checkpoint: bytes) -> Commit:
        begin, line, index = self.offset, self.line, self.index
        self.offset += sum(map(len, lines)) + len(lines) + len(checkpoint) + 1
        self.line += len(lines) + 1
        self.index += len(lines)
        return Commit(self.file, begin, line, index, lines, checkpoint, self.offset)

    def _leave(self, lines: list[bytes], rest: bytes) -> None:
        if lines or rest:
            self.tail = Tail(self.file, self.offset, self.line, self.index, lines, rest)


def checkpoint_line(note: str) -> bytes:
    """The line that carries a note, without a newline."""
    return msgspec.json.encode(note)


def note_of(line: bytes) -> bytes:
    """The note in a checkpoint line. Raises `NoteError` for any spelling but our own."""
    try:
        note = msgspec.json.decode(line, type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NoteError("journal.checkpoint_not_json") from None
    if checkpoint_line(note) != line:
        raise NoteError("journal.checkpoint_spelling")
    return note.encode()
