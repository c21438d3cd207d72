"""The frame: the reference's vectors, a checksum that may be any byte, and pauses anywhere."""

from __future__ import annotations

import random

import pytest

from drivers.card.card import SecretBuffer
from drivers.transbank.frame import (
    BUFFER_BYTES,
    MAX_FRAME_BYTES,
    TransbankFault,
    TransbankFrameReader,
    TransbankSignal,
    encode_frame,
)

# Reference 5.
VECTORS = {
    b"0100": "02 30 31 30 30 03 02",
    b"0800": "02 30 38 30 30 03 0B",
    b"0300": "02 30 33 30 30 03 00",
    b"0200|25000|ABC123|||1|": "02 30 32 30 30 7C 32 35 30 30 30 7C 41 42 43 31 32 33 7C 7C 7C 31 7C 03 77",
    b"0250|": "02 30 32 35 30 7C 03 78",
    b"0260|1|": "02 30 32 36 30 7C 31 7C 03 36",
    b"0280|1": "02 30 32 38 30 7C 31 03 44",
    b"0500||": "02 30 35 30 30 7C 7C 03 06",
    b"0700||": "02 30 37 30 30 7C 7C 03 04",
    b"1200|10|": "02 31 32 30 30 7C 31 30 7C 03 01",
    b"0900|78|": "02 30 39 30 30 7C 37 38 7C 03 05",
    b"0900|81|": "02 30 39 30 30 7C 38 31 7C 03 03",
    b"0900|82|": "02 30 39 30 30 7C 38 32 7C 03 00",
}
# What the makers' documentation prints (reference 5), and one of its hex examples has lost a field.
WRONG = {b"0280|1": 0x75, b"0710|00|1|2000": 0x04}

Heard = list[TransbankSignal | TransbankFault | bytes]


class Ear:
    """A reader and its buffer."""

    def __init__(self) -> None:
        self.buffer = SecretBuffer(BUFFER_BYTES)
        self.reader = TransbankFrameReader(self.buffer)

    def hear(self, data: bytes, piece: int = BUFFER_BYTES) -> Heard:
        heard: Heard = []
        while data:
            part, data = data[:piece], data[piece:]
            space = self.buffer.space()
            assert len(space) >= len(part)
            space[: len(part)] = part
            self.buffer.filled(len(part))
            heard += [bytes(one) if isinstance(one, memoryview) else one for one in self.reader.read()]
        return heard


@pytest.mark.parametrize("data", VECTORS, ids=bytes.decode)
def test_a_frame_is_what_the_reference_prints(data: bytes) -> None:
    assert encode_frame(data) == bytes.fromhex(VECTORS[data])


@pytest.mark.parametrize("data", VECTORS, ids=bytes.decode)
@pytest.mark.parametrize("piece", [1, 2, 5, 100])
def test_a_frame_is_read_however_it_is_cut(data: bytes, piece: int) -> None:
    assert Ear().hear(encode_frame(data) * 3, piece) == [data] * 3


@pytest.mark.parametrize("data", WRONG, ids=bytes.decode)
def test_the_checksums_that_the_documentation_has_wrong_are_refused(data: bytes) -> None:
    assert Ear().hear(encode_frame(data)[:-1] + bytes((WRONG[data],))) == [TransbankFault.LRC]


@pytest.mark.parametrize("wanted", range(256))
def test_the_checksum_may_be_any_byte(wanted: int) -> None:
    rest = wanted ^ encode_frame(b"0900||")[-1]
    first = next(byte for byte in (0x55, 0x66) if rest ^ byte not in {0x02, 0x03})
    data = b"0900|%c%c|" % (first, rest ^ first)
    frame = encode_frame(data)
    assert frame[-1] == wanted
    assert Ear().hear(frame + b"\x06", 1) == [data, TransbankSignal.ACK]


def test_an_ack_glued_to_a_message_and_two_messages_glued_are_all_heard() -> None:
    glued = b"\x06" + encode_frame(b"0900|81|") + encode_frame(b"0210|00|")
    assert Ear().hear(glued) == [TransbankSignal.ACK, b"0900|81|", b"0210|00|"]


def test_a_new_frame_inside_an_unfinished_one_counts() -> None:
    assert Ear().hear(b"\x020210|00|1234" + encode_frame(b"0210|07|")) == [b"0210|07|"]


def test_with_the_checksum_lost_the_next_frame_is_still_read() -> None:
    cut = encode_frame(b"0900|78|")[:-1]
    assert Ear().hear(cut + encode_frame(b"0210|00|")) == [TransbankFault.LRC, b"0210|00|"]


@pytest.mark.parametrize("piece", [1, 3])
def test_an_ack_inside_noise_is_noise_until_the_line_was_silent(piece: int) -> None:
    ear = Ear()
    assert ear.hear(b"\xff\x06\x15", piece) == []
    assert not ear.reader.silence()
    assert ear.hear(b"\x06") == [TransbankSignal.ACK]


def test_silence_inside_a_frame_drops_it() -> None:
    ear = Ear()
    assert ear.hear(b"\x020210|00|") == []
    assert ear.reader.in_frame
    assert ear.reader.silence()
    assert ear.hear(encode_frame(b"0210|07|")) == [b"0210|07|"]


def test_an_endless_frame_is_refused_and_does_not_fill_the_buffer() -> None:
    ear = Ear()
    heard = ear.hear(b"\x02" + b"7" * 10 * BUFFER_BYTES, 100)
    assert heard == [TransbankFault.TOO_LONG]
    assert ear.hear(b"\x02" + b"7" * (MAX_FRAME_BYTES // 2) + b"\x03", 100) == []


def test_nothing_is_left_behind_in_the_buffer() -> None:
    ear, rng = Ear(), random.Random(5)  # noqa: S311 - repeatable on purpose
    for _ in range(200):
        ear.hear(rng.choice((encode_frame(b"0210|00|x"), rng.randbytes(9), b"\x02\x03", b"\x06")))
    ear.reader.silence()
    assert not any(ear.buffer.view)
