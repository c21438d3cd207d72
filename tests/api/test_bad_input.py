"""Every bad request gets its sentence in the one shape, and the service never hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.texts import say

if TYPE_CHECKING:
    from tests.conftest import ServedApi

# A published test card, where a real one could come by mistake.
CARD = "4111111111111111"

# A code, and where it has one the field that it names.
AMOUNT = "wrong_field amount"
NOT_JSON = "not_json"
BODIES: dict[str, tuple[str, int, str]] = {
    "NaN": ('{"amount": NaN, "currency": "EUR"}', 400, NOT_JSON),
    "infinity": ('{"amount": Infinity}', 400, NOT_JSON),
    "a float": ('{"amount": 12.5}', 422, AMOUNT),
    "a whole float": ('{"amount": 1250.0}', 422, AMOUNT),
    "an exponent": ('{"amount": 1e3}', 422, AMOUNT),
    "a huge exponent": ('{"amount": 1e999}', 422, AMOUNT),
    "negative": ('{"amount": -1250}', 422, AMOUNT),
    "zero": ('{"amount": 0}', 422, AMOUNT),
    "minus zero": ('{"amount": -0}', 422, AMOUNT),
    "full-width digits": ('{"amount": \uff11\uff12}', 400, NOT_JSON),
    "full-width digits in quotes": ('{"amount": "\uff11\uff12"}', 422, AMOUNT),
    "an underscore": ('{"amount": 1_000}', 400, NOT_JSON),
    "a leading zero": ('{"amount": 0125}', 400, NOT_JSON),
    "hexadecimal": ('{"amount": 0x10}', 422, AMOUNT),
    "a string": ('{"amount": "1250"}', 422, AMOUNT),
    "true": ('{"amount": true}', 422, AMOUNT),
    "a list": ('{"amount": [1250]}', 422, AMOUNT),
    "too large": ('{"amount": 1000000000000}', 422, AMOUNT),
    "very many digits": ('{"amount": ' + "9" * 5000 + "}", 422, AMOUNT),
    "too deep": ('{"amount": ' + "[" * 4000 + "]" * 4000 + "}", 422, AMOUNT),
    "too deep outside": ("[" * 4000 + "]" * 4000, 422, "wrong_body"),
    "a list outside": ("[]", 422, "wrong_body"),
    "null": ("null", 422, "wrong_body"),
    "nothing": ("", 400, NOT_JSON),
    "not JSON": ("amount=1250", 400, NOT_JSON),
    "half JSON": ('{"amount": 12', 400, NOT_JSON),
    "more than JSON": ('{"payment": "sale", "amount": 1250} {}', 400, NOT_JSON),
    "a comma too many": ('{"amount": 1250,}', 400, NOT_JSON),
    "two byte order marks": ('\ufeff\ufeff{"amount": 1250}', 400, NOT_JSON),
    "a key twice": (
        '{"payment": "sale", "amount": 1250, "currency": "EUR", "amount": 1}', 400, "repeated_key"),
    "a key twice, once escaped": (
        '{"payment": "sale", "amount": 1250, "amo\\u0075nt": 1}', 400, "repeated_key"),
    "an unknown field": ('{"amuont": 1250}', 422, "unknown_field"),
    "a card as a field": (f'{{"{CARD}": 1}}', 422, "unknown_field"),
    "a trick in a field": (
        '{"x` - at `$.amount": 1, "y": "Object missing required field `amount`"}', 422, "unknown_field",
    ),
    "a currency by number": ('{"amount": 1, "currency": 978}', 422, "wrong_field currency"),
    "a currency in small letters": ('{"amount": 1, "currency": "eur"}', 422, "wrong_field currency"),
    "a currency with a line end": ('{"amount": 1, "currency": "EUR\\n"}', 422, "wrong_field currency"),
    "a kind that is none": ('{"payment": "charge"}', 422, "unknown_kind"),
    "a card as an original": (f'{{"payment": "sale", "original": "{CARD}"}}', 422, "card_number original"),
    "a card as an operator": (f'{{"payment": "sale", "operator": "{CARD}"}}', 422, "card_number operator"),
    "an operator of many letters": ('{"operator": "' + "x" * 33 + '"}', 422, "wrong_field operator"),
    "a lone surrogate": ('{"operator": "\\ud800"}', 400, NOT_JSON),
    "an over-long body": (" " * 9000, 413, "too_long"),
    "a very long body": (" " * 90_000, 413, "too_long"),
}  # fmt: skip


@pytest.mark.parametrize("case", BODIES)
def test_bad_payment_is_named_and_never_heard(api: ServedApi, case: str) -> None:
    body, status, said = BODIES[case]
    reply = api.ask("PUT", "/v1/payments/A-1", body.encode())
    assert reply.status == status
    code, _, field = said.partition(" ")
    assert (reply.json["error"], reply.json["figures"].get("field", "")) == (code, field)
    assert set(reply.json) == {"error", "message", "money", "next_step", "figures", "payment"}
    assert reply.json["money"] in {
        say("errors.money.unheard.of", payment_id="A-1"),
        say("errors.money.unheard"),
    }
    assert CARD not in reply.content.decode()
    assert api.service.heard == []


def test_bytes_that_are_not_utf8(api: ServedApi) -> None:
    reply = api.ask("PUT", "/v1/payments/A-1", b'{"operator": "\xff"}')
    assert (reply.status, reply.json["error"]) == (400, "not_utf8")
    assert api.service.heard == []


ANSWERS = {
    "no prompt": (b'{"answer": "yes"}', "missing_field prompt"),
    "another word": (b'{"prompt": "confirm-1", "answer": "ok"}', "wrong_field answer"),
    "no secret": (
        b'{"prompt": "p", "answer": "yes", "credential": {"person": "x"}}',
        "missing_field secret",
    ),
    "an empty secret": (
        b'{"prompt": "p", "answer": "yes", "credential": {"person": "x", "secret": ""}}',
        "wrong_field secret",
    ),
    "an unknown field in the credential": (
        b'{"prompt": "p", "answer": "yes", "credential": {"person": "x", "secret": "y", "pin": "z"}}',
        "unknown_field",
    ),
    "steering the screen": (
        b'{"prompt": "p", "answer": "yes", "purpose": "\\u001b[2J"}',
        "wrong_field purpose",
    ),
    "a card as a purpose": (
        b'{"prompt": "p", "answer": "yes", "purpose": "card 4111 1111-1111.1111"}',
        "card_number purpose",
    ),
    "an endless purpose": (
        b'{"prompt": "p", "answer": "yes", "purpose": "' + b"x" * 41 + b'"}', "wrong_field purpose",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERS)
def test_bad_answer_is_named_and_never_heard(api: ServedApi, case: str) -> None:
    body, said = ANSWERS[case]
    reply = api.ask("POST", "/v1/payments/A-1/answers", body)
    code, _, field = said.partition(" ")
    assert (reply.status, reply.json["error"]) == (422, code)
    assert reply.json["figures"].get("field", "") == field
    assert api.service.heard == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"])
def test_body_must_be_declared_as_json(api: ServedApi, kind: str) -> None:
    reply = api.ask("PUT", "/v1/payments/A-1", b'{"amount": 1250, "currency": "EUR"}', content_type=kind)
    assert (reply.status, reply.json["error"]) == (415, "not_declared_json")
    assert api.service.heard == []


@pytest.mark.parametrize(
    ("method", "target", "status", "code"),
    [
        ("DELETE", "/v1/payments/A-1", 405, "wrong_method"),
        ("HEAD", "/v1/payments/A-1", 405, ""),
        ("POST", "/v1/status", 405, "wrong_method"),
        ("GET", "/", 404, "no_such_path"),
        ("GET", "/status/", 404, "no_such_path"),
        ("GET", "/v1/payments/A-1/refunds", 404, "no_such_path"),
        ("GET", "/v1/payments/%2e%2e", 422, "wrong_payment_id"),
        ("GET", "/v1/payments/A-1%0a", 422, "wrong_payment_id"),
        ("GET", "/v1/payments/" + "x" * 65, 422, "wrong_payment_id"),
        ("GET", f"/v1/payments/{CARD}", 422, "card_number"),
        ("GET", "/v1/payments/%E2%80%AEA", 422, "wrong_payment_id"),
        ("GET", "/v1/payments/%FF", 422, "wrong_payment_id"),
        ("GET", "/v1/payments/4111-1111-1111-1111", 422, "card_number"),
        ("GET", "/v1/payments?last=0", 422, "wrong_query"),
        ("GET", "/v1/payments?last=101", 422, "wrong_query"),
        ("GET", "/v1/payments?last=%EF%BC%95", 422, "wrong_query"),
        ("GET", "/v1/payments?last=1_0", 422, "wrong_query"),
        ("GET", "/v1/payments?last=1&last=2", 422, "wrong_query"),
        ("GET", "/v1/payments?lats=1", 422, "unknown_query"),
        ("GET", "/v1/payments/A-1?wait=1e1", 422, "wrong_query"),
        ("GET", "/v1/payments/A-1?wait=61", 422, "wrong_query"),
        ("GET", "/v1/payments/A-1?wait=-1", 422, "wrong_query"),
    ],
)
def test_bad_address_is_named_and_never_heard(
    api: ServedApi, method: str, target: str, status: int, code: str
) -> None:
    reply = api.ask(method, target)
    assert reply.status == status
    assert (reply.json["error"] if reply.content else "") == code
    assert api.service.heard == []


def test_wrong_method_names_the_right_ones(api: ServedApi) -> None:
    assert api.ask("DELETE", "/v1/payments/A-1").headers["allow"] == "GET, PUT"


def test_bad_event_id_is_named(api: ServedApi) -> None:
    api.pay("A-1")
    for given in ("x", "-1", "1.0", "9" * 10):
        assert (
            api.ask("GET", "/v1/payments/A-1/events", last_event_id=given).json["error"] == "wrong_event_id"
        )


def test_cancel_with_a_body_is_refused(api: ServedApi) -> None:
    reply = api.ask("POST", "/v1/payments/A-1/cancel", b'{"now": true}')
    assert (reply.status, reply.json["error"]) == (422, "body_not_expected")
    assert api.service.heard == []


def test_bytes_that_are_not_http_get_the_same_shape(api: ServedApi) -> None:
    reply = api.raw(b"\x15\x03\x69\r\n\r\n")
    assert (reply.status, reply.json["error"]) == (400, "not_http")


def test_after_all_that_a_payment_still_works(api: ServedApi) -> None:
    for body, _, _ in BODIES.values():
        api.ask("PUT", "/v1/payments/A-1", body.encode())
    assert api.pay("A-1").status == 201
