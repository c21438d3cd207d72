"""Fuzz signed notes, checkpoints and verifier keys: one spelling each, or a `NoteError`.

    python -m tests.fuzz.fuzz_note --runs 1000000 [--seed N]

With atheris installed the search is guided by coverage, else a seeded loop bends
good notes and keys.
"""

from __future__ import annotations

import random
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.journal.checkpoint import checkpoint_text, parse_checkpoint
from agent.journal.lines import checkpoint_line, note_of
from agent.journal.note import Cosigner, Ed25519Signer, NoteError, parse_note, parse_vkey, sign_note
from tests.fuzz import harness

ORIGIN = "fuzz.example/till-1"
SIGNER = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
COSIGNER = Cosigner("collector.example", Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32))
TEXT = checkpoint_text(ORIGIN, 12345, bytes(range(32)))
NOTE = sign_note(TEXT, SIGNER) + COSIGNER.cosign(TEXT, 1_700_000_000).line()
GOOD = (NOTE.encode(), TEXT.encode(), SIGNER.vkey.encode(), COSIGNER.vkey.encode(), checkpoint_line(NOTE))
PIECES = (
    b"\n", b"\n\n", b"\r", b"\0", b"\t", b" ", b"+", b"=", b"==", b"\xe2\x80\x94 ", b"\xe2\x80\x94", b"-",
    b"A", b"/", b"0", b"-1", b"9" * 30, b"\xff", "\uff11".encode(), b"\xe2\x80\xa8", b'"', b"\\n", b"\\u2014",
)  # fmt: skip
LENGTHS = (0, 0, 1, 1, 3, 40)


def one_input(data: bytes) -> None:
    """One input for every reader, as it is or as changes. Raises `AssertionError` on a second spelling."""
    check(data[1:] if data[:1] == b"\xff" else bent(data))


def bent(data: bytes) -> bytes:
    """A good one, chosen by the first byte, with a change for every four bytes that follow."""
    content = bytearray(GOOD[data[0] % len(GOOD)] if data else b"")
    for number in range(1, min(len(data) - 3, 13), 4):
        where, gone, comes = int.from_bytes(data[number : number + 2]), data[number + 2], data[number + 3]
        at, length = where % (len(content) + 1), LENGTHS[gone % len(LENGTHS)]
        copied = bytes(content[at : at + length])
        content[at : at + length] = (*PIECES, copied, bytes([gone]), b"")[comes % (len(PIECES) + 3)]
    return bytes(content)


def check(data: bytes) -> int:
    """How many readers took it."""
    return sum(reads(data) for reads in (reads_note, reads_checkpoint, reads_vkey, reads_line))


def reads_note(data: bytes) -> bool:
    """Whether it is a note: then it is made of its parts again, byte for byte."""
    try:
        note = parse_note(data)
    except NoteError:
        return False
    again = note.text + "\n" + "".join(signature.line() for signature in note.signatures)
    assert again.encode() == data, data
    return True


def reads_checkpoint(data: bytes) -> bool:
    """Whether it is a checkpoint: then its text is the same again."""
    text = data.decode("utf-8", "replace")
    try:
        checkpoint = parse_checkpoint(text)
    except NoteError:
        return False
    assert checkpoint.text() == text, data
    return True


def reads_vkey(data: bytes) -> bool:
    """Whether it is a key: then it is one of the two, for a key id cannot be guessed."""
    text = data.decode("utf-8", "replace")
    try:
        parse_vkey(text)
    except NoteError:
        return False
    assert text in (SIGNER.vkey, COSIGNER.vkey), data
    return True


def reads_line(data: bytes) -> bool:
    """Whether it is a line that carries a note: then it is our spelling."""
    try:
        note = note_of(data)
    except NoteError:
        return False
    assert checkpoint_line(note.decode()) == data, data
    return True


def loop(runs: int, seed: int) -> None:
    """A seeded search without coverage."""
    rng, began, taken = random.Random(seed), time.perf_counter(), 0  # noqa: S311 - a seed is the point
    for _ in range(runs):
        taken += check(bent(rng.randbytes(rng.choice((5, 5, 9, 13)))))
    took_s = time.perf_counter() - began
    print(f"{runs} inputs, {taken} taken, seed {seed}, {took_s:.1f} s: no finding")  # noqa: T201 - a program


if __name__ == "__main__":
    assert [check(data) for data in GOOD] == [1, 1, 1, 1, 1]
    harness.run(__doc__, one_input, loop)
