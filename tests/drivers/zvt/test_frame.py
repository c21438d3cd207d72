from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card.card import SecretBuffer
from drivers.zvt.apdu import join
from drivers.zvt.frame import BUFFER_BYTES, ZvtFault, ZvtFrameReader, ZvtSignal, crc16, encode_frame

CAPTURES = Path(__file__).parents[4] / "shared" / "captures" / "zvt-serial-frames"

# The worked frames of the reference, section 2: APDU and what goes over the line.
WORKED = """
80 00 00 | 10 02 80 00 00 10 03 F5 1F
84 9C 00 | 10 02 84 9C 00 10 03 C3 41
84 83 00 | 10 02 84 83 00 10 03 91 8E
06 00 06 123456 BE 0978 | 10 02 06 00 06 12 34 56 BE 09 78 10 03 C8 B1
06 00 0E 123456 8E 0978 06 06 26 04 0A 02 06 D3 | \
 10 02 06 00 0E 12 34 56 8E 09 78 06 06 26 04 0A 02 06 D3 10 03 05 82
06 01 0A 04 000000001010 49 0978 | 10 02 06 01 0A 04 00 00 00 00 10 10 10 10 49 09 78 10 03 67 D4
06 01 0A 04 000000001003 49 0978 | 10 02 06 01 0A 04 00 00 00 00 10 10 03 49 09 78 10 03 EB 7D
06 30 0D 123456 87 0123 04 000000001010 | \
 10 02 06 30 0D 12 34 56 87 01 23 04 00 00 00 00 10 10 10 10 10 03 5D 27
06 31 0D 123456 04 000000001010 49 0978 | \
 10 02 06 31 0D 12 34 56 04 00 00 00 00 10 10 10 10 49 09 78 10 03 18 75
06 20 05 123456 03 03 | 10 02 06 20 05 12 34 56 03 03 10 03 70 38
06 50 03 123456 | 10 02 06 50 03 12 34 56 10 03 C4 AF
05 01 03 123456 | 10 02 05 01 03 12 34 56 10 03 E0 43
06 70 00 | 10 02 06 70 00 10 03 D9 F9
06 B0 00 | 10 02 06 B0 00 10 03 43 F3
06 02 00 | 10 02 06 02 00 10 03 B9 CC
06 0F 00 | 10 02 06 0F 00 10 03 C6 33
06 1E 01 6C | 10 02 06 1E 01 6C 10 03 C9 F2
04 FF 02 0A 01 | 10 02 04 FF 02 0A 01 10 03 B9 84
06 01 0A 04 000000016074 49 0978 | 10 02 06 01 0A 04 00 00 00 01 60 74 49 09 78 10 03 10 02
06 01 0A 04 000000025308 49 0978 | 10 02 06 01 0A 04 00 00 00 02 53 08 49 09 78 10 03 10 03
06 01 0A 04 000000045974 49 0978 | 10 02 06 01 0A 04 00 00 00 04 59 74 49 09 78 10 03 10 10
"""
PAIRS = [
    (bytes.fromhex(apdu), bytes.fromhex(frame))
    for apdu, frame in (line.split("|") for line in WORKED.strip().splitlines())
]
ANSWER, ANSWER_FRAME = PAIRS[0]

apdus = st.builds(
    join,
    st.integers(0, 0xFFFF),
    st.binary(max_size=600) | st.lists(st.sampled_from([2, 3, 6, 0x10, 0x15]), max_size=600).map(bytes),
)


class Ear:
    """A reader with its buffer; `hear` gives what it said, APDUs as bytes."""

    def __init__(self, size: int = 8192) -> None:
        self.buffer = SecretBuffer(size)
        self.reader = ZvtFrameReader(self.buffer)

    def hear(self, data: bytes) -> list[ZvtSignal | ZvtFault | bytes]:
        heard: list[ZvtSignal | ZvtFault | bytes] = []
        while data:
            space = self.buffer.space()
            taken = min(len(space), len(data))
            space[:taken] = data[:taken]
            self.buffer.filled(taken)
            data = data[taken:]
            heard += [bytes(e) if isinstance(e, memoryview) else e for e in self.reader.read()]
        return heard

    def clean(self) -> bool:
        return self.buffer.start == self.buffer.end and not any(self.buffer.view)


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear()
    yield ear
    ear.buffer.close()


