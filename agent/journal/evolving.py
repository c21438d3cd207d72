"""Forward security: an HMAC under a key that evolves by a one-way step, carried as a note line of type `ff`.

Headquarters keeps the first key (k0) and checks every line. Everybody else can read the epoch in it
(`epochs.py`). A thief of today's key cannot make yesterday's lines, uploaded or not. The step is
HKDF-Expand (RFC 5869) with SHA-256.
"""

from __future__ import annotations

import hmac
import os
from binascii import Error as Base64Error
from binascii import a2b_base64
from functools import cache
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from agent.journal.note import KEY_ID_BYTES, OWN_TYPE, Note, NoteError, key_id, signature_line

KEY_BYTES = 32
# A thief of the key can forge the lines of one epoch: the design allows ten minutes.
EVOLVE_S = 600.0
# Twenty years of epochs; a line from further ahead is false. The steps take 7 seconds at most.
MAX_EPOCH_STEPS = 1_000_000

# signed-note asks types of our own for a long identifier.
_IDENTIFIER = b"tillgate evolving-key HMAC-SHA-256 v1"
_STEP = b"tillgate evolving-key step v1"
_EPOCH_BYTES = 8
_STATE_BYTES = _EPOCH_BYTES + KEY_BYTES
# Where key id and epoch stand in a checkpoint's line, which ends with 60 base64 characters and `\\n"`.
EPOCH_DIGITS = slice(-63, -47)


class EvolvingError(NoteError):
    """An evolving-key line is missing, goes back, or was not made with the key of its epoch."""


class KeyStore(Protocol):
    """Where epoch and key outlive the process."""

    def load(self) -> tuple[int, bytearray]:
        """The epoch and its key. The caller wipes the key."""

    def replace(self, epoch: int, key: bytearray) -> None:
        """Keep these instead, durably, before returning. Raises `OSError`."""


class KeyFile:
    """The key in one file of mode 0600.

    The old key's blocks are overwritten once the new file has its name. A file system offers
    nothing better. A flash translation layer may keep a copy.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> tuple[int, bytearray]:
        state = bytearray(_STATE_BYTES + 1)
        fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            length = os.readv(fd, [state])
        finally:
            os.close(fd)
        if length != _STATE_BYTES:
            raise EvolvingError("journal.evolving_file", path=self._path)
        key = state[_EPOCH_BYTES:_STATE_BYTES]
        epoch = int.from_bytes(state[:_EPOCH_BYTES], "big")
        _wipe(state)
        return epoch, key

    def replace(self, epoch: int, key: bytearray) -> None:
        fresh = self._path.with_name(self._path.name + ".new")
        state = bytearray(epoch.to_bytes(_EPOCH_BYTES, "big")) + key
        try:
            _write_synced(fresh, state)
        finally:
            _wipe(state)
        old = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC) if self._path.exists() else None
        try:
            fresh.rename(self._path)
            _sync_folder(self._path.parent)
            if old is not None:
                os.pwrite(old, bytes(_STATE_BYTES), 0)
                os.fdatasync(old)
        finally:
            if old is not None:
                os.close(old)


class EvolvingKey:
    """The agent's side: makes the line under each checkpoint. `name` is the log's origin."""

    def __init__(self, name: str, store: KeyStore) -> None:
        self._name = name
        self._key_id = evolving_key_id(name)
        self._store = store
        self._key = bytearray(KEY_BYTES)
        self._since_s: float | None = None
        self.epoch = 0

    def start(self, last: int | None) -> int:
        """Read the key, and leave the epoch `last` of the journal's newest line. The stored epoch.

        A key that has made no line yet is used as it is: so no epoch of a journal is skipped, however
        often a start fails. The first key makes no line: headquarters and the enrolment know it.
        Raises `OSError`, and `EvolvingError` for a key that is too old by far.
        """
        stored, key = self._store.load()
        self.epoch = stored
        self._key[:] = key
        _wipe(key)
        used = 0 if last is None else last
        if used - stored > MAX_EPOCH_STEPS:
            raise EvolvingError("journal.evolving_ahead", epoch=used, before=stored)
        while self.epoch < used:
            self._advance()
        if self.epoch == used:
            self._step()
        self._since_s = None
        return stored

    def due(self, now_s: float) -> bool:
        """Whether the next line must be of a new epoch. `now_s` is boot time, sleep included.

        An epoch's time begins with its first line.
        """
        if self._since_s is None:
            self._since_s = now_s
        return now_s - self._since_s >= EVOLVE_S

    def step(self, now_s: float) -> None:
        """Begin a new epoch; its first line comes now.

        Raises `OSError` if the new key is not on disk. This process may go on with it: a start finds
        the older one and leads it here again.
        """
        self._since_s = now_s
        self._step()

    def store_again(self) -> None:
        """Try once more to keep the key that is in use. Raises `OSError`."""
        self._store.replace(self.epoch, self._key)

    def line(self, text: bytes) -> str:
        """The signature line for a checkpoint's text."""
        return signature_line(self._name, self._key_id, _tagged(self._key, self.epoch, text))

    def close(self) -> None:
        """Leave the epoch, so that the stored key has made no line yet, and wipe. Raises `OSError`."""
        try:
            self._step()
        finally:
            _wipe(self._key)
            self._since_s = None

    def _step(self) -> None:
        self._advance()
        self._store.replace(self.epoch, self._key)

    def _advance(self) -> None:
        fresh = _next_key(self._key)
        self._key[:] = fresh
        _wipe(fresh)
        self.epoch += 1


