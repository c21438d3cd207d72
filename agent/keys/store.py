"""Secrets on disk: read with care, never shown. `keys_create` makes them.

Every secret is one file of mode 0600 in the credentials folder. The evolving
key alone lives in the state folder, because it is replaced every ten minutes
and its first value must not stay on this host.
"""

from __future__ import annotations

import os
import stat
from datetime import date
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from agent.journal.note import Ed25519Verifier, NoteError, open_note, parse_vkey
from agent.texts import say
from drivers.card.seal import AcquirerKey, choose_key, parse_acquirer_keys

JOURNAL_KEY: Final = "journal.key"
EVOLVING_KEY: Final = "evolving.key"

# HMAC-SHA-256 gains nothing from more.
SYMMETRIC_KEY_BYTES: Final = 32
# A PEM key of the largest kind in use has 3.3 kB.
MAX_SECRET_BYTES: Final = 16_384
# 160 bit in base32; a person never types it.
MIN_TOKEN_CHARS: Final = 32
# The largest note that is still read, see note.py.
_MAX_KEY_FILE_BYTES: Final = 65_536


class KeysError(Exception):
    """A key cannot be used. The text says what it means and what to do."""


def read_secret(path: Path) -> bytearray:
    """The content of a secret file; the caller wipes it. Raises `KeysError`.

    A file that others may read is refused, unless the service manager guards
    it: systemd gives the credentials of a unit an access list that looks like a group.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except PermissionError as error:
        raise KeysError(say("keys.not_for_this_user", path=path, uid=os.geteuid())) from error
    except OSError as error:
        raise KeysError(say("keys.unreadable", path=path, strerror=error.strerror)) from error
    try:
        _check_guarded(path, os.fstat(descriptor))
        return _read(descriptor, path)
    finally:
        os.close(descriptor)


def check_mode(path: Path) -> None:
    """Raise `KeysError` when others than its owner may touch a secret file, or when it is not there."""
    wipe(read_secret(path))


def load_journal_key(folder: Path) -> Ed25519PrivateKey:
    """The key that signs checkpoints. Raises `KeysError`."""
    path = folder / JOURNAL_KEY
    pem = read_secret(path)
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise KeysError(say("keys.no_private_key", path=path, restore=say("keys.restore"))) from error
    finally:
        wipe(pem)
    if not isinstance(key, Ed25519PrivateKey):
        raise KeysError(say("keys.no_ed25519", path=path, restore=say("keys.restore")))
    return key


def load_api_token(path: Path) -> str:
    """The bearer token of the API on TCP. Raises `KeysError`."""
    raw = read_secret(path)
    try:
        token = raw.decode("ascii").strip()
    except UnicodeDecodeError:
        token = ""
    finally:
        wipe(raw)
    if len(token) < MIN_TOKEN_CHARS:
        raise KeysError(
            say(
                "keys.no_token",
                path=path,
                min_token_chars=MIN_TOKEN_CHARS,
                restore=say("keys.restore"),
            )
        )
    return token


def load_acquirer_key(path: Path, vkey: str, today: date) -> AcquirerKey:
    """The acquirer key that is valid today, from a key file that `vkey` has signed.

    Raises `KeysError`, or `drivers.card.seal.KeyExpired` and `KeyUnknown`; all with a text for a person.
    """
    return choose_key(load_acquirer_keys(path, vkey), today)


def load_acquirer_keys(path: Path, vkey: str) -> list[AcquirerKey]:
    """All keys of the signed key file. Raises `KeysError` or `drivers.card.seal.KeyUnknown`."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_KEY_FILE_BYTES + 1)
        verifier = parse_vkey(vkey)
        if not isinstance(verifier, Ed25519Verifier):
            raise KeysError(say("keys.wrong_acquirer_vkey", ask_provider=say("keys.ask_provider")))
        note = open_note(raw, [verifier])
    except OSError as error:
        raise KeysError(f"{path} cannot be read ({error.strerror}). {say('keys.ask_provider')}") from error
    except NoteError as error:
        raise KeysError(
            say("keys.not_by_provider", path=path, error=error, ask_provider=say("keys.ask_provider"))
        ) from error
    return parse_acquirer_keys(note.text)


def wipe(secret: bytearray) -> None:
    """Zero a secret in place."""
    secret[:] = bytes(len(secret))


def _check_guarded(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeysError(say("keys.no_regular_file", path=path, restore=say("keys.restore")))
    guarded = os.environ.get("CREDENTIALS_DIRECTORY")
    if guarded and path.parent == Path(guarded):
        return
    if status.st_uid not in _owners(path):
        raise KeysError(say("keys.foreign_owner", path=path, folder=path.parent))
    if status.st_mode & 0o077:
        raise KeysError(say("keys.open_to_others", path=path))


def _owners(path: Path) -> set[int]:
    """Who may own a secret: root and the user of this process.

    Root may look at the keys of the service: they belong to whom their folder belongs, who could
    exchange them in any case.
    """
    rightful = {0, os.geteuid()}
    return rightful | {path.parent.stat().st_uid} if os.geteuid() == 0 else rightful


def _read(descriptor: int, path: Path) -> bytearray:
    room = bytearray(MAX_SECRET_BYTES + 1)
    try:
        count = os.readv(descriptor, [room])
        if count > MAX_SECRET_BYTES:
            raise KeysError(say("keys.too_large", path=path, restore=say("keys.restore")))
        return room[:count]
    finally:
        wipe(room)
