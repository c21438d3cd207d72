"""Frames: the reference's vectors, and what a line can do to them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from drivers.card.card import SecretBuffer
from drivers.ecr17.frame import (
    BUFFER_BYTES,
    MAX_PAYLOAD_BYTES,
    SCOPES,
    USUAL_SCOPE,
    Control,
    Ecr17DisplayText,
    Ecr17Fault,
    Ecr17FrameReader,
    Ecr17Signal,
    encode_control,
    encode_message,
    encode_progress,
    lrc,
)

STATUS = b"123456780s"
# Reference 2: scope, ACK, NAK, the checksum of the status request.
VECTORS = (
    ("std", "06 03 79", "15 03 6A", 0x34),
    ("noext", "06 03 7A", "15 03 69", 0x37),
    ("stx", "06 03 78", "15 03 6B", 0x35),
    ("stx_noext", "06 03 7B", "15 03 68", 0x36),
)


class End:
    """A reader that keeps what it read, as values."""

    def __init__(self, scope: str = USUAL_SCOPE) -> None:
        self.buffer = SecretBuffer(BUFFER_BYTES)
        self.reader = Ecr17FrameReader(self.buffer, scope)

    def feed(self, data: bytes, step: int = BUFFER_BYTES) -> list[object]:
        return [read for at in range(0, len(data), step) for read in self._part(data[at : at + step])]

    def _part(self, data: bytes) -> Iterator[object]:
        space = self.buffer.space()
        space[: len(data)] = data
        self.buffer.filled(len(data))
        for read in self.reader.read():
            if isinstance(read, memoryview):
                yield bytes(read)
            else:
                yield bytes(read.text) if isinstance(read, Ecr17DisplayText) else read


@pytest.mark.parametrize(("scope", "ack", "nak", "status"), VECTORS)
def test_each_scope_has_the_checksums_of_the_reference(scope: str, ack: str, nak: str, status: int) -> None:
    assert encode_control(Ecr17Signal.ACK, scope) == bytes.fromhex(ack)
    assert encode_control(Ecr17Signal.NAK, scope) == bytes.fromhex(nak)
    assert encode_message(STATUS, scope) == b"\x02" + STATUS + b"\x03" + bytes([status])


def test_noext_is_the_usual_scope() -> None:
    assert next(iter(SCOPES)) == USUAL_SCOPE == "noext"


@pytest.mark.parametrize("scope", SCOPES)
def test_a_control_frame_tells_its_scope_whatever_ours_is(scope: str) -> None:
    read = End("std").feed(encode_control(Ecr17Signal.NAK, scope) + encode_control(Ecr17Signal.ACK, scope))
    assert read == [Control(Ecr17Signal.NAK, scope), Control(Ecr17Signal.ACK, scope)]


@pytest.mark.parametrize("wanted", [0x00, 0x01, 0x02, 0x03, 0x04, 0x06, 0x15])
@pytest.mark.parametrize("scope", SCOPES)
def test_a_checksum_that_looks_like_a_control_byte_belongs_to_its_message(wanted: int, scope: str) -> None:
    """Two bytes at the payload's end bring the checksum to any value."""
    rest = lrc(STATUS, scope) ^ wanted
    payload = STATUS + bytes([0x40, 0x40 ^ rest])
    frame = encode_message(payload, scope)
    assert frame[-1] == wanted
    assert End(scope).feed(frame + encode_control(Ecr17Signal.ACK, scope) + frame, step=1) == [
        payload,
        Control(Ecr17Signal.ACK, scope),
        payload,
    ]


GLUED = (
    encode_control(Ecr17Signal.ACK, "noext")
    + encode_progress("ATTENDERE PREGO")
    + encode_message(STATUS + b"answer", "noext")
    + encode_control(Ecr17Signal.NAK, "noext")
)


@pytest.mark.parametrize("step", [1, 2, 3, 7, len(GLUED)])
def test_ack_progress_and_answer_are_told_apart_however_they_are_cut(step: int) -> None:
    assert End().feed(GLUED, step) == [
        Control(Ecr17Signal.ACK, "noext"),
        b"ATTENDERE PREGO     ",
        STATUS + b"answer",
        Control(Ecr17Signal.NAK, "noext"),
    ]


@pytest.mark.parametrize(
    "noise",
    [
        b"\x02",
        b"\x02123456780E",
        b"\x06",
        b"\x15\x03",
        b"\x06\x03\x00",
        b"\x01",
        b"\x01 text without its end....",
        b"+CME ERROR\r\n",
        bytes(300),
        b"\x03\x7a",
    ],
)
def test_noise_costs_no_message_behind_it(noise: bytes) -> None:
    read = End().feed(noise + encode_message(STATUS, "noext"), step=1)
    assert read[-1] == STATUS
    assert all(isinstance(one, Ecr17Fault) for one in read[:-1])


def test_an_ack_behind_half_a_message_is_heard() -> None:
    """`02 06 03 7A` is also a message with one byte and a true checksum."""
    assert End().feed(b"\x02" + encode_control(Ecr17Signal.ACK, "noext"))[-1] == Control(
        Ecr17Signal.ACK, "noext"
    )


def test_a_damaged_message_is_a_fault_and_leaves_nothing_behind() -> None:
    end = End()
    frame = bytearray(encode_message(STATUS, "noext"))
    frame[4] ^= 1
    assert end.feed(bytes(frame)) == [Ecr17Fault.LRC]
    assert not any(end.buffer.view)


def test_a_message_of_another_scope_is_a_fault() -> None:
    assert End("noext").feed(encode_message(STATUS, "std")) == [Ecr17Fault.LRC]


def test_the_longest_message_is_read_and_an_endless_one_is_dropped() -> None:
    payload = b"0" * MAX_PAYLOAD_BYTES
    assert End().feed(encode_message(payload, "noext"), step=100) == [payload]
    end = End()
    read = end.feed(b"\x02" + b"0" * 5000, step=50)
    assert Ecr17Fault.TOO_LONG in read
    assert end.feed(encode_message(STATUS, "noext"))[-1] == STATUS


def test_silence_drops_what_was_begun_and_tells_whether_it_was_a_message() -> None:
    end = End()
    end.feed(b"\x02123456")
    assert end.reader.unfinished
    assert end.reader.silence() is Ecr17Fault.SILENCE
    end.feed(b"\x06")
    assert end.reader.silence() is Ecr17Fault.NOISE
    assert not any(end.buffer.view)


def test_a_progress_text_is_cut_and_filled_to_its_twenty_characters() -> None:
    assert encode_progress("x" * 30) == b"\x01" + b"x" * 20 + b"\x04"
    assert encode_progress("") == b"\x01" + b" " * 20 + b"\x04"
