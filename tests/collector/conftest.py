"""A journal as headquarters sees it: lines, and a key that signs any head of them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agent.collector.contacts import Contacts
from agent.collector.epochs import EpochStore
from agent.collector.evidence import Evidence
from agent.collector.ledger import Ledger, LedgerFolders
from agent.collector.storage.store import TileStore
from agent.journal.checkpoint import checkpoint_text
from agent.journal.evolving import EvolvingKey
from agent.journal.note import Cosigner, Ed25519Signer, parse_vkey, sign_note
from agent.journal.transfer import AddCheckpoint, AddLines, build_lines
from agent.journal.tree import Tree, consistency_proof, leaf_hash, root_of
from tests.journal.conftest import MemoryKeys

ORIGIN = "shop.example/till-1"
BY = '"written_by":{"format":2,"version":"0","config":"c","boot":"aaaa"},'
NOW_S = 1_790_000_000


def key(seed: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(seed.encode()).digest())


def line_of(index: int, name: str) -> bytes:
    """An entry as an agent writes it; `name` is what differs between two histories."""
    by = BY if index == 0 else ""
    return (
        f'{{"index":{index},"at":"2026-03-28T09:00:00.000Z","boot_ms":1000,{by}'
        f'"kind":"completed","payment_id":"{name}"}}'
    ).encode()


@dataclass
class Shop:
    """One history of one journal."""

    name: str = "honest"
    origin: str = ORIGIN
    lines: list[bytes] = field(default_factory=list)
    tree: Tree = field(default_factory=Tree)
    seed: str = "journal"
    evolving: str = "evolving"

    @property
    def signer(self) -> Ed25519Signer:
        return Ed25519Signer(self.origin, key(self.seed))

    def grow(self, size: int) -> Shop:
        while len(self.lines) < size:
            line = line_of(len(self.lines), self.name)
            self.lines.append(line)
            self.tree.append(leaf_hash(line))
        return self

    def branch(self, size: int, name: str) -> Shop:
        """Another history with the same first lines and the same key."""
        other = Shop(name, self.origin, seed=self.seed, evolving=self.evolving)
        for line in self.lines[:size]:
            other.lines.append(line)
            other.tree.append(leaf_hash(line))
        return other

    def root(self, size: int) -> bytes:
        return root_of(size, self.tree.node)

    def checkpoint(self, size: int) -> bytes:
        text = checkpoint_text(self.origin, size, self.root(size))
        return (sign_note(text, self.signer) + self.evolving_line(text)).encode()

    @property
    def first_key(self) -> bytes:
        return sha256(self.evolving.encode()).digest()

    def evolving_line(self, text: str) -> str:
        """All within the first ten minutes: epoch 1."""
        keys = MemoryKeys(key=bytearray(self.first_key))
        own = EvolvingKey(self.origin, keys)
        own.start(None)
        return own.line(text.encode())

    def request(self, start: int, end: int) -> AddLines:
        return AddLines(start, tuple(self.lines[start:end]), self.checkpoint(end))

    def body(self, start: int, end: int) -> bytes:
        return build_lines(start, self.lines[start:end], self.checkpoint(end))

    def witness_request(self, old: int, size: int) -> AddCheckpoint:
        proof = tuple(consistency_proof(old, size, self.tree.node)) if old <= size else ()
        return AddCheckpoint(old, proof, self.checkpoint(size))

    def witness_body(self, old: int, size: int) -> bytes:
        request = self.witness_request(old, size)
        proof = b"".join(b64encode(h) + b"\n" for h in request.proof)
        return b"old %d\n" % old + proof + b"\n" + request.checkpoint


@pytest.fixture
def shop() -> Shop:
    return Shop().grow(40)


@pytest.fixture
def cosigner() -> Cosigner:
    return Cosigner("collector.example", key("collector"))


@pytest.fixture
def any_key() -> Ed25519PrivateKey:
    return key("any")


@pytest.fixture
def pem() -> bytes:
    return key("collector").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class MemoryFolder:
    """A disk on which a name is durable only after `sync`, and a content only after `write` returned.

    `calls_left` calls succeed, the next one fails and so does every later one.
    """

    def __init__(self) -> None:
        self.live: dict[str, bytes] = {}
        self.durable: dict[str, bytes] = {}
        self.calls_left = -1

    def _call(self) -> None:
        if self.calls_left == 0:
            raise OSError(5, "power is gone")
        self.calls_left -= 1

    def read(self, name: str) -> bytes | None:
        return self.live.get(name)

    def write(self, name: str, data: bytes) -> None:
        self._call()
        self.live[name] = data

    def append(self, name: str, data: bytes) -> None:
        self._call()
        self.live[name] = self.live.get(name, b"") + data

    def rename(self, name: str, new_name: str) -> None:
        self._call()
        self.live[new_name] = self.live.pop(name)

    def sync(self, folder: str) -> None:
        self._call()
        for name in [n for n in self.durable if n.rpartition("/")[0] == folder]:
            del self.durable[name]
        self.durable |= {n: d for n, d in self.live.items() if n.rpartition("/")[0] == folder}

    def make(self, _folder: str) -> None:
        self._call()

    def remove(self, folder: str) -> None:
        self._call()
        for name in [n for n in self.live if n.rpartition("/")[0] == folder]:
            del self.live[name]

    def after_crash(self, lucky: Callable[[str], bool]) -> MemoryFolder:
        """What a new start finds: synced names, and of the others those that were lucky."""
        disk = MemoryFolder()
        disk.live = dict(self.durable)
        for name in self.live.keys() | self.durable.keys():
            if lucky(name):
                disk.live.pop(name, None)
                if name in self.live:
                    disk.live[name] = self.live[name]
        disk.durable = dict(disk.live)
        return disk


@dataclass
class Place:
    """A collector's ledger on three memory disks."""

    tiles: MemoryFolder = field(default_factory=MemoryFolder)
    heads: MemoryFolder = field(default_factory=MemoryFolder)
    findings: MemoryFolder = field(default_factory=MemoryFolder)
    epochs: MemoryFolder = field(default_factory=MemoryFolder)
    contacts: Contacts = field(default_factory=lambda: Contacts(None))
    now: int = NOW_S

    def ledger(self, shop: Shop, cosigner: Cosigner) -> Ledger:
        folders = LedgerFolders(
            TileStore(self.tiles),
            TileStore(self.heads),
            Evidence(self.findings),
            EpochStore(self.epochs, shop.first_key),
            self.contacts,
        )
        return Ledger(shop.origin, [parse_vkey(shop.signer.vkey)], folders, cosigner, lambda: self.now)


@pytest.fixture
def place() -> Place:
    return Place()
