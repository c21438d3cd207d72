"""A seal opens for one acquirer key, one agent and one payment; without a valid key nothing is sealed."""

from __future__ import annotations

from base64 import b64encode
from datetime import date, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from agent.texts import tell
from drivers.card.seal import (
    ACQUIRER_KEYS_HEADER,
    PLAINTEXT_BYTES,
    AcquirerKey,
    HpkeSealer,
    KeyExpired,
    KeyUnknown,
    choose_key,
    parse_acquirer_keys,
)
from tests.support.acquirer import NotOpened, open_sealed

MLKEM, X25519 = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
PRIVATE = MLKEM768X25519PrivateKey(MLKEM, X25519)
PUBLIC = (MLKEM.public_key().public_bytes_raw(), X25519.public_key().public_bytes_raw())
TODAY = date(2026, 5, 12)
DAY = timedelta(days=1)
PLAIN = bytes(range(PLAINTEXT_BYTES))
# RFC 9180: encapsulated key of ML-KEM-768 (1,088) and X25519 (32), and the tag of AES-GCM (16).
OVERHEAD_BYTES = 1_136


def key(key_id: str = "acq-1", first: date = TODAY, last: date = TODAY) -> AcquirerKey:
    return AcquirerKey(key_id, first, last, *PUBLIC)


def seal(context: str = "payment 1", origin: str = "shop") -> bytes:
    return HpkeSealer(key(), origin).seal(memoryview(bytearray(PLAIN)), context)


def line(key_id: str = "acq-1", first: str = "2026-01-01", last: str = "2027-01-01") -> str:
    return " ".join([key_id, first, last, *(b64encode(part).decode() for part in PUBLIC)])


def test_the_acquirer_opens_what_was_sealed() -> None:
    assert open_sealed(seal(), PRIVATE, key_id="acq-1", origin="shop", context="payment 1") == PLAIN


def test_the_length_is_always_the_same() -> None:
    assert {PLAINTEXT_BYTES + OVERHEAD_BYTES} == {
        len(seal(context)) for context in ("", "payment 1", "x" * 200)
    }


def test_two_seals_of_one_card_differ() -> None:
    assert seal() != seal()


@pytest.mark.parametrize(
    ("key_id", "origin", "context"),
    [("acq-2", "shop", "payment 1"), ("acq-1", "other", "payment 1"), ("acq-1", "shop", "payment 2")],
)
def test_another_key_agent_or_payment_does_not_open_it(key_id: str, origin: str, context: str) -> None:
    with pytest.raises(NotOpened):
        open_sealed(seal(), PRIVATE, key_id=key_id, origin=origin, context=context)


@pytest.mark.parametrize("at", [0, 1_100, 1_130, -1])
def test_a_changed_byte_does_not_open(at: int) -> None:
    changed = bytearray(seal())
    changed[at] ^= 1
    with pytest.raises(NotOpened):
        open_sealed(bytes(changed), PRIVATE, key_id="acq-1", origin="shop", context="payment 1")


def test_a_cut_seal_does_not_open() -> None:
    for length in (0, 100, PLAINTEXT_BYTES + OVERHEAD_BYTES - 1):
        with pytest.raises(NotOpened):
            open_sealed(seal()[:length], PRIVATE, key_id="acq-1", origin="shop", context="payment 1")


def test_an_origin_cannot_reach_into_the_key_id() -> None:
    with pytest.raises(ValueError):
        HpkeSealer(key(), "shop\nacq-1")


def test_another_length_of_plaintext_is_refused() -> None:
    with pytest.raises(ValueError):
        HpkeSealer(key(), "shop").seal(memoryview(bytearray(16)), "payment 1")


def test_keys_are_read_from_the_body_of_a_note() -> None:
    keys = parse_acquirer_keys(f"{ACQUIRER_KEYS_HEADER}\n{line()}\n{line('acq-2')}\n")
    assert [("acq-1", date(2026, 1, 1), date(2027, 1, 1), *PUBLIC)] == [
        (one.key_id, one.not_before, one.not_after, one.mlkem768, one.x25519) for one in keys[:1]
    ]
    assert keys[1].key_id == "acq-2"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "tillgate acquirer keys v2\n",
        f"{ACQUIRER_KEYS_HEADER}\n{line()}\n{line()}\n",
        f"{ACQUIRER_KEYS_HEADER}\n\n{line()}\n",
        f"{ACQUIRER_KEYS_HEADER}\n{line()[:-8]}\n",
        f"{ACQUIRER_KEYS_HEADER}\n{line()} more\n",
        f"{ACQUIRER_KEYS_HEADER}\n{line(first='2026-02-30')}\n",
        f"{ACQUIRER_KEYS_HEADER}\n{line(first='2028-01-01')}\n",
        f"{ACQUIRER_KEYS_HEADER}\n{line(key_id='a/b')}\n",
    ],
)
def test_a_damaged_key_file_is_refused_in_words(body: str) -> None:
    with pytest.raises(KeyUnknown) as caught:
        parse_acquirer_keys(body)
    assert "No payment can be taken and no money was moved" in tell(caught.value)


def test_both_days_of_the_validity_count() -> None:
    keys = [key(first=TODAY, last=TODAY + DAY)]
    assert keys[0] is choose_key(keys, TODAY) is choose_key(keys, TODAY + DAY)


def test_of_two_valid_keys_the_one_that_ends_last_is_taken() -> None:
    old, new = key("old", TODAY - DAY, TODAY), key("new", TODAY, TODAY + DAY)
    assert choose_key([new, old], TODAY).key_id == "new"


@pytest.mark.parametrize(("today", "says"), [(TODAY + DAY, "ended"), (TODAY - DAY, "begins")])
def test_no_valid_key_is_said_with_the_day(today: date, says: str) -> None:
    with pytest.raises(KeyExpired, match=f"{says} .*day=2026-05-12"):
        choose_key([key()], today)


def test_no_key_at_all_is_said() -> None:
    with pytest.raises(KeyUnknown, match=r"seal\.no_key"):
        choose_key([], TODAY)
