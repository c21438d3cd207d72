"""When cards get a new key, what of it is written, and that a replay finds the same cards."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from agent.journal.schema.entry import AnyBody, CardKeyBegan, CardSummary, TerminalResult, decode
from agent.payments.card_keys import CardKeys, fill_from_kernel
from drivers.card.card import CardOrdinals
from drivers.card.secret import SecretBuffer
from tests.payments.conftest import Make
from tests.payments.world import World
from tests.support.still import fill

DAY = date(2026, 11, 27)
ONE_DAY = timedelta(days=1)
SHOWS_ALL = '[default]\nshown = "track_2"\ncard = "{}"\n'


class Kept:
    """Keys over a list that stands for the journal."""

    def __init__(self) -> None:
        self.written: list[AnyBody] = []
        self.ordinals = CardOrdinals()
        self.keys = CardKeys(self.ordinals, fill)

    def turn(self, day: date) -> None:
        self.keys.turn(day, len(self.written), self.written.append)

    def alive(self) -> list[int]:
        return [number.key for number in self.ordinals.numbers(memoryview(b"4111111111111111"))]


def test_a_start_and_each_business_day_begin_a_key_and_two_are_alive() -> None:
    kept = Kept()
    seen = []
    for day in (DAY, DAY, DAY + ONE_DAY, DAY + 2 * ONE_DAY):
        kept.turn(day)
        seen.append(kept.alive())
    assert kept.written == [
        CardKeyBegan(number=1, why="start"),
        CardKeyBegan(number=2, why="day"),
        CardKeyBegan(number=3, why="day"),
    ]
    assert seen == [[1], [1], [2, 1], [3, 2]]


def test_a_key_whose_day_is_long_over_is_not_kept() -> None:
    kept = Kept()
    kept.turn(DAY)
    kept.turn(DAY + 2 * ONE_DAY)
    assert kept.alive() == [2]


def test_a_clock_that_persons_set_right_ends_the_key_of_the_wrong_day() -> None:
    kept = Kept()
    kept.turn(DAY + 365 * ONE_DAY)
    kept.turn(DAY)
    assert kept.alive() == [2]


def test_the_key_is_on_disk_before_a_card_is_numbered_under_it() -> None:
    ordinals = CardOrdinals()
    keys = CardKeys(ordinals, fill)

    def refuse(_body: AnyBody) -> None:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        keys.turn(DAY, 0, refuse)
    assert ordinals.numbers(memoryview(b"4111111111111111")) == ()


def test_two_keys_of_the_kernel_differ() -> None:
    one, other = SecretBuffer(32), SecretBuffer(32)
    fill_from_kernel(one.view)
    fill_from_kernel(other.view)
    assert one.view != other.view
    one.close()
    other.close()


def cards_of(world: World) -> list[tuple[int, int]]:
    results = [entry.body for entry in world.disk.entries() if isinstance(entry.body, TerminalResult)]
    return [(result.card.card_key, result.card.card) for result in results if result.card is not None]


def test_the_same_card_has_one_ordinal_until_a_restart_and_then_a_new_key(make: Make) -> None:
    world = make(SHOWS_ALL.format("visa"))
    world.pay("A-1")
    world.pay("A-2")
    world.restart()
    world.pay("A-3")
    assert cards_of(world) == [(1, 1), (1, 1), (2, 1)]
    began = [entry.body for entry in world.disk.entries() if isinstance(entry.body, CardKeyBegan)]
    assert began == [CardKeyBegan(number=1, why="start"), CardKeyBegan(number=2, why="start")]


def test_another_card_has_another_ordinal(make: Make) -> None:
    world = make(SHOWS_ALL.format("generated"))
    for number in range(3):
        world.pay(f"A-{number}")
    assert cards_of(world) == [(1, 1), (1, 2), (1, 3)]


def test_a_line_of_an_older_version_with_a_hash_of_the_card_is_still_read() -> None:
    line = (
        b'{"index":4,"at":"2026-11-27T10:00:00.000Z","boot_ms":0,"kind":"result","payment_id":"A-1",'
        b'"verdict":"approved","card":{"masked":"411111******1111","fingerprint":"abcdefghijklmnop"}}'
    )
    body = decode(line).body
    assert isinstance(body, TerminalResult)
    assert body.card == CardSummary(masked="411111******1111")
