"""What can be wrong with a journal, by name, and how it is told to a person."""

from __future__ import annotations

from typing import Literal

import msgspec

from agent.journal.schema.base import Fact

DamageKind = Literal[
    "changed_entry",
    "unknown_line",
    "missing_lines",
    "repeated_line",
    "reordered_lines",
    "added_line",
    "changed_checkpoint",
    "wrong_signature",
    "foreign_origin",
    "missing_file",
    "shortened_file",
    "foreign_file",
    "unfinished_commit",
    "evolving_key",
    "rolled_back",
    "fork",
]

_NEXT_STEP = (
    "The journal is evidence now: nothing was written to it. Take no payment on this host, "
    "copy the folder as it is, and call headquarters, who hold what was uploaded."
)


class JournalError(Exception):
    """Something with the journal that a person must know."""


class Damage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One finding. `line` counts from 1 in `file`; `index` is the entry's (or the next entry's) index."""

    kind: DamageKind
    file: str
    line: int
    index: int
    text: str
    next_step: str = _NEXT_STEP

    def __str__(self) -> str:
        where = f"{self.file} line {self.line} (entry {self.index})" if self.line else self.file
        return f"{self.kind} in {where}: {self.text}. {self.next_step}"


class DamagedJournal(JournalError):
    """The journal contradicts itself before its end. Nobody may write to it."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(str(damage))
        self.damage = damage


class NewerJournal(JournalError):
    """A newer version has written to this journal: it is whole, and this version does not understand it."""

    def __init__(self, file: str, index: int) -> None:
        self.fact = Fact("journal.newer", {"file": file, "index": index})
        super().__init__(self.fact.code)
