"""A folder that wakes whoever waits: the real kernel's word, and hosts that have none to give."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from agent.base.watch import FolderWatch, masks

IGNORED = 0x8000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "journal").mkdir()
    return tmp_path / "journal"


@pytest.fixture
def watch(folder: Path) -> FolderWatch:
    watch = FolderWatch(folder)
    if not watch.arm():
        pytest.skip("no inotify on this host")
    return watch


def test_a_quiet_folder_wakes_nobody(folder: Path, watch: FolderWatch) -> None:
    (folder / "j").write_text("{}\n")
    assert watch.arm()
    (folder / "j").read_text()
    assert not watch.wait(0)


@pytest.mark.parametrize("change", ["made", "written", "moved in", "moved out", "removed"])
def test_a_change_wakes(folder: Path, watch: FolderWatch, change: str) -> None:
    old, new, outside = folder / "old", folder / "new", folder.parent / "outside"
    old.write_text("{}\n")
    outside.write_text("")
    assert watch.arm()
    match change:
        case "made":
            new.touch()
        case "written":
            os.truncate(old, 0)
        case "moved in":
            outside.rename(new)
        case "moved out":
            old.rename(folder.parent / "gone")
        case "removed":
            old.unlink()
    assert watch.wait(0)


def test_a_change_between_arming_and_waiting_is_not_lost(folder: Path, watch: FolderWatch) -> None:
    (folder / "j").write_text("before the look\n")
    assert watch.arm()
    (folder / "j").write_text("during the look\n")
    assert watch.wait(0)
    assert watch.arm()
    assert not watch.wait(0)


def test_a_folder_that_comes_later_is_watched_then(tmp_path: Path) -> None:
    watch = FolderWatch(tmp_path / "later")
    assert not watch.arm()
    assert watch.descriptor is None
    (tmp_path / "later").mkdir()
    if not watch.arm():
        pytest.skip("no inotify on this host")
    (tmp_path / "later" / "j").touch()
    assert watch.wait(0)
    watch.close()


def test_a_folder_in_the_place_of_another_is_watched(folder: Path, watch: FolderWatch) -> None:
    folder.rename(folder.with_name("before"))
    folder.mkdir()
    assert watch.arm()
    (folder / "j").touch()
    assert watch.wait(0)
    assert watch.arm()
    (folder / "j").unlink()
    folder.rmdir()
    assert not watch.arm()
    assert watch.descriptor is None


class Scripted:
    """A kernel that does what the test says; its descriptor is a pipe's end."""

    def __init__(self, *reads: bytes | OSError, refuses: OSError | None = None, full: bool = False) -> None:
        self.reads, self.refuses, self.full = list(reads), refuses, full
        self.started: list[int] = []

    def start(self) -> int:
        if self.full:
            raise OSError(errno.EMFILE, "no instance left")
        reading, writing = os.pipe()
        os.close(writing)
        self.started.append(reading)
        return reading

    def add(self, descriptor: int, folder: Path, mask: int) -> None:
        assert descriptor in self.started
        assert mask
        assert folder
        if self.refuses:
            raise self.refuses

    def read(self, descriptor: int) -> bytes:
        assert descriptor in self.started
        found = self.reads.pop(0) if self.reads else BlockingIOError()
        if isinstance(found, OSError):
            raise found
        return found


def event(mask: int, name: bytes = b"") -> bytes:
    def number(value: int) -> bytes:
        return value.to_bytes(4, sys.byteorder)

    return number(1) + number(mask) + number(0) + number(len(name)) + name


def test_events_are_read_with_and_without_a_name() -> None:
    assert masks(event(2, b"j0\0\0") + event(0x400) + event(IGNORED)) == [2, 0x400, IGNORED]
    assert masks(b"") == []
    assert masks(event(2)[:-1]) == []


@pytest.mark.parametrize(
    "kernel",
    [Scripted(full=True), Scripted(refuses=OSError(errno.ENOSPC, "too many watches"))],
    ids=["no instance", "no watch"],
)
def test_a_host_without_a_watch_says_so_and_keeps_nothing_open(tmp_path: Path, kernel: Scripted) -> None:
    watch = FolderWatch(tmp_path, kernel)
    assert not watch.arm()
    assert not watch.wait(0)
    for descriptor in kernel.started:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)


@pytest.mark.parametrize("over", [event(0x400), event(0x800), event(IGNORED), OSError(errno.EIO, "broken")])
def test_a_watch_that_is_over_is_set_anew(tmp_path: Path, over: bytes | OSError) -> None:
    kernel = Scripted(event(2, b"j0\0\0"), over)
    watch = FolderWatch(tmp_path, kernel)
    assert watch.arm()
    assert watch.arm()
    assert len(kernel.started) == 2
    assert watch.arm()
    assert len(kernel.started) == 2
    watch.close()
