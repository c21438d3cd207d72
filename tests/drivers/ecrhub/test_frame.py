from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card.card import SecretBuffer
from drivers.ecrhub.frame import (
    BUFFER_BYTES,
    CONFIRM,
    HANDSHAKE,
    HEARTBEAT,
    MAX_DATA_BYTES,
    EcrHubFrameKind,
    EcrHubFrameReader,
    acknowledgement,
    encode_frame,
)
from tests.support.steps import calls

# The worked frames of the reference, section 2.
WORKED = {
    "55 AA 01 00 00 00 00 01 CC 33": HANDSHAKE,
    "55 AA 02 00 00 00 00 02 CC 33": CONFIRM,
    "55 AA 00 00 00 00 00 00 CC 33": HEARTBEAT,
    "55 AA 00 01 00 00 00 01 CC 33": acknowledgement(1),
    "55 AA 00 02 00 00 00 02 CC 33": acknowledgement(2),
}
NASTY = b"55\x55\xaa\xcc\x33\x55\xaa\x00\x00\x05\x00\x02hi\x6f\xcc\x33\x55"


def data_frame(data: bytes, number: int = 7) -> bytes:
    return encode_frame(EcrHubFrameKind.NORMAL, number=number, data=data)


class Reader:
    """A reader on a buffer, fed in pieces."""

    def __init__(self) -> None:
        self.buffer = SecretBuffer(BUFFER_BYTES)
        self.reader = EcrHubFrameReader(self.buffer)

    def feed(self, data: bytes, cut: int = BUFFER_BYTES) -> list[bytes]:
        found: list[bytes] = []
        while data:
            space = self.buffer.space()
            part = data[: min(cut, len(space))]
            data = data[len(part) :]
            space[: len(part)] = part
            self.buffer.filled(len(part))
            found += [bytes(frame.data) for frame in self.reader.read()]
        return found

    def silence(self) -> list[bytes]:
        return [bytes(frame.data) for frame in self.reader.silence()]


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.mark.parametrize("hexed", WORKED)
def test_the_frames_of_the_reference_are_written(hexed: str) -> None:
    assert WORKED[hexed] == bytes.fromhex(hexed)


def test_a_frame_gives_its_kind_its_ack_and_its_id(reader: Reader) -> None:
    frame = encode_frame(EcrHubFrameKind.NORMAL, ack=3, number=255, data=b"hello")
    reader.buffer.space()[: len(frame)] = frame
    reader.buffer.filled(len(frame))
    (found,) = [(one.kind, one.ack, one.id, bytes(one.data)) for one in reader.reader.read()]
    assert found == (EcrHubFrameKind.NORMAL, 3, 255, b"hello")


@pytest.mark.parametrize("cut", [1, 2, 3, 7, 11, BUFFER_BYTES])
def test_head_and_tail_inside_the_data_are_data(reader: Reader, cut: int) -> None:
    assert reader.feed(data_frame(NASTY) + data_frame(b"next"), cut) == [NASTY, b"next"]


def test_a_first_byte_that_arrives_alone_is_kept(reader: Reader) -> None:
    frame = data_frame(b"data")
    assert reader.feed(frame[:1]) == []
    assert reader.feed(frame[1:]) == [b"data"]


def test_half_a_head_behind_noise_is_kept(reader: Reader) -> None:
    frame = data_frame(b"data")
    assert reader.feed(b"noise\x55\x00\x55" + frame[:1]) == []
    assert reader.feed(frame[1:]) == [b"data"]


def test_two_frames_in_one_piece_are_two(reader: Reader) -> None:
    assert reader.feed(data_frame(b"one") + acknowledgement(4) + data_frame(b"two")) == [b"one", b"", b"two"]


@pytest.mark.parametrize("noise", [b"\x00" * 50, b"\x55\x55\x55", b"\x55\xaa\xff", b"\xcc\x33", b"AT\r\n"])
def test_a_frame_behind_noise_is_read(reader: Reader, noise: bytes) -> None:
    got = reader.feed(noise + data_frame(b"data")) + reader.silence()
    assert got == [b"data"]


def test_a_wrong_check_costs_one_byte_and_not_the_frame_behind(reader: Reader) -> None:
    bad = bytearray(data_frame(b"x" * 20 + data_frame(b"inner")))
    bad[-3] ^= 1
    assert reader.feed(bytes(bad) + data_frame(b"next")) == [b"inner", b"next"]


def test_a_wrong_tail_is_no_frame(reader: Reader) -> None:
    frame = data_frame(b"data")
    assert reader.feed(frame[:-1] + b"\x34" + data_frame(b"next")) == [b"next"]


@pytest.mark.parametrize("at", range(len(data_frame(b"data"))))
def test_a_flipped_bit_anywhere_is_never_another_frame(reader: Reader, at: int) -> None:
    bad = bytearray(data_frame(b"data"))
    bad[at] ^= 0x10
    assert reader.feed(bytes(bad)) + reader.silence() == []


def test_a_length_beyond_the_vendors_limit_is_noise(reader: Reader) -> None:
    head = b"\x55\xaa\x00\x00\x01" + (MAX_DATA_BYTES + 1).to_bytes(2, "big")
    assert reader.feed(head + data_frame(b"data")) == [b"data"]


def test_the_longest_message_is_read_behind_an_unfinished_one(reader: Reader) -> None:
    longest = bytes(range(256)) * 4
    unfinished = b"\x55\xaa\x00\x00\x01\x04\x00" + bytes(MAX_DATA_BYTES - 1)
    assert reader.feed(unfinished + data_frame(longest), 100) + reader.silence() == [longest]


def test_a_message_that_is_too_long_is_not_written() -> None:
    with pytest.raises(ValueError, match="at most 1024"):
        data_frame(bytes(MAX_DATA_BYTES + 1))


def test_a_frame_that_stops_halfway_gives_way_to_the_whole_one_inside_it(reader: Reader) -> None:
    stopped = b"\x55\xaa\x00\x00\x01\x03\x00"
    assert reader.feed(stopped + data_frame(b"data")) == []
    assert reader.silence() == [b"data"]
    assert not reader.reader.unfinished


def test_a_frame_is_wiped_once_it_was_looked_at(reader: Reader) -> None:
    reader.feed(b"noise" + data_frame(b"secret") + b"\x55\xaa\x00")
    reader.silence()
    assert not any(reader.buffer.view)


@given(st.lists(st.binary(max_size=80), max_size=6), st.integers(1, 9))
def test_frames_are_found_however_the_bytes_are_cut(payloads: list[bytes], cut: int) -> None:
    reader = Reader()
    assert reader.feed(b"".join(data_frame(data) for data in payloads), cut) == payloads
    reader.buffer.close()


def test_noise_that_looks_like_heads_is_read_in_linear_steps(reader: Reader) -> None:
    def steps(count: int) -> int:
        rng = random.Random(4)  # noqa: S311 - repeatable on purpose
        heads = b"".join(b"\x55\xaa\x00\x00" + bytes((rng.randrange(256), 4, 0)) for _ in range(count))
        return calls(lambda: reader.feed(heads))

    # A search that went back would take sixteen times as many steps for four times the noise.
    assert steps(4_000) < 5 * steps(1_000)
