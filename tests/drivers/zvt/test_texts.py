"""Texts: every set, every byte, no failure; codes in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.terminal import DriverFact
from drivers.zvt import codes
from drivers.zvt.texts import Charset, blank_controls, decode_text, encode_text
from tests.drivers.zvt.stage import secret


def read(data: bytes, charset: Charset) -> str:
    return decode_text(blank_controls(secret(data), charset), charset)


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("5b5c5d7b7c7d7e", Charset.ZVT_7BIT, "ÄÖÜäöüß"),
        ("8e999a8494 81e1", Charset.CP437, "ÄÖÜäöüß"),
        ("fc", Charset.ISO_8859_1, "ü"),
        ("a4", Charset.ISO_8859_15, "€"),
        ("c3bc", Charset.UTF_8, "ü"),
    ],
)
def test_umlauts_are_read_in_each_set(data: str, charset: Charset, text: str) -> None:
    assert read(bytes.fromhex(data), charset) == text


@pytest.mark.parametrize("charset", list(Charset))
@given(data=st.binary(max_size=60))
def test_no_bytes_make_a_text_fail_or_unfit_for_a_screen(charset: Charset, data: bytes) -> None:
    assert read(data, charset).isprintable()


def test_broken_utf_8_is_read_byte_by_byte() -> None:
    assert read(b"Gr\x81n", Charset.UTF_8) == "Grün"


@pytest.mark.parametrize("hostile", ["\x1b[2J", "a\nb", "a\x00b", "\u202egnp", "\x9b2J"])
def test_a_terminal_cannot_steer_the_screen(hostile: str) -> None:
    assert not set(read(hostile.encode(), Charset.UTF_8)) & set("\x1b\n\x00\u202e\x9b")


def test_zeros_at_the_end_are_no_part_of_a_text() -> None:
    assert read(b"MAESTRO\0\0", Charset.CP437) == "MAESTRO"


@pytest.mark.parametrize("charset", list(Charset))
@given(text=st.text("ABC abc 0123,.", max_size=40))
def test_plain_texts_come_back_in_each_set(charset: Charset, text: str) -> None:
    assert read(encode_text(text, charset), charset) == text


@given(text=st.text("Straße äöüÄÖÜ", max_size=40))
def test_umlauts_come_back_in_the_seven_bit_set(text: str) -> None:
    written = encode_text(text, Charset.ZVT_7BIT)
    assert max(written, default=0) < 0x80
    assert read(written, Charset.ZVT_7BIT) == text


def test_a_character_that_the_set_does_not_have_is_a_question_mark() -> None:
    assert encode_text("5 €", Charset.CP437) == b"5 ?"


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (0x0A, "insert card"),
        (0x4A, "insert card, please remove card"),
        (0x66, "enter mobile number, please remove card"),
        (0x68, "card insertion seen"),
        (0x5D, "declined, please remove card"),
        (0x5E, "status 5E"),
        (0xAB, "status AB"),
    ],
)
def test_an_intermediate_status_is_said_in_words(status: int, text: str) -> None:
    assert codes.intermediate_text(status) == text


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        (0x6C, DriverFact("zvt.result_6c")),
        (0x05, codes.HOST_DECLINED.about(code=5)),
        (0x63, codes.HOST_DECLINED.about(code=99)),
        (0xDB, codes.OTHER_RESULT.about(code="DB")),
        (0x00, codes.OTHER_RESULT.about(code="00")),
    ],
)
def test_a_result_code_is_a_fact(code: int, fact: DriverFact) -> None:
    assert codes.result_fact(code) == fact


@pytest.mark.parametrize(
    ("state", "fact"),
    [(0xDC, DriverFact("zvt.state_dc")), (0x12, codes.OTHER_STATE.about(code="12"))],
)
def test_a_terminals_state_is_a_fact(state: int, fact: DriverFact) -> None:
    assert codes.state_fact(state) == fact
