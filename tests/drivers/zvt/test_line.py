from __future__ import annotations

import pytest

from drivers.zvt.apdu import join
from drivers.zvt.frame import encode_frame
from drivers.zvt.line import (
    DAMAGED,
    FAULTS_FORGOTTEN_S,
    HALF_APDU_S,
    NOT_ACKNOWLEDGED,
    STOPPED_HALFWAY,
    T1_S,
    TOO_LONG,
)
from drivers.zvt.sender import T2_S
from tests.drivers.zvt.line_end import PAY, POSITIVE, End

ACK, NAK = b"\x06", b"\x15"
PLEASE_WAIT = bytes.fromhex("04FF0117")
STATUS = bytes.fromhex("040F022700")
BLANK_LINE = bytes.fromhex("06D10100")


class TestSending:
    def test_a_frame_waits_t2_behind_its_end_and_is_done_with_its_ack(self, serial: End) -> None:
        frame = serial.say(PAY, now=100.0)
        deadline = serial.line.deadline()
        assert frame == encode_frame(PAY)
        assert deadline is not None
        assert 100 + T2_S < deadline < 100 + T2_S + 0.1
        assert serial.hear(ACK, 101.0) == []
        assert serial.line.idle
        assert serial.line.deadline() is None

    def test_three_silences_are_trouble(self, serial: End) -> None:
        frame = serial.say(PAY)
        assert serial.wait()[1] == frame
        assert serial.wait()[1] == frame
        assert serial.line.deadline() is not None
        when, out = serial.wait()
        assert out == b""
        assert 3 * T2_S < when < 3 * T2_S + 0.1
        assert serial.line.trouble == NOT_ACKNOWLEDGED
        assert serial.line.deadline() is None

    def test_what_was_given_up_is_never_taken_for_acknowledged(self, serial: End) -> None:
        serial.say(PAY)
        for _ in range(3):
            serial.wait()
        serial.hear(ACK)
        serial.line.deadline_passed(1000.0)
        assert not serial.line.idle

    def test_a_refused_frame_goes_out_again_at_once_and_twice_at_most(self, serial: End) -> None:
        frame = serial.say(PAY)
        for _ in (1, 2):
            assert serial.hear(NAK) == []
            assert serial.line.bytes_to_send() == frame
        serial.hear(NAK)
        assert serial.line.bytes_to_send() == b""
        assert serial.line.trouble == NOT_ACKNOWLEDGED

    def test_a_deadline_that_has_not_come_changes_nothing(self, serial: End) -> None:
        serial.say(PAY)
        serial.line.deadline_passed(T2_S - 0.1)
        assert serial.line.bytes_to_send() == b""

    def test_a_second_message_waits_for_the_ack_of_the_first(self, serial: End) -> None:
        assert serial.say(POSITIVE) == encode_frame(POSITIVE)
        assert serial.say(PAY) == b""
        serial.hear(ACK)
        assert serial.line.bytes_to_send() == encode_frame(PAY)

    def test_signals_that_nobody_waits_for_change_nothing(self, serial: End) -> None:
        assert serial.hear(NAK + ACK + NAK) == []
        assert serial.line.bytes_to_send() == b""

    def test_more_messages_than_a_dialogue_has_are_a_bug(self, serial: End) -> None:
        def flood() -> None:
            for _ in range(100):
                serial.say(POSITIVE)

        with pytest.raises(ValueError, match="wait for the terminal"):
            flood()

    def test_after_trouble_nothing_goes_out_until_a_reset(self, serial: End) -> None:
        serial.say(PAY)
        for _ in range(3):
            serial.wait()
        assert serial.say(PAY) == b""
        assert serial.hear(encode_frame(POSITIVE)) == []
        assert serial.clean()
        serial.line.reset(60.0)
        assert serial.line.trouble is None
        assert serial.say(PAY) == encode_frame(PAY)


