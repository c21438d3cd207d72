"""Another device than a ZVT terminal at the end of the line is named, once it is sure."""

from __future__ import annotations

import pytest

from drivers.zvt.foreign_device import SPEAKS_ECR17, SPEAKS_ENQ, SPEAKS_TEXT
from drivers.zvt.frame import encode_frame
from tests.drivers.zvt.line_end import PAY, POSITIVE, End

BANNERS = {
    "http": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "ssh": b"SSH-2.0-OpenSSH_9.2p1\r\n",
    "length-prefixed": b"\x00\x00\x00\x1eVER|APP 19.46.69|MODEL X|SERIAL 0",
    "log-in": b"\r\nlogin: ",
    "modem": b"\r\nERROR\r\n",
}


def test_an_ecr17_terminal_is_named_on_tcp(tcp: End) -> None:
    tcp.say(PAY)
    assert tcp.hear(b"\x15\x03\x69") == []
    assert tcp.line.trouble == SPEAKS_ECR17


@pytest.mark.parametrize("reads", [1, 3], ids=["byte by byte", "in one read"])
@pytest.mark.parametrize("control", [b"\x15\x03\x69", b"\x15\x03\x6a", b"\x06\x03\x7a"])
def test_an_ecr17_terminal_is_named_on_a_serial_line(serial: End, reads: int, control: bytes) -> None:
    serial.say(PAY)
    for at in range(0, 3, reads):
        assert serial.hear(control[at : at + reads]) == []
    serial.wait()
    assert serial.line.trouble == SPEAKS_ECR17


def test_a_terminal_that_asks_with_enq_is_named(serial: End) -> None:
    serial.say(PAY)
    assert serial.hear(b"\x05\x05\x04") == []
    serial.wait()
    assert serial.line.trouble == SPEAKS_ENQ


def test_one_enq_is_only_noise(serial: End) -> None:
    serial.hear(b"\x05")
    serial.wait()
    assert serial.line.trouble is None


@pytest.mark.parametrize("banner", BANNERS.values(), ids=BANNERS)
def test_text_is_named_on_both(serial: End, tcp: End, banner: bytes) -> None:
    assert serial.hear(banner) == []
    if serial.line.trouble is None:
        serial.wait()
    assert serial.line.trouble == SPEAKS_TEXT
    tcp.hear(banner[:3])
    tcp.hear(banner[3:])
    assert tcp.line.trouble == SPEAKS_TEXT


def test_once_the_terminal_was_understood_text_is_only_noise(serial: End) -> None:
    assert serial.hear(encode_frame(POSITIVE)) == [POSITIVE]
    serial.hear(BANNERS["http"] * 10)
    serial.wait()
    assert serial.line.trouble is None
