"""Who may sign for a payment, and where a name is locked after too many wrong secrets.

The settings keep secrets as scrypt hashes. Failures are a fold over the journal, so a restart gives
nobody new attempts. They count for a person at a place: whoever guesses at the counter closes this
name at the counter, and the person may still sign elsewhere. Only names in the settings are counted:
for other names no secret is right.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b32decode, b32encode
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, get_args

import msgspec

from agent.base.coded import CodedError
from agent.base.typed import same_name
from agent.journal.schema.derived import DerivedState
from agent.journal.schema.entry import ClockDeclared, CredentialFailed, CredentialProven, Entry
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
# Over all places a name is not locked, or a guesser could lock it everywhere. It is slowed down:
# one guess a minute after twenty failures in a day leaves a PIN of six digits a year.
MANY_FAILURES: Final = 20
MANY_WITHIN: Final = timedelta(hours=24)
MANY_PAUSE: Final = timedelta(minutes=1)
# One place can add five in half an hour: this holds what twenty places add at once.
MAX_FAILURES_KEPT: Final = 100
# Guesses under names that nobody has: each is an entry, so they may not fill the journal.
STRANGERS_A_MINUTE: Final = 10
MAX_STRANGERS_PLACES: Final = 64
MIN_SECRET_CHARACTERS: Final = 6


class WrongSecret(msgspec.Struct, frozen=True, array_like=True):
    """One failure of a person: when, and from which place."""

    at: datetime
    place: str


_STATE: Final = DerivedState(dict[str, list[WrongSecret]], version=2)


class ShortSecretError(CodedError, ValueError):
    """A PIN or password that is guessed too soon."""


@dataclass(frozen=True, slots=True)
class Signatures:
    """The names whose secrets were checked; empty for nobody.

    `operator` is who asks or says something, `person` who answers, or allows it as the second person.
    """

    operator: str = ""
    person: str = ""


UNSIGNED = Signatures()


class People:
    """The persons of the settings, with their failures from the journal."""

    def __init__(self, persons: Mapping[str, PersonSettings]) -> None:
        self._persons = persons
        self._failures: dict[str, list[WrongSecret]] = {}

    def get(self, person: str) -> PersonSettings | None:
        """The settings of a person, or None."""
        return self._persons.get(person)

    def knows(self, person: str) -> bool:
        """Whether the settings name this person."""
        return person in self._persons

    def apply(self, entry: Entry) -> None:
        """Count a wrong secret; a right one ends the count at its place, and nothing else does."""
        match entry.body:
            case CredentialFailed(person=person, place=place) if person in self._persons:
                failures = self._failures.setdefault(person, [])
                failures.append(WrongSecret(entry.at, place))
                del failures[:-MAX_FAILURES_KEPT]
            case CredentialProven(person=person, place=place) if person in self._failures:
                left = [failure for failure in self._failures.pop(person) if failure.place != place]
                if left:
                    self._failures[person] = left
            case ClockDeclared():
                self._not_later_than(entry.at)
            case _:
                pass

    def _not_later_than(self, at: datetime) -> None:
        """A lock-out from a time that was wrong lasts from now on, not until that time comes."""
        for failures in self._failures.values():
            failures[:] = [WrongSecret(min(failure.at, at), failure.place) for failure in failures]

    def closed_until(self, person: str, place: str, now: datetime) -> datetime | None:
        """Until when this name may not be tried at this place; None if it may be tried at `now`."""
        ends = [self._locked_until(person, place), self._slowed_until(person)]
        later = [end for end in ends if end is not None and now.astimezone(UTC) < end]
        return max(later).astimezone(now.tzinfo) if later else None

    def attempts_left(self, person: str, place: str, now: datetime) -> int:
        """How many wrong secrets in a row this place has left. A name that nobody has tells as much."""
        recent = [at for at in self._times(person, place) if now.astimezone(UTC) - at <= LOCK_OUT]
        return max(0, MAX_FAILURES - max(1, len(recent)))

    def _locked_until(self, person: str, place: str) -> datetime | None:
        """Five failures within half an hour of the newest lock a name at a place.

        A failure in the future (the clock was set back) still counts.
        """
        times = sorted(self._times(person, place)[-MAX_FAILURES:])
        if len(times) < MAX_FAILURES or times[-1] - times[0] > LOCK_OUT:
            return None
        return times[-1] + LOCK_OUT

    def _slowed_until(self, person: str) -> datetime | None:
        times = sorted(self._times(person)[-MANY_FAILURES:])
        if len(times) < MANY_FAILURES or times[-1] - times[0] > MANY_WITHIN:
            return None
        return times[-1] + MANY_PAUSE

    def _times(self, person: str, place: str | None = None) -> list[datetime]:
        failures = self._failures.get(person, [])
        return [failure.at.astimezone(UTC) for failure in failures if place in {None, failure.place}]

    def to_bytes(self) -> bytes:
        """The failures, for a snapshot."""
        return _STATE.encode(self._failures)

    def from_bytes(self, content: bytes) -> None:
        """Take up where `to_bytes` left off. Raises `OutdatedStateError` for other bytes."""
        self._failures = _STATE.decode(content)


class Strangers:
    """Bounds the guesses under names that nobody has, at each place. `now` is monotonic seconds."""

    def __init__(self) -> None:
        self._tries: dict[str, deque[float]] = {}

    def may_try(self, place: str, now: float) -> bool:
        """Whether one more may be tried; the call counts as that try."""
        tries = self._tries.pop(place, None) or deque(maxlen=STRANGERS_A_MINUTE)
        self._tries[place] = tries  # the newest place last: the oldest one is forgotten first
        if len(self._tries) > MAX_STRANGERS_PLACES:
            del self._tries[next(iter(self._tries))]
        if len(tries) == STRANGERS_A_MINUTE and now - tries[0] < 60:
            return False
        tries.append(now)
        return True


def hash_secret(secret: str) -> str:
    """The line for `[people.NAME] scrypt`, with a fresh salt. Raises `ShortSecretError`."""
    if len(secret) < MIN_SECRET_CHARACTERS:
        raise ShortSecretError("cli.config.secret_too_short", least=MIN_SECRET_CHARACTERS)
    salt = os.urandom(SALT_BYTES)
    return f"{SCRYPT_PREFIX}{_base32(salt)}${_base32(_scrypt(secret, salt))}"


def check(people: People, person: str, secret: str, role: Role = "supervisor") -> bool:
    """True if `secret` is that person's and their role is at least `role`.

    Takes the same time for unknown persons and low roles as for a wrong secret.
    The caller asks `closed_until` first and writes `CredentialFailed` for False.
    """
    known = people.get(person)
    salt, expected = _parts(known.scrypt) if known else (bytes(SALT_BYTES), bytes(HASH_BYTES))
    right = hmac.compare_digest(_scrypt(secret, salt), expected)
    return right and known is not None and _rank(known.role) >= _rank(role)


def is_second(person: str, operator: str) -> bool:
    """True if `person` is not the operator; "Anna", "anna" and a full-width "ANNA" are one person."""
    return same_name(person) != same_name(operator)


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
