"""Who may sign for a payment, and who is locked out after too many wrong secrets.

The settings keep secrets as scrypt hashes. Failures are a fold over the journal, so a
restart gives nobody new attempts. Only names in the settings are locked out: for other
names no secret is right.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b32decode, b32encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, get_args

from agent.base.coded import CodedError
from agent.journal.schema.derived import DerivedState
from agent.journal.schema.entry import AlarmAcknowledged, CredentialFailed, Entry, Replied, Resolved
from agent.settings.types import SCRYPT_PREFIX, PersonSettings, Role

# 16 MiB and about 50 ms a guess. A till PC can spare that without the queue noticing. It fits the
# agent's 64 MB and OpenSSL's default bound of 32 MiB.
SCRYPT_N: Final = 2**14
SCRYPT_R: Final = 8
SCRYPT_P: Final = 1
SALT_BYTES: Final = 16
HASH_BYTES: Final = 32

# PCI DSS 8.3.4 allows ten attempts at most and asks for thirty minutes at least; with
# five, a PIN of six digits lasts for years against somebody who stands at the till.
MAX_FAILURES: Final = 5
LOCK_OUT: Final = timedelta(minutes=30)
MIN_SECRET_CHARACTERS: Final = 6


_STATE: Final = DerivedState(dict[str, list[datetime]], version=1)


class ShortSecretError(CodedError, ValueError):
    """A PIN or password that is guessed too soon."""


class People:
    """The persons of the settings, with their failures from the journal."""

    def __init__(self, persons: Mapping[str, PersonSettings]) -> None:
        self._persons = persons
        self._failures: dict[str, list[datetime]] = {}

    def get(self, person: str) -> PersonSettings | None:
        """The settings of a person, or None."""
        return self._persons.get(person)

    def apply(self, entry: Entry) -> None:
        """Count a wrong secret; a right one clears the count."""
        match entry.body:
            case CredentialFailed(person=person) if person in self._persons:
                failures = self._failures.setdefault(person, [])
                failures.append(entry.at)
                del failures[:-MAX_FAILURES]
            case Replied(person=person) | Resolved(witness=person) | AlarmAcknowledged(person=person):
                self._failures.pop(person, None)
            case _:
                pass

    def locked_until(self, person: str, now: datetime) -> datetime | None:
        """When a person's lock-out ends; None if they are not locked out at `now`.

        Five failures within half an hour of the newest lock a person out. A failure in the
        future (the clock was set back) still counts.
        """
        failures = self._failures.get(person, [])
        if len(failures) < MAX_FAILURES:
            return None
        times = [failure.astimezone(UTC) for failure in failures]
        end = max(times) + LOCK_OUT
        if max(times) - min(times) > LOCK_OUT or now.astimezone(UTC) >= end:
            return None
        return end.astimezone(now.tzinfo)

    def to_bytes(self) -> bytes:
        """The failures, for a snapshot."""
        return _STATE.encode(self._failures)

    def from_bytes(self, content: bytes) -> None:
        """Take up where `to_bytes` left off. Raises `OutdatedStateError` for other bytes."""
        self._failures = _STATE.decode(content)


def hash_secret(secret: str) -> str:
    """The line for `[people.NAME] scrypt`, with a fresh salt. Raises `ShortSecretError`."""
    if len(secret) < MIN_SECRET_CHARACTERS:
        raise ShortSecretError("cli.config.secret_too_short", least=MIN_SECRET_CHARACTERS)
    salt = os.urandom(SALT_BYTES)
    return f"{SCRYPT_PREFIX}{_base32(salt)}${_base32(_scrypt(secret, salt))}"


def check(people: People, person: str, secret: str, role: Role = "supervisor") -> bool:
    """True if `secret` is that person's and their role is at least `role`.

    Takes the same time for unknown persons and low roles as for a wrong secret.
    The caller asks `locked_until` first and writes `CredentialFailed` for False.
    """
    known = people.get(person)
    salt, expected = _parts(known.scrypt) if known else (bytes(SALT_BYTES), bytes(HASH_BYTES))
    right = hmac.compare_digest(_scrypt(secret, salt), expected)
    return right and known is not None and _rank(known.role) >= _rank(role)


def is_second(person: str, operator: str) -> bool:
    """True if `person` is not the operator; "Anna" and "anna" are one person."""
    return person.casefold() != operator.casefold()


def _rank(role: Role) -> int:
    return get_args(Role).index(role)


def _scrypt(secret: str, salt: bytes) -> bytes:
    clear = secret.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(clear, salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, dklen=HASH_BYTES)


def _parts(line: str) -> tuple[bytes, bytes]:
    salt, expected = line.removeprefix(SCRYPT_PREFIX).split("$")
    return _bytes(salt), _bytes(expected)


def _base32(raw: bytes) -> str:
    return b32encode(raw).decode("ascii").rstrip("=").lower()


def _bytes(text: str) -> bytes:
    return b32decode(text.upper() + "=" * (-len(text) % 8))
