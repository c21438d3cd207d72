"""Fuzz the API's bodies: any bytes give a request that a second reader agrees with, or a refusal.

    python -m tests.fuzz.fuzz_door --runs 1000000 [--seed N]

With atheris installed the search is guided by coverage, else a seeded loop bends
good bodies and fills gaps with what a body must not have.
"""

from __future__ import annotations

import json
import random
import re
import time
from typing import Any

import msgspec

from agent.api import errors
from agent.api.body import decode
from agent.api.errors import ApiRefusal
from agent.api.v1.bodies import REQUEST_FIELDS, PaymentRequest, PromptAnswer, Resolution
from tests.fuzz import harness

KINDS: tuple[type[msgspec.Struct], ...] = (PaymentRequest, PromptAnswer, Resolution)
CODES = {
    "not_json",
    "not_utf8",
    "repeated_key",
    "wrong_body",
    "wrong_field",
    "missing_field",
    "unknown_field",
}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)
NAMES = {"original", "terminal", "till", "operator", "payment_id", "prompt", "person"}
# A published test card: whatever happens, nobody may repeat it.
CARD = "4111111111111111"

GOOD = (
    b'{"payment":"sale","amount":1250,"currency":"EUR","till":"3","operator":"ann"}',
    b'{"payment":"refund","amount":1,"currency":"EUR","original":"A-1"}',
    b'{"prompt":"supervisor-1","answer":"yes","credential":{"person":"bo","secret":"1234"},"purpose":"gift"}',
    b'{"verdict":"declined","reason":"receipt 23","credential":{"person":"bo","secret":"1234"}}',
    b'{"payment":"close_day","terminal":"front"}',
)
PIECES = (
    b'"amount":', b'"currency":', b'"original":', b'"credential":', b'"secret":', b'"reason":',
    b'"amo\\u0075nt":', b"NaN", b"Infinity", b"-1", b"0", b"-0", b"1.5", b"1250.0", b"1e3", b"1E999",
    b"1_000", b"007", b"0x10", b"9" * 30, b"9" * 5000, b"true", b"null", b'""', b'"EUR\\n"', b'"\\ud800"',
    b'"\\u001b[2J"', b"[" * 3000, "\uff11\uff12".encode(), b"\xff", b"\xef\xbb\xbf", b"\x00",
    b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", CARD.encode(), f'"{CARD}":1,'.encode(),
    f'"{CARD}"'.encode(), b"` - at `$.amount`", b'"x` - at `$.credential":1',
)  # fmt: skip


def one_input(data: bytes) -> None:
    """One input: a byte for the kind of request, then its body. Raises `AssertionError` on a finding."""
    check(data[1:], KINDS[data[0] % len(KINDS)] if data else PaymentRequest)


def check(body: bytes, kind: type[msgspec.Struct]) -> bool:
    """True if the body is a request."""
    try:
        value = decode(body, kind)
    except ApiRefusal as refusal:
        judge(refusal, body)
        return False
    agree(value, json.loads(body, parse_float=never, parse_constant=never, object_pairs_hook=once))
    return True


def judge(refusal: ApiRefusal, body: bytes) -> None:
    """A refusal of the known kinds that carries nothing of the body, not even in what led to it."""
    told = errors.error_body(refusal)
    said = told.message + told.next_step + told.money
    assert refusal.code in CODES, refusal.code
    assert said.isprintable(), body
    assert CARD not in said, body
    assert refusal.__cause__ is refusal.__context__ is None, body


def agree(value: msgspec.Struct, second: dict[str, Any]) -> None:
    """The standard library's reader sees the same, and what it sees keeps the rules."""
    for name, seen in second.items():
        if isinstance(seen, dict):
            agree(getattr(value, name), seen)
            continue
        assert getattr(value, name) == seen, name
        assert name in REQUEST_FIELDS, name
        assert name != "amount" or seen is None or (type(seen) is int and 0 < seen < 10**12), seen
        assert name not in NAMES or seen is None or NAME.fullmatch(seen), seen
        assert name == "secret" or CARD not in str(seen), name
        assert name not in {"purpose", "reason"} or not re.search(r"[\x00-\x1f\x7f-\x9f]", seen), seen


def never(text: str) -> None:
    """No float and no NaN gets this far."""
    raise AssertionError(text)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """No key stands twice in what was let in."""
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)


def loop(runs: int, seed: int) -> None:
    """Cut, repeat and fill good bodies."""
    rng, began, good = random.Random(seed), time.perf_counter(), 0  # noqa: S311 - a seed is the point
    for _ in range(runs):
        good += check(_bent(bytearray(rng.choice(GOOD)), rng), rng.choice(KINDS))
    took_s = time.perf_counter() - began
    print(f"{runs} inputs, {good} of them requests, seed {seed}, {took_s:.1f} s: no finding")  # noqa: T201 - a program


def _bent(body: bytearray, rng: random.Random) -> bytes:
    for _ in range(rng.randrange(4)):
        start = rng.randrange(len(body) + 1)
        end = min(len(body), start + rng.choice((0, 0, 1, 1, 2, 5, 9)))
        body[start:end] = rng.choice((b"", body[end : end + 9], bytes([rng.randrange(256)]), *PIECES))
    return bytes(body)


if __name__ == "__main__":
    harness.run(__doc__, one_input, loop)
