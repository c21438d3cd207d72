"""Who is on this port? One harmless question for each protocol, and how its answer is known.

No question here touches money, and nothing here is an acknowledgement that a
terminal could take for one: a result that it still holds is left unanswered, so
that it stays the terminal's, and the payment's driver gets it or it is reversed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from drivers.card.secret import SecretBuffer
from drivers.driver import SerialDefaults
from drivers.zvt.frame import ZvtFrameReader, encode_frame

# The longest answer looked at; a terminal that says more is known long before.
LONGEST_ANSWER_BYTES: Final = 4096

_ACK: Final = b"\x06"
_EOT: Final = b"\x04"
_ZVT_POSITIVE: Final = encode_frame(bytes.fromhex("800000"))
_ZVT_ENDS: Final = {0x060F, 0x061E}
_ZVT_TEXT: Final = 0x04FF
# zvt.md 4: the first byte of an answer, good or bad.
_ZVT_YES: Final = 0x80
_ZVT_NO: Final = 0x84


class ProbeListener(Protocol):
    """Listens to the answer to one question.

    `known`: it is this protocol. `over`: nothing more is to be heard. `holds_result`:
    the terminal offered something of its own accord that belongs to a payment.
    """

    known: bool
    over: bool
    holds_result: bool

    def receive(self) -> bytes:
        """Look at what has come into the buffer; gives what to say to it now."""

    def finish(self) -> bytes:
        """The wait is over; gives what puts the terminal to rest."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One protocol's question: what is sent, on which line, and who listens. `harmless` says why it is."""

    protocol: str
    question: bytes
    listener: Callable[[SecretBuffer], ProbeListener]
    harmless: str
    line: SerialDefaults


class SignListener:
    """Waits for a sign that only one protocol gives.

    `sign` is looked for in all that was heard. A `weak` sign is one byte that others
    say too: it counts only when it stayed alone. `result` is the start of a message
    that nobody asked for.
    """

    def __init__(
        self,
        buffer: SecretBuffer,
        sign: re.Pattern[bytes],
        *,
        result: re.Pattern[bytes] | None = None,
        weak: bool = False,
        closing_bytes: bytes = b"",
    ) -> None:
        self._buffer = buffer
        self._sign = sign
        self._result = result
        self._weak = weak
        self._closing_bytes = closing_bytes
        self.known = self.over = self.holds_result = False

    def receive(self) -> bytes:
        heard = self._buffer.view[self._buffer.start : self._buffer.end]
        if self._result is not None and self._result.search(heard):
            self.known = self.over = self.holds_result = True
        elif not self._weak and self._sign.search(heard):
            self.known = self.over = True
        return b""

    def finish(self) -> bytes:
        heard = self._buffer.view[self._buffer.start : self._buffer.end]
        if self._weak and not self.over:
            self.known = self._sign.fullmatch(heard) is not None
        return self._closing_bytes if self.known and not self.holds_result else b""


class ZvtListener:
    """Goes along with a status enquiry to its end (zvt.md 2, 4 and 8.1)."""

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
        if control >> 8 in {_ZVT_YES, _ZVT_NO}:
            self.over = control >> 8 == _ZVT_NO
            return _ACK
        if control in _ZVT_ENDS | {_ZVT_TEXT}:
            self.over = control in _ZVT_ENDS
            return _ACK + _ZVT_POSITIVE
        # A result or a receipt: answering it would be the commit of a payment that no journal has.
        self.over = self.holds_result = True
        return b""


class Ecr17Listener:
    """Knows ECR17 by its three-byte ACK or NAK in any of the four checksum modes (ecr17.md 2)."""

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


def _transbank(buffer: SecretBuffer) -> ProbeListener:
    # A response that the terminal repeats because nobody acknowledged it (transbank.md 2).
    result = re.compile(rb"\x02[0-9]{4}\|")
    return SignListener(buffer, re.compile(rb"\x06"), result=result, weak=True)


def _telium(buffer: SecretBuffer) -> ProbeListener:
    # An ENQ of its own: it wants to deliver an answer first (telium.md 7.4). An ACK would take it away.
    return SignListener(
        buffer, re.compile(rb"\x06"), result=re.compile(rb"\x05"), weak=True, closing_bytes=_EOT
    )


def _ecrhub(buffer: SecretBuffer) -> ProbeListener:
    return SignListener(buffer, re.compile(rb"\x55\xaa(?:\x02\x00\x00\x00\x00\x02|\x00{6})\xcc\x33"))


# From the surest answer to the one that is a single byte.
PROBES: Final[tuple[Probe, ...]] = (
    Probe(
        "zvt",
        encode_frame(bytes.fromhex("050100")),
        ZvtListener,
        "05 01, the status enquiry: it asks for the terminal's state and changes nothing",
        SerialDefaults(9600, stop_bits=2),
    ),
    Probe(
        "ecrhub",
        bytes.fromhex("55AA0100000000 01CC33"),
        _ecrhub,
        "the link's handshake, which every opening sends each second",
        SerialDefaults(115_200),
    ),
    Probe(
        "ecr17",
        b"\x02" + b"000000000s" + b"\x03\x3f",  # checksum mode noext, which a real terminal had
        Ecr17Listener,
        "'s', the status request; a refusal is as good an answer",
        SerialDefaults(9600),
    ),
    Probe(
        "transbank",
        bytes.fromhex("02 30313030 03 02"),
        _transbank,
        "0100, the poll: answered by an ACK alone",
        SerialDefaults(115_200),
    ),
    Probe(
        "telium",
        b"\x05",
        _telium,
        "ENQ, then EOT: asks to speak and says nothing",
        SerialDefaults(9600),  # in 7E1, which is usual on RS-232, ENQ and ACK are the same eight bits
    ),
)
