"""One pass over a journal: the tree is computed again, and every checkpoint must agree with it.

The fast path compares bytes and parses nothing. Only a contradiction is examined closely, to
name the damage.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from agent.journal.checkpoint import checkpoint_text
from agent.journal.damage import DamagedJournal
from agent.journal.diagnosis import DamageDiagnosis, unwritten
from agent.journal.disk import Readable
from agent.journal.lines import Commit, FileCommits, Tail, checkpoint_line
from agent.journal.note import NoteError, Verifier, open_note
from agent.journal.tree import Frontier


@dataclass(frozen=True, slots=True)
class Start:
    """Where a pass begins: behind a commit that was checked before."""

    file: str
    offset: int
    line: int
    frontier: Frontier


class Walk:
    """The commits of a journal, each checked before it is given.

    Every root and size is checked. The signature of each file's last checkpoint is checked: it
    signs everything before it. So are the first `signatures` others. Afterwards `tail` holds the
    bytes after the last commit of the last file.
    """

    def __init__(
        self, folder: Readable, origin: str, verifiers: Sequence[Verifier], *, signatures: int
    ) -> None:
        self._folder = folder
        self._origin = origin
        # How every checkpoint line of this journal begins: a JSON string whose first line is the origin.
        self._opening = checkpoint_line(origin + "\n")[:-1]
        self._verifiers = verifiers
        self._wanted = signatures
        self._diagnosis = DamageDiagnosis(folder, origin, verifiers)
        self.frontier = Frontier()
        self.files = self.checkpoints = self.signatures = 0
        self.last: Commit | None = None
        self._signed: Commit | None = None
        self.tail: Tail | None = None

    def commits(self, start: Start | None = None) -> Iterator[Commit]:
        """Raises `DamagedJournal` at the first contradiction, and `OSError`."""
        sizes = self._folder.list()
        names = list(sizes)
        offset, line = 0, 1
        if start is not None:
            self.frontier, offset, line = start.frontier.copy(), start.offset, start.line
            names = names[names.index(start.file) :]
        for name in names:
            self._check_beginning(name, whole=offset == 0)
            commits = FileCommits(self._folder, name, offset=offset, line=line, index=self._size)
            yield from self._file(commits, end=sizes[name] if name == names[-1] else None)
            if self.tail is not None and name != names[-1]:
                raise DamagedJournal(self._diagnosis.tail(self.tail, in_last_file=False))
            offset, line = 0, 1
            self.files += 1
        if self.tail is not None and (damage := self._diagnosis.torn_or_damaged(self.tail)):
            raise DamagedJournal(damage)

    @property
    def _size(self) -> int:
        return self.frontier.size

    def _file(self, commits: FileCommits, *, end: int | None) -> Iterator[Commit]:
        """The commits of one file. `end` is the size of the last file, which may end torn."""
        last, torn = None, None
        for commit in commits:
            if commit.end == end and unwritten(commit):
                torn = commit.as_tail()
                break
            self._check(commit)
            self.last = last = commit
            yield commit
        if last is not None and last is not self._signed:
            self._check_signature(last)
        self.tail = torn or commits.tail

    def _check_beginning(self, name: str, *, whole: bool) -> None:
        if whole and (damage := self._diagnosis.beginning(name, self._size)):
            raise DamagedJournal(damage)

    def _check(self, commit: Commit) -> None:
        index, leaves = commit.index, []
        for line in commit.lines:
            if not line.startswith(b'{"index":%d,' % index):
                raise DamagedJournal(self._diagnosis.misnumbered(commit, index))
            leaves.append(sha256(b"\x00" + line).digest())
            index += 1
        self.frontier.extend(leaves)
        root = self.frontier.root()
        opening = b"%s%d\\n%s\\n\\n" % (self._opening, index, b2a_base64(root, newline=False))
        if not commit.lines or not commit.checkpoint.startswith(opening):
            text = checkpoint_text(self._origin, index, root)
            raise DamagedJournal(self._diagnosis.contradicted(commit, text))
        self.checkpoints += 1
        if self.signatures < self._wanted:
            self._check_signature(commit)

    def _check_signature(self, commit: Commit) -> None:
        try:
            open_note(commit.note(), self._verifiers)
        except NoteError as error:
            raise DamagedJournal(self._diagnosis.unsigned(commit, error)) from None
        self.signatures += 1
        self._signed = commit
