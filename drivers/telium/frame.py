"""The Concert frame: STX message ETX LRC, and the single bytes between frames (reference 1, 2).

A received frame may hold a card number, so it never leaves its `SecretBuffer`:
it is found, checked and wiped where it lies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum, StrEnum
from functools import reduce
from operator import xor
from typing import Final

from drivers.card.card import SecretBuffer

STX: Final = 0x02
ETX: Final = 0x03

# Concert V3's groups at their longest (a receipt of 999 characters among them) add up to
# 1 400; three times that is for groups that the reference does not list.
MAX_MESSAGE_BYTES: Final = 4096
# A whole message, and behind it what came with it in the same read.
BUFFER_BYTES: Final = 2 * MAX_MESSAGE_BYTES

_NOISE: Final = re.compile(rb"[^\x02\x03\x04\x05\x06\x15]+")
_MARK: Final = re.compile(rb"[\x02\x03]")


class TeliumSignal(Enum):
    """The single bytes between frames."""

    EOT = 0x04
    ENQ = 0x05
    ACK = 0x06
    NAK = 0x15


class TeliumFault(StrEnum):
    """What is wrong with a frame."""

    LRC = "wrong checksum"
    TOO_LONG = "endless frame"
    SILENCE = "silence inside a frame"
    NO_START = "end of a frame without its start"


def lrc(data: Iterable[int]) -> int:
    """XOR of all bytes; `data` is what lies between STX and LRC, ETX included."""
    return reduce(xor, data, 0)


def encode_frame(message: bytes) -> bytes:
    """One frame around one message."""
    body = message + bytes((ETX,))
    return bytes((STX,)) + body + bytes((lrc(body),))


class TeliumFrameReader:
    """Walks the received bytes of one line: signals, messages, faults; noise is wiped.

    A signal counts at once on a quiet line: at the start, behind a frame or another signal.
    Behind noise it counts only when nothing follows it. A frame whose STX was lost looks like
    noise, and a byte of it taken for ENQ would be answered with ACK: a result would be
    acknowledged that nobody has read.
    """

    def __init__(self, buffer: SecretBuffer) -> None:
        self._buffer = buffer
        self.reset()

    def reset(self) -> None:
        """Forget and wipe everything: a new line."""
        self._buffer.wipe()
        self._walked = 0  # bytes of the frame that were looked at; 0 is outside a frame
        self._noise = False
        self._lrc_follows = False
        self._doubtful: TeliumSignal | None = None

    @property
    def in_frame(self) -> bool:
        """Whether a frame has begun and not ended."""
        return bool(self._walked)

    @property
    def unfinished(self) -> bool:
        """Whether silence would tell something: inside a frame or behind noise."""
        return bool(self._walked) or self._noise or self._lrc_follows

    def read(self) -> Iterator[TeliumSignal | TeliumFault | memoryview]:
        """All that is whole. A message's memory is wiped when the next one is asked for."""
        while self._buffer.start < self._buffer.end:
            if not self._walked:
                event = self._outside()
                if event is not None:
                    yield event
                continue
            tail = self._walk()
            if tail is None:
                if self._walked <= MAX_MESSAGE_BYTES:
                    return
                yield self._give_up(TeliumFault.TOO_LONG)
            else:
                yield from self._deliver(tail)

    def silence(self) -> TeliumSignal | TeliumFault | None:
        """Nothing came for a while: what was unfinished is over."""
        doubtful = self._doubtful
        if self._walked:
            return self._give_up(TeliumFault.SILENCE)
        cut = self._lrc_follows
        self._noise = self._lrc_follows = False
        self._doubtful = None
        return TeliumFault.NO_START if cut else doubtful

    def _outside(self) -> TeliumSignal | TeliumFault | None:
        view, start, end = self._buffer.view, self._buffer.start, self._buffer.end
        byte = view[start]
        self._doubtful = None
        if self._lrc_follows:
            self._lrc_follows = self._noise = False
            self._buffer.consume(1)
            return TeliumFault.NO_START
        if byte == STX:
            self._walked = 1
            return None
        match = _NOISE.match(view, start, end)
        self._buffer.consume(match.end() - start if match else 1)
        if match or byte == ETX:
            self._noise, self._lrc_follows = True, byte == ETX
            return None
        signal = TeliumSignal(byte)
        if self._noise:
            self._doubtful = signal
            return None
        return signal

    def _walk(self) -> int | None:
        """Where the frame's ETX lies, from its start; None while frame and LRC have not all come."""
        view, start, end = self._buffer.view, self._buffer.start, self._buffer.end
        at = start + self._walked
        while match := _MARK.search(view, at, end):
            at = match.start()
            if view[at] == ETX:
                self._walked = at - start
                return self._walked if at + 1 < end else None
            self._buffer.consume(at - start)  # a new frame where the old one should have gone on
            start, at = at, at + 1
        self._walked = end - start
        return None

    def _deliver(self, tail: int) -> Iterator[TeliumFault | memoryview]:
        view, start = self._buffer.view, self._buffer.start
        end = start + tail
        self._walked, self._noise = 0, False
        size = tail + 2
        if lrc(view[start + 1 : end + 1]) != view[end + 1]:
            self._buffer.consume(size)
            yield TeliumFault.LRC
            return
        try:
            yield view[start + 1 : end]
        finally:  # less than that when the caller made a fresh line of it meanwhile
            self._buffer.consume(min(size, self._buffer.end - self._buffer.start))

    def _give_up(self, fault: TeliumFault) -> TeliumFault:
        self._buffer.wipe()
        self._walked = 0
        self._noise, self._doubtful = fault is TeliumFault.TOO_LONG, None
        return fault
