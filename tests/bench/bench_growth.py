"""Budget: what a terminal may send costs time by its length only.

Eight times the length may take 24 times as long; a quadratic search takes sixty-four times.
A clock judges here and nowhere in the tests: on a busy machine it would be wrong there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from drivers.card.card import scrub_text
from drivers.card.scrub import may_hold_card
from drivers.zvt.apdu import LONGEST_BODY_BYTES
from tests.bench.budget import Line
from tests.drivers.zvt.long_messages import display_lines, texts
from tests.drivers.zvt.stage import read

TIMES_LONGER: Final = 8
LIMIT: Final = 24.0
ROUNDS: Final = 5

SCRUBBED: Final = ("4", "4 ", "62 ", "4111111111111111", ";4111111111111111=", "%B4", "*")
LOOKED_AT: Final = ("1111111111" + " " * 54, "1 ", "1111111111 ", " ", "^")


def lines() -> Iterator[Line]:
    """The worst growth of each, over all patterns."""
    yield _worst("length: scrub a text", [_scrub(piece) for piece in SCRUBBED], 4_000)
    yield _worst("length: the quick look", [_look(piece) for piece in LOOKED_AT], 8_000)
    yield _worst(
        "length: ZVT message of texts",
        [_read(texts), _read(display_lines)],
        LONGEST_BODY_BYTES // TIMES_LONGER,
    )


def _scrub(piece: str) -> Callable[[int], Callable[[], object]]:
    return lambda size: lambda: scrub_text(_text(piece, size))


def _look(piece: str) -> Callable[[int], Callable[[], object]]:
    def made(size: int) -> Callable[[], object]:
        text = _text(piece, size)
        return lambda: may_hold_card(text)

    return made


def _read(flood: Callable[[int], bytes]) -> Callable[[int], Callable[[], object]]:
    def made(size: int) -> Callable[[], object]:
        apdu = flood(size)
        return lambda: read(apdu)

    return made


def _text(piece: str, size: int) -> memoryview:
    return memoryview(bytearray((piece * size)[:size].encode()))


def _worst(what: str, cases: list[Callable[[int], Callable[[], object]]], size: int) -> Line:
    pairs = [(_us(case(size)), _us(case(size * TIMES_LONGER))) for case in cases]
    short, long = max(pairs, key=lambda pair: pair[1] / pair[0])
    return Line(what, "us", short, long, LIMIT)


def _us(action: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        action()
        took.append(time.process_time_ns() - began)
    return max(min(took) / 1000, 1.0)
