"""The questions of `tillgate terminals --probe`: harmless, and answered by one protocol only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from drivers.card.secret import SecretBuffer
from drivers.driver import PROTOCOLS
from drivers.probe import LONGEST_ANSWER_BYTES, Probe, ProbeListener, probes
from drivers.zvt.frame import encode_frame

PROBES = probes()
BY_NAME = {probe.protocol: probe for probe in PROBES}
ACK = b"\x06"
POSITIVE = encode_frame(bytes.fromhex("800000"))


class Listening:
    """One listener on its buffer."""

    def __init__(self, probe: Probe) -> None:
        self.buffer = SecretBuffer(LONGEST_ANSWER_BYTES)
        self.listener: ProbeListener = probe.listener(self.buffer)

    def hear(self, data: bytes) -> bytes:
        said = b""
        for byte in data:  # one at a time: the worst line
            self.buffer.space()[:1] = bytes((byte,))
            self.buffer.filled(1)
            said += self.listener.receive() if not self.listener.over else b""
        return said


@pytest.fixture(params=PROBES, ids=lambda probe: probe.protocol)
def listening(request: pytest.FixtureRequest) -> Iterator[Listening]:
    one = Listening(request.param)
    yield one
    one.buffer.close()


def heard_by(protocol: str) -> Listening:
    return Listening(BY_NAME[protocol])


def test_every_protocol_has_its_question_and_the_surest_is_asked_first() -> None:
    assert sorted(BY_NAME) == sorted(PROTOCOLS)
    assert [probe.protocol for probe in PROBES] == ["zvt", "ecrhub", "ecr17", "transbank", "telium"]
    assert len({probe.rank for probe in PROBES}) == len(PROBES)


def test_the_questions_are_the_references_harmless_ones() -> None:
    assert {probe.protocol: probe.question.hex(" ").upper() for probe in PROBES} == {
        "zvt": encode_frame(bytes.fromhex("050100")).hex(" ").upper(),
        "ecrhub": "55 AA 01 00 00 00 00 01 CC 33",
        "ecr17": "02 30 30 30 30 30 30 30 30 30 73 03 3F",
        "transbank": "02 30 31 30 30 03 02",
        "telium": "05",
    }


def test_the_ecr17_question_has_the_checksum_of_mode_noext() -> None:
    def noext(payload: bytes) -> int:
        lrc = 0x7F
        for byte in payload + b"\x03":
            lrc ^= byte
        return lrc

    assert noext(b"123456780s") == 0x37  # the reference's own example
    assert BY_NAME["ecr17"].question[-1] == noext(b"000000000s")


# Each protocol's answer, as its reference has it.
ANSWERS = {
    "zvt": ACK + POSITIVE + encode_frame(bytes.fromhex("060F0100")),
    "ecrhub": bytes.fromhex("55AA0200000000 02CC33"),
    "ecr17": bytes.fromhex("06037A"),
    "transbank": ACK,
    "telium": ACK,
}


@pytest.mark.parametrize("protocol", ANSWERS)
def test_each_ear_knows_its_own_answer_and_no_other(protocol: str) -> None:
    for name, answer in ANSWERS.items():
        one = heard_by(protocol)
        one.hear(answer)
        one.listener.finish()
        alike = {"transbank", "telium"}  # both answer by an ACK alone, so each is asked its own question
        assert one.listener.known == (name == protocol or {name, protocol} == alike), name
        assert not one.listener.holds_result
        one.buffer.close()


def test_silence_and_noise_are_nobody(listening: Listening) -> None:
    listening.hear(b"\xff\x00AT\r\nOK\r\n" * 20)
    assert listening.listener.finish() == b""
    assert not listening.listener.known


def test_a_zvt_terminal_is_answered_politely_to_the_end() -> None:
    one = heard_by("zvt")
    assert one.hear(ACK + POSITIVE) == ACK
    assert one.hear(encode_frame(bytes.fromhex("04FF0117"))) == ACK + POSITIVE
    assert not one.listener.over
    assert one.hear(encode_frame(bytes.fromhex("060F0100"))) == ACK + POSITIVE
    assert one.listener.over


def test_a_zvt_terminal_that_wants_its_password_is_known_all_the_same() -> None:
    one = heard_by("zvt")
    assert one.hear(ACK + encode_frame(bytes.fromhex("843700"))) == ACK
    assert one.listener.known
    assert one.listener.over


@pytest.mark.parametrize("apdu", ["040F022700", "06D10401414243"])
def test_a_zvt_result_or_receipt_is_never_acknowledged(apdu: str) -> None:
    one = heard_by("zvt")
    assert one.hear(encode_frame(bytes.fromhex(apdu))) == b""
    assert one.hear(encode_frame(bytes.fromhex("060F00"))) == b""
    assert one.listener.known
    assert one.listener.holds_result
    assert one.listener.finish() == b""


@pytest.mark.parametrize("mode", ["79", "7A", "78", "7B"])
def test_an_ecr17_status_is_acknowledged_in_its_own_mode(mode: str) -> None:
    one = heard_by("ecr17")
    signal = bytes.fromhex("0603" + mode)
    assert one.hear(signal + b"\x02123456780s0000000000" + b"0103251200" + b"2rel1\x03\x03") == signal
    assert one.listener.over
    assert not one.listener.holds_result


@pytest.mark.parametrize("mode", ["6A", "69", "6B", "68"])
def test_an_ecr17_refusal_is_an_answer(mode: str) -> None:
    one = heard_by("ecr17")
    assert one.hear(bytes.fromhex("1503" + mode)) == b""
    assert one.listener.known
    assert one.listener.over


def test_an_ecr17_result_is_never_acknowledged() -> None:
    one = heard_by("ecr17")
    assert one.hear(bytes.fromhex("06037A") + b"\x02123456780E00" + b"0" * 60 + b"\x03\x00") == b""
    assert one.listener.holds_result


def test_a_telium_terminal_that_wants_to_speak_is_not_let() -> None:
    one = heard_by("telium")
    assert one.hear(b"\x05") == b""
    assert one.listener.holds_result
    assert one.listener.finish() == b""


def test_a_telium_terminal_that_listens_is_told_that_there_is_nothing() -> None:
    one = heard_by("telium")
    assert one.hear(ACK) == b""
    assert one.listener.finish() == b"\x04"


def test_a_transbank_response_is_never_acknowledged() -> None:
    one = heard_by("transbank")
    assert one.hear(ACK + b"\x020210|00|") == b""
    assert one.listener.holds_result
    assert one.listener.finish() == b""
