"""ECRHub's link without I/O: handshake, heartbeats, frames that are repeated until their ACK (reference 3).

A data frame is acknowledged by the session alone, once what it says is on disk. Copies
of it that come meanwhile are handed up like the first: the session knows them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from drivers.card.card import SecretBuffer
from drivers.ecrhub.frame import (
    HANDSHAKE,
    HEARTBEAT,
    EcrHubFrame,
    EcrHubFrameKind,
    EcrHubFrameReader,
    acknowledgement,
    encode_frame,
)
from drivers.terminal import DriverFact

HANDSHAKE_EVERY_S: Final = 1.0  # reference 3, "about once a second, until the confirm arrives"
HEARTBEAT_EVERY_S: Final = 2.0  # reference 3: as often as the terminal does
LINK_SILENCE_S: Final = 30.0  # reference 3: then the link is down
# Two heartbeats of the terminal and some: without one for so long its app may be gone already.
ALIVE_S: Final = 5.0
# Reference 6 gives up after three repeats or two seconds; so both come at the same moment, and a
# terminal that writes its journal before it answers is not asked a second time for nothing.
REPEAT_EVERY_S: Final = 0.5
TRANSMISSIONS: Final = 4
# Reference 2 says about 500 ms; a pause of just that length inside an answer is seen in the field.
PAUSE_IN_FRAME_S: Final = 0.7

NOT_ACKNOWLEDGED: Final = DriverFact("ecrhub.not_acknowledged")
LINK_DOWN: Final = DriverFact("ecrhub.link_down")


class EcrHubLine:
    """One connection to a terminal that carries whole payloads.

    `last_id` is where the ids of data frames begin again at 1. `up` is True from the
    terminal's confirm on. `trouble` is set once when the link has given up.
    """

    def __init__(self, buffer: SecretBuffer, last_id: int) -> None:
        self._buffer = buffer
        self._reader = EcrHubFrameReader(buffer)
        self._last_id = last_id
        self.reset(0.0)

    def reset(self, now: float) -> None:
        """A fresh connection: forget and wipe all that belongs to the old one; shake hands."""
        self._reader.reset()
        self.up = False
        self.trouble: DriverFact | None = None
        self._out = bytearray()
        self._queue: deque[tuple[int, bytes]] = deque()  # the first one is on its way
        self._sent = 0  # how often
        self._left = False  # a byte of it is on the wire
        self._id = 0
        self._repeat_at: float | None = None
        self._silent_at: float | None = None
        self._heard_at: float | None = None  # since the handshake was confirmed
        self._greet_at = now
        self._greet(now)

    def alive(self, now: float) -> bool:
        """The terminal has shown itself a moment ago: a message will probably arrive."""
        return self._heard_at is not None and now - self._heard_at <= ALIVE_S

    def send(self, data: bytes, now: float) -> int:
        """Queue one payload, to be repeated until the terminal acknowledges it; gives its id."""
        self._id = self._id % self._last_id + 1
        self._queue.append((self._id, encode_frame(EcrHubFrameKind.NORMAL, number=self._id, data=data)))
        if len(self._queue) == 1:
            self._transmit(now)
        return self._id

    def arrived(self, number: int, now: float) -> None:
        """The message with this id was acknowledged, or answered. What has not left yet was neither."""
        if self._queue and self._left and self._queue[0][0] == number:
            self._next(now)

    def drop(self) -> None:
        """Nothing that waits may leave any more."""
        self._queue.clear()
        self._out.clear()
        self._repeat_at = None

    def acknowledge(self, number: int) -> None:
        """The data frame with this id was taken."""
        if self.trouble is None:
            self._out += acknowledgement(number)

    def receive(self, now: float) -> Iterator[EcrHubFrame]:
        """Each data frame in the buffer; its data is wiped at the next step."""
        if self.trouble is None:
            try:
                yield from self._sort(self._reader.read(), now)
            finally:
                self._silent_at = now + PAUSE_IN_FRAME_S if self._reader.unfinished else None
        if self.trouble is not None:
            self._buffer.wipe()

    def silence(self, now: float) -> Iterator[EcrHubFrame]:
        """The data frames that a pause sets free, if there was one."""
        if self._silent_at is not None and now >= self._silent_at and self.trouble is None:
            self._silent_at = None
            yield from self._sort(self._reader.silence(), now)

    def bytes_to_send(self) -> bytes:
        """The bytes that must go out now; they are given once."""
        out = bytes(self._out)
        self._out.clear()
        self._left = self._left or bool(out and self._queue)
        return out

    def deadline(self) -> float | None:
        """When `silence` and `deadline_passed` want to be called."""
        down_at = None if self._heard_at is None else self._heard_at + LINK_SILENCE_S
        times = (self._greet_at, self._silent_at, self._repeat_at, down_at)
        return min(time for time in times if time is not None) if self.trouble is None else None

    def deadline_passed(self, now: float) -> None:
        """The time has come: greet, repeat or give up."""
        if self.trouble is not None:
            return
        if self._heard_at is not None and now >= self._heard_at + LINK_SILENCE_S:
            self._give_up(LINK_DOWN)
        elif self._repeat_at is not None and now >= self._repeat_at:
            self._repeat(now)
        if now >= self._greet_at:
            self._greet(now)

    def _sort(self, frames: Iterable[EcrHubFrame], now: float) -> Iterator[EcrHubFrame]:
        """Serve the link's own frames and give the others."""
        for frame in frames:
            if frame.kind == EcrHubFrameKind.CONFIRM and not self.up:
                self.up = True
                self._greet(now)  # the vendor's SDK counts a link as up from the first heartbeat on
            if self.up:
                self._heard_at = now
            self.arrived(frame.ack, now)
            if frame.kind == EcrHubFrameKind.NORMAL and frame.id and len(frame.data):
                yield frame

    def _greet(self, now: float) -> None:
        """A handshake until it is confirmed, then heartbeats."""
        self._out += HEARTBEAT if self.up else HANDSHAKE
        self._greet_at = now + (HEARTBEAT_EVERY_S if self.up else HANDSHAKE_EVERY_S)

    def _transmit(self, now: float) -> None:
        self._out += self._queue[0][1]
        self._sent += 1
        self._repeat_at = now + REPEAT_EVERY_S

    def _next(self, now: float) -> None:
        self._queue.popleft()
        self._sent, self._left, self._repeat_at = 0, False, None
        if self._queue:
            self._transmit(now)

    def _repeat(self, now: float) -> None:
        if self._sent < TRANSMISSIONS:
            self._transmit(now)
        else:
            self._give_up(NOT_ACKNOWLEDGED)

    def _give_up(self, why: DriverFact) -> None:
        self.trouble = why
        self._buffer.wipe()
