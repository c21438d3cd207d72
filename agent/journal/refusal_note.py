"""A refusal that headquarters signs: why it took no lines, about which head, and when.

Anybody on the way can answer "422". Only headquarters can sign this. It is a signed note under
the collector's cosignature key; its first line keeps it apart from every checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from agent.journal.note import CosignatureVerifier, Cosigner, NoteError, cosigned_at, open_note
from agent.journal.schema.base import Fact

HEADER = "tillgate-refusal/v1"
_LINES = 6


@dataclass(frozen=True, slots=True)
class RefusalNote:
    """`about` is the head that was offered, as `SIZE ROOT`; `what` is the reason, a fact."""

    origin: str
    about: str
    what: Fact
    at_s: int = 0


def sign_refusal(refusal: RefusalNote, cosigner: Cosigner, at_s: int) -> bytes:
    """The note that says it."""
    fact = msgspec.json.encode(refusal.what, order="deterministic").decode()
    text = f"{HEADER}\n{refusal.origin}\n{refusal.about}\n{fact}\n"
    return f"{text}\n{cosigner.cosign(text, at_s).line()}".encode()


def open_refusal(raw: bytes, origin: str, collector: CosignatureVerifier) -> RefusalNote:
    """The refusal in a note about this log. Raises `NoteError` for anything else."""
    note = open_note(raw, [collector])
    signature = note.of(collector)
    lines = note.text.split("\n")
    if signature is None or len(lines) != _LINES - 1 or lines[:2] != [HEADER, origin]:
        raise NoteError("journal.no_refusal")
    try:
        what = msgspec.json.decode(lines[3], type=Fact)
    except msgspec.DecodeError:
        raise NoteError("journal.no_refusal") from None
    return RefusalNote(origin, lines[2], what, cosigned_at(signature))


def about(size: int, root: bytes) -> str:
    """How a head is named in a refusal."""
    return f"{size} {root.hex()}"