@pytest.mark.parametrize(("apdu", "frame"), PAIRS, ids=[a.hex()[:12] + f[-2:].hex() for a, f in PAIRS])
class TestWorkedFrames:
    def test_are_written_byte_for_byte(self, apdu: bytes, frame: bytes) -> None:
        assert encode_frame(apdu) == frame

    def test_are_read_whole(self, ear: Ear, apdu: bytes, frame: bytes) -> None:
        assert ear.hear(frame) == [apdu]
        assert ear.clean()

    def test_are_read_one_byte_at_a_time(self, ear: Ear, apdu: bytes, frame: bytes) -> None:
        assert [event for byte in frame for event in ear.hear(bytes((byte,)))] == [apdu]
        assert ear.clean()

    def test_are_read_when_split_anywhere_and_glued_to_others(
        self, ear: Ear, apdu: bytes, frame: bytes
    ) -> None:
        stream = b"\x06" + frame + frame + b"\x15" + frame
        for at in range(len(stream) + 1):
            heard = ear.hear(stream[:at]) + ear.hear(stream[at:])
            assert heard == [ZvtSignal.ACK, apdu, apdu, ZvtSignal.NAK, apdu]
        assert ear.clean()


def test_the_checksum_is_kermit() -> None:
    assert crc16(b"123456789") == 0x2189


@pytest.mark.skipif(not CAPTURES.exists(), reason="the captures are not in the repository")
def test_recorded_frames_are_read_and_written_again(ear: Ear) -> None:
    for path in sorted(CAPTURES.glob("*.hex")):
        frame = bytes.fromhex(path.read_text())
        (apdu,) = ear.hear(frame)
        assert isinstance(apdu, bytes), path.name
        assert encode_frame(apdu) == frame, path.name


@given(st.lists(apdus, max_size=5), st.data())
def test_any_messages_survive_any_chopping(messages: list[bytes], data: st.DataObject) -> None:
    ear = Ear()
    stream = b"".join(map(encode_frame, messages))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    edges = [0, *cuts, len(stream)]
    heard = [e for a, b in pairwise(edges) for e in ear.hear(stream[a:b])]
    assert heard == messages
    assert ear.clean()
    ear.buffer.close()


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_any_bytes_are_heard_the_same_however_chopped(noise: bytes, cuts: list[int]) -> None:
    noise = noise.replace(b"\x06", b"\x07").replace(b"\x15", b"\x16")  # runs of signals are one signal
    whole, chopped = Ear(), Ear()
    edges = [0, *sorted(min(cut, len(noise)) for cut in cuts), len(noise)]
    pieces = [noise[a:b] for a, b in pairwise(edges)]
    assert [e for piece in pieces for e in chopped.hear(piece)] == whole.hear(noise)
    whole.buffer.close()
    chopped.buffer.close()


@given(apdus, st.integers(0, 10**9), st.integers(1, 255))
def test_one_damaged_byte_never_gives_another_message(apdu: bytes, where: int, flip: int) -> None:
    ear = Ear()
    frame = bytearray(encode_frame(apdu))
    frame[where % len(frame)] ^= flip
    heard = ear.hear(bytes(frame))
    heard += [ZvtFault.SILENCE] if ear.reader.silence() else []
    assert not [event for event in heard if isinstance(event, bytes)]
    assert ear.clean()
    assert ear.hear(encode_frame(apdu)) == [apdu]
    ear.buffer.close()