class TestReceiving:
    def test_the_ack_is_there_before_the_message_is_handed_up(self, serial: End) -> None:
        space = serial.buffer.space()
        space[:9] = encode_frame(POSITIVE)
        serial.buffer.filled(9)
        for _apdu in serial.line.receive(0.0):
            assert serial.line.bytes_to_send() == ACK

    def test_ack_and_answer_in_one_read(self, serial: End) -> None:
        serial.say(PAY)
        assert serial.hear(ACK + encode_frame(POSITIVE) + encode_frame(PLEASE_WAIT)) == [
            POSITIVE,
            PLEASE_WAIT,
        ]
        assert serial.line.bytes_to_send() == ACK + ACK
        assert serial.clean()

    def test_a_damaged_frame_is_refused_and_the_repeat_taken(self, serial: End) -> None:
        frame = encode_frame(STATUS)
        assert serial.hear(frame[:-1] + b"\x00") == []
        assert serial.line.bytes_to_send() == NAK
        assert serial.hear(frame) == [STATUS]
        assert serial.line.bytes_to_send() == ACK

    def test_t1_inside_a_frame_is_refused(self, serial: End) -> None:
        serial.hear(encode_frame(STATUS)[:7], now=50.0)
        assert serial.wait() == (50.0 + T1_S, NAK)
        assert serial.line.deadline() is None
        assert serial.clean()

    def test_a_slow_frame_is_not_cut_while_its_bytes_come_within_t1(self, serial: End) -> None:
        heard = []
        for index, byte in enumerate(encode_frame(STATUS)):
            heard += serial.hear(bytes((byte,)), now=index * (T1_S - 0.01))
        assert heard == [STATUS]

    def test_three_damaged_frames_in_a_row_are_trouble_on_this_side_too(self, serial: End) -> None:
        bad = encode_frame(STATUS)[:-1] + b"\x00"
        for now in (0.0, 1.0, 2.0):
            assert serial.line.trouble is None
            serial.hear(bad, now)
            assert serial.line.bytes_to_send() == NAK
        assert serial.line.trouble == DAMAGED.about(fault="wrong checksum")

    def test_damage_hours_apart_is_no_trouble(self, serial: End) -> None:
        bad = encode_frame(STATUS)[:-1] + b"\x00"
        for attempt in range(10):
            serial.hear(bad, attempt * (FAULTS_FORGOTTEN_S + 1))
        assert serial.line.trouble is None

    def test_noise_alone_is_wiped_and_is_no_trouble(self, serial: End) -> None:
        assert serial.hear(b"\xff\x00\x81" * 1000) == []
        assert serial.wait() == (T1_S, b"")
        assert serial.clean()
        assert serial.line.trouble is None

    def test_a_caller_that_fails_leaves_nothing_behind(self, serial: End) -> None:
        space = serial.buffer.space()
        space[:10] = encode_frame(PLEASE_WAIT)
        serial.buffer.filled(10)

        def fail() -> None:
            for _apdu in serial.line.receive(0.0):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert serial.clean()

    def test_a_reset_while_a_message_is_handed_up_is_allowed(self, serial: End, tcp: End) -> None:
        for end, data in ((serial, encode_frame(PLEASE_WAIT)), (tcp, PLEASE_WAIT)):
            space = end.buffer.space()
            space[: len(data)] = data
            end.buffer.filled(len(data))
            for _apdu in end.line.receive(0.0):
                end.line.reset(0.0)
            assert end.clean()


class TestRepeats:
    """The other side sends a frame again because our ACK was lost."""

    def test_is_acknowledged_and_not_handed_up_while_we_still_think(self, serial: End) -> None:
        frame = encode_frame(STATUS)
        assert serial.hear(frame, 0.0) == [STATUS]
        serial.line.bytes_to_send()
        assert serial.hear(frame, 5.1) == []
        assert serial.hear(frame, 10.2) == []
        assert serial.line.bytes_to_send() == ACK + ACK

    def test_is_not_handed_up_while_our_answer_is_on_its_way(self, serial: End) -> None:
        frame = encode_frame(STATUS)
        serial.hear(frame, 0.0)
        serial.say(POSITIVE, 0.0)
        assert serial.hear(frame, 0.3) == []
        assert serial.line.bytes_to_send() == ACK
        assert serial.wait()[1] == encode_frame(POSITIVE)

    def test_gets_the_same_answer_again_when_that_was_acknowledged(self, serial: End) -> None:
        frame = encode_frame(STATUS)
        serial.hear(frame, 0.0)
        serial.say(POSITIVE, 0.0)
        serial.hear(ACK, 0.1)
        assert serial.hear(frame, T2_S) == [STATUS]
        assert serial.line.repeated
        assert serial.hear(encode_frame(PLEASE_WAIT), T2_S + 1) == [PLEASE_WAIT]
        assert not serial.line.repeated

    def test_of_an_answer_is_not_handed_up(self, serial: End) -> None:
        serial.say(PAY)
        serial.hear(ACK)
        assert serial.hear(encode_frame(POSITIVE), 0.1) == [POSITIVE]
        assert serial.hear(encode_frame(POSITIVE), 5.1) == []

    def test_equal_messages_that_follow_our_answers_at_once_are_new(self, serial: End) -> None:
        for now in (0.0, 0.1, 0.2):
            assert serial.hear(encode_frame(BLANK_LINE), now) == [BLANK_LINE]
            assert not serial.line.repeated
            serial.say(POSITIVE, now)
            serial.hear(ACK, now)

    def test_equal_answers_to_two_commands_are_both_new(self, serial: End) -> None:
        for now in (0.0, 6.0):
            serial.say(PAY, now)
            serial.hear(ACK, now)
            assert serial.hear(encode_frame(POSITIVE), now) == [POSITIVE]
            assert not serial.line.repeated

    def test_of_a_fresh_connection_are_new(self, serial: End) -> None:
        assert serial.hear(encode_frame(STATUS), 0.0) == [STATUS]
        serial.line.reset(5.0)
        assert serial.hear(encode_frame(STATUS), 5.0) == [STATUS]