class EvolvingCheck:
    """Headquarters' side: follows the lines of one log from the first key, or from the last place."""

    def __init__(self, name: str, key: bytes | bytearray, epoch: int = 0) -> None:
        if len(key) != KEY_BYTES:
            raise EvolvingError("journal.evolving_first_key", length=KEY_BYTES)
        self._name = name
        self._key_id = evolving_key_id(name)
        self.key = bytearray(key)
        self.epoch = epoch

    def check(self, note: Note) -> int:
        """The epoch of a note's line. Raises `EvolvingError`."""
        tag = _tag_of(note, self._name, self._key_id)
        epoch = int.from_bytes(tag[:_EPOCH_BYTES], "big")
        if epoch < self.epoch:
            raise EvolvingError("journal.evolving_back", before=self.epoch, epoch=epoch)
        if epoch - self.epoch > MAX_EPOCH_STEPS:
            raise EvolvingError("journal.evolving_ahead", epoch=epoch, before=self.epoch)
        key = bytearray(self.key)
        for _ in range(epoch - self.epoch):
            key = _next_key(key)
        if not hmac.compare_digest(_tagged(key, epoch, note.text.encode()), tag):
            raise EvolvingError("journal.evolving_key", epoch=epoch)
        self.key, self.epoch = key, epoch
        return epoch


def enrol(store: KeyStore, k0: bytearray) -> None:
    """Give an agent its first key. The caller hands the same key to headquarters and wipes it."""
    if len(k0) != KEY_BYTES:
        raise EvolvingError("journal.evolving_first_key", length=KEY_BYTES)
    store.replace(0, k0)


@cache
def evolving_key_id(name: str) -> bytes:
    """The key id of the evolving-key line; the type has no public key."""
    return key_id(name, OWN_TYPE, _IDENTIFIER)[:KEY_ID_BYTES]


def epoch_of(note: Note, name: str) -> int:
    """The epoch that a note's line names; anybody can read it. Raises `EvolvingError` without one line."""
    return int.from_bytes(_tag_of(note, name, evolving_key_id(name))[:_EPOCH_BYTES], "big")


def epoch_in(digits: bytes, name: str) -> int | None:
    """The epoch in the `EPOCH_DIGITS` of a checkpoint's line; None if it stands elsewhere."""
    try:
        raw = a2b_base64(digits, strict_mode=True)
    except Base64Error:
        return None
    ours = raw[:KEY_ID_BYTES] == evolving_key_id(name) and len(raw) == KEY_ID_BYTES + _EPOCH_BYTES
    return int.from_bytes(raw[KEY_ID_BYTES:], "big") if ours else None


def _tag_of(note: Note, name: str, own_id: bytes) -> bytes:
    mine = [s.value for s in note.signatures if (s.name, s.key_id) == (name, own_id)]
    if len(mine) != 1 or len(mine[0]) != _STATE_BYTES:
        raise EvolvingError("journal.evolving_line")
    return mine[0]


def _tagged(key: bytearray, epoch: int, text: bytes) -> bytes:
    epoch_bytes = epoch.to_bytes(_EPOCH_BYTES, "big")
    return epoch_bytes + hmac.digest(key, _IDENTIFIER + b"\n" + epoch_bytes + text, "sha256")


def _next_key(key: bytearray) -> bytearray:
    fresh = bytearray(KEY_BYTES)
    HKDFExpand(SHA256(), KEY_BYTES, _STEP).derive_into(key, fresh)
    return fresh


def _wipe(secret: bytearray) -> None:
    secret[:] = bytes(len(secret))


def _write_synced(path: Path, state: bytearray) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        if os.write(fd, state) != len(state):
            raise OSError("short key write")
        os.fsync(fd)
    finally:
        os.close(fd)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
