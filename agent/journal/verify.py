"""The whole journal, checked offline: every line, every root, and the signatures."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from agent.journal.checkpoint import parse_checkpoint
from agent.journal.damage import Damage, DamagedJournal, DamageKind, fact_of
from agent.journal.disk import FolderReader
from agent.journal.evolving import EvolvingCheck, EvolvingError
from agent.journal.lines import Commit
from agent.journal.note import MAX_NOTE_BYTES, CosignatureVerifier, NoteError, Verifier, open_note, parse_note
from agent.journal.schema.base import Fact
from agent.journal.walk import Walk

# The number of signatures checked by default: about three seconds.
FREE_SIGNATURES = 20_000
_SIGNATURES = {True: sys.maxsize, False: 0, None: FREE_SIGNATURES}


class Report(msgspec.Struct, kw_only=True):
    """What was checked, and the first thing that is wrong.

    `unfinished_bytes` is the length of a commit at the end that is being written or was torn;
    the next start of the agent cuts a torn one. `cosigned` is the largest tree size that the
    collector's cosignatures confirm.
    """

    result: Literal["ok"] | DamageKind = "ok"
    finding: Damage | None = None
    origin: str
    files: int = 0
    entries: int = 0
    checkpoints: int = 0
    signatures: int = 0
    evolving: int | None = None
    cosigned: int | None = None
    unfinished_bytes: int = 0
    root: str = ""


@dataclass(frozen=True, slots=True)
class CosignedHead:
    """A size and root that the collector has cosigned."""

    size: int
    root: bytes


def verify(
    folder: Path,
    verifier: Verifier,
    *,
    every: bool | None = None,
    k0: bytes | bytearray | None = None,
    cosignatures: list[CosignedHead] | None = None,
) -> Report:
    """Check the journal in `folder`. Raises `OSError` and `NoteError` (an unusable k0) only.

    The last signature of each file is always checked: it signs everything before it. `every` adds
    all others (True), none (False), or by default the first `FREE_SIGNATURES`.
    """
    reader, report = FolderReader(folder), Report(origin=verifier.name)
    walk = Walk(reader, verifier.name, [verifier], signatures=_SIGNATURES[every])
    evolving = EvolvingCheck(verifier.name, k0) if k0 is not None else None
    try:
        _check(walk, evolving, sorted(cosignatures or [], key=lambda cosignature: cosignature.size), report)
    except DamagedJournal as damaged:
        report.finding, report.result = damaged.damage, damaged.damage.kind
    report.files, report.entries = walk.files, walk.frontier.size
    report.checkpoints, report.signatures = walk.checkpoints, walk.signatures
    report.unfinished_bytes = walk.tail.removable if walk.tail else 0
    return report


def read_cosignatures(folder: Path, origin: str, collector: CosignatureVerifier) -> list[CosignedHead]:
    """The cosigned checkpoints of one log in the cosignatures folder; other files are passed over."""
    return [
        cosignature
        for path in sorted(folder.rglob("*"))
        for cosignature in _cosignature(path, origin, collector)
    ]


def _cosignature(path: Path, origin: str, collector: CosignatureVerifier) -> Iterator[CosignedHead]:
    if not path.is_file() or path.stat().st_size > MAX_NOTE_BYTES:
        return
    try:
        checkpoint = parse_checkpoint(open_note(path.read_bytes(), [collector]).text)
    except NoteError:
        return
    if checkpoint.origin == origin:
        yield CosignedHead(checkpoint.size, checkpoint.root)


def _check(
    walk: Walk, evolving: EvolvingCheck | None, cosignatures: list[CosignedHead], report: Report
) -> None:
    waiting = list(reversed(cosignatures))
    for commit in walk.commits():
        if evolving is not None:
            report.evolving = _check_evolving(evolving, commit)
        while waiting and waiting[-1].size <= commit.size:
            report.cosigned = _check_cosignature(waiting.pop(), commit, walk)
    report.root = walk.frontier.root().hex()
    if waiting:
        raise DamagedJournal(_rolled_back(walk, waiting[0].size))


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
