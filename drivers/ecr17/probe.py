"""Whether the terminal on a port speaks ECR17."""

from __future__ import annotations

import re
from typing import Final

from drivers.card.secret import SecretBuffer
from drivers.driver import SerialDefaults
from drivers.probe import Probe


class Ecr17Listener:
    """Knows ECR17 by its three-byte ACK or NAK in any of the four checksum modes (reference 2)."""

    _SIGNAL: Final = re.compile(rb"\x06\x03[\x78-\x7b]|\x15\x03[\x68-\x6b]")
    _STATUS: Final = re.compile(rb"\x02[0-9]{8}0s[^\x03]{0,200}\x03[\x00-\xff]")
    _MESSAGE: Final = re.compile(rb"\x02[^\x03]{10,400}\x03[\x00-\xff]")

    def __init__(self, buffer: SecretBuffer) -> None:
        self._buffer = buffer
        self.known = self.over = self.holds_result = False

    def receive(self) -> bytes:
        heard = self._buffer.view[self._buffer.start : self._buffer.end]
        signal = self._SIGNAL.search(heard)
        if signal is None:
            return b""
        self.known = True
        if heard[signal.start()] == 0x15:
            self.over = True
            return b""
        if self._STATUS.search(heard, signal.end()):
            self.over = True
            return bytes(heard[signal.start() : signal.end()])  # its own ACK is ours: same mode, same bytes
        self.over = self.holds_result = self._MESSAGE.search(heard, signal.end()) is not None
        return b""

    def finish(self) -> bytes:
        return b""


# Harmless: 's', the status request; a refusal is as good an answer.
PROBE: Final = Probe(
    "ecr17",
    30,
    b"\x02" + b"000000000s" + b"\x03\x3f",  # checksum mode noext, which a real terminal had
    Ecr17Listener,
    SerialDefaults(9600),
)
