"""One end of a ZVT line with a buffer of its own."""

from __future__ import annotations

from drivers.card.card import SecretBuffer
from drivers.zvt.line import ZvtSerialLine, ZvtTcpLine

PAY = bytes.fromhex("06010A 04000000001010 490978")
POSITIVE = bytes.fromhex("800000")


class End:
    """One end of a line with its own buffer."""

    def __init__(self, kind: type[ZvtSerialLine | ZvtTcpLine], size: int = 8192) -> None:
        self.buffer = SecretBuffer(size)
        self.line = kind(self.buffer)

    def hear(self, data: bytes, now: float = 0.0) -> list[bytes]:
        space = self.buffer.space()
        space[: len(data)] = data
        self.buffer.filled(len(data))
        return [bytes(apdu) for apdu in self.line.receive(now)]

    def say(self, apdu: bytes, now: float = 0.0) -> bytes:
        self.line.send(apdu, now)
        return self.line.bytes_to_send()

    def wait(self) -> tuple[float, bytes]:
        """Let time pass until the line's own deadline."""
        when = self.line.deadline()
        assert when is not None
        self.line.deadline_passed(when)
        return when, self.line.bytes_to_send()

    def clean(self) -> bool:
        return self.buffer.start == self.buffer.end and not any(self.buffer.view)
