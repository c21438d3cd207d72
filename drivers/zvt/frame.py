"""ZVT's serial frame: `10 02` stuffed APDU `10 03` CRC (reference 2; PA00P016 rev. 04).

A received frame may hold a card number, so it never leaves its `SecretBuffer`:
it is found, un-stuffed, checked and wiped where it lies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum, StrEnum
from typing import Final

from drivers.card.card import SecretBuffer
from drivers.terminal import DriverFact
from drivers.zvt.apdu import EXTENDED_LENGTH, LONGEST_BODY_BYTES
from drivers.zvt.foreign_device import identify_on_serial

STX: Final = 0x02
ETX: Final = 0x03
DLE: Final = 0x10

# All that the length field can say. Receipts of 1 KiB are the longest seen in the
# field, but a long end of day must not fail because of a limit of ours.
MAX_APDU_BYTES: Final = 5 + LONGEST_BODY_BYTES
# The longest APDU with every byte stuffed, in its envelope. What fills a buffer
# of this size and has no end is endless.
BUFFER_BYTES: Final = 2 * MAX_APDU_BYTES + 6
# Noise is kept this long (or until the line falls silent) to see who is speaking;
# the banners of other devices show themselves in fewer bytes.
BANNER_BYTES: Final = 64


def _table_entry(crc: int) -> int:
    for _ in range(8):
        crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc


_TABLE: Final = tuple(_table_entry(byte) for byte in range(256))
_DLE: Final = re.compile(rb"\x10")
_DLE_STX: Final = re.compile(rb"\x10\x02")
_DLE_DLE: Final = re.compile(rb"\x10\x10")


class ZvtSignal(Enum):
    """The single bytes outside of frames."""

    ACK = 0x06
    NAK = 0x15


class ZvtFault(StrEnum):
    """Why a frame was refused; each is answered with NAK."""

    CRC = "wrong checksum"
    LONE_DLE = "lone DLE"
    LENGTH = "length field lies"
    TOO_LONG = "endless frame"
    SILENCE = "silence inside a frame"


# A second ACK or NAK right behind the first has no frame left to speak of.
_RUNS: Final = {signal.value: re.compile(b"%c+" % signal.value) for signal in ZvtSignal}


def crc16(data: Iterable[int], crc: int = 0) -> int:
    """CRC-16/KERMIT, going on from `crc`. The specification calls it CRC-XModem, which it is not."""
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc


def frame_crc(apdu: Iterable[int]) -> int:
    """The checksum of a frame: the APDU without stuffing, then ETX."""
    return crc16((ETX,), crc16(apdu))


def encode_frame(apdu: bytes) -> bytes:
    """One frame around one APDU. The CRC is not stuffed."""
    stuffed = apdu.replace(b"\x10", b"\x10\x10")
    return b"\x10\x02" + stuffed + b"\x10\x03" + frame_crc(apdu).to_bytes(2, "little")


def announced_length(head: memoryview) -> int | None:
    """The whole APDU's length as its first bytes tell it; None while they are not all there."""
    if len(head) < 3:
        return None
    if head[2] != EXTENDED_LENGTH:
        return 3 + head[2]
    return 5 + (head[3] | head[4] << 8) if len(head) >= 5 else None


