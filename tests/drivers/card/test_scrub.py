"""The quick look before the search for card numbers, and what the search itself has stumbled over."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.card.scrub import may_hold_card, scrub_text
from drivers.zvt.texts import Charset, blank_controls
from tests.support import cards

# What numbers and tracks are made of, what may lie between, and what may not.
PIECES = (
    *("0", "4", "62", "*", " ", "  ", "-", ".", "\xa0", "\xff", "\xc2", "\0", "\x1b", "\x85"),
    *(";", "=", "D", "d", "%B", "b", "^", "?", "x", "\n", "2612", "*" * 12, " " * 12),
    *(cards.PUBLISHED[0][:12], cards.PUBLISHED[0]),
)
texts = st.lists(st.sampled_from(PIECES), max_size=24).map(lambda pieces: "".join(pieces).encode("latin-1"))


@settings(max_examples=1_000)
@given(texts | st.binary(max_size=60), st.sampled_from((Charset.CP437, Charset.ISO_8859_1)))
@example(b"62-00-00-00-00-00-00-06", Charset.CP437)
@example(b"B            ^DOE", Charset.CP437)
@example(b";************=2612", Charset.CP437)
def test_what_the_quick_look_lets_pass_holds_nothing(raw: bytes, charset: Charset) -> None:
    text = memoryview(bytearray(raw))
    if not may_hold_card(text):
        shown = blank_controls(text, charset)
        before = bytes(shown)
        assert scrub_text(shown) == 0
        assert before == shown


@pytest.mark.parametrize("between", ["", " ", "-", "  ", "\x1b\x1b", "\xa0"])
@pytest.mark.parametrize("number", cards.PUBLISHED)
def test_the_quick_look_stops_every_number(number: str, between: str) -> None:
    text = f"Karte {between.join(number)} ok".encode("latin-1")
    assert may_hold_card(memoryview(bytearray(text)))


@pytest.mark.parametrize(
    "text", ["100764992      ", "ZAHLUNG ERFOLGT, DANKE", "TA-Nr. 000123 BNr. 0456", "Datum 12.05.26 Uhr"]
)
def test_the_quick_look_lets_ordinary_texts_pass(text: str) -> None:
    assert not may_hold_card(memoryview(bytearray(text.encode())))


@pytest.mark.parametrize("text", ["B            ^", "b            ^DOE/JOHN^", "xB             ^ 12"])
def test_a_track_whose_number_is_blank_hides_and_breaks_nothing_in_front(text: str) -> None:
    clean = memoryview(bytearray(text.encode()))
    scrub_text(clean)
    assert bytes(clean).startswith(text.partition("^")[0].encode())
