"""A till whose terminal is the test: bytes in, bytes and events out."""

from __future__ import annotations

from dataclasses import replace

from drivers.card.card import SecretBuffer
from drivers.driver import Options
from drivers.ecr17 import packet
from drivers.ecr17.driver import DRIVER
from drivers.ecr17.frame import BUFFER_BYTES, Ecr17Signal, encode_control, encode_message
from drivers.ecr17.session import Ecr17Session
from drivers.terminal import (
    Command,
    Event,
    Operation,
)
from tests.drivers.ecr17.counter import OPTIONS, SALE, MaskingSealer

HEAD = "290010060"
ACK, NAK = (encode_control(signal, "noext") for signal in Ecr17Signal)
FIXED = replace(OPTIONS, variant="noext")
TILL_PRINTS = replace(FIXED, receipts="till")
REVERSAL = Command(Operation.REVERSAL, "till 2", original_trace=42)


def message(text: str, scope: str = "noext") -> bytes:
    return encode_message(text.encode("iso8859_1"), scope)


def paid(stan: int = 42, letter: str = "E", code: str = "00") -> bytes:
    return message(f"{HEAD}{letter}{code}0004111111111111111ICC1234560600200200000000001{stan:06}{stan:06}")


def refused(stan: int = 0) -> bytes:
    return message(f"{HEAD}E01{'CARTA SCADUTA':24}{0:011}200000000001{stan:06}{stan:06}")


ASKED = packet.status(packet.Identity("29001006", ""))
WELL = message(f"{HEAD}s{0:010}01032512002V1.23   ")


class Till:
    """A session whose terminal is the test."""

    def __init__(self, options: Options = FIXED) -> None:
        self.buffer = SecretBuffer(BUFFER_BYTES)
        session = DRIVER.session(self.buffer, MaskingSealer(), options)
        assert isinstance(session, Ecr17Session)
        self.session = session
        self.session.connected(0.0)
        self.now = 0.0

    def start(self, command: Command = SALE) -> bytes:
        self.session.start(command, self.now)
        return self.session.bytes_to_send()

    def hear(self, data: bytes, step: int = BUFFER_BYTES) -> list[Event]:
        """Bytes from the terminal; the events that they made."""
        for at in range(0, len(data), step):
            part = data[at : at + step]
            self.buffer.space()[: len(part)] = part
            self.buffer.filled(len(part))
            self.session.receive(self.now)
        return list(self.session.events())

    def said(self) -> bytes:
        return self.session.bytes_to_send()

    def acknowledge(self) -> list[Event]:
        self.session.acknowledge(self.now)
        return list(self.session.events())

    def wait(self, seconds: float) -> list[Event]:
        """Let so much time pass."""
        end = self.now + seconds
        while (due := self.session.deadline()) is not None and due <= end:
            self.now = due
            self.session.deadline_passed(due)
        self.now = end
        return list(self.session.events())

    def paying(self) -> Till:
        """The payment has left and was acknowledged."""
        self.start()
        assert self.hear(ACK) == []
        return self


def only(events: list[Event]) -> Event:
    assert len(events) == 1, events
    return events[0]
