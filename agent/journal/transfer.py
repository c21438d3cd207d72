"""The two requests that a collector answers, read strictly.

`POST /logs/ORIGIN/lines` brings journal lines and the checkpoint that signs them:

    tillgate-lines/v2
    start 421
    {"index":421,...}
    {"index":422,...}
    "the checkpoint line of these two"
    {"index":423,...}

    shop.example/till-1
    424
    ...

The lines are the journal's own bytes; each entry is one leaf. Every checkpoint line between them is
sent too, for headquarters checks the evolving key in each; the last one is the note at the end.
`POST /add-checkpoint` is C2SP tlog-witness v1.0.0. In both, the first empty line ends the part
before the note.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from dataclasses import dataclass

from agent.base.coded import CodedError
from agent.journal.checkpoint import Checkpoint, parse_checkpoint
from agent.journal.note import NoteError, parse_note
from agent.journal.schema.base import MAX_ENTRY_BYTES
from agent.journal.tree import HASH_BYTES, MAX_PROOF_HASHES

HEADER = b"tillgate-lines/v2"
# The most entries that one request of C2SP tlog-mirror may bring: 32 packages of 256.
MAX_LINES = 8_192
# One request must hold a whole commit of the journal. The largest commit is far smaller.
MAX_REQUEST_BYTES = 8 * 1024 * 1024
# Signed-note asks for sixteen at least; all of them are stored beside ours.
MAX_SIGNATURES = 32

_NUMBER = re.compile(rb"0|[1-9][0-9]{0,18}")


class BadRequestError(CodedError, ValueError):
    """The body is not the request it should be. The code says what is wrong."""


@dataclass(frozen=True, slots=True)
class AddLines:
    """Entries from index `start` on, and the signed note of a checkpoint that ends with them.

    `inner` are the checkpoint lines between: after how many of the entries, and the line.
    """

    start: int
    lines: tuple[bytes, ...]
    checkpoint: bytes
    inner: tuple[tuple[int, bytes], ...] = ()

    def sent(self) -> list[bytes]:
        """The lines as they were sent, each checkpoint line in its place."""
        lines = list(self.lines)
        for behind, (place, line) in enumerate(self.inner):
            lines.insert(place + behind, line)
        return lines


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A checkpoint and the proof that it continues the one of size `old`."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes


def parse_lines(body: bytes) -> AddLines:
    """Read an add-lines request. Raises `BadRequestError`."""
    (header, start, *lines), checkpoint = _split(body, at_least=2)
    if header != HEADER:
        raise BadRequestError("journal.request_header", header=HEADER.decode("ascii"))
    if len(lines) > MAX_LINES:
        raise BadRequestError("journal.request_lines", limit=MAX_LINES)
    if any(len(line) > MAX_ENTRY_BYTES for line in lines):
        raise BadRequestError("journal.request_line_bytes", limit=MAX_ENTRY_BYTES)
    entries, inner = _sorted(lines)
    return AddLines(_number(b"start", start), tuple(entries), checkpoint, tuple(inner))


def _sorted(lines: list[bytes]) -> tuple[list[bytes], list[tuple[int, bytes]]]:
    """Entries, and the checkpoint lines between them. Each checkpoint has entries before and behind it."""
    entries: list[bytes] = []
    inner: list[tuple[int, bytes]] = []
    behind = 0
    for line in lines:
        if line[:1] != b'"':
            entries.append(line)
        elif len(entries) == behind:
            raise BadRequestError("journal.request_checkpoint")
        else:
            behind = len(entries)
            inner.append((behind, line))
    if inner and len(entries) == behind:
        raise BadRequestError("journal.request_checkpoint")
    return entries, inner


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """Read an add-checkpoint request. Raises `BadRequestError`."""
    (old, *proof), checkpoint = _split(body, at_least=1)
    if len(proof) > MAX_PROOF_HASHES:
        raise BadRequestError("journal.request_proof_lines", limit=MAX_PROOF_HASHES)
    return AddCheckpoint(_number(b"old", old), tuple(_hash(line) for line in proof), checkpoint)


def build_lines(start: int, lines: Iterable[bytes], checkpoint: bytes) -> bytes:
    """The body of an add-lines request."""
    return b"\n".join((HEADER, b"start %d" % start, *lines)) + b"\n\n" + checkpoint


def read_checkpoint(raw: bytes) -> Checkpoint:
    """The checkpoint of a note before its signatures are checked. Raises `BadRequestError`."""
    try:
        note = parse_note(raw)
        checkpoint = parse_checkpoint(note.text)
    except NoteError as error:
        raise BadRequestError(error.code, **error.figures) from None
    if len(note.signatures) > MAX_SIGNATURES:
        raise BadRequestError("journal.note_signatures", limit=MAX_SIGNATURES)
    return checkpoint


def _split(body: bytes, at_least: int) -> tuple[list[bytes], bytes]:
    head, empty_line, checkpoint = body.partition(b"\n\n")
    lines = head.split(b"\n")
    if not empty_line or len(lines) < at_least or not all(lines):
        raise BadRequestError("journal.request_shape")
    try:
        head.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequestError("journal.request_not_utf8") from None
    return lines, checkpoint


def _number(word: bytes, line: bytes) -> int:
    name, _, digits = line.partition(b" ")
    if name != word or not _NUMBER.fullmatch(digits):
        raise BadRequestError("journal.request_number", word=word.decode("ascii"))
    return int(digits)


def _hash(line: bytes) -> bytes:
    try:
        value = b64decode(line, validate=True)
    except Base64Error:
        raise BadRequestError("journal.request_proof_hash", length=HASH_BYTES) from None
    if len(value) != HASH_BYTES or b64encode(value) != line:
        raise BadRequestError("journal.request_proof_hash", length=HASH_BYTES)
    return value
