"""The frame: vectors of the reference, and the traps of its checklist 1 and 2."""

from __future__ import annotations

import pytest

from drivers.card.card import SecretBuffer
from drivers.telium.frame import BUFFER_BYTES, TeliumFault, TeliumFrameReader, TeliumSignal, encode_frame, lrc

# Reference 4 and 5, recomputed by the reference itself.
REQUEST = bytes.fromhex(
    "02 30 31 30 30 30 30 31 30 31 30 31 31 30 39 37 38 20 20 20 20 20 20 20 20 20 20"
    "41 30 31 30 42 30 31 30 03 07"
)
ACCEPTED = bytes.fromhex(
    "02 30 31 30 30 30 30 30 31 30 31 30 31 39 37 38 20 20 20 20 20 20 20 20 20 20 03 35"
)
REFUSED = bytes.fromhex("02 30 31 37 30 30 30 30 31 30 31 30 31 39 37 38 20 20 20 20 20 20 20 20 20 20 03 32")

Event = TeliumSignal | TeliumFault | bytes


class Reader:
    """A reader on its own buffer; messages are copied, since their memory is wiped."""

    def __init__(self) -> None:
        self.buffer = SecretBuffer(BUFFER_BYTES)
        self.reader = TeliumFrameReader(self.buffer)

    def feed(self, data: bytes, cut: int = 0) -> list[Event]:
        events: list[Event] = []
        step = cut or len(data)
        for at in range(0, len(data), step):
            part = data[at : at + step]
            self.buffer.space()[: len(part)] = part
            self.buffer.filled(len(part))
            events += [
                bytes(event) if isinstance(event, memoryview) else event for event in self.reader.read()
            ]
        return events


def read(data: bytes, cut: int = 0) -> list[Event]:
    return Reader().feed(data, cut)


def with_lrc(value: int) -> bytes:
    """A frame of two characters whose LRC is this value."""
    frame = encode_frame(bytes((0x30, 0x30 ^ 0x03 ^ value)))
    assert frame[-1] == value
    return frame


@pytest.mark.parametrize("frame", [REQUEST, ACCEPTED, REFUSED])
def test_the_references_frames_are_written_and_read_as_they_stand_there(frame: bytes) -> None:
    assert encode_frame(frame[1:-2]) == frame
    assert read(frame) == [frame[1:-2]]
    assert lrc(frame[1:-1]) == frame[-1]


@pytest.mark.parametrize("cut", [0, 1, 2, 5])
@pytest.mark.parametrize("value", [0x02, 0x03, 0x04, 0x05, 0x06, 0x15])
def test_an_lrc_that_looks_like_a_control_byte_is_an_lrc(value: int, cut: int) -> None:
    frame = with_lrc(value)
    assert read(frame + b"\x05" + frame, cut) == [frame[1:-2], TeliumSignal.ENQ, frame[1:-2]]


@pytest.mark.parametrize("cut", [0, 1, 3])
def test_glued_and_split_bytes_are_the_same(cut: int) -> None:
    glued = b"\x06\x05" + ACCEPTED + b"\x04\x15"
    assert read(glued, cut) == [
        TeliumSignal.ACK,
        TeliumSignal.ENQ,
        ACCEPTED[1:-2],
        TeliumSignal.EOT,
        TeliumSignal.NAK,
    ]


def test_a_wrong_lrc_is_a_fault_and_the_next_frame_is_read() -> None:
    bad = ACCEPTED[:-1] + b"\x34"
    assert read(bad + ACCEPTED) == [TeliumFault.LRC, ACCEPTED[1:-2]]


def test_a_signal_behind_garbage_counts_when_nothing_follows_it() -> None:
    reader = Reader()
    assert reader.feed(b"AT\r\r\nERROR\r\n\x05", 1) == []
    assert reader.reader.silence() is TeliumSignal.ENQ


def test_no_byte_of_a_frame_without_its_start_is_a_signal() -> None:
    reader = Reader()
    piece = with_lrc(0x05)[1:]
    assert reader.feed(piece) == [TeliumFault.NO_START]
    assert reader.feed(b"0100\x0500101019") == []
    assert reader.reader.silence() is None


def test_a_new_start_inside_a_frame_begins_a_new_frame() -> None:
    assert read(ACCEPTED[:9] + ACCEPTED) == [ACCEPTED[1:-2]]


def test_a_frame_that_stops_is_a_fault_after_silence_and_leaves_nothing() -> None:
    reader = Reader()
    assert reader.feed(ACCEPTED[:20]) == []
    assert reader.reader.silence() is TeliumFault.SILENCE
    assert not any(reader.buffer.view)
    assert reader.feed(ACCEPTED) == [ACCEPTED[1:-2]]


def test_an_endless_frame_is_given_up_in_constant_memory() -> None:
    reader = Reader()
    events = [event for _ in range(40) for event in reader.feed(b"\x02" + b"9" * 3000)]
    assert set(events) <= {TeliumFault.TOO_LONG}
    assert reader.feed(b"9" * 3000) == [TeliumFault.TOO_LONG]


def test_a_message_is_wiped_when_it_was_read() -> None:
    reader = Reader()
    reader.feed(b"noise" + ACCEPTED + b"\x06")
    assert not any(reader.buffer.view)
