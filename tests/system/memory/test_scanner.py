"""The scanner sees what is planted, and finds nothing of what our own card code has handled."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import cards
from tests.system.memory.child import RECORD_BYTES
from tests.system.memory.scanner import FORMS, scan

# Belongs to nobody's published test card, so nothing else in a process contains the numbers.
BIN = "453201"
# 48 bits against some hundred megabytes: one chance hit in a million runs.
ENOUGH_BYTES = 6
ROOT = Path(__file__).parents[3]
PANS = [cards.make(seed, prefix=BIN) for seed in range(100)]
TRACKS = [f";{pan}=26121010000{seed:05}?" for seed, pan in enumerate(PANS)]


_MAIN = "from tests.system.memory.child import main"
_RUN = "import os, sys; os.dup2({wait}, 3); sys.path.insert(0, ''); {main}; main(sys.argv[1])"


@contextmanager
def child(mode: str, given: bytes, main: str = _MAIN) -> Iterator[tuple[int, str]]:
    """A process that has done its work on `given` and waits; its pid and what it said."""
    wait, go = os.pipe()
    command = [sys.executable, "-c", _RUN.format(wait=wait, main=main), mode]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[wait]
    )
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(given)
        process.stdin.close()
        said = process.stdout.readline().decode()
        assert said.startswith("ready"), said
        yield process.pid, said
    finally:
        os.close(go)
        os.close(wait)
        process.wait(10)
        process.stdout.close()


@pytest.fixture(autouse=True, scope="module")
def _may_read_other_memory() -> None:
    with child("secret", b"x") as (pid, _said):
        try:
            Path(f"/proc/{pid}/mem").open("rb").close()
        except PermissionError:
            pytest.skip("reading another process's memory needs root or kernel.yama.ptrace_scope=0")


@pytest.mark.parametrize("form", [*FORMS, "integer", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_planted_number_is_seen_in_every_form(form: str) -> None:
    with child(form, PANS[0].encode()) as (pid, _said):
        hits = scan(pid, PANS)
    assert form.removesuffix("-le").removesuffix("-be") in {hit.form for hit in hits}
    assert {0} == {hit.what for hit in hits}


@pytest.mark.parametrize("number", [cards.make(5, length=13, prefix="400000000"), *PANS[:3]])
def test_what_is_looked_for_is_too_long_to_stand_in_a_memory_by_chance(number: str) -> None:
    needles = [encode(number) for encode in FORMS.values()]
    assert min(len(needle) for needle in needles if needle) >= ENOUGH_BYTES


def test_a_planted_track_is_seen() -> None:
    with child("ascii", TRACKS[0].encode()) as (pid, _said):
        hits = scan(pid, [], TRACKS)
    assert {0} == {hit.what for hit in hits}


def test_what_lies_in_memfd_secret_is_unreadable_even_for_root() -> None:
    with child("secret", PANS[0].encode()) as (pid, said):
        if "memfd_secret" not in said:
            pytest.skip("this kernel has no memfd_secret; the locked mapping is readable by root")
        assert scan(pid, PANS[:1]) == []


def test_a_hundred_cards_leave_nothing_behind() -> None:
    with child("careful", b"".join(map(record, PANS, TRACKS))) as (pid, _said):
        assert scan(pid, PANS, TRACKS) == []


def record(pan: str, track: str) -> bytes:
    text = f"Karte {' '.join(pan[at : at + 4] for at in range(0, 16, 4))}\n{track}"
    return bytes.fromhex(pan + "2612") + text.encode().ljust(RECORD_BYTES - 10)
