from __future__ import annotations

import pytest

from drivers.card.card import SecretBuffer
from drivers.ecrhub.frame import (
    BUFFER_BYTES,
    CONFIRM,
    HANDSHAKE,
    HEARTBEAT,
    EcrHubFrameKind,
    acknowledgement,
    encode_frame,
)
from drivers.ecrhub.line import (
    HEARTBEAT_EVERY_S,
    LINK_DOWN,
    LINK_SILENCE_S,
    NOT_ACKNOWLEDGED,
    PAUSE_IN_FRAME_S,
    REPEAT_EVERY_S,
    TRANSMISSIONS,
    EcrHubLine,
)

DATA = encode_frame(EcrHubFrameKind.NORMAL, number=9, data=b"result")


class Joint:
    """A line and what goes over it."""

    def __init__(self, last_id: int = 255) -> None:
        self.buffer = SecretBuffer(BUFFER_BYTES)
        self.line = EcrHubLine(self.buffer, last_id)
        self.line.reset(0.0)
        self.now = 0.0

    def hear(self, data: bytes) -> list[bytes]:
        self.buffer.space()[: len(data)] = data
        self.buffer.filled(len(data))
        return [bytes(frame.data) for frame in self.line.receive(self.now)]

    def pass_time(self, seconds: float) -> bytes:
        """What is sent meanwhile."""
        until, out = self.now + seconds, b""
        while (due := self.line.deadline()) is not None and due <= until:
            self.now = due
            list(self.line.silence(due))
            self.line.deadline_passed(due)
            out += self.line.bytes_to_send()
        self.now = until
        return out


@pytest.fixture
def joint() -> Joint:
    """A line whose handshake was confirmed."""
    made = Joint()
    made.hear(CONFIRM)
    made.line.bytes_to_send()
    return made


def test_the_handshake_is_repeated_once_a_second_until_the_confirm_arrives() -> None:
    joint = Joint()
    assert joint.line.bytes_to_send() == HANDSHAKE
    assert joint.pass_time(3.5) == HANDSHAKE * 3
    joint.hear(CONFIRM)
    assert joint.line.up
    assert HANDSHAKE not in joint.pass_time(10.0)


def test_heartbeats_go_out_at_rest_too(joint: Joint) -> None:
    assert joint.pass_time(5 * HEARTBEAT_EVERY_S + 0.5) == HEARTBEAT * 5


def test_thirty_seconds_without_a_sign_of_life_are_a_dead_link(joint: Joint) -> None:
    joint.pass_time(LINK_SILENCE_S - 0.1)
    assert joint.line.trouble is None
    joint.pass_time(0.2)
    assert joint.line.trouble == LINK_DOWN


def test_a_heartbeat_is_a_sign_of_life_and_noise_is_none(joint: Joint) -> None:
    joint.pass_time(20.0)
    joint.hear(HEARTBEAT)
    joint.pass_time(20.0)
    joint.hear(b"noise")
    assert joint.line.trouble is None
    joint.pass_time(11.0)
    assert joint.line.trouble == LINK_DOWN


def test_a_message_is_repeated_with_the_same_id_until_its_ack(joint: Joint) -> None:
    number = joint.line.send(b"order", joint.now)
    frame = encode_frame(EcrHubFrameKind.NORMAL, number=number, data=b"order")
    assert joint.line.bytes_to_send() == frame
    assert joint.pass_time(REPEAT_EVERY_S + 0.1) == frame
    joint.hear(acknowledgement(number + 1))
    assert joint.pass_time(REPEAT_EVERY_S) == frame
    joint.hear(acknowledgement(number))
    assert frame not in joint.pass_time(5.0)
    assert joint.line.trouble is None


def test_without_an_ack_it_gives_up_after_three_repeats_and_two_seconds(joint: Joint) -> None:
    joint.line.send(b"order", joint.now)
    sent = joint.line.bytes_to_send() + joint.pass_time(1.99)
    assert sent.count(b"order") == TRANSMISSIONS
    assert joint.line.trouble is None
    joint.pass_time(0.02)
    assert joint.line.trouble == NOT_ACKNOWLEDGED


