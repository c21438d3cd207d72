"""C2SP tlog-checkpoint v1.0.0: the body of a note that states a log's length and root."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from binascii import b2a_base64
from collections.abc import Iterable
from dataclasses import dataclass

from agent.journal.note import Note, NoteError, Verifier, check_name, open_note
from agent.journal.tree import HASH_BYTES

# A tree size is a non-negative 63-bit number without leading zeros.
_SIZE = re.compile("0|[1-9][0-9]{0,18}")
_MAX_SIZE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of one log. We write no extension lines; we keep those of others without reading them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The note's text, newline at the end."""
        return checkpoint_text(self.origin, self.size, self.root) + "".join(f"{e}\n" for e in self.extensions)


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """The three lines of a checkpoint."""
    return f"{origin}\n{size}\n{b2a_base64(root, newline=False).decode()}\n"


def check_origin(origin: str) -> None:
    """Raise `NoteError` unless `origin` may name a log and its key."""
    check_name(origin)


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that a note's text holds. Raises `NoteError`."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1]:
        raise NoteError("journal.checkpoint_lines")
    origin, size, root = lines[:3]
    extensions = tuple(lines[3:-1])
    if not origin or not all(extensions):
        raise NoteError("journal.checkpoint_empty_line")
    if not _SIZE.fullmatch(size) or int(size) > _MAX_SIZE:
        raise NoteError("journal.checkpoint_size")
    return Checkpoint(origin, int(size), _root(root), extensions)


def open_checkpoint(raw: bytes, origin: str, verifiers: Iterable[Verifier]) -> tuple[Checkpoint, Note]:
    """The checkpoint of one log, checked by its keys. Raises `NoteError`."""
    note = open_note(raw, verifiers)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != origin:
        raise NoteError("journal.checkpoint_of_other", found=checkpoint.origin, expected=origin)
    return checkpoint, note


def _root(encoded: str) -> bytes:
    try:
        root = b64decode(encoded.encode("ascii"), validate=True)
    except (Base64Error, UnicodeEncodeError):
        raise NoteError("journal.checkpoint_root") from None
    if len(root) != HASH_BYTES or b64encode(root).decode("ascii") != encoded:
        raise NoteError("journal.checkpoint_root_spelling")
    return root
