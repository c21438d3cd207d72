"""Fuzz the collector's bodies: any bytes are a request that builds back to them, or a refusal.

    python -m tests.fuzz.fuzz_collector_body --runs 1000000 [--seed N]

What parses is also given to a log with a signed head, which must never shrink,
take another history or raise anything.
With atheris installed the search is guided by coverage, else a seeded loop bends
good bodies.
"""

from __future__ import annotations

import random
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.collector.contacts import Contacts
from agent.collector.epochs import EpochStore
from agent.collector.evidence import Evidence
from agent.collector.ledger import Ledger, LedgerFolders
from agent.collector.storage.store import TileStore
from agent.journal.checkpoint import checkpoint_text
from agent.journal.evolving import EvolvingKey
from agent.journal.note import Cosigner, Ed25519Signer, parse_vkey, sign_note
from agent.journal.transfer import (
    BadRequestError,
    build_lines,
    parse_add_checkpoint,
    parse_lines,
    read_checkpoint,
)
from agent.journal.tree import Frontier, leaf_hash
from tests.collector.conftest import line_of
from tests.fuzz import harness
from tests.journal.conftest import MemoryKeys

ORIGIN = "shop.example/till-1"
SIGNER = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
COSIGNER = Cosigner("collector.example", Ed25519PrivateKey.from_private_bytes(bytes(32)))
LINES = tuple(line_of(n, "A-1") for n in range(12))


class Memory:
    """A folder that never fails and never forgets."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def read(self, name: str) -> bytes | None:
        return self.files.get(name)

    def write(self, name: str, data: bytes) -> None:
        self.files[name] = data

    def rename(self, name: str, new_name: str) -> None:
        self.files[new_name] = self.files.pop(name)

    def sync(self, folder: str) -> None:
        """Nothing is ever lost here."""

    def append(self, name: str, data: bytes) -> None:
        self.files[name] = self.files.get(name, b"") + data

    def make(self, folder: str) -> None:
        """Folders are part of the names."""

    def remove(self, folder: str) -> None:
        for name in [name for name in self.files if name.startswith(folder + "/")]:
            del self.files[name]


def signed(size: int) -> bytes:
    tree = Frontier()
    for line in LINES[:size]:
        tree.append(leaf_hash(line))
    text = checkpoint_text(ORIGIN, size, tree.root())
    key = EvolvingKey(ORIGIN, MemoryKeys(key=bytearray(32)))
    key.start(None)
    return (sign_note(text, SIGNER) + key.line(text.encode())).encode()


GOOD = tuple(
    body
    for start, end in ((0, 3), (3, 3), (3, 12), (0, 12), (5, 9))
    for body in (
        build_lines(start, LINES[start:end], signed(end)),
        b"old %d\n%s\n\n%s" % (start, b64encode(leaf_hash(LINES[start])), signed(end)),
        b"old %d\n\n%s" % (start, signed(end)),
    )
)
PIECES = (
    b"\n", b"\n\n", b"\n\n\n", b"\r\n", b"\x00", b"\xff", b"start ", b"old ", b"tillgate-lines/v2", b"0",
    b'"a checkpoint"',
    b"00", b"-1", b"+3", b"9" * 19, b"9" * 20, b" 3", b"3 ", "\uff13".encode(), b"A" * 43 + b"=",
    b"\xe2\x80\x94 ", ORIGIN.encode(), b"../..", b"{}", b"x" * 70_000, signed(3), signed(12),
    signed(3).split(b"\n\n")[1] * 40,
)  # fmt: skip


class Target:
    """A log with three lines, refilled whenever it took some."""

    def __init__(self) -> None:
        self._fill()

    def _fill(self) -> None:
        self._tiles, heads, findings = Memory(), Memory(), Memory()
        epochs = EpochStore(Memory(), bytes(32))
        folders = LedgerFolders(
            TileStore(self._tiles), TileStore(heads), Evidence(findings), epochs, Contacts(None)
        )
        self._ledger = Ledger(ORIGIN, [parse_vkey(SIGNER.vkey)], folders, COSIGNER, lambda: 1_790_000_000)
        assert self._ledger.add_lines(parse_lines(GOOD[0])).status == 200

    def one_input(self, body: bytes) -> None:
        """Raises `AssertionError` on a finding."""
        self._lines(body)
        self._witness(body)

    def _lines(self, body: bytes) -> None:
        try:
            request = parse_lines(body)
            origin = read_checkpoint(request.checkpoint).origin
        except BadRequestError as refusal:
            self._refused(refusal, body)
            return
        assert build_lines(request.start, request.sent(), request.checkpoint) == body, body
        if origin == ORIGIN:
            self._judge(self._ledger.add_lines(request).status, body)

    def _witness(self, body: bytes) -> None:
        try:
            request = parse_add_checkpoint(body)
            origin = read_checkpoint(request.checkpoint).origin
        except BadRequestError as refusal:
            self._refused(refusal, body)
            return
        if origin == ORIGIN:
            self._judge(self._ledger.add_checkpoint(request).status, body)

    def _refused(self, refusal: BadRequestError, body: bytes) -> None:
        assert str(refusal).isprintable(), body

    def _judge(self, status: int, body: bytes) -> None:
        assert status in {200, 202, 400, 403, 409, 422}, body
        size = self._ledger.size()
        assert size >= 3, body
        if status in {200, 202}:
            stored = self._tiles.files["checkpoint"].partition(b"\n\n")[0]
            assert stored == signed(size).partition(b"\n\n")[0], body
            self._fill()


def bent(rng: random.Random) -> bytes:
    """A good body after a few accidents."""
    body = bytearray(rng.choice(GOOD))
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(body) + 1)
        match rng.randrange(5):
            case 0:
                body[at:at] = rng.choice(PIECES)
            case 1:
                del body[at : at + rng.randrange(1, 20)]
            case 2:
                body[at : at + 1] = bytes([rng.randrange(256)])
            case 3:
                body[at:] = rng.choice(GOOD)[rng.randrange(100) :]
            case _:
                body[at:at] = body[at : at + rng.randrange(1, 60)]
    return bytes(body)


def loop(one_input: Callable[[bytes], None], runs: int, seed: int) -> None:
    """The seeded search."""
    rng, began = random.Random(seed), time.monotonic()  # noqa: S311 - repeatable on purpose
    for run in range(runs):
        body = bent(rng)
        try:
            one_input(body)
        except Exception:
            print(f"finding: seed {seed}, run {run}: {body!r}", file=sys.stderr)  # noqa: T201 - the result
            raise
    print(f"{runs} runs, seed {seed}, {time.monotonic() - began:.0f} s, nothing found")  # noqa: T201 - the result


if __name__ == "__main__":
    target = Target()
    # Alone, a mutator never meets a valid signature: it starts from good bodies.
    harness.run(__doc__, target.one_input, partial(loop, target.one_input), corpus=GOOD, longest=8192)