class TestFaults:
    def test_a_wrong_checksum_is_named(self, ear: Ear) -> None:
        assert ear.hear(ANSWER_FRAME[:-1] + b"\x1e") == [ZvtFault.CRC]
        assert ear.clean()

    def test_a_lone_dle_is_named_at_the_end_of_its_frame(self, ear: Ear) -> None:
        assert ear.hear(b"\x10\x02\x80\x10\x05\x00\x10\x03\x00\x00" + ANSWER_FRAME) == [
            ZvtFault.LONE_DLE,
            ANSWER,
        ]

    @pytest.mark.parametrize(
        "apdu", [b"\x80\x00\x01", b"\x80\x00\x00\x00", b"\x80\x00", b"", b"\x06\xd3\xff\x00"]
    )
    def test_a_length_that_lies_is_named(self, ear: Ear, apdu: bytes) -> None:
        assert ear.hear(encode_frame(apdu)) == [ZvtFault.LENGTH]
        assert ear.clean()

    def test_an_endless_frame_is_dropped_and_what_follows_silence_is_read(self, ear: Ear) -> None:
        assert ear.hear(b"\x10\x02" + b"\x41" * 10_000) == [ZvtFault.TOO_LONG]
        assert not ear.reader.silence()
        assert ear.hear(ANSWER_FRAME) == [ANSWER]

    def test_silence_inside_a_frame_ends_it(self, ear: Ear) -> None:
        assert ear.hear(ANSWER_FRAME[:-1]) == []
        assert ear.reader.unfinished
        assert ear.reader.silence()
        assert ear.clean()
        assert not ear.reader.unfinished

    def test_a_frame_that_starts_inside_another_is_the_one_that_counts(self, ear: Ear) -> None:
        assert ear.hear(ANSWER_FRAME[:4] + ANSWER_FRAME) == [ANSWER]

    def test_the_longest_apdu_with_every_byte_stuffed_is_read(self) -> None:
        ear = Ear(BUFFER_BYTES)
        apdu = b"\x10\x10\xff\xff\xff" + b"\x10" * 0xFFFF
        assert ear.hear(encode_frame(apdu)) == [apdu]
        ear.buffer.close()


class TestNoise:
    def test_before_a_frame_is_skipped(self, ear: Ear) -> None:
        assert ear.hear(b"\x00\xff\x10\x10\x03\x06\x15" + ANSWER_FRAME) == [ANSWER]
        assert ear.clean()

    def test_holds_no_acknowledgement(self, ear: Ear) -> None:
        assert ear.hear(b"\xff\x06\x06") == []
        assert not ear.reader.silence()
        assert ear.hear(b"\x06") == [ZvtSignal.ACK]

    def test_is_wiped_when_the_line_falls_silent(self, ear: Ear) -> None:
        assert ear.hear(bytes.fromhex("4111111111111111")) == []
        assert not ear.reader.silence()
        assert ear.clean()

    def test_floods_pass_in_one_block_of_memory(self) -> None:
        ear = Ear(65_536)
        flood = bytes(range(3, 16)) * (4_000_000 // 13)
        assert ear.hear(flood) == []
        assert ear.buffer.end - ear.buffer.start <= 64
        assert ear.hear(ANSWER_FRAME) == [ANSWER]
        ear.buffer.close()

    def test_a_flood_of_one_signal_is_one_signal_a_read(self, ear: Ear) -> None:
        assert len(ear.hear(b"\x06" * 1_000_000)) <= 1_000_000 // 4096


class TestWiping:
    def test_a_message_is_gone_after_its_step(self, ear: Ear) -> None:
        space = ear.buffer.space()
        frame = encode_frame(b"\x04\x0f\x08" + bytes.fromhex("4111111111111111"))
        space[: len(frame)] = frame
        ear.buffer.filled(len(frame))
        (view,) = [event for event in ear.reader.read() if isinstance(event, memoryview)]
        assert not any(view)
        assert ear.clean()

    def test_a_caller_that_fails_leaves_nothing(self, ear: Ear) -> None:
        space = ear.buffer.space()
        space[: len(ANSWER_FRAME)] = ANSWER_FRAME
        ear.buffer.filled(len(ANSWER_FRAME))

        def fail() -> None:
            for _event in ear.reader.read():
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert ear.clean()
