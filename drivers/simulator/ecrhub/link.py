"""The terminal's end of an ECRHub line: it confirms handshakes, beats, repeats what it says (reference 3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from drivers.card.card import SecretBuffer
from drivers.ecrhub.frame import (
    BUFFER_BYTES,
    CONFIRM,
    HEARTBEAT,
    EcrHubFrame,
    EcrHubFrameKind,
    EcrHubFrameReader,
    encode_frame,
)
from drivers.ecrhub.line import PAUSE_IN_FRAME_S

HEARTBEAT_EVERY_S: Final = 2.0  # reference 3
# Fewer copies than the vendor's ten a second: a test reads each of them.
REPEAT_EVERY_S: Final = 0.5


@dataclass(slots=True)
class _Message:
    """A payload that the till has not acknowledged."""

    number: int
    data: bytes
    due: float
    until: float


class TerminalLink:
    """`out` is what goes to the till. Messages outlive a line that breaks, until `repeat_s` is over."""

    def __init__(self, last_id: int, repeat_s: float, speed: float) -> None:
        self.out = bytearray()
        self.up = False
        self._last_id = last_id
        self._repeat_s = repeat_s / speed
        self._buffer = SecretBuffer(BUFFER_BYTES)
        self._reader = EcrHubFrameReader(self._buffer)
        self._messages: list[_Message] = []
        self._id = 0
        self._beat_at: float | None = None
        self._silent_at: float | None = None

    def reset(self, now: float) -> None:
        """A fresh line: nothing goes out before the next handshake, and the ids begin again."""
        self._reader.reset()
        self.out.clear()
        self.up, self._id = False, 0
        self._beat_at = self._silent_at = None
        for message in self._messages:
            message.number, message.due = self._next_id(), now

    def forget(self) -> None:
        """The power is gone, and with it what was to be said."""
        self._messages.clear()

    def close(self) -> None:
        """Give the memory back."""
        self._buffer.close()

    def post(self, data: bytes, now: float, copies: int) -> None:
        """Say it, `copies` times at once, and again until it is acknowledged. No copies: it is lost."""
        message = _Message(self._next_id(), data, now, now + self._repeat_s)
        for _ in range(copies):
            self._say(message, now)
        if copies:
            self._messages.append(message)

    def receive(self, data: bytes, now: float) -> Iterator[EcrHubFrame]:
        """Each data frame of the till."""
        while data:
            space = self._buffer.space()
            count = min(len(space), len(data))
            space[:count] = data[:count]
            self._buffer.filled(count)
            data = data[count:]
            yield from self._sort(self._reader.read(), now)
        self._silent_at = now + PAUSE_IN_FRAME_S if self._reader.unfinished else None

    def deadline(self) -> float | None:
        """When `deadline_passed` wants to be called."""
        times = [message.until if not self.up else message.due for message in self._messages]
        times += [time for time in (self._beat_at, self._silent_at) if time is not None]
        return min(times, default=None)

    def deadline_passed(self, now: float) -> Iterator[EcrHubFrame]:
        """Beat, repeat, forget; and the data frames that a pause sets free."""
        self._messages = [message for message in self._messages if now < message.until]
        for message in self._messages:
            if self.up and now >= message.due:
                self._say(message, now)
        if self._beat_at is not None and now >= self._beat_at:
            self._beat(now)
        if self._silent_at is not None and now >= self._silent_at:
            self._silent_at = None
            yield from self._sort(self._reader.silence(), now)

    def _sort(self, frames: Iterator[EcrHubFrame], now: float) -> Iterator[EcrHubFrame]:
        for frame in frames:
            if frame.kind == EcrHubFrameKind.HANDSHAKE:
                self.out += CONFIRM
                self.up = True
                self._beat(now)
            elif self.up and frame.ack:
                self._messages = [message for message in self._messages if message.number != frame.ack]
            elif self.up and frame.id and len(frame.data):
                yield frame

    def _beat(self, now: float) -> None:
        self.out += HEARTBEAT
        self._beat_at = now + HEARTBEAT_EVERY_S

    def _say(self, message: _Message, now: float) -> None:
        if self.up:
            self.out += encode_frame(EcrHubFrameKind.NORMAL, number=message.number, data=message.data)
        message.due = now + REPEAT_EVERY_S

    def _next_id(self) -> int:
        self._id = self._id % self._last_id + 1
        return self._id