@pytest.mark.parametrize("last_id", [127, 255])
def test_ids_wrap_from_the_last_one_to_one(last_id: int) -> None:
    joint = Joint(last_id)
    numbers = []
    for _ in range(last_id + 2):
        numbers.append(joint.line.send(b"x", 0.0))
        joint.line.bytes_to_send()
        joint.hear(acknowledgement(numbers[-1]))
    assert numbers == [*range(1, last_id + 1), 1, 2]


def test_a_reconnect_resets_the_ids_and_what_waited(joint: Joint) -> None:
    joint.line.send(b"old", 0.0)
    joint.line.reset(1.0)
    assert not joint.line.up
    assert joint.line.send(b"new", 1.0) == 1
    assert b"old" not in joint.line.bytes_to_send() + joint.pass_time(1.0)


def test_the_second_message_waits_for_the_first_ones_ack(joint: Joint) -> None:
    first, second = joint.line.send(b"first", 0.0), joint.line.send(b"second", 0.0)
    assert b"second" not in joint.line.bytes_to_send() + joint.pass_time(0.6)
    joint.hear(acknowledgement(first))
    assert joint.line.bytes_to_send() == encode_frame(EcrHubFrameKind.NORMAL, number=second, data=b"second")


def test_an_answer_shows_that_the_message_arrived(joint: Joint) -> None:
    number = joint.line.send(b"order", 0.0)
    joint.line.bytes_to_send()
    joint.line.arrived(number, 0.1)
    assert b"order" not in joint.pass_time(5.0)
    assert joint.line.trouble is None


def test_an_ack_from_before_a_message_left_is_not_its_own(joint: Joint) -> None:
    number = joint.line.send(b"order", 0.0)
    joint.hear(acknowledgement(number))
    assert joint.line.bytes_to_send().count(b"order") == 1
    assert joint.pass_time(REPEAT_EVERY_S + 0.1).count(b"order") == 1


def test_what_was_given_up_before_it_left_does_not_leave(joint: Joint) -> None:
    joint.line.send(b"order", 0.0)
    joint.line.drop()
    assert b"order" not in joint.line.bytes_to_send() + joint.pass_time(5.0)


def test_a_data_frame_is_not_acknowledged_by_the_line(joint: Joint) -> None:
    assert joint.hear(DATA) == [b"result"]
    assert joint.line.bytes_to_send() == b""
    joint.line.acknowledge(9)
    assert joint.line.bytes_to_send() == acknowledgement(9)


def test_a_pause_of_half_a_second_inside_an_answer_is_no_end_of_it(joint: Joint) -> None:
    assert joint.hear(DATA[:9]) == []
    joint.pass_time(0.5)
    assert joint.hear(DATA[9:]) == [b"result"]


def test_what_stopped_halfway_does_not_eat_the_next_message(joint: Joint) -> None:
    assert joint.hear(b"\x55\xaa\x00\x00\x05\x03\x00half") == []
    joint.pass_time(PAUSE_IN_FRAME_S + 0.01)
    assert joint.hear(DATA) == [b"result"]


def test_a_message_inside_an_unfinished_one_is_given_after_the_pause(joint: Joint) -> None:
    assert joint.hear(b"\x55\xaa\x00\x00\x05\x03\x00" + DATA) == []
    joint.now += PAUSE_IN_FRAME_S
    assert [bytes(frame.data) for frame in joint.line.silence(joint.now)] == [b"result"]


def test_a_line_that_gave_up_keeps_nothing(joint: Joint) -> None:
    joint.pass_time(LINK_SILENCE_S + 1)
    assert joint.hear(b"secret" + DATA) == []
    assert not any(joint.buffer.view)
    assert joint.line.deadline() is None
