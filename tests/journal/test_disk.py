"""The real disk: modes, the lock, the reserve, a full one, and the reader beside the writer."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from agent.journal.damage import DamagedJournal
from agent.journal.disk import FolderDisk, JournalLocked, file_day, file_name, first_index
from agent.journal.evolving import EvolvingCheck, EvolvingError, EvolvingKey, KeyFile, enrol
from agent.journal.note import parse_note
from agent.journal.reader import JournalReader
from agent.journal.schema.entry import decode
from agent.journal.verify import verify
from agent.journal.writer import Journal, JournalBroken
from tests.journal.conftest import ORIGIN, VERIFIER, MemoryKeys, World, body, is_full, payment_ids

TMPFS_BYTES = 1 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_BYTES}", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs of 1 MB needs root and a kernel that lets it")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_files_and_folder_are_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    World(FolderDisk(folder)).open().commit(body())
    assert folder.stat().st_mode & 0o7777 == 0o2750
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o640}


def test_a_second_agent_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from agent.journal.disk import FolderDisk\n"
        "FolderDisk(Path(sys.argv[1])).lock(); print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "journal")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        first.stdout.readline()
        with pytest.raises(JournalLocked, match=f"pid={first.pid}"):
            World(FolderDisk(tmp_path / "journal")).open()
        assert first.stdin is not None
        first.stdin.close()
        first.wait()
    World(FolderDisk(tmp_path / "journal")).open()


def test_the_reserve_lies_behind_the_end_and_goes_with_the_day(tmp_path: Path) -> None:
    world = World(FolderDisk(tmp_path))
    journal = world.open()
    journal.commit(body())
    first = tmp_path / file_name(0, date(2026, 3, 28))
    assert first.stat().st_blocks * 512 > 200_000
    assert first.stat().st_size < 2_000
    world.clock.pass_time(24 * 3600)
    journal.commit(body())
    assert first.stat().st_blocks * 512 < 20_000
    journal.close()
    assert sum(path.stat().st_blocks * 512 for path in tmp_path.iterdir()) < 40_000


def test_on_a_full_disk_the_payment_in_flight_is_finished_and_nothing_is_lost(small_disk: Path) -> None:
    world = World(FolderDisk(small_disk / "journal"))
    journal = world.open()
    assert not is_full(journal)
    journal.commit(body())
    filler = small_disk / "filler"
    fill(filler)
    written = 1
    while not is_full(journal):
        journal.commit(body(written))
        written += 1
    for _ in range(20):
        journal.commit(body(written), body(written + 1))
        written += 2
    written += commit_until_it_breaks(journal, written)
    journal.close()
    filler.unlink()
    world.open()
    assert payment_ids(world.applied) == [f"till-{number}" for number in range(written)]
    assert verify(small_disk / "journal", VERIFIER).result == "ok"


def fill(path: Path) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(fd, bytes(4096)):
            pass
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
    finally:
        os.close(fd)


def commit_until_it_breaks(journal: Journal, first: int) -> int:
    """How many more commits the full disk took."""
    for count in range(10_000):
        try:
            journal.commit(body(first + count))
        except JournalBroken:
            return count
    raise AssertionError("the disk never became full")


def test_a_file_system_without_reserves_is_asked_for_its_free_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(_fd: int, _offset: int, _length: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("agent.journal.disk._fallocate", unsupported)
    disk = FolderDisk(tmp_path)
    disk.open("j0000000000-2026-03-28.jsonl")
    disk.reserve("j0000000000-2026-03-28.jsonl", 4096)
    with pytest.raises(OSError, match="No space left"):
        disk.reserve("j0000000000-2026-03-28.jsonl", 1 << 60)


def test_names_of_files() -> None:
    name = file_name(12, date(2026, 3, 28))
    assert (first_index(name), file_day(name)) == (12, date(2026, 3, 28))
    for bad in ("lock", "j12-2026-03-28.jsonl", name + "x", "x" + name):
        with pytest.raises(ValueError, match="no journal file"):
            first_index(bad)


def filled(folder: Path) -> World:
    """Entries 0-1, 2, 3-5 on three days; 2 and 3 say that an epoch ended."""
    world = World(FolderDisk(folder))
    journal = world.open()
    journal.commit(body(0), body(1))
    world.clock.pass_time(24 * 3600)
    journal.tick()
    world.clock.pass_time(24 * 3600)
    journal.commit(body(4), body(5))
    journal.close()
    return world


@pytest.mark.parametrize("index", range(8))
def test_a_reader_gives_whole_commits_from_any_index(tmp_path: Path, index: int) -> None:
    filled(tmp_path)
    reader = JournalReader(tmp_path)
    commits = list(reader.commits(index))
    assert [decode(line).index for commit in commits for line in commit.lines] == list(range(index, 6))
    for commit in commits:
        assert parse_note(commit.note()).text.split("\n")[1] == str(commit.size)
        content = (tmp_path / commit.file).read_bytes()
        assert content[commit.offset :].startswith(commit.lines[0])
        assert content[: commit.offset].count(b"\n") + 1 == commit.line
    assert reader.size() == 6
    reader.close()


def test_a_reader_goes_on_where_it_stopped_and_sees_only_whole_commits(tmp_path: Path) -> None:
    world = World(FolderDisk(tmp_path))
    journal = world.open()
    journal.commit(body(0))
    reader = JournalReader(tmp_path)
    assert reader.size() == 1
    assert not reader.changed()
    assert [c.size for c in reader.commits(0)] == [1]
    reader.sync_read()
    journal.commit(body(1))
    path = tmp_path / file_name(0, date(2026, 3, 28))
    whole = path.read_bytes()
    journal.commit(body(2))
    path.write_bytes(path.read_bytes()[:-1])
    assert reader.changed()
    assert [c.size for c in reader.commits(1)] == [2]
    assert reader.size() == 2
    assert [c.size for c in reader.commits(0)] == [1, 2]
    assert whole.count(b"\n") == 4
    reader.sync_read()
    reader.close()


def test_a_reader_left_in_the_middle_gives_the_same_commit_again(tmp_path: Path) -> None:
    filled(tmp_path)
    reader = JournalReader(tmp_path)
    for commit in reader.commits(0):
        assert commit.size == 2
        break
    assert [c.size for c in reader.commits(2)] == [3, 6]
    assert [c.size for c in reader.commits(2)] == [3, 6]
    reader.close()


def test_a_reader_of_nothing_has_nothing(tmp_path: Path) -> None:
    reader = JournalReader(tmp_path)
    assert (reader.size(), list(reader.commits(0))) == (0, [])
    reader.sync_read()


def test_a_reader_stops_at_a_gap(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / file_name(2, date(2026, 3, 29))).unlink()
    with pytest.raises(DamagedJournal, match="missing_lines"):
        list(JournalReader(tmp_path).commits(0))


def test_the_key_file_is_replaced_and_the_old_key_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "evolving.key"
    store = KeyFile(path)
    enrol(store, bytearray(b"k" * 32))
    with path.open("rb") as old:
        store.replace(1, bytearray(b"n" * 32))
        assert old.read() == bytes(40)
    assert store.load() == (1, bytearray(b"n" * 32))
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_is_on_disk_before_it_is_used() -> None:
    keys = MemoryKeys()
    key = EvolvingKey(ORIGIN, keys)
    key.start(None)
    assert (keys.epoch, key.epoch) == (1, 1)
    keys.fail = OSError(5, "Input/output error")
    with pytest.raises(OSError, match="Input"):
        key.step(600.0)
    assert keys.epoch == 1  # a start leads it to where the line is


@pytest.mark.parametrize("content", [b"", bytes(39), bytes(41)])
def test_a_file_that_is_no_key_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "evolving.key"
    path.write_bytes(content)
    with pytest.raises(EvolvingError, match=r"journal\.evolving_file"):
        KeyFile(path).load()


def test_a_line_from_far_ahead_is_refused_without_counting_there() -> None:
    keys = MemoryKeys(epoch=2**60)
    key = EvolvingKey(ORIGIN, keys)
    key.start(2**60 - 1)
    text = f"{ORIGIN}\n1\n{'A' * 43}=\n"
    with pytest.raises(EvolvingError, match=r"journal\.evolving_ahead"):
        EvolvingCheck(ORIGIN, keys.key).check(parse_note(f"{text}\n{key.line(text.encode())}".encode()))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_first_key_has_32_bytes(length: int) -> None:
    with pytest.raises(EvolvingError, match=r"journal\.evolving_first_key"):
        EvolvingCheck(ORIGIN, bytes(length))
    with pytest.raises(EvolvingError, match=r"journal\.evolving_first_key"):
        enrol(MemoryKeys(), bytearray(length))


def test_a_reader_begins_again_where_the_agent_cut_an_end_that_it_had_read(tmp_path: Path) -> None:
    """After a power cut the uploader may be up before the agent, and read what the agent then cuts."""
    world = World(FolderDisk(tmp_path))
    journal = world.open()
    journal.commit(body(0))
    path = tmp_path / file_name(0, date(2026, 3, 28))
    kept = path.read_bytes()
    journal.commit(body(1), body(2))
    reader = JournalReader(tmp_path)
    assert reader.size() == 3
    journal.close()
    path.write_bytes(kept)
    other = world.open()
    other.commit(body(1_234_567))
    other.commit(body(8), body(9))
    assert reader.size() == 5
    assert payment_ids([decode(line) for c in reader.commits(1) for line in c.lines]) == [
        "till-1234567",
        "till-8",
        "till-9",
    ]
    other.close()
    reader.close()
