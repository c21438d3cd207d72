"""The second net: every disguise of a card is seen through, and clean lines stay as they are."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.oplog.redact import JOIN_CHARS, Joiner, find_card_data, redact, redact_bytes
from drivers.card.scrub import hidden_range
from tests.support import cards

PAN = cards.PUBLISHED[0]
BCD = bytes.fromhex(PAN)

DISGUISES: Final[dict[str, Callable[[str], str]]] = {
    "plain": lambda pan: pan,
    "spaces": lambda pan: " ".join(pan[at : at + 4] for at in range(0, len(pan), 4)),
    "hyphens": lambda pan: "-".join(pan[at : at + 4] for at in range(0, len(pan), 4)),
    "dots": lambda pan: ".".join(pan[at : at + 4] for at in range(0, len(pan), 4)),
    "no-break spaces": lambda pan: "\xa0".join(pan[at : at + 4] for at in range(0, len(pan), 4)),
    "single digits": " ".join,
    "full width": lambda pan: "".join(chr(ord(digit) + 0xFEE0) for digit in pan),
    "arabic": lambda pan: "".join(chr(0x0660 + int(digit)) for digit in pan),
    "utf-16": lambda pan: pan.encode("utf-16-le").decode("latin-1"),
    "utf-32": lambda pan: pan.encode("utf-32-be").decode("latin-1"),
    "hex of ascii": lambda pan: pan.encode().hex(),
    "hex dump of ascii": lambda pan: pan.encode().hex(" "),
    "hex of utf-16": lambda pan: pan.encode("utf-16-le").hex(),
    "base64": lambda pan: base64.b64encode(pan.encode()).decode(),
    "base64 of json": lambda pan: base64.b64encode(json.dumps({"n": pan}).encode()).decode(),
    "base64, url-safe, no padding": lambda pan: (
        base64.urlsafe_b64encode(b"??" + pan.encode()).decode().rstrip("=")
    ),
    "percent": lambda pan: "".join(f"%{ord(digit):02X}" for digit in pan),
    "json escapes": lambda pan: "".join(f"\\u{ord(digit):04x}" for digit in pan),
    "full width, json escapes": lambda pan: "".join(f"\\u{ord(digit) + 0xFEE0:04x}" for digit in pan),
    "python escapes": lambda pan: "".join(f"\\x{ord(digit):02x}" for digit in pan),
    "character references": lambda pan: "".join(f"&#{ord(digit)};" for digit in pan),
    "two lines": lambda pan: f"{pan[:4]} {pan[4:8]}\n{pan[8:12]} {pan[12:]}",
    "before its expiry": lambda pan: f"{pan} 12/26",
    "track 1": lambda pan: f"%B{pan}^DOE/JOHN^26121010000000?",
    "track 2": lambda pan: f";{pan}=26121010000000?",
    "track 2 without sentinels": lambda pan: f"{pan}D26121010000000",
}
# Packed digits are pairs: an odd number has an F at its end.
PACKED: Final[dict[str, Callable[[bytes], str]]] = {
    "hex": lambda raw: raw.hex(),
    "hex with spaces": lambda raw: raw.hex(" "),
    "hex with colons": lambda raw: raw.hex(":"),
    "hex with commas": lambda raw: raw.hex(","),
    "0x": lambda raw: ", ".join(f"0x{byte:02x}" for byte in raw),
    "python bytes": lambda raw: repr(b"\x22\xf0\xf8" + raw + b"\x0e"),
    "base64": lambda raw: base64.b64encode(b"\x5a" + bytes([len(raw)]) + raw + b"\x5f\x24").decode(),
    "EMV 5A": lambda raw: f"5A{len(raw):02X}{raw.hex().upper()}5F340101",
    "EMV 57": lambda raw: "57" + _tlv(raw.hex().rstrip("f") + "D2612101000000"),
    "EMV 57 in a dump": lambda raw: bytes.fromhex("57" + _tlv(raw.hex().rstrip("f") + "D2612101000000")).hex(
        " "
    ),
}


def _tlv(digits: str) -> str:
    whole = digits + "F" * (len(digits) % 2)
    return f"{len(whole) // 2:02X}{whole}"


def packed(pan: str) -> bytes:
    return bytes.fromhex(pan + "f" * (len(pan) % 2))


@pytest.mark.parametrize("number", cards.PUBLISHED)
@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_number_is_hidden_in_every_disguise(disguise: str, number: str) -> None:
    text = f"read: {DISGUISES[disguise](number)} (end)"
    clean = redact(text)
    assert DISGUISES[disguise](number) not in clean
    assert len(hidden_range(len(number))) <= clean.count("*")
    assert (len(text), "read: ", " (end)") == (len(clean), clean[:6], clean[-6:])


@pytest.mark.parametrize("number", cards.PUBLISHED)
@pytest.mark.parametrize("disguise", PACKED)
def test_packed_digits_are_hidden(disguise: str, number: str) -> None:
    text = f"read: {PACKED[disguise](packed(number))} (end)"
    clean = redact(text)
    # Half of the hidden digits at least: one character of a dump can stand for two of them.
    assert len(hidden_range(len(number))) // 2 <= clean.count("*")
    assert packed(number).hex() not in clean.replace(" ", "").lower()


@pytest.mark.parametrize("number", cards.PUBLISHED)
@pytest.mark.parametrize("filler", [0, 120, 1000, 4000])
@pytest.mark.parametrize(
    "shown", [repr, lambda raw: str(list(raw)), lambda raw: raw.hex(" ")], ids=["repr", "list", "hex"]
)
def test_packed_digits_in_a_quoted_message_are_hidden_however_long_it_is(
    number: str, filler: int, shown: Callable[[bytes], str]
) -> None:
    """What an exception shows that quotes the bytes of a wire."""
    raw = packed(number)
    before, behind = b"\x04\x0f\xff" + b"text " * (filler // 10), b"\x0e\x17\x04" + b"more " * (filler // 10)
    quoted = f"bad message {shown(before + raw + behind)} (end)"
    clean = redact(quoted)
    assert len(clean) == len(quoted)
    assert shown(raw).strip("b'[]") not in clean
    assert len(hidden_range(len(number))) // 2 <= clean.count("*")


def test_numbers_that_are_no_card_stay_in_a_list() -> None:
    text = "waits [5, 10, 20, 40, 80, 160, 250], sizes 1, 2, 3, 4, 5, 6, 7"
    assert redact(text) == text


@pytest.mark.parametrize("disguise", sorted(DISGUISES.keys() - {"two lines"}))
def test_the_alarm_rings_for_every_disguise_of_a_whole_number(disguise: str) -> None:
    text = f"read: {DISGUISES[disguise](PAN)} (end)"
    assert len(find_card_data(text)) == 1
    assert find_card_data(redact(text)) == []


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("length", range(12, 20))
def test_truncation_shows_six_and_four_or_the_last_four(length: int, seed: int) -> None:
    number = cards.make(seed, length)
    clean = redact(f"card={number};" if length > 12 else f";{number}=2612101?")
    shown = "".join(
        character for character in clean.split("=2612")[0].strip(";") if character in "0123456789*"
    )
    expected = (
        number[:6] + "*" * (length - 10) + number[-4:] if length >= 16 else "*" * (length - 4) + number[-4:]
    )
    assert expected == shown[: len(number)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"cvv": "123"', '"cvv": "***"'),
        ("CVC2=1234", "CVC2=****"),
        ("安全码\uff1a123", "安全码\uff1a***"),
        ("pin: 1234", "pin: ****"),
        ("PIN-Block 0412AB34CD56EF78", "PIN-Block ****************"),
        ("密码 123456", "密码 ******"),
        ("shopping 1234", "shopping 1234"),
        ("pin 2 of 3", "pin 2 of 3"),
        ("5F200C4D55535445524D414E4E2F", "5F200C4D55535445524D414E4E2F"),
        ("5F20054D5553544F", "5F2005**********"),
        ("5F20044D5553549F02", "5F2004********9F02"),
        ("5F24032612315F25", "5F2403******5F25"),
        ("99080412AB34CD56EF789A", "9908****************9A"),
        ("9505000080008B", "9505000080008B"),
    ],
)
def test_short_secrets_are_hidden_by_their_names_and_tags(text: str, expected: str) -> None:
    assert expected == redact(text)


def test_a_resident_id_is_hidden_but_raises_no_alarm() -> None:
    # The example of GB 11643, and one of a province whose numbers begin like a UnionPay card.
    for number in ("11010519491231002X", _resident_id("620102" + "19900101" + "001")):
        assert f"id {'*' * 18} end" == redact(f"id {number} end")
        assert find_card_data(f"id {number} end") == []


def _resident_id(body: str) -> str:
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


@given(st.text(max_size=60), st.sampled_from(cards.PUBLISHED), st.text(max_size=60))
def test_no_text_around_it_uncovers_a_number(before: str, number: str, after: str) -> None:
    assert number not in redact(f"{before} {number} {after}")


@given(st.text(alphabet="0123456789abcdefABCDEF%\\ux-. =;D^B*+/=\0\n\uff14", max_size=150))
def test_it_never_raises_and_keeps_the_length(text: str) -> None:
    assert len(text) == len(redact(text))


@given(st.binary(max_size=150))
def test_bytes_never_raise_and_keep_their_length(raw: bytes) -> None:
    assert len(raw) == len(redact_bytes(raw))


@pytest.mark.parametrize(
    "raw",
    [
        b"\x04\x0f\x12\x22\xf0\xf8" + BCD + b"\x0e\x26\x12",
        PAN.encode(),
        PAN.encode("utf-16-be"),
        DISGUISES["full width"](PAN).encode(),
        b"\xff" + PAN.encode() + b"\xfe",
    ],
)
def test_a_number_in_binary_data_is_hidden(raw: bytes) -> None:
    clean = redact_bytes(raw)
    assert raw != clean
    assert clean.count(b"*") >= 3


@pytest.mark.parametrize("cut", range(1, 16))
def test_a_number_split_over_two_pieces_is_hidden_in_the_second(cut: int) -> None:
    joiner = Joiner()
    joiner.feed("x " + PAN[:cut])
    assert "*" * (16 - cut) + " y" == joiner.feed(PAN[cut:] + " y")


def test_pieces_that_only_touch_stay() -> None:
    joiner = Joiner()
    assert (joiner.feed("till 12"), joiner.feed("34 till")) == ("till 12", "34 till")
    assert len("%B") + 19 + 18 <= JOIN_CHARS


def clean_line(draw: random.Random) -> str:
    """A line as our own log and journal have them, full of numbers that are no cards."""
    base32 = "".join(draw.choices("abcdefghijklmnopqrstuvwxyz234567", k=26))
    day = f"2026-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
    hour = f"{draw.randint(0, 23):02}:{draw.randint(0, 59):02}:{draw.randint(0, 59):02}"
    fields = {
        "event": draw.choice(["payment answered", "upload done", "EMV 9F36 01A4 95 0000008000 82 3900"]),
        "time": f"{day}T{hour}.{draw.randint(0, 999):03}+02:00",
        "payment_id": draw.choice(
            [f"A-{draw.randint(1, 9999)}", f"2026{draw.randint(1, 99999999)}", base32[:8]]
        ),
        "terminal_id": f"{draw.randint(0, 99999999):08}",
        "amount": draw.randint(1, 999_999_999_999),
        "trace": draw.randint(0, 999999),
        "entry": draw.randint(0, 10**9),
        "seconds": round(draw.random() * 100, 3),
        "digest": base64.b64encode(draw.randbytes(32)).decode(),
        "commit": base32,
        "root": draw.randbytes(32).hex(),
        "masked": "411111******1111",
        "merchant": f"898{draw.randint(0, 10**12 - 1):012}",
        "epoch_ms": f"17{draw.randint(0, 10**11 - 1):011}",
        "stamp": f"20260512{draw.randint(0, 235959):06}",
        "barcode": f"69{draw.randint(0, 10**11 - 1):011}",
        "wechat": f"1{draw.randint(0, 5)}{draw.randint(0, 10**16 - 1):016}",
    }
    return json.dumps(fields)


def test_ten_thousand_clean_lines_raise_no_alarm() -> None:
    draw = random.Random(20260512)  # noqa: S311 - repeatable, not secret
    leaks = [
        (line, leak) for line in (clean_line(draw) for _ in range(10_000)) for leak in find_card_data(line)
    ]
    assert leaks == []


def test_our_own_log_lines_are_left_alone() -> None:
    line = (
        '{"event":"payment answered","level":"info","time":"2026-05-12T10:11:12.123+02:00","part":"payments",'
        '"payment_id":"20260512001","amount":999999999999,"currency":"EUR","entry":123456,"seconds":1.234}'
    )
    assert line == redact(line)
