"""Every protocol's session, after dozens of answers that held the whole card: nothing of it is left."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.system.memory.scanner import FORMS, scan
from tests.system.memory.tape import Tape, record, rows
from tests.system.memory.test_scanner import child

# For each protocol in each dialect on each wire; more than two dozen for every protocol.
CARDS = 12
RUN = "from tests.system.memory.sessions import main"


@cache
def tapes() -> tuple[Tape, ...]:
    return tuple(
        record(row, case, 100 * row + seed) for row, case in enumerate(rows()) for seed in range(CARDS)
    )


@pytest.fixture(autouse=True, scope="module")
def _may_read_other_memory() -> None:
    with child("careless", b"x", RUN) as (pid, _said):
        try:
            Path(f"/proc/{pid}/mem").open("rb").close()
        except PermissionError:
            pytest.skip("reading another process's memory needs root or kernel.yama.ptrace_scope=0")


def test_the_tapes_hold_whole_cards() -> None:
    whole = {
        str(case)
        for row, case in enumerate(rows())
        for tape in tapes()[CARDS * row : CARDS * (row + 1)]
        if any(form(tape.card.number) in tape.spoken for form in (FORMS["ascii"], FORMS["packed"]))
    }
    assert {str(case) for case in rows()} - whole == set()


def test_a_copy_that_careless_code_keeps_is_seen() -> None:
    tape = tapes()[0]
    with child("careless", tape.content, RUN) as (pid, _said):
        assert scan(pid, [tape.card.number])


def test_no_card_is_left_in_the_memory_of_a_session() -> None:
    numbers = [tape.card.number for tape in tapes()]
    tracks = [tape.card.track_2.replace("D", "=") for tape in tapes()]
    with child("careful", b"".join(tape.content for tape in tapes()), RUN) as (pid, said):
        assert said.split() == ["ready", str(len(numbers))]
        assert scan(pid, numbers, tracks) == []
