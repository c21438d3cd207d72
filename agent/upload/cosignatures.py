"""The cosignatures folder: the collector's newest cosignature, and alarms for a person.

The uploader writes it; the agent and the command line read it. `cosigned` is the
newest checkpoint with the collector's cosignature under it. An alarm file stands until
the collector confirms this journal again; until then it is asked only now and then.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from agent.journal.checkpoint import parse_checkpoint
from agent.journal.note import CosignatureVerifier, NoteError, Verifier, cosigned_at, open_note
from agent.texts import say, tell

COSIGNED = "cosigned"
_ALARM = "alarm-{}.json"
_FILE_MODE = 0o640
_FOLDER_MODE = 0o2750

AlarmKind = Literal["rollback", "fork", "refused"]
_KINDS: tuple[AlarmKind, ...] = ("rollback", "fork", "refused")


class CosignatureError(ValueError):
    """The stored cosignature is not the collector's. The message says why."""


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A checkpoint that the collector confirmed at `at_s`, POSIX seconds of its own clock."""

    size: int
    root: bytes
    at_s: int
    note: str


class Alarm(msgspec.Struct, frozen=True):
    """A contradiction between this journal and the collector. Heads are signed notes, or empty."""

    kind: AlarmKind
    at: int
    text: str
    next_step: str
    journal_size: int
    collector_size: int
    journal_head: str = ""
    collector_head: str = ""


class Cosignatures:
    """The folder; a missing one is made. Methods raise `OSError`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self) -> None:
        """Make the folder, closed to others (2750). For the uploader alone."""
        if not self._folder.exists():
            self._folder.mkdir(parents=True)
            self._folder.chmod(_FOLDER_MODE)

    def cosigned(self, origin: str, collector: CosignatureVerifier) -> Cosignature | None:
        """The newest cosignature, checked; None when there is none. Raises `CosignatureError`."""
        try:
            raw = (self._folder / COSIGNED).read_bytes()
        except FileNotFoundError:
            return None
        return read_cosignature(raw, origin, collector)

    def keep(self, cosignature: Cosignature) -> None:
        """Replace the cosignature, durably."""
        self._write(COSIGNED, cosignature.note.encode())

    def alarms(self) -> list[Alarm]:
        """The alarms for a person; empty when all is well. An unreadable alarm is an alarm."""
        found = []
        for kind in _KINDS:
            path = self._folder / _ALARM.format(kind)
            if path.exists():
                found.append(_read_alarm(kind, path))
        return found

    def raise_alarm(self, alarm: Alarm) -> None:
        """Write an alarm, durably."""
        self._write(_ALARM.format(alarm.kind), msgspec.json.format(msgspec.json.encode(alarm)) + b"\n")

    def clear_alarms(self) -> None:
        """The collector has confirmed the journal: the files may go. What persons were told stands."""
        for kind in _KINDS:
            (self._folder / _ALARM.format(kind)).unlink(missing_ok=True)

    def _write(self, name: str, data: bytes) -> None:
        """The old file or the new one, never half of either."""
        temporary = self._folder / f".{name}.new"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        temporary.rename(self._folder / name)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read_cosignature(raw: bytes, origin: str, collector: CosignatureVerifier) -> Cosignature:
    """The cosignature in a cosigned checkpoint. Raises `CosignatureError`."""
    known: Sequence[Verifier] = [collector]
    try:
        note = open_note(raw, known)
        checkpoint = parse_checkpoint(note.text)
    except NoteError as error:
        raise CosignatureError(tell(error)) from None
    signature = note.of(collector)
    if checkpoint.origin != origin or signature is None:
        raise CosignatureError(
            say("upload.cosignature_for_not_for", origin=checkpoint.origin, origin2=origin)
        )
    return Cosignature(checkpoint.size, checkpoint.root, cosigned_at(signature), raw.decode())


def _read_alarm(kind: AlarmKind, path: Path) -> Alarm:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Alarm)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        step = say("upload.ask_headquarters_before_removing")
        return Alarm(kind, 0, say("upload.file_in_cosignatures_folder", name=path.name), step, 0, 0)
