"""Looks at the disk: room, the folders of the readers, the certificate. Blocks, so never on the loop.

The folders belong to other users. What is signed by headquarters is checked; the rest is only
what the uploader or the verifier says, and is told as such.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from cryptography.x509 import load_pem_x509_certificate

from agent.alarms.conditions import OutsideFacts, UploaderAlarm
from agent.journal.checkpoint import Checkpoint, parse_checkpoint
from agent.journal.damage import JournalError
from agent.journal.note import CosignatureVerifier, NoteError, open_note
from agent.journal.reader import JournalReader
from agent.journal.refusal_note import open_refusal
from agent.journal.tree import Frontier, leaf_hash
from agent.journal.verified import WHOLE, Verified, read_verified
from agent.upload.cosignatures import Alarm as UploadAlarm
from agent.upload.cosignatures import Cosignature, CosignatureError, Cosignatures

T = TypeVar("T")

# What is missing beside a journal has alarms of its own.
NO_DAMAGE: Final = frozenset({WHOLE, "cosignature_missing", "cosignature_damaged"})


@dataclass(slots=True)
class Outlook:
    """Where to look. `collector` is headquarters' key; without it the journal goes nowhere."""

    origin: str
    journal: Path
    cosignatures: Path
    verified: Path
    certificate: Path
    collector: CosignatureVerifier | None
    enrolment: Path | None = None
    _forks: dict[str, bool] = field(default_factory=dict)
    _compared: bool | None = None

    def look(self) -> OutsideFacts:
        """Everything that can be seen now. What cannot be read is not known."""
        newest, readable = self._confirmed()
        verified = self._verified()
        return OutsideFacts(
            free_bytes=_or_none(lambda: _free_bytes(self.journal)),
            headquarters=self.collector is not None,
            confirmed=newest.size if newest else 0 if readable else None,
            confirmed_at=datetime.fromtimestamp(newest.at_s, UTC) if newest else None,
            other_root=self._other_root(newest) if readable else None,
            first_key=_or_none(self.enrolment.exists) if self.enrolment else None,
            cosignature_readable=readable,
            uploader=_or_none(self._uploader) if self.collector else (),
            certificate_until=_or_none(lambda: _not_after(self.certificate)) if self.collector else None,
            verified=verified is not None,
            damage=verified.result if verified and verified.result not in NO_DAMAGE else "",
            damage_on=verified.at.date().isoformat() if verified else "",
        )

    def _verified(self) -> Verified | None:
        """What the verifier found in this journal; a look at an empty one has found nothing."""
        verified = _or_none(lambda: read_verified(self.verified))
        ours = verified is not None and verified.origin == self.origin and verified.entries > 0
        return verified if ours else None

    def _other_root(self, newest: Cosignature | None) -> bool | None:
        """Whether this disk has another past than headquarters confirmed: looked at once, after the start.

        The whole journal is read for it. What comes later stands on what was compared.
        """
        if newest is None:
            return False
        if self._compared is None:
            root = _root_at(self.journal, newest.size)
            self._compared = root is not None and root != newest.root
        return self._compared

    def _confirmed(self) -> tuple[Cosignature | None, bool | None]:
        """The newest cosignature, and whether the file is what headquarters signed; None for not known."""
        if self.collector is None:
            return None, None
        try:
            cosignature = Cosignatures(self.cosignatures).cosigned(self.origin, self.collector)
        except CosignatureError:
            return None, False
        except OSError:
            return None, None
        return cosignature, True

    def _uploader(self) -> tuple[UploaderAlarm, ...]:
        return tuple(
            UploaderAlarm(alarm.kind, alarm.journal_size, alarm.collector_size, self._checked(alarm))
            for alarm in Cosignatures(self.cosignatures).alarms()
        )

    def _checked(self, alarm: UploadAlarm) -> bool:
        """Whether headquarters' own signature shows what the uploader says."""
        if alarm.kind == "rollback":
            return self._is_behind(alarm.collector_head)
        if alarm.kind == "refused":
            return self._is_refusal(alarm.collector_head)
        if alarm.collector_head not in self._forks:
            self._forks = {alarm.collector_head: self._is_fork(alarm.collector_head)}
        return self._forks[alarm.collector_head]

    def _is_fork(self, head: str) -> bool:
        theirs = self._signed(head)
        return theirs is not None and theirs.root != _root_at(self.journal, theirs.size)

    def _is_behind(self, head: str) -> bool:
        """Whether headquarters has signed for more entries than this disk holds."""
        theirs = self._signed(head)
        return theirs is not None and theirs.size > JournalReader(self.journal).size()

    def _is_refusal(self, note: str) -> bool:
        if self.collector is None:
            return False
        try:
            open_refusal(note.encode("utf-8", "replace"), self.origin, self.collector)
        except NoteError:
            return False
        return True

    def _signed(self, head: str) -> Checkpoint | None:
        if self.collector is None:
            return None
        try:
            checkpoint = parse_checkpoint(open_note(head.encode("utf-8", "replace"), [self.collector]).text)
        except NoteError:
            return None
        return checkpoint if checkpoint.origin == self.origin else None


def _or_none(look: Callable[[], T]) -> T | None:
    """What a look gives; None if the file is not there for us, or is not what it should be."""
    try:
        return look()
    except (OSError, ValueError):
        return None


def _free_bytes(folder: Path) -> int:
    """What the agent's user may still use."""
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize


def _not_after(certificate: Path) -> datetime:
    return load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc


def _root_at(journal: Path, size: int) -> bytes | None:
    """The root of this journal's first `size` entries; None if it has fewer. Reads all of them."""
    tree = Frontier()
    try:
        for commit in JournalReader(journal).commits(0):
            for line in commit.lines:
                if tree.size == size:
                    return tree.root()
                tree.append(leaf_hash(line))
    except (OSError, JournalError):
        return None
    return tree.root() if tree.size == size else None
