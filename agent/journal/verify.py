"""The whole journal, checked offline: every line, every root, and the signatures."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import msgspec

from agent.journal.checkpoint import parse_checkpoint
from agent.journal.damage import Damage, DamagedJournal, DamageKind, fact_of
from agent.journal.disk import FolderReader
from agent.journal.epochs import EpochState, next_state
from agent.journal.evolving import EPOCH_DIGITS, EvolvingCheck, EvolvingError, epoch_in, epoch_of
from agent.journal.line_check import LineCheck, LineError
from agent.journal.lines import Commit
from agent.journal.note import MAX_NOTE_BYTES, CosignatureVerifier, NoteError, Verifier, open_note, parse_note
from agent.journal.schema.base import Fact
from agent.journal.walk import Walk

# The number of signatures checked by default: about three seconds.
FREE_SIGNATURES = 20_000
# The file that holds the newest cosignature, whatever stands in it; files of other kinds lie beside it.
COSIGNED: Final = "cosigned"
PASSED_OVER: Final = frozenset({".json", ".txt"})
_SIGNATURES = {True: sys.maxsize, False: 0, None: FREE_SIGNATURES}


class Report(msgspec.Struct, kw_only=True):
    """What was checked, and the first thing that is wrong: `ok` only for a journal that has entries.

    `unfinished_bytes` is the length of a commit at the end that is being written or was torn;
    the next start of the agent cuts a torn one. `epoch` is the last one of the evolving key, as the
    lines say it; `evolving` is the same, checked with the first key. `cosigned` is the largest tree size
    that the collector's cosignatures confirm.
    """

    result: Literal["ok"] | DamageKind = "ok"
    finding: Damage | None = None
    origin: str
    files: int = 0
    entries: int = 0
    checkpoints: int = 0
    signatures: int = 0
    evolving: int | None = None
    epoch: int | None = None
    cosigned: int | None = None
    unfinished_bytes: int = 0
    root: str = ""


@dataclass(frozen=True, slots=True)
class CosignedHead:
    """A size and root that the collector has cosigned."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class CosignedHeads:
    """What the cosignatures folder holds: heads, and the names of files that are none any more."""

    heads: list[CosignedHead] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def verify(
    folder: Path,
    verifier: Verifier,
    *,
    every: bool | None = None,
    k0: bytes | bytearray | None = None,
    cosignatures: CosignedHeads | None = None,
) -> Report:
    """Check the journal in `folder`. Raises `OSError` and `NoteError` (an unusable k0) only.

    The last signature of each file is always checked: it signs everything before it. `every` adds
    all others (True), none (False), or by default the first `FREE_SIGNATURES`. Give `cosignatures` if
    headquarters should have confirmed this journal: that none is there is then a finding.
    """
    reader, report = FolderReader(folder), Report(origin=verifier.name)
    walk = Walk(reader, verifier.name, [verifier], signatures=_SIGNATURES[every])
    evolving = EvolvingCheck(verifier.name, k0) if k0 is not None else None
    heads = cosignatures.heads if cosignatures is not None else []
    try:
        _check(walk, evolving, sorted(heads, key=lambda cosignature: cosignature.size), report)
        _check_presence(walk, cosignatures)
    except DamagedJournal as damaged:
        report.finding, report.result = damaged.damage, damaged.damage.kind
    report.files, report.entries = walk.files, walk.frontier.size
    report.checkpoints, report.signatures = walk.checkpoints, walk.signatures
    report.unfinished_bytes = walk.tail.removable if walk.tail else 0
    return report


def read_cosignatures(folder: Path, journal: Verifier, collector: CosignatureVerifier) -> CosignedHeads:
    """The cosigned checkpoints of one log in the cosignatures folder; alarms and notes are passed over.

    Each must have been signed by the journal's own key too: another one was exchanged for it. A folder
    that is missing holds none. Raises `OSError`.
    """
    found = CosignedHeads()
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and path.stat().st_size <= MAX_NOTE_BYTES and path.suffix not in PASSED_OVER:
            _read_cosignature(path, journal, collector, found)
    return found


