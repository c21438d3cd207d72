"""What a terminal may put into the journal, and what is known of the rest."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.journal.schema.entry import MAX_ENTRY_BYTES, Cut, TerminalResult, TerminalState
from agent.payments.bounds import (
    HOUR_S,
    MAX_PRINT_BYTES,
    MAX_RESTING_PRINT_BYTES_PER_HOUR,
    MAX_TEXT_CHARACTERS,
    RestingPrints,
    bounded,
    bounded_lines,
)
from agent.payments.mapping import printed, result_of
from drivers.terminal import Copy, DayTotal, Receipt, Result, ResultStatus

# A line of CP437's box characters: one byte at the terminal, three in the journal.
BOXES = ["─" * 26] * 900
# Characters that JSON spells with six bytes.
WORST = ["\x01" * 4000] * 20


def test_an_ordinary_receipt_is_kept_whole() -> None:
    lines = ["SHOP", "12.50 EUR", "", "Thank you"]
    assert bounded_lines(lines) == (lines, None)


@pytest.mark.parametrize("lines", [BOXES, WORST, ["x" * 100_000], [""] * 70_000])
def test_a_print_that_no_line_could_hold_is_cut_and_what_it_was_is_known(lines: list[str]) -> None:
    entry = printed(None, Receipt(Copy.UNKNOWN, tuple(lines), last=True))
    whole = "\n".join(lines).encode("utf-8", "surrogatepass")
    assert entry.cut == Cut(len(lines), len(whole), hashlib.sha256(whole).hexdigest())
    assert len(msgspec.json.encode(entry)) < MAX_ENTRY_BYTES
    kept = [str(line) for line in entry.lines]
    assert kept[:-1] == lines[: len(kept) - 1]
    assert lines[len(kept) - 1].startswith(kept[-1])
    assert entry.last


@given(st.lists(st.text(), max_size=40), st.integers(0, 2000))
def test_whatever_is_printed_fits_and_nothing_is_invented(lines: list[str], times: int) -> None:
    kept, cut = bounded_lines([line * times for line in lines])
    assert sum(len(msgspec.json.encode(line)) for line in kept) <= MAX_PRINT_BYTES + len(kept)
    assert (cut is None) is (kept == [line * times for line in lines])


def test_the_longest_result_fits_a_line() -> None:
    text = "é\x02" * 40_000
    result = Result(
        ResultStatus.APPROVED,
        0,
        text=text,
        order=text,
        terminal_id=text,
        merchant_id=text,
        approval_code=text,
        date=text,
        time=text,
        totals=tuple(DayTotal("scheme" * 20, 1, 1) for _ in range(5000)),
    )
    entry = result_of(None, result)
    assert len(msgspec.json.encode(entry)) < MAX_ENTRY_BYTES
    assert len(entry.text) == MAX_TEXT_CHARACTERS
    assert hashlib.sha256(text.encode()).hexdigest() in entry.text
    assert str(len(text)) in entry.text


def test_what_fits_is_the_same_object() -> None:
    state = TerminalState(terminal="front", state="ready", text="x" * MAX_TEXT_CHARACTERS)
    assert bounded(state) is state


def test_half_a_character_is_written_as_a_question_mark() -> None:
    assert bounded_lines(["a\ud800b"]) == (["a?b"], None)
    entry = bounded(TerminalResult(payment_id="", verdict="declined", text="a\ud800b"))
    assert entry.text == "a?b"


def test_above_the_limit_of_an_hour_prints_are_counted_and_told_once() -> None:
    prints = RestingPrints()
    size = MAX_RESTING_PRINT_BYTES_PER_HOUR // 4
    assert [prints.admits(size, now) for now in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)] == [True] * 4 + [False] * 2
    assert prints.admits(size, HOUR_S)
    (entry,) = prints.counted("front")
    assert (entry.terminal, entry.prints, entry.size) == ("front", 2, 2 * size)
    assert prints.counted("front") == []
