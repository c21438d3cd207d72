"""A small world for the journal: a disk in memory that fails when told, clocks that stand still, keys."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.journal.disk import Disk, JournalLocked
from agent.journal.evolving import EvolvingKey
from agent.journal.lines import note_of
from agent.journal.note import Ed25519Signer, parse_vkey
from agent.journal.recover import Snapshot
from agent.journal.schema.entry import SCHEMA, Completed, Entry, Schema
from agent.journal.writer import Journal

ORIGIN = "journal.example/store-0042/pos-07"
FIRST_FILE = "j0000000000-2026-03-28.jsonl"
K0 = bytes(range(32))
MORNING = datetime(2026, 3, 28, 9, 0, tzinfo=timezone(timedelta(hours=1)))
SIGNER = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32))
VERIFIER = parse_vkey(SIGNER.vkey)
OTHER = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32))


@dataclass
class StillClock:
    """Moves when told."""

    now: datetime = MORNING
    boot: int = 1_000
    boot_name: str = "aaaa"

    def wall(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.boot / 1000

    def boot_ms(self) -> int:
        return self.boot

    def boot_id(self) -> str:
        return self.boot_name

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.boot += int(seconds * 1000)


@dataclass
class MemoryKeys:
    """A key store that outlives the agent, not the test."""

    epoch: int = 0
    key: bytearray = field(default_factory=lambda: bytearray(K0))
    fail: OSError | None = None

    def load(self) -> tuple[int, bytearray]:
        return self.epoch, bytearray(self.key)

    def replace(self, epoch: int, key: bytearray) -> None:
        if self.fail:
            raise self.fail
        self.epoch, self.key = epoch, bytearray(key)


class MemoryDisk:
    """The `Disk` interface over a dict. `fail_at` counts down calls that may fail; then `how` happens.

    What is not synced is lost by `power_cut`, and so are files whose folder was not synced.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytearray] = {}
        self.durable: dict[str, bytes] = {}
        self.names: set[str] = set()
        self.room = 1 << 40
        self.locked = False
        self.calls = 0
        self.fail_at: int | None = None
        self.how: Callable[[], None] = lambda: None
        self.short = False
        self.log: list[str] = []

    def _call(self, what: str) -> bool:
        self.calls += 1
        self.log.append(what)
        if self.fail_at is not None and self.calls == self.fail_at:
            if self.short and what == "append":
                return True
            raise OSError(errno.EIO, f"{what} failed")
        return False

    def lock(self) -> None:
        if self.locked:
            raise JournalLocked("memory", "1")
        self.locked = True

    def unlock(self) -> None:
        self.locked = False

    def list(self) -> dict[str, int]:
        return {name: len(self.files[name]) for name in sorted(self.files)}

    def read(self, name: str, offset: int, count: int) -> bytes:
        self._call("read")
        return bytes(self.files[name][offset : offset + count])

    def open(self, name: str) -> None:
        self._call("open")
        self.files.setdefault(name, bytearray())

    def append(self, name: str, data: bytes) -> int:
        count = len(data) // 2 if self._call("append") else len(data)
        self.files[name] += data[:count]
        return count

    def sync(self, name: str) -> None:
        self._call("sync")
        self.durable[name] = bytes(self.files[name])

    def sync_folder(self) -> None:
        self._call("sync_folder")
        self.names = set(self.files)

    def truncate(self, name: str, size: int) -> None:
        self._call("truncate")
        del self.files[name][size:]

    def reserve(self, name: str, until: int) -> None:
        self.log.append("reserve")
        assert name in self.files
        if until > self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self, name: str) -> None:
        assert name in self.files

    def power_cut(self) -> None:
        self.files = {n: bytearray(d) for n, d in self.durable.items() if n in self.names}
        self.locked = False
        self.fail_at = None


@dataclass
class World:
    """A journal's surroundings, which outlive each agent."""

    disk: Disk
    clock: StillClock = field(default_factory=StillClock)
    keys: MemoryKeys = field(default_factory=MemoryKeys)
    applied: list[Entry] = field(default_factory=list)

    def open(
        self, start: Snapshot | None = None, signer: Ed25519Signer = SIGNER, schema: Schema = SCHEMA
    ) -> Journal:
        self.applied = []
        return Journal.open(
            self.disk,
            signer.name,
            signer,
            EvolvingKey(ORIGIN, self.keys),
            self.clock,
            "0.1.0",
            "config",
            start,
            self.applied.append,
            schema,
        )


def body(number: int = 0) -> Completed:
    return Completed(payment_id=f"till-{number}")


def payment_ids(entries: list[Entry]) -> list[str]:
    """The payment ids of `body`s among entries."""
    return [e.body.payment_id for e in entries if isinstance(e.body, Completed)]


def is_full(journal: Journal) -> bool:
    """`journal.full`, which may change between two looks; mypy takes a property for a constant."""
    return journal.full


@pytest.fixture
def disk() -> MemoryDisk:
    return MemoryDisk()


@pytest.fixture
def world(disk: MemoryDisk) -> World:
    return World(disk)


def lines_of(disk: MemoryDisk) -> list[bytes]:
    return [line for content in disk.files.values() for line in bytes(content).splitlines()]


def notes_of(disk: MemoryDisk) -> list[bytes]:
    return [note_of(line) for line in lines_of(disk) if line.startswith(b'"')]
