"""What an agent looks at when it starts: whether this disk still holds the journal that was promised.

The key that went on, headquarters' newest cosignature and the verifier's last look are three
witnesses beside the journal. What they contradict is an alarm before the first payment.
"""

from __future__ import annotations

import hashlib
import os
from base64 import b32encode
from collections.abc import Iterator
from pathlib import Path

from agent.alarms.standing import StandingAlarms
from agent.journal.checkpoint import parse_checkpoint
from agent.journal.note import CosignatureVerifier, NoteError, Verifier, open_note
from agent.journal.schema.entry import AlarmRaised
from agent.journal.verified import VKEY_FILE, read_verified
from agent.journal.verify import COSIGNED
from agent.journal.writer import Journal
from agent.settings.load import Settings

_FILE_MODE = 0o640
# The two folders that this program is made of.
_PARTS = ("agent", "drivers")


def doubts(
    settings: Settings,
    journal: Journal,
    own: Verifier,
    collector: CosignatureVerifier | None,
    standing: StandingAlarms,
) -> list[AlarmRaised]:
    """The alarms that the start itself raises; none that stands already."""
    found = [
        *_key_doubts(journal),
        *(_cosignature_doubts(settings.agent.cosignatures, journal, own, collector) if collector else ()),
        *_verifier_doubts(settings, journal),
    ]
    raised = [standing.raising(alarm, figures=figures) for alarm, figures in found]
    return [entry for entries in raised for entry in entries]


Doubt = tuple[str, dict[str, int | str]]


def _key_doubts(journal: Journal) -> Iterator[Doubt]:
    for fact in journal.doubts:
        yield fact.code.removeprefix("journal."), dict(fact.figures)


def _cosignature_doubts(
    folder: Path, journal: Journal, own: Verifier, collector: CosignatureVerifier
) -> Iterator[Doubt]:
    """A cosignature that cannot be read is an alarm of its own, raised elsewhere."""
    try:
        note = open_note((folder / COSIGNED).read_bytes(), [collector])
        head = parse_checkpoint(note.text)
    except (OSError, NoteError):
        return
    if head.origin != own.name:
        return
    if note.of(own) is None and not any(s.key_id == own.key_id for s in note.signatures):
        yield "journal_key_exchanged", {"headquarters_size": head.size}
    figures: dict[str, int | str] = {"journal_size": journal.size, "headquarters_size": head.size}
    if head.size > journal.size:
        yield "rollback", figures
    elif head.size == journal.size and head.root != journal.root:
        yield "fork", figures


def _verifier_doubts(settings: Settings, journal: Journal) -> Iterator[Doubt]:
    try:
        verified = read_verified(settings.agent.verified)
    except (OSError, ValueError):
        return
    if verified is not None and verified.origin == settings.origin and verified.entries > journal.size:
        yield "verified_more", {"journal_size": journal.size, "verified_size": verified.entries}


def installed_digest(place: Path | None = None) -> str:
    """SHA-256 over names and contents of the program's own files, in base32.

    Root can defeat it; then it says so to whoever compares it with the release.
    """
    place = place or Path(__file__).parents[2]
    whole = hashlib.sha256()
    for path in sorted(file for part in _PARTS for file in (place / part).rglob("*.py")):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{content}  {path.relative_to(place).as_posix()}\n".encode())
    return b32encode(whole.digest()).decode("ascii").rstrip("=").lower()


def keep_papers(folder: Path, vkey: str, digest: str, text: str) -> None:
    """Leave beside the journal what a reader needs: its public key, and the settings behind their digest.

    Nothing depends on them: what cannot be written is left out.
    """
    for name, content in ((VKEY_FILE, f"{vkey}\n"), (f"settings-{digest}.json", text)):
        path = folder / name
        try:
            if not path.exists() or path.read_text("utf-8") != content:
                _replace(path, content)
        except (OSError, ValueError):
            continue


def _replace(path: Path, content: str) -> None:
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _FILE_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, _FILE_MODE)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    temporary.rename(path)
