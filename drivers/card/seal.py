"""Sealing: card data encrypted to the acquirer, so that this host cannot open it again.

HPKE (RFC 9180) in base mode with ML-KEM-768 + X25519, HKDF-SHA256 and AES-256-GCM. The
library has no `aad`, so `info` binds the seal to agent, key and payment. A seal does not
open with another `info`.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PublicKey,
    Suite,
)

from drivers.terminal import DriverFact, FactError

# Every seal has the same length: else the ciphertext would show the length of the number.
# version, count of digits, 19 digits (ISO/IEC 7812-1), expiry YYMM, zeros up to a round figure.
PLAINTEXT_BYTES: Final = 32

_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_KEY_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


class SealError(FactError):
    """No card can be sealed, so no payment may be taken. The text is for a person."""


class KeyUnknown(SealError):
    """There is no usable acquirer key."""


class KeyExpired(SealError):
    """Every acquirer key has expired or is not valid yet."""


@dataclass(frozen=True, slots=True)
class AcquirerKey:
    """One public key of the acquirer, valid from the first day to the last, both included. Raw parts."""

    key_id: str
    not_before: date
    not_after: date
    mlkem768: bytes = field(repr=False)
    x25519: bytes = field(repr=False)


class HpkeSealer:
    """Seals to one acquirer key in the name of one agent (`origin`, the journal's name)."""

    def __init__(self, key: AcquirerKey, origin: str) -> None:
        if "\n" in origin:
            raise ValueError("origin with newline")
        self._public_key = _public_key(key)
        self._origin = origin
        self.key_id = key.key_id

    def seal(self, plaintext: memoryview, context: str) -> bytes:
        """Encrypt exactly `PLAINTEXT_BYTES`; `context` names the payment."""
        if len(plaintext) != PLAINTEXT_BYTES:
            raise ValueError(f"plaintext of {len(plaintext)}")
        return _SUITE.encrypt(plaintext, self._public_key, _info(self._origin, self.key_id, context))


@dataclass(slots=True)
class SealingKey:
    """The acquirer's key in use. It may change while terminals are connected.

    Without a key nothing can be sealed, so no payment may be taken. A terminal can still be asked what
    became of a payment: its card is then only masked. `trouble` tells a person why there is no key.
    A key whose last day is over stays until there is another: a payment at midnight is sealed to it.
    """

    key: AcquirerKey | None = None
    trouble: str = ""
    _sealer: HpkeSealer | None = None

    @property
    def key_id(self) -> str:
        """Whose seals these are; empty without a key."""
        return self._sealer.key_id if self._sealer else ""

    def use(self, key: AcquirerKey, origin: str) -> None:
        """Seal to this key from now on, in the name of the journal `origin`."""
        if key != self.key:
            self._sealer = HpkeSealer(key, origin)
        self.key, self.trouble = key, ""

    def seal(self, plaintext: memoryview, context: str) -> bytes:
        """As `HpkeSealer.seal`; nothing without a key."""
        return self._sealer.seal(plaintext, context) if self._sealer else b""


def parse_acquirer_keys(body: str) -> list[AcquirerKey]:
    """Read the body of an acquirer key note; the signature was checked before.

    First line `tillgate acquirer keys v1`, then one key a line: id, first day,
    last day (ISO 8601), base64 of ML-KEM-768, base64 of X25519. Raises `KeyUnknown`.
    """
    lines = body.removesuffix("\n").split("\n")
    if lines[0] != ACQUIRER_KEYS_HEADER:
        raise KeyUnknown(_FILE_HEADER.about(header=ACQUIRER_KEYS_HEADER))
    keys = [_parse_line(number, line) for number, line in enumerate(lines[1:], start=2)]
    if len({key.key_id for key in keys}) != len(keys):
        raise KeyUnknown(_FILE_TWICE)
    return keys


def choose_key(keys: Iterable[AcquirerKey], today: date) -> AcquirerKey:
    """The valid key that ends last: when two overlap, the newer one. Raises `KeyExpired`, `KeyUnknown`."""
    known = sorted(keys, key=lambda key: (key.not_after, key.not_before, key.key_id))
    if not known:
        raise KeyUnknown(_NO_KEY)
    valid = [key for key in known if key.not_before <= today <= key.not_after]
    if valid:
        return valid[-1]
    last = known[-1]
    ended = last.not_after < today
    day = str(last.not_after if ended else last.not_before)
    raise KeyExpired((_ENDED if ended else _BEGINS).about(today=str(today), key=last.key_id, day=day))


ACQUIRER_KEYS_HEADER: Final = "tillgate acquirer keys v1"
_FILE_HEADER: Final = DriverFact("seal.file_header")
_FILE_TWICE: Final = DriverFact("seal.key_twice")
_FILE_DAMAGED: Final = DriverFact("seal.line_damaged")
_FILE_NAME: Final = DriverFact("seal.line_name_or_days")
_NO_KEY: Final = DriverFact("seal.no_key")
_ENDED: Final = DriverFact("seal.ended")
_BEGINS: Final = DriverFact("seal.begins")


def _parse_line(number: int, line: str) -> AcquirerKey:
    fields = line.split(" ")
    try:
        key_id, not_before, not_after, mlkem768, x25519 = fields
        key = AcquirerKey(
            key_id,
            date.fromisoformat(not_before),
            date.fromisoformat(not_after),
            b64decode(mlkem768, validate=True),
            b64decode(x25519, validate=True),
        )
        _public_key(key)
    except (ValueError, Base64Error) as error:
        raise KeyUnknown(_FILE_DAMAGED.about(line=number)) from error
    if not _KEY_ID.fullmatch(key_id) or key.not_after < key.not_before:
        raise KeyUnknown(_FILE_NAME.about(line=number))
    return key


def _public_key(key: AcquirerKey) -> MLKEM768X25519PublicKey:
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(key.mlkem768),
        X25519PublicKey.from_public_bytes(key.x25519),
    )


def _info(origin: str, key_id: str, context: str) -> bytes:
    """The context comes last, so no part can run into another."""
    return f"tillgate card v1\n{origin}\n{key_id}\n{context}".encode()
