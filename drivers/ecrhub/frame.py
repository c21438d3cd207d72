"""ECRHub's serial frame: `55 AA` head, data, XOR, `CC 33` (reference 2).

The data may hold a card number, so it never leaves its `SecretBuffer`: it is
found by its length, checked and wiped where it lies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import reduce
from operator import xor
from typing import Final

from drivers.card.card import SecretBuffer

HEAD: Final = b"\x55\xaa"
TAIL: Final = b"\xcc\x33"
HEADER_BYTES: Final = 7  # head, type, ack, id, length
TRAILER_BYTES: Final = 3  # check, tail
# Reference 2: the vendor limits the whole data to this.
MAX_DATA_BYTES: Final = 1024
MAX_FRAME_BYTES: Final = HEADER_BYTES + MAX_DATA_BYTES + TRAILER_BYTES
# The longest frame behind an unfinished one, in a block that has to move what is left to its
# front: it never comes to a stop. Locked memory is given out in pages of this size.
BUFFER_BYTES: Final = 4096

_HEAD: Final = re.compile(HEAD)
_FIRST: Final = HEAD[0]


class EcrHubFrameKind(IntEnum):
    """What a frame is for."""

    NORMAL = 0x00
    HANDSHAKE = 0x01
    CONFIRM = 0x02


@dataclass(frozen=True, slots=True)
class EcrHubFrame:
    """One received frame. `data` lies in the buffer and is wiped at the reader's next step."""

    kind: int
    ack: int
    id: int
    data: memoryview


def checksum(data: Iterable[int]) -> int:
    """XOR over type, ack, id, length and data."""
    return reduce(xor, data, 0)


def encode_frame(kind: EcrHubFrameKind, *, ack: int = 0, number: int = 0, data: bytes = b"") -> bytes:
    """One frame. `number` is its id, `ack` the id that it acknowledges."""
    if len(data) > MAX_DATA_BYTES:
        raise ValueError(f"a message has at most {MAX_DATA_BYTES} bytes, not {len(data)}")
    body = bytes((kind, ack, number)) + len(data).to_bytes(2, "big") + data
    return HEAD + body + bytes((checksum(body),)) + TAIL


HANDSHAKE: Final = encode_frame(EcrHubFrameKind.HANDSHAKE)
CONFIRM: Final = encode_frame(EcrHubFrameKind.CONFIRM)
HEARTBEAT: Final = encode_frame(EcrHubFrameKind.NORMAL)


def acknowledgement(number: int) -> bytes:
    """The frame that says: the data frame with this id has arrived."""
    return encode_frame(EcrHubFrameKind.NORMAL, ack=number)


class EcrHubFrameReader:
    """Walks the received bytes of one line and gives whole frames; everything else is wiped.

    It reads by length: `55 AA` and `CC 33` may stand inside the data. What turns out
    not to be a frame costs one byte, and the search begins again behind it.
    """

    def __init__(self, buffer: SecretBuffer) -> None:
        self._buffer = buffer

    def reset(self) -> None:
        """Forget and wipe everything: a new line."""
        self._buffer.wipe()

    @property
    def unfinished(self) -> bool:
        """A frame has begun: a pause in it has to be told to `silence`."""
        return self._buffer.end > self._buffer.start

    def silence(self) -> Iterator[EcrHubFrame]:
        """Nothing came for too long: no begun frame will be finished. A whole one may lie behind it."""
        while self.unfinished:
            self._buffer.consume(1)
            yield from self.read()

    def read(self) -> Iterator[EcrHubFrame]:
        """The whole frames among what has arrived."""
        while (size := self._next()) is not None:
            at = self._buffer.start
            view = self._buffer.view
            data = view[at + HEADER_BYTES : at + size - TRAILER_BYTES]
            try:
                yield EcrHubFrame(view[at + 2], view[at + 3], view[at + 4], data)
            finally:  # less than that when the caller made a fresh line of it meanwhile
                self._buffer.consume(min(size, self._buffer.end - self._buffer.start))

    def _next(self) -> int | None:
        """Go to the next whole frame and give its size; None when there is none yet."""
        while self._hunt():
            size = self._announced()
            if size is None:
                return None
            if size <= MAX_FRAME_BYTES:
                if self._buffer.end - self._buffer.start < size:
                    return None
                if self._whole(size):
                    return size
            self._buffer.consume(1)
        return None

    def _hunt(self) -> bool:
        """Wipe what lies before `55 AA`; a single `55` at the end may be the first half of it."""
        view, start, end = self._buffer.view, self._buffer.start, self._buffer.end
        match = _HEAD.search(view, start, end)
        if match:
            self._buffer.consume(match.start() - start)
            return True
        half = end > start and view[end - 1] == _FIRST
        self._buffer.consume(end - start - half)
        return False

    def _announced(self) -> int | None:
        """The size of the frame that begins here; None while its header has not all come."""
        view, start = self._buffer.view, self._buffer.start
        if self._buffer.end - start < HEADER_BYTES:
            return None
        return HEADER_BYTES + (view[start + 5] << 8 | view[start + 6]) + TRAILER_BYTES

    def _whole(self, size: int) -> bool:
        view, end = self._buffer.view, self._buffer.start + size
        if view[end - 2 : end].tobytes() != TAIL:
            return False
        return checksum(view[self._buffer.start + 2 : end - TRAILER_BYTES]) == view[end - TRAILER_BYTES]
