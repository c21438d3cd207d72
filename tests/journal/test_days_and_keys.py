"""Days, clocks, the evolving key, and a disk that fills up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest

from agent.journal.evolving import EvolvingCheck
from agent.journal.note import parse_note
from agent.journal.schema.entry import ClockDeclared, ClockMoved, EpochEnded, Fact
from agent.journal.writer import RESERVE_BYTES, RESERVE_LOW_BYTES, JournalBroken
from tests.journal.conftest import (
    FIRST_FILE,
    K0,
    MORNING,
    ORIGIN,
    MemoryDisk,
    MemoryKeys,
    World,
    body,
    is_full,
    notes_of,
    payment_ids,
)


def last_epoch(checkpoints: Iterable[bytes]) -> int:
    """Checks the lines of checkpoints in their order, as headquarters would with the first key."""
    check = EvolvingCheck(ORIGIN, K0)
    for checkpoint in checkpoints:
        check.check(parse_note(checkpoint))
    return check.epoch


def test_a_new_day_begins_a_new_file_and_the_tree_goes_on(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(1))
    world.clock.pass_time(24 * 3600)
    journal.commit(body(2), body(3))
    assert list(disk.list()) == [FIRST_FILE, "j0000000001-2026-03-29.jsonl"]
    journal.close()
    again = world.open()
    assert payment_ids(world.applied) == ["till-1", "till-2", "till-3"]
    assert EpochEnded(epoch=1, size=1) in [e.body for e in world.applied]
    assert again.size == 4
    assert not [e for e in world.applied if isinstance(e.body, ClockMoved)]


def test_the_day_is_the_local_one(world: World, disk: MemoryDisk) -> None:
    world.clock.now = MORNING.replace(hour=0, minute=10)
    world.open().commit(body(1))
    assert list(disk.list()) == [FIRST_FILE]


def test_a_declared_clock_begins_a_file_and_so_does_the_next_day(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(1))
    world.clock.now -= MORNING - MORNING.replace(day=20)
    journal.commit(ClockDeclared(words="A flat battery.", person="anna", witness="boss"))
    world.clock.now += MORNING.replace(day=21) - MORNING.replace(day=20)
    journal.commit(body(2))
    days = [name[12:22] for name in disk.list()]
    assert days == ["2026-03-28", "2026-03-20", "2026-03-21"]
    journal.close()
    assert world.open().size == journal.size


def test_a_day_that_comes_back_does_not_begin_a_file(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(1))
    world.clock.now -= MORNING - MORNING.replace(day=20)
    journal.commit(body(2))
    assert list(disk.list()) == [FIRST_FILE]


def test_a_crash_after_a_file_was_begun_leaves_it_usable(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(1))
    world.clock.pass_time(24 * 3600)
    disk.fail_at = disk.calls + 4
    with pytest.raises(JournalBroken):
        journal.commit(body(2))
    disk.power_cut()
    world.clock.pass_time(24 * 3600)
    world.open().commit(body(3))
    disk.locked = False
    again = World(disk, world.clock, world.keys)
    again.open()
    assert payment_ids(again.applied) == ["till-1", "till-3"]


def test_a_clock_that_went_back_is_an_entry_before_the_others(world: World) -> None:
    journal = world.open()
    journal.commit(body(1))
    world.clock.pass_time(60)
    world.clock.now = MORNING.replace(hour=8)
    (entry,) = journal.commit(body(2))
    moved = world.applied[1]
    assert moved.body == ClockMoved(by_ms=-3_660_000)
    assert (moved.index, entry.index) == (1, 2)


def test_a_clock_that_jumped_ahead_is_an_entry_too(world: World) -> None:
    journal = world.open()
    journal.commit(body(1))
    world.clock.now = MORNING.replace(hour=10)
    journal.commit(body(2))
    assert world.applied[1].body == ClockMoved(by_ms=3_600_000)


def test_the_time_counts_no_jump_that_no_entry_tells_of(world: World) -> None:
    journal = world.open()
    journal.commit(body(1))
    world.clock.pass_time(60)
    assert journal.now() == world.clock.now
    world.clock.now += timedelta(hours=2)
    assert journal.now() == MORNING + timedelta(seconds=60)
    journal.commit(body(2))
    assert journal.now() == world.clock.now


def test_a_small_step_and_a_new_boot_are_no_news(world: World) -> None:
    journal = world.open()
    journal.commit(body(1))
    world.clock.boot += 4_000
    journal.commit(body(2))
    world.clock.boot, world.clock.boot_name = 5, "bbbb"
    world.clock.now = MORNING.replace(hour=20)
    journal.commit(body(3))
    assert payment_ids(world.applied) == ["till-1", "till-2", "till-3"]
    assert len(world.applied) == 3


def test_a_clock_that_went_back_over_a_restart_of_the_host_is_noticed(world: World) -> None:
    journal = world.open()
    journal.commit(body(1))
    journal.close()
    world.clock.boot, world.clock.boot_name = 5, "bbbb"
    world.clock.now = MORNING.replace(hour=7)
    world.open().commit(body(2))
    assert ClockMoved(by_ms=-7_200_000) in [e.body for e in world.applied]


def test_on_a_full_disk_the_reserve_carries_the_payment_in_flight(world: World, disk: MemoryDisk) -> None:
    disk.room = RESERVE_BYTES
    journal = world.open()
    assert not is_full(journal)
    written = 0
    while not is_full(journal):
        journal.commit(body(written))
        written += 1
    length = len(disk.files[FIRST_FILE])
    assert RESERVE_BYTES - length <= RESERVE_LOW_BYTES
    assert RESERVE_BYTES - length > RESERVE_LOW_BYTES - 4096
    journal.commit(body(written))
    disk.room *= 4
    journal.tick()
    assert not is_full(journal)


def test_a_full_disk_does_not_begin_a_new_day(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(1))
    disk.room = 0
    journal.close()
    journal = world.open()
    assert is_full(journal)
    world.clock.pass_time(24 * 3600)
    journal.commit(body(2))
    assert list(disk.list()) == [FIRST_FILE]


def test_every_checkpoint_has_a_line_of_the_evolving_key(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    for number in range(4):
        journal.commit(body(number))
        world.clock.pass_time(400)
    journal.close()
    world.open().commit(body(9))
    assert last_epoch(notes_of(disk)) == 3


def test_the_key_evolves_every_ten_minutes_and_at_every_stop(world: World) -> None:
    journal = world.open()
    journal.commit(body(1))
    assert world.keys.epoch == 1
    world.clock.pass_time(599)
    journal.tick()
    assert world.keys.epoch == 1
    world.clock.pass_time(1)
    journal.tick()
    assert world.keys.epoch == 2
    journal.close()
    assert world.keys.epoch == 3  # it has made no line, so a start uses it
    world.open()
    assert world.keys.epoch == 3


def test_todays_key_cannot_make_yesterdays_line(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(1))
    stolen_before = parse_note(notes_of(disk)[0])
    journal.close()
    with pytest.raises(ValueError, match=r"journal\.evolving_back"):
        EvolvingCheck(ORIGIN, world.keys.key, world.keys.epoch).check(stolen_before)


def test_a_key_that_cannot_be_kept_is_not_used(world: World) -> None:
    journal = world.open()
    journal.commit(body(0))
    world.clock.pass_time(700)
    world.keys.fail = OSError(5, "Input/output error")
    with pytest.raises(JournalBroken):
        journal.commit(body(1))


def test_a_full_disk_keeps_an_older_key_on_disk_and_begins_nothing(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(0))
    world.clock.pass_time(700)
    world.keys.fail = OSError(28, "No space left on device")
    journal.commit(body(1))
    assert is_full(journal)
    assert last_epoch(notes_of(disk)) == 2  # an epoch is never longer than it may be
    assert world.keys.epoch == 1
    world.keys.fail = None
    journal.tick()
    assert not is_full(journal)
    assert world.keys.epoch == 2


def test_each_step_of_the_key_is_an_entry_busy_or_idle(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(0))
    world.clock.pass_time(600)
    journal.commit(body(1))
    for _ in range(3):
        world.clock.pass_time(660)
        journal.tick()
        journal.tick()
    ended = [e.body for e in world.applied if isinstance(e.body, EpochEnded)]
    sizes = [1, 3, 4, 5]
    assert ended == [EpochEnded(epoch=n, size=size) for n, size in enumerate(sizes, 1)]
    assert last_epoch(notes_of(disk)) == 5


def test_no_epoch_is_skipped_by_starts_that_fail(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(0))
    for _ in range(5):
        disk.locked = False  # killed before it wrote a line
        journal = world.open()
        assert journal.doubts == ()
    journal.commit(body(1))
    assert last_epoch(notes_of(disk)) == 2


def test_a_tail_that_is_gone_is_noticed_by_the_key_that_went_on(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(0))
    kept = bytes(disk.files[FIRST_FILE])
    for _ in range(3):
        world.clock.pass_time(660)
        journal.commit(body(1))
    journal.close()
    disk.files[FIRST_FILE] = bytearray(kept)
    journal = world.open()
    assert journal.doubts == (Fact("journal.tail_missing", {"stored": 5, "epoch": 1}),)


def test_a_journal_that_is_gone_is_noticed_by_the_key_that_went_on(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(0))
    journal.close()
    disk.files.clear()
    assert world.open().doubts == (Fact("journal.tail_missing", {"stored": 2, "epoch": 0}),)


def test_an_older_key_that_was_put_back_is_noticed(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(0))
    old = MemoryKeys(world.keys.epoch, bytearray(world.keys.key))
    for _ in range(3):
        world.clock.pass_time(660)
        journal.commit(body(1))
    disk.locked = False
    world.keys = old
    journal = world.open()
    assert journal.doubts == (Fact("journal.evolving_key_old", {"stored": 1, "epoch": 4}),)
    journal.commit(body(2))
    assert last_epoch(notes_of(disk)) == 5  # led on to where it must be


def test_time_asleep_counts_for_an_epoch(world: World) -> None:
    """The monotonic clock stands still in a suspend; the boot clock does not."""
    journal = world.open()
    journal.commit(body(0))
    world.clock.pass_time(3600)
    journal.commit(body(1))
    assert world.keys.epoch == 2


def test_a_clock_that_creeps_back_is_noticed(world: World) -> None:
    """Four seconds a commit: no single step is larger than the tolerance, their sum is."""
    journal = world.open()
    journal.commit(body(0))
    for number in range(10):
        world.clock.pass_time(10)
        world.clock.now -= timedelta(seconds=4)
        journal.commit(body(number))
    moved = [e.body.by_ms for e in world.applied if isinstance(e.body, ClockMoved)]
    assert moved == [-8_000] * 5


def test_a_clock_that_creeps_back_from_boot_to_boot_is_noticed(world: World) -> None:
    for number in range(6):
        world.clock.boot_name, world.clock.boot = f"boot-{number}", 5
        journal = world.open()
        journal.commit(body(number))
        journal.close()
        world.clock.now -= timedelta(seconds=4)
    world.open()
    assert [e.body for e in world.applied if isinstance(e.body, ClockMoved)] == [ClockMoved(by_ms=-8_000)] * 2
