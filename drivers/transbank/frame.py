"""Transbank's frame: `02` data `03` LRC, and the single bytes ACK and NAK (reference 1).

The LRC may be any byte, 02, 03 and 06 too: a frame ends with the first 03 and exactly one
byte behind it. A received frame may hold an account number, so it never leaves its
`SecretBuffer`: it is found, checked and wiped where it lies.
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

# The fields of reference 4 with all their separators are some 160 bytes. Other functions of
# these terminals carry a receipt of a kilobyte: it is read whole, and refused by its function.
MAX_FRAME_BYTES: Final = 2048
# A frame, and behind it whatever came in the same read.
BUFFER_BYTES: Final = 2 * MAX_FRAME_BYTES

_BOUND: Final = re.compile(rb"\x02+|\x03")
_STX: Final = re.compile(rb"\x02")


class TransbankSignal(Enum):
    """The single bytes outside of frames."""

    ACK = 0x06
    NAK = 0x15


class TransbankFault(StrEnum):
    """Why a frame was refused; each is answered with NAK."""

    LRC = "wrong checksum"
    TOO_LONG = "endless frame"
    SILENCE = "silence inside a frame"


# A second ACK or NAK right behind the first has no frame left to speak of.
_RUNS: Final = {signal.value: re.compile(b"%c+" % signal.value) for signal in TransbankSignal}


def lrc(data: Iterable[int]) -> int:
    """The checksum of a frame: XOR of the data and ETX."""
    return reduce(xor, data, ETX)


def encode_frame(data: bytes) -> bytes:
    """One frame around one message."""
    return bytes((STX, *data, ETX, lrc(data)))


class TransbankFrameReader:
    """Walks the received bytes of one line: signals, messages, faults; noise is wiped.

    ACK and NAK count only on a quiet line (at the start, behind a good frame or another
    signal, after silence): inside noise they are bytes like any other. Neither may be made of
    noise, the one says that a sale has begun and the other asks for it again.
    """

    def __init__(self, buffer: SecretBuffer) -> None:
        self._buffer = buffer
        self.reset()

    def reset(self) -> None:
        """Forget and wipe everything: a new line."""
        self._buffer.wipe()
        self._quiet = True
        self._walked = 0  # bytes of a begun frame that were looked at; 0 outside a frame

    @property
    def in_frame(self) -> bool:
        """Inside a frame."""
        return self._walked > 0

    @property
    def unfinished(self) -> bool:
        """Inside a frame or behind noise: silence has to be told to `silence`."""
        return bool(self._walked) or not self._quiet

    def silence(self) -> bool:
        """The line was silent for long: drop what was begun. True when that was a frame."""
        begun = self.in_frame
        self.reset()
        return begun

    def read(self) -> Iterator[TransbankSignal | TransbankFault | memoryview]:
        """What the received bytes say. A message's view is good until the next step, then it is wiped."""
        buffer = self._buffer
        while buffer.start < buffer.end:
            if not self._walked:
                signal = self._hunt()
                if signal is not None:
                    yield signal
                continue
            etx = self._walk()
            if etx is not None:
                yield from self._deliver(etx)
            elif self._walked < MAX_FRAME_BYTES:
                return
            else:
                self._drop(buffer.start + MAX_FRAME_BYTES)
                yield TransbankFault.TOO_LONG

    def _hunt(self) -> TransbankSignal | None:
        """Outside a frame: a signal, or the start of a frame, or noise."""
        view, start, end = self._buffer.view, self._buffer.start, self._buffer.end
        run = _RUNS.get(view[start]) if self._quiet else None
        if run and (match := run.match(view, start, end)):
            signal = TransbankSignal(view[start])
            self._buffer.consume(match.end() - start)
            return signal
        match = _STX.search(view, start, end)
        first = match.start() if match else end
        if first > start:
            self._drop(first)
        if match:
            self._walked = 1
        return None

    def _walk(self) -> int | None:
        """Inside a frame: where its ETX lies, once the byte behind it is there too."""
        view, end = self._buffer.view, self._buffer.end
        while True:
            start = self._buffer.start
            limit = min(end, start + MAX_FRAME_BYTES)
            match = _BOUND.search(view, start + self._walked, limit)
            if match is None:
                self._walked = limit - start
                return None
            at = match.end() - 1
            if view[at] == ETX:
                self._walked = at - start
                return at if at + 1 < end else None
            self._drop(at)  # a new frame where the old one should have gone on; the last of many
            self._walked = 1

    def _deliver(self, etx: int) -> Iterator[TransbankFault | memoryview]:
        view, start = self._buffer.view, self._buffer.start
        data, received = view[start + 1 : etx], view[etx + 1]
        if lrc(data) != received:
            # With the LRC lost, the byte in its place may begin the next frame.
            self._drop(etx + 1 if received == STX else etx + 2)
            yield TransbankFault.LRC
            return
        self._walked, self._quiet = 0, True
        try:
            yield data
        finally:  # less than that when the caller made a fresh line of it meanwhile
            self._buffer.consume(min(etx + 2 - start, self._buffer.end - self._buffer.start))

    def _drop(self, until: int) -> None:
        """Wipe up to this offset as noise."""
        self._buffer.consume(until - self._buffer.start)
        self._walked, self._quiet = 0, False
