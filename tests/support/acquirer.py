"""The acquirer's side: it alone opens a seal. It is in the tests, so that no till ever has it."""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from agent.keys.store import read_secret, wipe
from drivers.card.seal import _SUITE, _info

_SEED_BYTES, _X25519_BYTES = 64, 32


class NotOpened(Exception):
    """The seal does not open with this key, agent and payment."""


def load_acquirer_private(path: Path) -> MLKEM768X25519PrivateKey:
    """The pretended acquirer's private key. Raises `KeysError`."""
    raw = read_secret(path)
    try:
        seed, scalar = raw[:_SEED_BYTES], raw[_SEED_BYTES : _SEED_BYTES + _X25519_BYTES]
        return MLKEM768X25519PrivateKey(
            MLKEM768PrivateKey.from_seed_bytes(bytes(seed)), X25519PrivateKey.from_private_bytes(scalar)
        )
    finally:
        wipe(raw)


def open_sealed(
    sealed: bytes, private_key: MLKEM768X25519PrivateKey, *, key_id: str, origin: str, context: str
) -> bytes:
    """The acquirer's side, for the demo and the tests only. Raises `NotOpened`."""
    try:
        return _SUITE.decrypt(sealed, private_key, _info(origin, key_id, context))
    except (InvalidTag, ValueError) as error:
        raise NotOpened("the seal does not open") from error
