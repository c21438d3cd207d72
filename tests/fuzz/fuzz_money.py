"""Fuzz the reading of amounts: whatever comes in, the integer is right or there is none.

    python -m tests.fuzz.fuzz_money --runs 1000000 [--seed N]

With atheris installed the search is guided by coverage, else it is a seeded loop.
"""

from __future__ import annotations

import random
import re
import time

from agent.base.money import CURRENCIES, MAX_MINOR, AmountError, format_amount, parse_amount
from tests.fuzz import harness

# Written apart from the parser: what an amount looks like, by decimals.
SHAPE = {
    0: re.compile(r"(0|[1-9][0-9]{0,8})", re.ASCII),
    2: re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,2})?", re.ASCII),
    3: re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,3})?", re.ASCII),
    4: re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,4})?", re.ASCII),
}
ALPHABET = "00112345678999....,_+-eEnaif \t\n\u00a0\uff11\u0663\u00b2\ud800x'"
TABLE = [CURRENCIES[letters] for letters in ("EUR", "JPY", "KWD", "CLF")]


def one_input(data: bytes) -> None:
    """One input: a byte for the currency, then text. Raises `AssertionError` on a wrong amount."""
    text = data[1:].decode("utf-8", "surrogateescape")
    check(text, data[0] % len(TABLE) if data else 0)


def check(text: str, which: int) -> bool:
    """True if the text is an amount."""
    currency = TABLE[which]
    fits = SHAPE[currency.exponent].fullmatch(text) is not None
    try:
        minor = parse_amount(text, currency)
    except AmountError:
        assert not fits or currency.exponent == 4, text
        return False
    assert fits, text
    assert 0 <= minor <= MAX_MINOR, text
    whole, _, decimals = text.partition(".")
    padded = decimals + "0" * (currency.exponent - len(decimals))
    assert format_amount(minor, currency) == (f"{whole}.{padded}" if padded else whole), text
    return True


def loop(runs: int, seed: int) -> None:
    """A seeded search without coverage."""
    rng, began, amounts = random.Random(seed), time.perf_counter(), 0  # noqa: S311 - a seed is the point
    for _ in range(runs):
        text = "".join(rng.choices(ALPHABET, k=rng.randrange(13)))
        amounts += check(text, rng.randrange(len(TABLE)))
    took_s = time.perf_counter() - began
    print(f"{runs} inputs, {amounts} of them amounts, seed {seed}, {took_s:.1f} s: no finding")  # noqa: T201 - a program


if __name__ == "__main__":
    harness.run(__doc__, one_input, loop)