class ZvtFrameReader:
    """Walks the received bytes of one serial line: signals, APDUs, faults; noise is wiped.

    ACK and NAK count only on a quiet line (at the start, behind a frame or
    another signal, after T1 of silence): inside noise they are bytes like any
    other, and a false ACK would keep a lost frame from being repeated.

    `foreign_device` names the device when the noise shows that it speaks something else.
    `crc` is the checksum of the last good frame.
    """

    def __init__(self, buffer: SecretBuffer) -> None:
        self._buffer = buffer
        self.reset()

    def reset(self) -> None:
        """Forget and wipe everything: a new line."""
        self._buffer.wipe()
        self.crc = 0
        self.foreign_device: DriverFact | None = None
        self._after: ZvtSignal | None = None
        self._quiet = True
        self._walked = 0  # bytes of a begun frame that were looked at; 0 outside a frame
        self._lone_dle = False

    @property
    def unfinished(self) -> bool:
        """Inside a frame or noise: T1 of silence has to be told to `silence`."""
        return not self._quiet

    def silence(self) -> bool:
        """T1 is over without a byte: drop what was begun. True when that was a frame."""
        begun = self._walked > 0
        self._drop_noise(self._buffer.end - self._buffer.start)
        self._walked = 0
        self._lone_dle = False
        self._quiet = True
        return begun

    def read(self) -> Iterator[ZvtSignal | ZvtFault | memoryview]:
        """What the received bytes say. An APDU's view is good until the next step, then it is wiped."""
        while self._buffer.start < self._buffer.end:
            if not self._walked:
                signal = self._hunt()
                if signal is not None:
                    yield signal
                    continue
            tail = self._walk() if self._walked else None
            if tail is not None:
                yield from self._deliver(tail)
            elif self._buffer.start == 0 and self._buffer.end == len(self._buffer.view):
                self._drop_frame()
                yield ZvtFault.TOO_LONG
            else:
                return

    def _hunt(self) -> ZvtSignal | None:
        """Outside a frame: a signal, or the start of a frame, or noise."""
        view, start, end = self._buffer.view, self._buffer.start, self._buffer.end
        run = _RUNS.get(view[start]) if self._quiet else None
        if run and (match := run.match(view, start, end)):
            self._after = ZvtSignal(view[start])
            self._buffer.consume(match.end() - start)
            return self._after
        self._quiet = False
        match = _DLE_STX.search(view, start, end)
        if match:
            self._drop_noise(match.start() - start)
            self._walked = 2
        elif end - start > BANNER_BYTES:
            self._drop_noise(end - start - 1)  # the last byte may be half of DLE STX
        return None

    def _walk(self) -> int | None:
        """Inside a frame: where its DLE ETX lies, from the frame's start; None while it has not all come."""
        view, start, end = self._buffer.view, self._buffer.start, self._buffer.end
        at = start + self._walked
        while (match := _DLE.search(view, at, end)) and match.end() < end:
            at, follower = match.start(), view[match.end()]
            if follower == ETX:
                self._walked = at - start
                return self._walked if end - at >= 4 else None
            if follower == STX:  # a new frame where the old one should have gone on
                self._buffer.consume(at - start)
                start, self._lone_dle = at, False
            elif follower != DLE:
                self._lone_dle = True
            at += 2
        self._walked = (match.start() if match else end) - start
        return None

    def _deliver(self, tail: int) -> Iterator[ZvtFault | memoryview]:
        view, start = self._buffer.view, self._buffer.start
        end = start + tail
        received = int.from_bytes(view[end + 2 : end + 4], "little")
        apdu = view[start + 2 : _unstuff(view, start + 2, end)]
        fault = self._check(apdu, received)
        self._walked, self._lone_dle, self._quiet, self._after = 0, False, True, None
        if fault:
            self._buffer.consume(tail + 4)
            yield fault
            return
        self.crc = received
        try:
            yield apdu
        finally:  # less than that when the caller made a fresh line of it meanwhile
            self._buffer.consume(min(tail + 4, self._buffer.end - self._buffer.start))

    def _check(self, apdu: memoryview, received: int) -> ZvtFault | None:
        if self._lone_dle:
            return ZvtFault.LONE_DLE
        if frame_crc(apdu) != received:
            return ZvtFault.CRC
        return None if announced_length(apdu) == len(apdu) else ZvtFault.LENGTH

    def _drop_frame(self) -> None:
        self._buffer.wipe()
        self._walked = 0
        self._lone_dle = False

    def _drop_noise(self, count: int) -> None:
        if count and not self._walked:
            noise = self._buffer.view[self._buffer.start : self._buffer.start + count]
            after = self._after.value if self._after else None
            self.foreign_device = self.foreign_device or identify_on_serial(noise, after)
        self._after = None
        self._buffer.consume(count)


def _unstuff(view: memoryview, start: int, end: int) -> int:
    """Take the doubled DLEs out of view[start:end] where it lies; gives the new end."""
    write = read = start
    while match := _DLE_DLE.search(view, read, end):
        kept = match.start() + 1 - read
        view[write : write + kept] = view[read : read + kept]
        write, read = write + kept, read + kept + 1
    kept = end - read
    view[write : write + kept] = view[read:end]
    return write + kept
