"""What a commit promises, on a disk that fails when told to."""

from __future__ import annotations

import msgspec
import pytest

from agent.journal.checkpoint import open_checkpoint
from agent.journal.damage import DamagedJournal
from agent.journal.disk import JournalLocked
from agent.journal.entry import ClockMoved, Printed, TailCut, decode
from agent.journal.evolving import EvolvingCheck, EvolvingKey, verify_evolving
from agent.journal.journal import RESERVE_BYTES, RESERVE_LOW_BYTES, Journal, JournalBroken
from agent.journal.lines import note_of
from agent.journal.note import parse_note
from agent.journal.recover import Snapshot, SnapshotUnusable
from agent.journal.tree import Frontier, leaf_hash
from tests.journal.conftest import (
    K0,
    MORNING,
    ORIGIN,
    OTHER,
    SIGNER,
    VERIFIER,
    MemoryDisk,
    StillClock,
    World,
    body,
    is_full,
    numbers,
)

FIRST_FILE = "j0000000000-2026-03-28.jsonl"


@pytest.fixture
def disk() -> MemoryDisk:
    return MemoryDisk()


@pytest.fixture
def world(disk: MemoryDisk) -> World:
    return World(disk)


def lines_of(disk: MemoryDisk) -> list[bytes]:
    return [line for content in disk.files.values() for line in bytes(content).splitlines()]


def notes_of(disk: MemoryDisk) -> list[bytes]:
    return [note_of(line) for line in lines_of(disk) if line.startswith(b'"')]


