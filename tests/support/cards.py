"""Card numbers for tests: the published ones, and others made by Luhn from a seed."""

from __future__ import annotations

import random

PUBLISHED = (
    "4111111111111111",
    "4242424242424242",
    "4012888888881881",
    "5555555555554444",
    "5105105105105100",
    "378282246310005",
    "371449635398431",
    "6200000000000005",
)


def with_check_digit(body: str) -> str:
    """The digits with their Luhn digit behind them."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def make(seed: int, length: int = 16, prefix: str = "4") -> str:
    """A number of a given length that keeps to Luhn."""
    digits = random.Random(seed).choices("0123456789", k=length - 1 - len(prefix))  # noqa: S311 - repeatable, not secret
    return with_check_digit(prefix + "".join(digits))
