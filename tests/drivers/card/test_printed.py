"""Numbers that a terminal prints in pieces, with gaps, backwards or cut: no more than truncation is left."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card.printed import PrintedNumbers
from drivers.card.scrub import scrub_text
from tests.support import cards

GAPS = ("   ", "     ", "/", " / ", "_", ",", ":", "\u2500", " \u2500 ", "-", ".", " . ")
NUMBERS = st.sampled_from(cards.PUBLISHED)


def scrubbed(text: str, encoding: str = "utf-8") -> str:
    raw = bytearray(text.encode(encoding))
    scrub_text(memoryview(raw))
    return raw.decode(encoding)


def printed(*prints: tuple[str, ...], known: str = "") -> list[str]:
    """What leaves the driver: each line searched by itself, then each print as a whole."""
    numbers = PrintedNumbers()
    numbers.begin()
    if known:
        numbers.card_told(known)
    return [line for lines in prints for line in numbers.hide([scrubbed(line) for line in lines])]


def clear_digits(lines: list[str]) -> str:
    return "".join(sign for line in lines for sign in line if sign.isdigit())


def masked(number: str) -> str:
    if len(number) >= 16:
        return number[:6] + "*" * (len(number) - 10) + number[-4:]
    return "*" * (len(number) - 4) + number[-4:]


def groups(number: str, size: int = 4) -> list[str]:
    return [number[at : at + size] for at in range(0, len(number), size)]


def allowed(number: str) -> int:
    """How many digits truncation leaves."""
    return 10 if len(number) >= 16 else 4


@pytest.mark.parametrize("number", cards.PUBLISHED)
@pytest.mark.parametrize("label", ["", "PAN "])
def test_one_print_with_the_number_split_at_any_place(number: str, label: str) -> None:
    for cut in range(1, len(number)):
        left = printed((f"{label}{number[:cut]}", number[cut:], "27.11.2026 16:30"))
        assert len(clear_digits(left[:2])) <= allowed(number), cut
        assert left[2] == "27.11.2026 16:30"


@pytest.mark.parametrize("number", cards.PUBLISHED)
def test_one_print_with_a_group_in_each_line(number: str) -> None:
    assert len(clear_digits(printed(tuple(groups(number))))) <= allowed(number)


@pytest.mark.parametrize("number", cards.PUBLISHED)
def test_prints_of_one_line_each_with_nothing_but_the_number(number: str) -> None:
    for cut in range(1, len(number)):
        left = printed((number[:cut],), (number[cut:],))
        assert len(clear_digits(left)) <= max(allowed(number), 10), cut


@pytest.mark.parametrize("number", [number for number in cards.PUBLISHED if len(number) >= 16])
@pytest.mark.parametrize("label", ["", "Karte: "])
def test_fragments_of_the_card_that_was_told_are_hidden_without_a_proof(number: str, label: str) -> None:
    for cut in range(6, len(number)):
        left = printed((f"{label}{number[:cut]}",), (number[cut:],), known=masked(number))
        assert len(clear_digits(left)) <= 10, cut
    assert len(clear_digits(printed((f"Karte: {number[:9]}",), known=masked(number)))) <= 6
    assert len(clear_digits(printed((f"...{number[-7:]}",), known=masked(number)))) <= 6


@pytest.mark.parametrize("number", cards.PUBLISHED)
@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("size", [1, 4])
def test_wide_gaps_and_unusual_signs_between_groups(number: str, gap: str, size: int) -> None:
    left = scrubbed(f"PAN {gap.join(groups(number, size))} end")
    assert len(clear_digits([left])) <= allowed(number)


@pytest.mark.parametrize("number", cards.PUBLISHED)
def test_backwards_and_in_the_box_characters_of_cp437(number: str) -> None:
    assert len(clear_digits([scrubbed(f"PAN {number[::-1]}")])) <= allowed(number)
    left = scrubbed("\u2500".join(groups(number)), "cp437")
    assert len(clear_digits([left])) <= allowed(number)


@pytest.mark.parametrize("number", [number for number in cards.PUBLISHED if len(number) >= 16])
@pytest.mark.parametrize("length", [13, 14, 15])
def test_a_number_that_a_display_cuts_is_hidden(number: str, length: int) -> None:
    assert len(clear_digits([scrubbed(f"KARTE {number[:length]}")])) <= 10


@given(NUMBERS, st.data())
def test_a_number_in_any_pieces_on_any_lines(number: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(number) - 1), max_size=4)))
    pieces = [number[start:end] for start, end in zip([0, *cuts], [*cuts, len(number)], strict=True)]
    blanks = data.draw(st.sampled_from(["", "  ", "    "]))
    assert len(clear_digits(printed(tuple(blanks + piece + blanks for piece in pieces)))) <= allowed(number)


@pytest.mark.parametrize(
    "lines",
    [
        ("Terminal-ID 65004321", "Beleg-Nr. 1234", "27.11.2026 16:30 Uhr"),
        ("VU-Nummer 455600012345", "Genehmigungs-Nr. 184117"),
        ("Betrag EUR 12,50", "27.11.2026", "16:30:15"),
        ("TA-Nr. 004815", "27/11/26 16:30", "AID A0000000041010"),
        ("Summe 1.234,50", "Summe 1.234,50", "0711 123456"),
    ],
)
def test_what_an_ordinary_receipt_says_stays(lines: tuple[str, ...]) -> None:
    assert printed(lines, known="555555******4444") == list(lines)


def test_time_grows_with_the_length_alone() -> None:
    """Counted in findings looked at, not in seconds: doubling the text doubles the work at most."""
    texts = ["4 " * 500, "4242 4242 " * 200, "1:" * 800, "4" * 1200, "9 9/" * 400]
    for text in texts:
        once, twice = (_steps(text * times) for times in (1, 2))
        assert twice <= 2.5 * once + 2000, text[:8]


def _steps(text: str) -> int:
    count = 0

    def tick(*_: object) -> None:
        nonlocal count
        count += 1

    raw = bytearray(text.encode())
    sys.setprofile(tick)
    try:
        scrub_text(memoryview(raw))
    finally:
        sys.setprofile(None)
    return count
