"""The short ways of the reader lead where the long ones do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from drivers.unknown import MAX_UNKNOWN_PIECES, total_bytes
from drivers.zvt import bmp
from drivers.zvt.apdu import join
from drivers.zvt.packet import Charset, StatusInformation
from drivers.zvt.texts import blank_controls, decode_plain, decode_text
from tests.drivers.zvt.stage import read, secret
from tests.support import cards

ROWS = [row for row in bmp.TABLE.values() if row.length >= 0 or row.length == bmp.Rule.LLVAR]


@st.composite
def fields(draw: st.DrawFn) -> bytes:
    row = draw(st.sampled_from(ROWS))
    least, most = (row.length, row.length) if row.length >= 0 else (0, 20)
    return bmp.field(row.number, draw(st.binary(min_size=least, max_size=most)))


@settings(max_examples=300)
@given(st.lists(fields(), max_size=8).map(b"".join), st.binary(max_size=6))
def test_a_message_is_read_as_far_as_the_walk_goes_and_the_rest_is_counted(good: bytes, rest: bytes) -> None:
    body = good + rest
    _, stopped = bmp.walk(secret(body))
    whole, part = read(join(0x040F, body)), read(join(0x040F, body[:stopped]))
    assert isinstance(whole, StatusInformation)
    assert isinstance(part, StatusInformation)
    if max(len(whole.unknown), len(part.unknown)) < MAX_UNKNOWN_PIECES:
        assert total_bytes(whole.unknown) == total_bytes(part.unknown) + len(body) - stopped
        assert whole.unknown[: len(part.unknown)] == part.unknown
    sealed = replace(whole, unknown=part.unknown, card=part.card)  # no two seals are equal
    assert sealed == part


@pytest.mark.parametrize("charset", Charset)
@given(raw=st.text("AZaz[\\]{|}~ 09.,\0\0\x1b\x7f\x85äö€", max_size=20))
def test_a_plain_text_reads_as_any_other_does(charset: Charset, raw: str) -> None:
    for data in (raw.encode("latin-1", "replace"), raw.encode()):
        plain = decode_plain(secret(data), charset)
        if plain is not None:
            assert plain == decode_text(blank_controls(secret(data), charset), charset)


@pytest.mark.parametrize("between", ["", " ", "\x1b", "\0", "\x7f\x7f"])
@pytest.mark.parametrize("number", cards.PUBLISHED)
def test_no_short_way_leads_a_card_number_past_the_search(number: str, between: str) -> None:
    text = f"PAN {between.join(number[at : at + 4] for at in range(0, len(number), 4))}"
    packet = read(join(0x040F, bmp.field(0x3C, text.encode())))
    assert isinstance(packet, StatusInformation)
    assert packet.scrubbed_numbers == 1
    assert number not in packet.additional_text.replace(" ", "")