def _read_cosignature(
    path: Path, journal: Verifier, collector: CosignatureVerifier, found: CosignedHeads
) -> None:
    raw = path.read_bytes()
    try:
        note = open_note(raw, [collector, journal])
        checkpoint = parse_checkpoint(note.text)
    except NoteError:
        if path.name == COSIGNED or raw.startswith(f"{journal.name}\n".encode()):
            found.damaged.append(path.name)
        return
    signed = note.of(collector) is not None and note.of(journal) is not None
    if checkpoint.origin == journal.name and not signed:
        found.damaged.append(path.name)
    elif checkpoint.origin == journal.name:
        found.heads.append(CosignedHead(checkpoint.size, checkpoint.root))


def _check(
    walk: Walk, evolving: EvolvingCheck | None, cosignatures: list[CosignedHead], report: Report
) -> None:
    waiting, sense = list(reversed(cosignatures)), _Sense(report.origin)
    for commit in walk.commits():
        report.epoch = sense.check(commit)
        if evolving is not None:
            report.evolving = _check_evolving(evolving, commit)
        while waiting and waiting[-1].size <= commit.size:
            report.cosigned = _check_cosignature(waiting.pop(), commit, walk)
    report.root = walk.frontier.root().hex()
    if waiting:
        raise DamagedJournal(_rolled_back(walk, waiting[0].size))


class _Sense:
    """Whether an honest agent can have signed these commits: their entries, their times, their epochs."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._lines = LineCheck()
        self._state: EpochState | None = None
        self._digits = b""
        self._epoch = 0

    def check(self, commit: Commit) -> int:
        """The epoch of a commit. Raises `DamagedJournal`."""
        try:
            told = self._lines.check(commit.index, commit.lines)
        except LineError as error:
            raise DamagedJournal(_of_line(commit, error)) from None
        try:
            self._state = next_state(self._state, self._epoch_of(commit), commit.index, told)
        except EvolvingError as error:
            raise DamagedJournal(_at(commit, "evolving_time", fact_of(error))) from None
        return self._epoch

    def _epoch_of(self, commit: Commit) -> int:
        """Nearly always that of the commit before: then the same digits stand in the same place."""
        digits = commit.checkpoint[EPOCH_DIGITS]
        if digits != self._digits:
            self._epoch = epoch_in(digits, self._origin) or epoch_of(parse_note(commit.note()), self._origin)
            self._digits = digits
        return self._epoch


def _check_presence(walk: Walk, cosignatures: CosignedHeads | None) -> None:
    """Nothing is not whole, and neither is a journal whose confirmation is gone."""
    if not walk.frontier.size:
        raise DamagedJournal(_missing("empty", "-", 0, Fact("journal.nothing_here")))
    if cosignatures is None:
        return
    size = walk.frontier.size
    if cosignatures.damaged:
        name = cosignatures.damaged[0]
        raise DamagedJournal(_missing("cosignature_damaged", name, size, Fact("journal.cosignature_damaged")))
    if not cosignatures.heads:
        raise DamagedJournal(_missing("cosignature_missing", "-", size, Fact("journal.cosignature_missing")))


def _missing(kind: DamageKind, file: str, size: int, what: Fact) -> Damage:
    return Damage(kind=kind, file=file, line=0, index=size, what=what)


def _of_line(commit: Commit, error: LineError) -> Damage:
    kind: DamageKind = "impossible_time" if error.about_time else "impossible_entry"
    line, index = commit.line + error.place, commit.index + error.place
    return Damage(kind=kind, file=commit.file, line=line, index=index, what=error.what)


def _check_evolving(evolving: EvolvingCheck, commit: Commit) -> int:
    try:
        return evolving.check(parse_note(commit.note()))
    except EvolvingError as error:
        raise DamagedJournal(_at(commit, "evolving_key", fact_of(error))) from None


def _check_cosignature(cosignature: CosignedHead, commit: Commit, walk: Walk) -> int:
    if cosignature.size != commit.size or cosignature.root != walk.frontier.root():
        what = Fact("journal.cosigned_other_history", {"size": cosignature.size})
        raise DamagedJournal(_at(commit, "fork", what))
    return cosignature.size


def _rolled_back(walk: Walk, cosigned: int) -> Damage:
    last, size = walk.last, walk.frontier.size
    what = Fact("journal.cosigned_more", {"cosigned": cosigned, "size": size})
    line = last.checkpoint_line if last else 0
    return Damage(kind="rolled_back", file=last.file if last else "-", line=line, index=size, what=what)


def _at(commit: Commit, kind: DamageKind, what: Fact) -> Damage:
    return Damage(kind=kind, file=commit.file, line=commit.checkpoint_line, index=commit.size - 1, what=what)
