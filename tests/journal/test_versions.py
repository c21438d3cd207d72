"""Journals between two versions: what is new is kept or named, and never taken for damage."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import msgspec
import pytest

from agent.journal.damage import DamagedJournal, NewerJournal, fact_of
from agent.journal.disk import FolderDisk
from agent.journal.reader import JournalReader
from agent.journal.schema.base import Body, Fact
from agent.journal.schema.entry import (
    FORMAT_VERSION,
    AnyBody,
    Completed,
    Decided,
    Entry,
    Requested,
    Started,
    UnknownEntry,
    decode,
    encode,
)
from agent.journal.verify import verify
from tests.journal.conftest import VERIFIER, MemoryDisk, World, body, lines_of
from tests.journal.newer import (
    NEWER,
    OPTIONAL,
    NewerDecided,
    NewerReason,
    NewerRequested,
    inspected,
    newer,
    reservation,
    with_basket,
)


def decided() -> AnyBody:
    reason = NewerReason(rule="hard", action="block", code="hard", pack="winter")
    return newer(NewerDecided(payment_id="B-1", action="block", reasons=[reason]))


def test_an_older_version_reads_over_new_optional_fields_and_back(world: World, disk: MemoryDisk) -> None:
    journal = world.open(schema=OPTIONAL)
    journal.commit(with_basket(), decided())
    journal.close()
    before = lines_of(disk)

    journal = world.open()  # the older version: it starts, knows the payment, and goes on
    request, decision = (entry.body for entry in world.applied)
    assert isinstance(request, Requested)
    assert (request.payment_id, request.amount) == ("B-1", 1010)
    assert isinstance(decision, Decided)
    assert [reason.rule for reason in decision.reasons] == ["hard"]
    journal.commit(body(2))
    journal.close()
    assert lines_of(disk)[: len(before)] == before  # nothing of the newer version's is lost

    world.open(schema=OPTIONAL)  # back to the newer one
    request, decision, _, completed = (entry.body for entry in world.applied)
    assert isinstance(request, NewerRequested)
    assert request.basket == "three apples"
    assert isinstance(decision, NewerDecided)
    assert decision.reasons[0].pack == "winter"
    assert completed == body(2)


@pytest.mark.parametrize("made", [inspected, reservation])
def test_what_a_newer_version_wrote_is_named_and_nothing_is_written(tmp_path: Path, made: object) -> None:
    world = World(FolderDisk(tmp_path))
    journal = world.open(schema=NEWER)
    assert callable(made)
    journal.commit(body(1), made())
    journal.close()
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.jsonl")}

    older = World(FolderDisk(tmp_path), keys=world.keys)
    with pytest.raises(NewerJournal) as caught:
        older.open()
    assert fact_of(caught.value) == Fact(
        "journal.newer", {"file": "j0000000000-2026-03-28.jsonl", "index": 0}
    )
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.jsonl")} == before
    assert verify(tmp_path, VERIFIER).result == "ok"

    again = World(FolderDisk(tmp_path), keys=world.keys)
    again.open(schema=NEWER).commit(made())  # back


def test_a_higher_format_version_is_enough_to_take_no_payment(world: World) -> None:
    journal = world.open(schema=NEWER)
    journal.commit(body(1))  # every word of it is known here
    journal.close()
    with pytest.raises(NewerJournal):
        world.open()


def test_a_reader_shows_an_unknown_entry_as_what_it_is(tmp_path: Path) -> None:
    world = World(FolderDisk(tmp_path))
    world.open(schema=NEWER).commit(inspected(), body(1))
    (commit,) = JournalReader(tmp_path).commits(0)
    unknown, known = (decode(line) for line in commit.lines)
    assert unknown.body == UnknownEntry(kind="inspected", line=commit.lines[0])
    assert known.body == body(1)
    assert unknown.at == known.at


def test_a_changed_byte_is_damage_whatever_it_makes_of_the_kind(tmp_path: Path) -> None:
    world = World(FolderDisk(tmp_path))
    journal = world.open()
    journal.commit(body(1))
    journal.close()
    path = tmp_path / "j0000000000-2026-03-28.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"kind":"completed"', b'"kind":"completee"'))
    with pytest.raises(DamagedJournal, match="changed_entry"):
        World(FolderDisk(tmp_path), keys=world.keys).open()
    assert verify(tmp_path, VERIFIER).result == "changed_entry"


def test_writing_is_strict(world: World, disk: MemoryDisk) -> None:
    journal = world.open()
    journal.commit(body(1))
    before = lines_of(disk)
    for wrong in (inspected(), reservation()):
        with pytest.raises(ValueError, match="unreadable entry"):
            journal.commit(wrong)
    assert lines_of(disk) == before
    journal.commit(body(2))  # and the journal is not broken by it


def test_each_file_and_each_run_says_who_writes(world: World) -> None:
    journal = world.open()
    first = journal.commit(body(1), body(2))
    more = journal.commit(body(3))
    world.clock.pass_time(24 * 3600)
    journal.tick()
    next_day = journal.commit(body(4), body(5))
    journal.close()
    journal = world.open()
    restarted = journal.commit(body(6), body(7))
    formats = {entry.index: entry.written_by.format for entry in world.applied if entry.written_by}
    # The entry of an epoch's end stands first.
    begins = (0, next_day[0].index - 1, restarted[0].index - 1)
    assert formats == dict.fromkeys(begins, FORMAT_VERSION)
    assert [entry.index for entry in (*first, *more)] == [0, 1, 2]


def test_started_says_the_format() -> None:
    started = Started(format=FORMAT_VERSION, terminals=[], acquirer_key="")
    assert b'"format":2' in encode(Entry(index=0, at=World(MemoryDisk()).clock.now, boot_ms=1, body=started))


def test_no_body_has_a_field_of_the_envelope() -> None:
    envelope = {field.name for field in msgspec.structs.fields(Entry)} | {"kind"}
    for kind in get_args(AnyBody):
        assert issubclass(kind, Body)
        assert not envelope & {field.name for field in msgspec.structs.fields(kind)}, kind


def test_every_kind_is_known_by_its_own_name() -> None:
    tags = [kind.__struct_config__.tag for kind in get_args(AnyBody)]
    assert len(set(tags)) == len(tags)
    assert Completed.__struct_config__.tag == "completed"
