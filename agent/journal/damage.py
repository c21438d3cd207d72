"""The kinds of damage to a journal, and their sentences for people."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from agent.base.coded import CodedError
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
    "evolving_time",
    "impossible_entry",
    "impossible_time",
    "empty",
    "cosignature_damaged",
    "cosignature_missing",
    "rolled_back",
    "fork",
]


class JournalError(CodedError):
    """A fault of the journal that a person must know about."""


class Damage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One finding. `line` counts from 1 in `file`; `index` is the entry's (or the next entry's) index."""

    kind: DamageKind
    file: str
    line: int
    index: int
    what: Fact

    @property
    def code(self) -> str:
        """The key of the sentence that says where the damage is and what to do now."""
        return "journal.damaged_in_line" if self.line else "journal.damaged_in_file"

    @property
    def figures(self) -> dict[str, Any]:
        """What fills that sentence."""
        place = {"line": self.line, "index": self.index} if self.line else {}
        return {"damage": self.kind, "file": self.file, **place, "what": self.what}

    def __str__(self) -> str:
        return f"{self.kind} file={self.file} line={self.line} index={self.index} {self.what}"


class DamagedJournal(JournalError):
    """The journal contradicts itself before its end. Nobody may write to it."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(damage.code, **damage.figures)
        self.damage = damage


class NewerJournal(JournalError):
    """A newer version wrote to this journal. It is whole, but this version does not understand it."""

    def __init__(self, file: str, index: int) -> None:
        super().__init__("journal.newer", file=file, index=index)


def fact_of(error: CodedError) -> Fact:
    """The error as a fact, without the exception."""
    return Fact(error.code, dict(error.figures))
