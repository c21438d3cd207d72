"""What a start finds: torn ends, snapshots, and what a failing disk left behind."""

from __future__ import annotations

import msgspec
import pytest

from agent.journal.damage import DamagedJournal
from agent.journal.recover import Snapshot, SnapshotUnusable
from agent.journal.schema.entry import EpochEnded, StateKept, TailCut
from agent.journal.writer import JournalBroken
from tests.journal.conftest import (
    FIRST_FILE,
    MemoryDisk,
    StillClock,
    World,
    body,
    payment_ids,
)


def test_a_start_gives_all_entries_again_and_goes_on(world: World) -> None:
    journal = world.open()
    journal.commit(body(1), body(2))
    journal.close()
    again = world.open()
    assert payment_ids(world.applied) == ["till-1", "till-2"]
    (entry,) = again.commit(body(3))
    assert world.applied[2].body == EpochEnded(epoch=1, size=2)
    assert entry.index == 3


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
        assert payment_ids(world.applied) == ["till-1"]
        assert [e.body for e in world.applied[1:]] == [
            EpochEnded(epoch=1, size=1),
            TailCut(file=FIRST_FILE, offset=promised, removed_bytes=length - promised),
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
    assert payment_ids(world.applied) == ["till-1", "till-2"]
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
    assert payment_ids(world.applied) == ["till-1"]
    assert isinstance(world.applied[2].body, TailCut)


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
                assert payment_ids(world.applied)[: len(promised)] == promised


def run_until_it_breaks(disk: MemoryDisk) -> list[str] | None:
    """The payment ids that were promised; None when nothing failed."""
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


def test_a_start_from_a_snapshot_equals_a_full_start(world: World) -> None:
    journal = world.open()
    for number in range(5):
        journal.commit(body(number), body(number + 10))
    snapshot = msgspec.json.decode(msgspec.json.encode(journal.keep_state("s")), type=Snapshot)
    for number in range(20, 23):
        world.clock.pass_time(10 * 3600)
        journal.commit(body(number))
    journal.close()
    full = world.open()
    root, size, checkpoint, everything = full.root, full.size, full.checkpoint, world.applied
    state = full.snapshot("s")
    full.close()
    quick = world.open(snapshot)
    assert (quick.root, quick.size, quick.checkpoint) == (root, size, checkpoint)
    assert world.applied == everything[10:]
    assert isinstance(world.applied[0].body, StateKept)
    assert quick.snapshot("s") == state
    quick.commit(body(99))
    quick.close()
    world.open()
    assert payment_ids(world.applied)[-1] == "till-99"


def test_a_snapshot_at_the_very_end_needs_nothing_read_again(world: World) -> None:
    journal = world.open()
    journal.commit(body(1))
    snapshot = journal.keep_state("s")
    checkpoint = journal.checkpoint
    journal.close()
    again = world.open(snapshot)
    assert [entry.body for entry in world.applied] == [StateKept(digest=snapshot.digest)]
    assert again.checkpoint == checkpoint


def test_a_snapshot_that_does_not_fit_is_refused(world: World) -> None:
    journal = world.open()
    journal.commit(body(1))
    journal.commit(body(2))
    snapshot = journal.keep_state("s")
    journal.close()
    for wrong in (
        msgspec.structs.replace(snapshot, offset=snapshot.offset - 1),
        msgspec.structs.replace(snapshot, checkpoint_offset=snapshot.checkpoint_offset - 1),
        msgspec.structs.replace(snapshot, frontier=[bytes(32)]),
        msgspec.structs.replace(snapshot, size=1),
        msgspec.structs.replace(snapshot, size=4),
        msgspec.structs.replace(snapshot, state="another"),
        msgspec.structs.replace(snapshot, files={}),
    ):
        with pytest.raises(SnapshotUnusable):
            world.open(wrong)


def test_a_snapshot_that_the_journal_does_not_know_is_refused(world: World) -> None:
    """Its root and checkpoint are genuine, and so is every byte: only nobody wrote that it was kept."""
    journal = world.open()
    journal.commit(body(1))
    forged = journal.snapshot("what somebody made of it")
    journal.close()
    with pytest.raises(SnapshotUnusable):
        world.open(forged)
    world.open().close()
    journal = world.open()
    journal.commit(body(2))
    journal.keep_state("s")
    journal.close()
    with pytest.raises(SnapshotUnusable):
        world.open(forged)


def test_a_journal_shorter_than_its_snapshot_is_damaged(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(1))
    length = len(disk.files[FIRST_FILE])
    journal.commit(body(2))
    snapshot = journal.keep_state("s")
    journal.close()
    del disk.files[FIRST_FILE][length:]
    with pytest.raises(DamagedJournal, match="shortened_file"):
        world.open(snapshot)
    del disk.files[FIRST_FILE]
    with pytest.raises(DamagedJournal, match="missing_file"):
        world.open(snapshot)


def test_an_empty_journal_has_no_snapshot(world: World) -> None:
    with pytest.raises(ValueError, match="nothing to snapshot"):
        world.open().keep_state("s")
