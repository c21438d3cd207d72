"""Whether the terminal on a port speaks ZVT."""

from __future__ import annotations

from typing import Final

from drivers.card.secret import SecretBuffer
from drivers.driver import SerialDefaults
from drivers.probe import Probe
from drivers.zvt.frame import ZvtFrameReader, encode_frame

_ACK: Final = b"\x06"
_POSITIVE: Final = encode_frame(bytes.fromhex("800000"))
_ENDS: Final = {0x060F, 0x061E}
_TEXT: Final = 0x04FF
# Reference 4: the first byte of an answer, good or bad.
_YES: Final = 0x80
_NO: Final = 0x84


class ZvtListener:
    """Goes along with a status enquiry to its end (reference 2, 4 and 8.1)."""

    def __init__(self, buffer: SecretBuffer) -> None:
        self._reader = ZvtFrameReader(buffer)
        self.known = self.over = self.holds_result = False

    def receive(self) -> bytes:
        say = b""
        for item in self._reader.read():
            if isinstance(item, memoryview) and not self.over:
                self.known = True
                say += self._answer(item[0] << 8 | item[1])
        return say

    def finish(self) -> bytes:
        return b""

    def _answer(self, control: int) -> bytes:
        if control >> 8 in {_YES, _NO}:
            self.over = control >> 8 == _NO
            return _ACK
        if control in _ENDS | {_TEXT}:
            self.over = control in _ENDS
            return _ACK + _POSITIVE
        # A result or a receipt: answering it would be the commit of a payment that no journal has.
        self.over = self.holds_result = True
        return b""


# Harmless: 05 01, the status enquiry: it asks for the terminal's state and changes nothing.
PROBE: Final = Probe(
    "zvt",
    10,
    encode_frame(bytes.fromhex("050100")),
    ZvtListener,
    SerialDefaults(9600, stop_bits=2),
)
