"""Finds out what happened to a damaged journal: slow and thorough, for the person who must act."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from agent.journal.checkpoint import Checkpoint, parse_checkpoint
from agent.journal.damage import Damage, DamageKind
from agent.journal.disk import Readable, first_index
from agent.journal.lines import Commit, Tail
from agent.journal.note import NoteError, Verifier, open_note, parse_note
from agent.journal.schema.base import Fact
from agent.journal.schema.entry import decode

# A commit is one write of a few entries. Anything longer was not torn by a power cut.
MAX_TORN_BYTES = 1 << 20

_INDEX = re.compile(rb'\{"index":([0-9]{1,19}),')


class DamageDiagnosis:
    """Names the kind of damage and its place."""

    def __init__(self, folder: Readable, origin: str, verifiers: Sequence[Verifier]) -> None:
        self._folder = folder
        self._origin = origin
        self._verifiers = verifiers

    def beginning(self, name: str, size: int) -> Damage | None:
        """A file must begin with the index that follows."""
        try:
            index = first_index(name)
        except ValueError:
            return _of_file("foreign_file", name, size, "journal.file_name")
        if index > size:
            return _of_file("missing_file", name, size, "journal.file_missing", first=size, last=index - 1)
        if index < size:
            return _of_file("foreign_file", name, size, "journal.file_order", index=index, size=size)
        return None

    def misnumbered(self, commit: Commit, index: int) -> Damage:
        """A line does not hold the entry that follows."""
        place = index - commit.index
        line = commit.lines[place]
        found = _INDEX.match(line)
        if found is None:
            return _at(commit, place, "changed_entry", "journal.entry_spelling", index=index)
        number = int(found[1])
        if number < index:
            return _at(commit, place, "repeated_line", "journal.entry_again", number=number)
        if self._stands_later(commit, index):
            return _at(commit, place, "reordered_lines", "journal.entry_before", number=number, index=index)
        return _at(commit, place, "missing_lines", "journal.entries_missing", first=index, last=number - 1)

    def contradicted(self, commit: Commit, expected: str) -> Damage:
        """A checkpoint does not say what its entries lead to."""
        end = len(commit.lines)
        try:
            note = parse_note(commit.note())
            claimed = parse_checkpoint(note.text)
        except NoteError as error:
            return _at(commit, end, "changed_checkpoint", error.code, **error.figures)
        if claimed.origin != self._origin:
            names = {"found": repr(claimed.origin), "expected": repr(self._origin)}
            return _at(commit, end, "foreign_origin", "journal.checkpoint_of_other", **names)
        if not commit.lines:
            return _at(commit, 0, "repeated_line", "journal.checkpoint_without_entries")
        if not self._genuine(commit):
            return _at(commit, end, "changed_checkpoint", "journal.checkpoint_not_ours", size=claimed.size)
        if note.text == expected:
            return _at(commit, end, "changed_checkpoint", "journal.checkpoint_spelling")
        return self._contents(commit, claimed)

    def unsigned(self, commit: Commit, error: NoteError) -> Damage:
        """A checkpoint has the right content and the wrong signature."""
        kind: DamageKind = "wrong_signature"
        try:
            parse_note(commit.note())
        except NoteError:
            kind = "changed_checkpoint"
        return _at(commit, len(commit.lines), kind, error.code, **error.figures)

    def torn_or_damaged(self, tail: Tail) -> Damage | None:
        """None for a commit torn by a power cut: only its beginning, or some blocks never written."""
        whole = b"\n".join((*tail.lines, tail.rest))
        torn = self._is_beginning(tail) or _is_unwritten(whole)
        return None if torn and len(whole) <= MAX_TORN_BYTES else self.tail(tail, in_last_file=True)

    def tail(self, tail: Tail, *, in_last_file: bool) -> Damage:
        """Lines without a checkpoint, in a place where no power cut can leave them."""
        here = Commit(tail.file, tail.offset, tail.line, tail.index, tail.lines, b"", tail.offset)
        for place, line in enumerate(tail.lines):
            if damage := self._unreadable(here, place, line):
                return damage
        end = len(tail.lines)
        if b"\n" in tail.rest or not in_last_file:
            kind: DamageKind = "unknown_line" if tail.rest else "unfinished_commit"
            return _at(here, end, kind, "journal.unknown_line")
        return _at(here, end, "unfinished_commit", "journal.unfinished_commit")

    def unreadable(self, commit: Commit) -> Damage | None:
        """The first line of a commit that no version writes in this form."""
        found = (self._unreadable(commit, place, line) for place, line in enumerate(commit.lines))
        return next((damage for damage in found if damage), None)

    def _is_beginning(self, tail: Tail) -> bool:
        if b"\n" in tail.rest or not _begins_line(tail.rest):
            return False
        numbered = all(
            line.startswith(b'{"index":%d,' % index) for index, line in enumerate(tail.lines, tail.index)
        )
        here = Commit(tail.file, tail.offset, tail.line, tail.index, tail.lines, b"", tail.offset)
        return numbered and self.unreadable(here) is None

    def _contents(self, commit: Commit, claimed: Checkpoint) -> Damage:
        """The checkpoint is genuine, so the lines before it are not the signed ones."""
        end = len(commit.lines)
        if claimed.size > commit.size:
            gap = {"first": commit.size, "last": claimed.size - 1}
            return _at(commit, end, "missing_lines", "journal.entries_missing_before_checkpoint", **gap)
        if claimed.size < commit.size:
            place = max(claimed.size - commit.index, 0)
            return _at(commit, place, "added_line", "journal.entry_added", index=claimed.size)
        if damage := self.unreadable(commit):
            return damage
        if end == 1:
            return _at(commit, 0, "changed_entry", "journal.entry_changed", index=commit.index)
        among = {"first": commit.index, "last": commit.size - 1}
        return _at(commit, 0, "changed_entry", "journal.one_entry_changed", **among)

    def _unreadable(self, commit: Commit, place: int, line: bytes) -> Damage | None:
        try:
            decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _at(commit, place, "changed_entry", "journal.entry_unreadable", index=commit.index + place)
        return None

    def _genuine(self, commit: Commit) -> bool:
        try:
            open_note(commit.note(), self._verifiers)
        except NoteError:
            return False
        return True

    def _stands_later(self, commit: Commit, index: int) -> bool:
        size = self._folder.list()[commit.file] - commit.offset
        return b'\n{"index":%d,' % index in self._folder.read(commit.file, commit.offset, size)


def unwritten(commit: Commit) -> bool:
    """Whether blocks of a commit were never written: our lines hold no zero byte."""
    return b"\0" in commit.checkpoint or any(b"\0" in line for line in commit.lines)


def _is_unwritten(tail: bytes) -> bool:
    """Zero bytes, followed by no checkpoint except perhaps the commit's own."""
    return b"\0" in tail and not re.search(rb'(?m)^"[^\n]*"\n(?=.)', tail, re.DOTALL)


def _begins_line(rest: bytes) -> bool:
    """Whether a torn write can have left these bytes: nothing follows a closing quote."""
    if rest[:1] == b'"':
        return rest.find(b'"', 1) in (-1, len(rest) - 1)
    return rest[:1] in (b"", b"{")


def _at(commit: Commit, place: int, kind: DamageKind, code: str, /, **figures: int | str) -> Damage:
    what = Fact(code, figures)
    return Damage(
        kind=kind, file=commit.file, line=commit.line + place, index=commit.index + place, what=what
    )


def _of_file(kind: DamageKind, name: str, size: int, code: str, /, **figures: int | str) -> Damage:
    return Damage(kind=kind, file=name, line=0, index=size, what=Fact(code, figures))