def test_a_commit_is_one_write_and_one_sync(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    disk.log.clear()
    journal.commit(body(1), body(2), body(3))
    assert disk.log == ["append", "sync"]


def test_entries_are_applied_only_when_they_are_durable(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    made = journal.commit(body(1), body(2))
    assert [e.index for e in made] == [0, 1]
    assert tuple(world.applied) == made
    disk.fail_at = disk.calls + 2
    with pytest.raises(JournalBroken):
        journal.commit(body(3))
    assert numbers(world.applied) == ["till-1", "till-2"]


def test_the_lines_are_leaves_and_the_checkpoint_signs_them(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(1))
    journal.commit(body(2), body(3))
    tree = Frontier()
    for line in lines_of(disk):
        if line.startswith(b"{"):
            tree.append(leaf_hash(line))
    checkpoint, _ = open_checkpoint(journal.checkpoint.encode(), ORIGIN, [VERIFIER])
    assert (checkpoint.size, checkpoint.root) == (3, tree.root()) == (journal.size, journal.root)
    assert notes_of(disk)[-1].decode() == journal.checkpoint


def test_the_first_file_and_its_folder_are_durable_before_the_first_entry(disk: MemoryDisk) -> None:
    journal = World(disk).open()
    journal.commit(body(1))
    assert disk.log.index("sync_folder") < disk.log.index("append")
    disk.power_cut()
    world = World(disk)
    world.open()
    assert numbers(world.applied) == ["till-1"]


def test_a_start_gives_all_entries_again_and_goes_on(world: World) -> None:
    journal = world.open()
    journal.commit(body(1), body(2))
    journal.close()
    again = world.open()
    assert numbers(world.applied) == ["till-1", "till-2"]
    (entry,) = again.commit(body(3))
    assert entry.index == 2


def test_a_torn_tail_of_any_length_is_cut_and_the_cut_is_an_entry(disk: MemoryDisk) -> None:
    journal = World(disk).open()
    journal.commit(body(1))
    journal.commit(body(2))
    whole = bytes(disk.files[FIRST_FILE])
    promised = whole.index(b"\n", whole.index(b"\n") + 1) + 1
    for length in range(promised + 1, len(whole)):
        torn = MemoryDisk()
        torn.files[FIRST_FILE] = bytearray(whole[:length])
        world = World(torn)
        world.open()
        assert numbers(world.applied) == ["till-1"]
        assert [e.body for e in world.applied[1:]] == [
            TailCut(file=FIRST_FILE, offset=promised, removed_bytes=length - promised)
        ]
        assert bytes(torn.durable[FIRST_FILE]).startswith(whole[:promised])


def test_a_whole_commit_that_was_written_but_not_synced_is_kept_and_synced(disk: MemoryDisk) -> None:
    journal = World(disk).open()
    journal.commit(body(1))
    disk.fail_at = disk.calls + 2
    with pytest.raises(JournalBroken):
        journal.commit(body(2))
    disk.fail_at = None
    disk.locked = False
    world = World(disk)
    world.open()
    assert numbers(world.applied) == ["till-1", "till-2"]
    assert b"till-2" in disk.durable[FIRST_FILE]


@pytest.mark.parametrize("lost", [slice(0, 200), slice(100, 300), slice(400, 512)])
def test_blocks_that_were_never_written_are_a_torn_tail(disk: MemoryDisk, lost: slice) -> None:
    journal = World(disk).open()
    journal.commit(body(1))
    begin = len(disk.files[FIRST_FILE])
    journal.commit(*map(body, range(10)))
    damaged = disk.files[FIRST_FILE]
    damaged[begin + lost.start : begin + lost.stop] = bytes(lost.stop - lost.start)
    disk.locked = False
    world = World(disk)
    world.open()
    assert numbers(world.applied) == ["till-1"]
    assert isinstance(world.applied[1].body, TailCut)


def test_zero_bytes_before_a_later_commit_are_damage(disk: MemoryDisk) -> None:
    journal = World(disk).open()
    for number in range(3):
        journal.commit(body(number))
    content = disk.files[FIRST_FILE]
    content[content.index(b"\n", content.index(b"\n") + 1) + 1] = 0
    disk.locked = False
    with pytest.raises(DamagedJournal):
        World(disk).open()


def test_a_failure_at_any_disk_call_never_loses_what_was_promised() -> None:
    calls = 0
    while True:
        calls += 1
        for short in (False, True):
            disk = MemoryDisk()
            disk.fail_at, disk.short = calls, short
            promised = run_until_it_breaks(disk)
            if promised is None:
                assert calls > 20
                return
            for cut in (False, True):
                again = MemoryDisk()
                again.files, again.durable, again.names = dict(disk.files), dict(disk.durable), disk.names
                again.files = {n: bytearray(c) for n, c in again.files.items()}
                if cut:
                    again.power_cut()
                world = World(again)
                world.open()
                assert numbers(world.applied)[: len(promised)] == promised


def run_until_it_breaks(disk: MemoryDisk) -> list[str] | None:
    """The till numbers that were promised; None when nothing failed."""
    clock, promised = StillClock(), list[str]()
    try:
        for start in range(2):
            journal = World(disk, clock).open()
            for number in range(start * 10, start * 10 + 4):
                journal.commit(body(number), body(number + 100))
                promised += [f"till-{number}", f"till-{number + 100}"]
                clock.pass_time(9 * 3600)
            journal.close()
    except (JournalBroken, OSError):
        return promised
    return None


def test_a_broken_journal_stays_broken(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(1))
    disk.fail_at = disk.calls + 1
    with pytest.raises(JournalBroken, match="append failed"):
        journal.commit(body(2))
    disk.fail_at = None
    before = bytes(disk.files[FIRST_FILE])
    for attempt in range(3):
        with pytest.raises(JournalBroken, match="start it again"):
            journal.commit(body(attempt))
    with pytest.raises(JournalBroken):
        journal.tick()
    assert bytes(disk.files[FIRST_FILE]) == before
    assert journal.size == 1


def test_a_short_write_breaks_the_journal(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    disk.fail_at, disk.short = disk.calls + 1, True
    with pytest.raises(JournalBroken, match="took"):
        journal.commit(body(1))


def test_an_entry_that_is_too_long_changes_nothing(world: World) -> None:
    journal = world.open()
    with pytest.raises(ValueError, match="too long"):
        journal.commit(Printed(till_number="1", copy="merchant", lines=["x" * 70_000]))
    with pytest.raises(ValueError, match="needs an entry"):
        journal.commit()
    (entry,) = journal.commit(body(1))
    assert entry.index == 0


def test_a_second_writer_is_refused(world: World) -> None:
    world.open()
    with pytest.raises(JournalLocked, match="process 1"):
        world.open()


def test_a_start_that_fails_lets_the_folder_go(world: World, disk: MemoryDisk) -> None:
    world.open().commit(body(1))
    disk.locked = False
    with pytest.raises(DamagedJournal):
        world.open(signer=OTHER)
    assert not disk.locked


def test_a_key_of_another_name_is_not_used(world: World) -> None:
    key, nothing = EvolvingKey(ORIGIN, world.keys), world.applied.append
    with pytest.raises(ValueError, match="cannot sign"):
        Journal.open(world.disk, "other.example", SIGNER, key, world.clock, "", "", None, nothing)


def test_a_new_day_begins_a_new_file_and_the_tree_goes_on(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(1))
    world.clock.pass_time(24 * 3600)
    journal.commit(body(2), body(3))
    assert list(disk.list()) == [FIRST_FILE, "j0000000001-2026-03-29.jsonl"]
    journal.close()
    again = world.open()
    assert numbers(world.applied) == ["till-1", "till-2", "till-3"]
    assert again.size == 3
    assert not [e for e in world.applied if isinstance(e.body, ClockMoved)]


def test_the_day_is_the_local_one(world: World, disk: MemoryDisk) -> None:
    world.clock.now = MORNING.replace(hour=0, minute=10)
    world.open().commit(body(1))
    assert list(disk.list()) == [FIRST_FILE]


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
    assert numbers(again.applied) == ["till-1", "till-3"]


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


def test_a_small_step_and_a_new_boot_are_no_news(world: World) -> None:
    journal = world.open()
    journal.commit(body(1))
    world.clock.boot += 4_000
    journal.commit(body(2))
    world.clock.boot, world.clock.boot_name = 5, "bbbb"
    world.clock.now = MORNING.replace(hour=20)
    journal.commit(body(3))
    assert numbers(world.applied) == ["till-1", "till-2", "till-3"]
    assert len(world.applied) == 3


def test_a_clock_that_went_back_over_a_restart_of_the_host_is_noticed(world: World) -> None:
    journal = world.open()
    journal.commit(body(1))
    journal.close()
    world.clock.boot, world.clock.boot_name = 5, "bbbb"
    world.clock.now = MORNING.replace(hour=7)
    world.open().commit(body(2))
    assert ClockMoved(by_ms=-7_200_000) in [e.body for e in world.applied]


def test_a_start_from_a_snapshot_equals_a_full_start(world: World) -> None:
    journal = world.open()
    for number in range(5):
        journal.commit(body(number), body(number + 10))
    snapshot = msgspec.json.decode(msgspec.json.encode(journal.snapshot()), type=Snapshot)
    for number in range(20, 23):
        world.clock.pass_time(10 * 3600)
        journal.commit(body(number))
    journal.close()
    full = world.open()
    root, size, checkpoint, everything = full.root, full.size, full.checkpoint, world.applied
    state = full.snapshot()
    full.close()
    quick = world.open(snapshot)
    assert (quick.root, quick.size, quick.checkpoint) == (root, size, checkpoint)
    assert world.applied == everything[10:]
    assert quick.snapshot() == state
    quick.commit(body(99))
    quick.close()
    world.open()
    assert numbers(world.applied)[-1] == "till-99"


def test_a_snapshot_at_the_very_end_needs_nothing_read_again(world: World) -> None:
    journal = world.open()
    journal.commit(body(1))
    snapshot, checkpoint = journal.snapshot(), journal.checkpoint
    journal.close()
    again = world.open(snapshot)
    assert world.applied == []
    assert again.checkpoint == checkpoint
    assert again.snapshot() == snapshot


def test_a_snapshot_that_does_not_fit_is_refused(world: World) -> None:
    journal = world.open()
    journal.commit(body(1))
    journal.commit(body(2))
    snapshot = journal.snapshot()
    journal.close()
    for wrong in (
        msgspec.structs.replace(snapshot, offset=snapshot.offset - 1),
        msgspec.structs.replace(snapshot, checkpoint_offset=snapshot.checkpoint_offset - 1),
        msgspec.structs.replace(snapshot, frontier=[bytes(32)]),
        msgspec.structs.replace(snapshot, size=1),
        msgspec.structs.replace(snapshot, size=4),
    ):
        with pytest.raises(SnapshotUnusable):
            world.open(wrong)


def test_a_journal_shorter_than_its_snapshot_is_damaged(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(1))
    length = len(disk.files[FIRST_FILE])
    journal.commit(body(2))
    snapshot = journal.snapshot()
    journal.close()
    del disk.files[FIRST_FILE][length:]
    with pytest.raises(DamagedJournal, match="shortened_file"):
        world.open(snapshot)
    del disk.files[FIRST_FILE]
    with pytest.raises(DamagedJournal, match="missing_file"):
        world.open(snapshot)


def test_an_empty_journal_has_no_snapshot(world: World) -> None:
    with pytest.raises(ValueError, match="no snapshot"):
        world.open().snapshot()


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
    assert verify_evolving(notes_of(disk), ORIGIN, K0) == 4


def test_the_key_evolves_at_every_start_and_stop_and_every_ten_minutes(world: World) -> None:
    journal = world.open()
    assert world.keys.epoch == 1
    world.clock.pass_time(599)
    journal.tick()
    assert world.keys.epoch == 1
    world.clock.pass_time(1)
    journal.tick()
    assert world.keys.epoch == 2
    journal.close()
    assert world.keys.epoch == 3
    world.open()
    assert world.keys.epoch == 4


def test_todays_key_cannot_make_yesterdays_line(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(1))
    stolen_before = parse_note(notes_of(disk)[0])
    journal.close()
    with pytest.raises(ValueError, match="went back"):
        EvolvingCheck(ORIGIN, world.keys.key, world.keys.epoch).check(stolen_before)


def test_a_key_that_cannot_be_kept_is_not_used(world: World) -> None:
    journal = world.open()
    world.clock.pass_time(700)
    world.keys.fail = OSError(5, "Input/output error")
    with pytest.raises(JournalBroken):
        journal.commit(body(1))


def test_a_full_disk_keeps_the_old_key_and_begins_nothing(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    world.clock.pass_time(700)
    world.keys.fail = OSError(28, "No space left on device")
    journal.commit(body(1))
    assert is_full(journal)
    assert verify_evolving(notes_of(disk), ORIGIN, K0) == 1
    world.keys.fail = None
    journal.tick()
    assert not is_full(journal)
    assert world.keys.epoch == 2


def test_a_closed_journal_takes_nothing(world: World) -> None:
    journal = world.open()
    journal.commit(body(1))
    journal.close()
    with pytest.raises(JournalBroken, match="closed"):
        journal.commit(body(2))


def test_an_entry_says_when_where_and_by_which_agent(world: World, disk: MemoryDisk) -> None:
    (entry,) = world.open().commit(body(1))
    assert decode(lines_of(disk)[0]) == entry
    assert (entry.at, entry.boot_ms, entry.boot) == (MORNING, 1_000, "aaaa")
    assert (entry.version, entry.config) == ("0.1.0", "config")