class TestWhatOnlyFollowsOurs:
    def test_an_answer_acknowledges_our_command(self, serial: End) -> None:
        serial.say(PAY)
        assert serial.hear(encode_frame(POSITIVE)) == [POSITIVE]
        assert serial.line.idle

    def test_the_next_command_acknowledges_our_answer_so_that_it_is_never_sent_late(
        self, serial: End
    ) -> None:
        serial.hear(encode_frame(PLEASE_WAIT), 0.0)
        serial.say(POSITIVE, 0.0)
        assert serial.hear(encode_frame(STATUS), 1.0) == [STATUS]
        assert serial.line.bytes_to_send() == ACK
        assert serial.line.deadline() is None

    def test_a_command_that_crosses_ours_acknowledges_nothing(self, serial: End) -> None:
        frame = serial.say(PAY)
        assert serial.hear(encode_frame(PLEASE_WAIT)) == [PLEASE_WAIT]
        assert not serial.line.idle
        serial.line.bytes_to_send()
        assert serial.wait()[1] == frame


class TestTcp:
    stream = POSITIVE + PLEASE_WAIT + join(0x06D3, b"\x10\x02" * 300) + STATUS + join(0x06D3, bytes(254))
    apdus = (POSITIVE, PLEASE_WAIT, join(0x06D3, b"\x10\x02" * 300), STATUS, join(0x06D3, bytes(254)))

    def test_bare_messages_go_out(self, tcp: End) -> None:
        assert tcp.say(PAY) == PAY
        assert tcp.line.idle
        assert tcp.line.bytes_to_send() == b""

    def test_split_at_every_byte(self, tcp: End) -> None:
        for at in range(len(self.stream) + 1):
            assert (*tcp.hear(self.stream[:at]), *tcp.hear(self.stream[at:])) == self.apdus
        assert tcp.clean()

    @pytest.mark.parametrize("size", [1, 7, 71, 5000])
    def test_pieces_of_any_size(self, tcp: End, size: int) -> None:
        pieces = [self.stream[at : at + size] for at in range(0, len(self.stream), size)]
        assert tuple(apdu for piece in pieces for apdu in tcp.hear(piece)) == self.apdus
        assert tcp.line.deadline() is None

    def test_half_a_message_and_silence_is_trouble(self, tcp: End) -> None:
        assert tcp.hear(STATUS[:4], 10.0) == []
        assert tcp.hear(STATUS[4:4], 11.0) == []
        assert tcp.wait() == (11.0 + HALF_APDU_S, b"")
        assert tcp.line.trouble == STOPPED_HALFWAY
        assert tcp.clean()
        assert tcp.hear(POSITIVE) == []
        assert tcp.say(PAY) == b""

    def test_a_length_beyond_the_buffer_is_trouble(self, tcp: End) -> None:
        assert tcp.hear(b"\x06\xd3\xff\xff\xff") == []
        assert tcp.line.trouble == TOO_LONG

    def test_a_caller_that_fails_leaves_nothing_behind(self, tcp: End) -> None:
        space = tcp.buffer.space()
        space[: len(STATUS)] = STATUS
        tcp.buffer.filled(len(STATUS))

        def fail() -> None:
            for _apdu in tcp.line.receive(0.0):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert tcp.clean()
