"""What a commit promises, on a disk that fails when told to."""

from __future__ import annotations

import pytest

from agent.journal.checkpoint import open_checkpoint
from agent.journal.damage import DamagedJournal
from agent.journal.disk import JournalLocked
from agent.journal.evolving import EvolvingKey
from agent.journal.schema.entry import FORMAT_VERSION, Printed, WrittenBy, decode
from agent.journal.tree import Frontier, leaf_hash
from agent.journal.writer import Journal, JournalBroken
from tests.journal.conftest import (
    FIRST_FILE,
    MORNING,
    ORIGIN,
    OTHER,
    SIGNER,
    VERIFIER,
    MemoryDisk,
    World,
    body,
    lines_of,
    notes_of,
    payment_ids,
)


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
    assert payment_ids(world.applied) == ["till-1", "till-2"]


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
    assert payment_ids(world.applied) == ["till-1"]


def test_a_broken_journal_stays_broken(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(1))
    disk.fail_at = disk.calls + 1
    with pytest.raises(JournalBroken, match="append failed"):
        journal.commit(body(2))
    disk.fail_at = None
    before = bytes(disk.files[FIRST_FILE])
    for attempt in range(3):
        with pytest.raises(JournalBroken, match=r"journal\.broken"):
            journal.commit(body(attempt))
    with pytest.raises(JournalBroken):
        journal.tick()
    assert bytes(disk.files[FIRST_FILE]) == before
    assert journal.size == 1


def test_a_short_write_breaks_the_journal(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    disk.fail_at, disk.short = disk.calls + 1, True
    with pytest.raises(JournalBroken, match="short write"):
        journal.commit(body(1))


def test_an_entry_that_is_too_long_changes_nothing(world: World) -> None:
    journal = world.open()
    with pytest.raises(ValueError, match="too long"):
        journal.commit(Printed(payment_id="1", copy="merchant", lines=["x" * 70_000]))
    with pytest.raises(ValueError, match="without entries"):
        journal.commit()
    (entry,) = journal.commit(body(1))
    assert entry.index == 0


def test_a_second_writer_is_refused(world: World) -> None:
    world.open()
    with pytest.raises(JournalLocked, match="pid=1"):
        world.open()


def test_a_start_that_fails_lets_the_folder_go(world: World, disk: MemoryDisk) -> None:
    world.open().commit(body(1))
    disk.locked = False
    with pytest.raises(DamagedJournal):
        world.open(signer=OTHER)
    assert not disk.locked


def test_a_key_of_another_name_is_not_used(world: World) -> None:
    key, nothing = EvolvingKey(ORIGIN, world.keys), world.applied.append
    with pytest.raises(ValueError, match="key of"):
        Journal.open(world.disk, "other.example", SIGNER, key, world.clock, "", "", None, nothing)


def test_a_closed_journal_takes_nothing(world: World) -> None:
    journal = world.open()
    journal.commit(body(1))
    journal.close()
    with pytest.raises(JournalBroken, match="closed"):
        journal.commit(body(2))


def test_an_entry_says_when_where_and_by_which_agent(world: World, disk: MemoryDisk) -> None:
    (entry,) = world.open().commit(body(1))
    assert decode(lines_of(disk)[0]) == entry
    assert (entry.at, entry.boot_ms) == (MORNING, 1_000)
    by = WrittenBy(format=FORMAT_VERSION, version="0.1.0", config="config", boot="aaaa")
    assert entry.written_by == by
