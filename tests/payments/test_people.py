"""Who may sign, and when somebody who guesses is locked out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from agent.journal.schema.entry import (
    AlarmAcknowledged,
    AnyBody,
    CredentialFailed,
    CredentialProven,
    Entry,
    Replied,
    Resolved,
)
from agent.payments.people import (
    LOCK_OUT,
    MANY_FAILURES,
    MANY_PAUSE,
    MAX_FAILURES,
    MIN_SECRET_CHARACTERS,
    People,
    check,
    hash_secret,
    is_second,
)
from agent.settings.types import PersonSettings, Role

NOON = datetime(2026, 11, 4, 12, tzinfo=UTC)
RIGHT, WRONG = "right-secret", "wrong-secret"
HASH = hash_secret(RIGHT)


def people(role: Role = "supervisor") -> People:
    return People({"anna": PersonSettings(role, HASH)})


def entry(body: AnyBody, at: datetime = NOON) -> Entry:
    return Entry(index=0, at=at, boot_ms=0, body=body)


def failed(persons: People, times: int, at: datetime = NOON, person: str = "anna") -> People:
    for _ in range(times):
        persons.apply(entry(CredentialFailed(payment_id="x", person=person), at))
    return persons


@pytest.mark.parametrize(
    ("person", "secret", "right"),
    [
        ("anna", RIGHT, True),
        ("anna", WRONG, False),
        ("anna", "", False),
        ("anna", "\ud800", False),
        ("Anna", RIGHT, False),
        ("nobody", RIGHT, False),
    ],
)
def test_only_the_right_secret_of_a_known_person_is_right(person: str, secret: str, right: bool) -> None:
    assert check(people(), person, secret) is right


@pytest.mark.parametrize(
    ("role", "needed", "enough"),
    [
        ("cashier", "supervisor", False),
        ("cashier", "cashier", True),
        ("supervisor", "supervisor", True),
        ("supervisor", "manager", False),
        ("manager", "supervisor", True),
    ],
)
def test_a_higher_role_may_do_what_a_lower_one_may(role: Role, needed: Role, enough: bool) -> None:
    assert check(people(role), "anna", RIGHT, needed) is enough


def test_an_unknown_person_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    work: list[dict[str, int]] = []
    real = people.__globals__["check"].__globals__["hashlib"].scrypt

    def counted(clear: bytes, *, salt: bytes, **cost: int) -> bytes:
        work.append(cost)
        return bytes(real(clear, salt=salt, **cost))

    monkeypatch.setattr("hashlib.scrypt", counted)
    for person, secret in (("anna", RIGHT), ("anna", WRONG), ("nobody", WRONG)):
        check(people(), person, secret)
    assert work == [{"n": 16_384, "r": 8, "p": 1, "dklen": 32}] * 3


def test_the_hash_says_how_it_was_made_and_is_salted() -> None:
    again = hash_secret(RIGHT)
    assert again != HASH
    assert re.fullmatch(r"scrypt\$14\$8\$1\$[a-z2-7]{26}\$[a-z2-7]{52}", again)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="least=6"):
        hash_secret("1" * (MIN_SECRET_CHARACTERS - 1))


def test_too_many_failures_lock_out_for_half_an_hour() -> None:
    persons = failed(people(), MAX_FAILURES - 1)
    assert persons.closed_until("anna", "", NOON) is None
    failed(persons, 1)
    assert persons.closed_until("anna", "", NOON) == NOON + LOCK_OUT
    assert persons.closed_until("anna", "", NOON + LOCK_OUT) is None


def test_failures_far_apart_lock_nobody_out() -> None:
    persons = people()
    for hours in range(2 * MAX_FAILURES):
        failed(persons, 1, NOON + timedelta(hours=hours))
    assert persons.closed_until("anna", "", NOON + timedelta(hours=2 * MAX_FAILURES)) is None


def test_every_further_failure_makes_the_lock_out_longer() -> None:
    persons = failed(failed(people(), MAX_FAILURES), 1, NOON + timedelta(minutes=20))
    assert persons.closed_until("anna", "", NOON + timedelta(minutes=40)) == NOON + timedelta(minutes=50)


def test_a_clock_set_back_does_not_end_a_lock_out() -> None:
    persons = failed(people(), MAX_FAILURES)
    assert persons.closed_until("anna", "", NOON - timedelta(days=1)) is not None


def test_a_right_secret_clears_the_failures() -> None:
    persons = failed(people(), MAX_FAILURES - 1)
    persons.apply(entry(CredentialProven(payment_id="x", person="anna")))
    failed(persons, 1)
    assert persons.closed_until("anna", "", NOON) is None


@pytest.mark.parametrize(
    "body",
    [
        Replied(payment_id="x", prompt="1", answer="no", person="anna"),
        Resolved(payment_id="x", verdict="approved", words="seen", person="anna", witness="anna"),
        AlarmAcknowledged(alarm="disk_low", subject="", person="anna"),
        CredentialProven(payment_id="x", person="berta"),
        CredentialProven(payment_id="x", person="anna", place="uid:1"),
    ],
    ids=lambda body: type(body).__name__,
)
def test_a_name_alone_clears_nothing(body: AnyBody) -> None:
    persons = failed(people(), MAX_FAILURES)
    persons.apply(entry(body))
    assert persons.closed_until("anna", "", NOON) is not None


def test_a_restart_gives_no_new_attempts() -> None:
    restarted = people()
    restarted.from_bytes(failed(people(), MAX_FAILURES).to_bytes())
    assert restarted.closed_until("anna", "", NOON) == NOON + LOCK_OUT


def test_over_all_places_guessing_slows_down_and_locks_nobody_out() -> None:
    persons = people()
    for place in range(MANY_FAILURES // (MAX_FAILURES - 1)):
        for _ in range(MAX_FAILURES - 1):
            body = CredentialFailed(payment_id="x", person="anna", place=f"uid:{place}")
            persons.apply(entry(body, NOON))
    assert persons.closed_until("anna", "uid:99", NOON) == NOON + MANY_PAUSE
    assert persons.closed_until("anna", "uid:99", NOON + MANY_PAUSE) is None


def test_names_that_nobody_has_take_no_memory() -> None:
    persons = people()
    for number in range(100):
        failed(persons, 1, person=f"nobody-{number}")
    assert persons.to_bytes() == people().to_bytes()


@pytest.mark.parametrize(
    ("person", "operator", "second"),
    [("anna", "ben", True), ("anna", "", True), ("anna", "anna", False), ("anna", "Anna", False)],
)
def test_nobody_is_their_own_second_person(person: str, operator: str, second: bool) -> None:
    assert is_second(person, operator) is second
