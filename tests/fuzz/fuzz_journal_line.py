"""Fuzz the reading of a journal: changed bytes are damage, or a torn end, and never other entries.

    python -m tests.fuzz.fuzz_journal_line --runs 1000000 [--seed N]

With atheris installed the search is guided by coverage, else a seeded loop bends
a good journal of one file.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

import msgspec

from agent.journal.checkpoint import checkpoint_text
from agent.journal.damage import DamagedJournal
from agent.journal.lines import checkpoint_line
from agent.journal.note import signature_line
from agent.journal.schema.entry import Completed, Entry, decode, encode
from agent.journal.tree import Frontier, leaf_hash
from agent.journal.walk import Walk
from tests.fuzz import harness

ORIGIN = "fuzz.example/till-1"
NAME = "j0000000000-2026-03-28.jsonl"
PIECES = (b"{", b'"', b"\n", b"\\n", b"\0", b'{"index":0,', b'{"index":2,', b'"index":1', b"\xff", b"9" * 25)
LENGTHS = (0, 0, 1, 1, 3, 40, 200, 5000)


class KnownTexts:
    """A signature that nobody can forge, and that costs nothing to check."""

    name = ORIGIN
    key_id = b"fuzz"

    def __init__(self) -> None:
        self.signed: dict[bytes, bytes] = {}

    def sign(self, text: bytes) -> bytes:
        """The signature of a text from now on."""
        return self.signed.setdefault(text, b"%063d" % len(self.signed))

    def verify(self, text: bytes, signature: bytes) -> bool:
        return self.signed.get(text) == signature


class OneFile:
    """A folder with one file."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def list(self) -> dict[str, int]:
        return {NAME: len(self.content)}

    def read(self, name: str, offset: int, count: int) -> bytes:
        assert name == NAME
        return self.content[offset : offset + count]


def good_journal(key: KnownTexts) -> tuple[bytes, list[bytes]]:
    """Three commits and the lines of their entries."""
    tree, content, lines = Frontier(), b"", list[bytes]()
    at = datetime(2026, 3, 28, tzinfo=UTC)
    for count in (1, 2, 1):
        for _ in range(count):
            body = Completed(payment_id=f"t-{tree.size}")
            entry = Entry(index=tree.size, at=at, boot_ms=1, body=body)
            lines.append(encode(entry))
            tree.append(leaf_hash(lines[-1]))
            content += lines[-1] + b"\n"
        text = checkpoint_text(ORIGIN, tree.size, tree.root())
        note = f"{text}\n" + signature_line(ORIGIN, key.key_id, key.sign(text.encode()))
        content += checkpoint_line(note) + b"\n"
    return content, lines


KEY = KnownTexts()
CONTENT, LINES = good_journal(KEY)


def one_input(data: bytes) -> None:
    """One input: a file as it is, or changes to the good one. Raises `AssertionError` on a finding."""
    check(data[1:] if data[:1] == b"\xff" else bent(data))


def check(content: bytes) -> bool:
    """True if the file is a whole journal or one with a torn end."""
    for line in content.split(b"\n")[:4]:
        read_entry(line)
    walk, found = Walk(OneFile(content), ORIGIN, [KEY], signatures=9), list[bytes]()
    try:
        for commit in walk.commits():
            found += commit.lines
    except DamagedJournal as damaged:
        damage = damaged.damage
        assert 0 <= damage.line <= content.count(b"\n") + 1, content
        assert str(damage).isprintable(), content
        return False
    assert found == LINES[: len(found)], content
    removable = walk.tail.removable if walk.tail else 0
    end = walk.last.end if walk.last else 0
    assert end + removable == len(content), content
    return True


def read_entry(line: bytes) -> None:
    """An entry or one of two errors."""
    try:
        decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return


def bent(data: bytes) -> bytes:
    """The good journal with a change for every four bytes: where (two), how much goes, what comes."""
    content = bytearray(CONTENT)
    for number in range(0, min(len(data) - 3, 16), 4):
        where, gone, comes = int.from_bytes(data[number : number + 2]), data[number + 2], data[number + 3]
        at, length = where % (len(content) + 1), LENGTHS[gone % len(LENGTHS)]
        copied = bytes(content[at : at + length])
        content[at : at + length] = (*PIECES, copied, bytes([gone]), b"")[comes % (len(PIECES) + 3)]
    return bytes(content)


def loop(runs: int, seed: int) -> None:
    """A seeded search without coverage."""
    rng, began, good = random.Random(seed), time.perf_counter(), 0  # noqa: S311 - a seed is the point
    for _ in range(runs):
        good += check(bent(rng.randbytes(rng.choice((4, 4, 8, 12)))))
    took_s = time.perf_counter() - began
    print(f"{runs} inputs, {good} of them journals, seed {seed}, {took_s:.1f} s: no finding")  # noqa: T201 - a program


if __name__ == "__main__":
    assert check(CONTENT)
    harness.run(__doc__, one_input, loop)
