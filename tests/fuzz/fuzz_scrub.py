"""Fuzz the search for card numbers: any bytes, and numbers planted in any surroundings.

    python -m tests.fuzz.fuzz_scrub --runs 1000000 [--seed N]

Nothing raises, lengths stay, a second look changes nothing, and of a planted
number no more is left than truncation allows. With atheris installed the
search is guided by coverage, else it is a seeded loop.
"""

from __future__ import annotations

import random
import time
import zlib

from agent.oplog.redact import redact, redact_bytes
from drivers.card.card import Card, masked_from_bcd, scrub_text
from drivers.card.scrub import hidden_range
from tests.fuzz import harness
from tests.support import cards

MAX_JUNK_BYTES = 40
ALPHABET = b"000011223456789999    ..--==DdBb^^;;%%??**xX\xa0\xff\xc2\r\n\0\\u"
# Every tenth input goes through the redactor too, which is some twenty times slower.
REDACT_EVERY = 10
PREFIXES = ("4", "51", "55", "2221", "34", "37", "6011", "65", "62", "81", "3528", "36", "2200")
LENGTHS = {
    "34": (15,),
    "37": (15,),
    "36": (14, 16, 19),
    "4": (13, 16, 19),
    "51": (16,),
    "55": (16,),
    "2221": (16,),
}


def one_input(data: bytes) -> None:
    """Any bytes. Raises `AssertionError` on a finding. The redactor is slow: it gets its share."""
    check(data)
    if zlib.crc32(data) % REDACT_EVERY == 0:
        check_redact(data)


def check(data: bytes) -> bytes:
    """What is left of it after the search in place."""
    text = bytearray(data)
    scrub_text(memoryview(text))
    assert len(text) == len(data), data
    assert all(now in {was, 0x2A} for was, now in zip(data, text, strict=True)), data
    again = bytearray(text)
    scrub_text(memoryview(again))
    assert text == again, data
    assert len(masked_from_bcd(memoryview(bytearray(data)))) <= 2 * len(data), data
    Card.from_bcd(memoryview(text), memoryview(text)).wipe()
    assert not any(text), data
    return bytes(again)


def check_redact(data: bytes) -> str:
    """What is left of it after the redactor, as text."""
    assert len(redact_bytes(data)) == len(data), data
    text = data.decode("utf-8", "replace")
    clean = redact(text)
    assert len(clean) == len(text), data
    return clean


def plant(rng: random.Random) -> tuple[bytes, str, int]:
    """Bytes with a number in them, the number, and where it begins."""
    prefix = rng.choice(PREFIXES)
    length = rng.choice(LENGTHS.get(prefix, (16, 17, 18, 19)))
    number = cards.make(rng.randrange(1 << 60), length, prefix)
    before, after = (bytes(rng.choices(ALPHABET, k=rng.randrange(MAX_JUNK_BYTES))) for _ in range(2))
    between = rng.choice((b"", b"", b" ", b"-", b"."))
    shown = between.join(number[at : at + 4].encode() for at in range(0, length, 4))
    # A letter on each side: otherwise the neighbours' digits make it another number.
    return before + b"n" + shown + b"n" + after, number, len(before) + 1


def loop(runs: int, seed: int) -> None:
    """Plant a number in junk; see that it is hidden."""
    rng, began = random.Random(seed), time.perf_counter()  # noqa: S311 - a seed is the point
    for run in range(runs):
        data, number, start = plant(rng)
        end = start + data[start:].index(b"n")
        _check_hidden(check(data)[start:end].decode("latin-1"), number, data[start:end])
        if run % REDACT_EVERY == 0:
            text = data.decode("latin-1")
            _check_hidden(redact(text)[start:end], number, data[start:end])
            check_redact(data)
    took_s = time.perf_counter() - began
    print(f"{runs} inputs, one number in each, seed {seed}, {took_s:.1f} s: no finding")  # noqa: T201 - a program


def _check_hidden(left: str, number: str, shown: bytes) -> None:
    """More may be hidden than must be, never less."""
    digits = [after for before, after in zip(shown, left, strict=True) if chr(before).isdigit()]
    assert len(digits) == len(number), shown
    assert all(digits[at] == "*" for at in hidden_range(len(number))), shown


if __name__ == "__main__":
    harness.run(__doc__, one_input, loop)
