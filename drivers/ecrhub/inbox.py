"""What the terminal said and what is not acknowledged yet.

It repeats each message until our ACK, so a message is known by its content: the ids of
frames wrap, and begin again after a reconnect.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from drivers.ecrhub.codec import Variant
from drivers.ecrhub.frame import EcrHubFrame
from drivers.ecrhub.line import EcrHubLine
from drivers.ecrhub.packet import EcrHubAnswer, decode_answer

# Copies of older messages come for as long as the terminal repeats; it has few at a time.
MOST_REMEMBERED: Final = 16
# Results that came while one was held. More are left unacknowledged: the terminal repeats them.
MOST_WAITING: Final = 4


@dataclass(frozen=True, slots=True)
class EcrHubMessage:
    """A message of the terminal, the id to acknowledge it by, and the mark by which a copy is known."""

    answer: EcrHubAnswer
    number: int
    mark: bytes


class Inbox:
    """One message at a time is held until it is on disk; `held` is that one."""

    def __init__(self, line: EcrHubLine, variant: Variant) -> None:
        self.held: EcrHubMessage | None = None
        self._line = line
        self._variant = variant
        self._waiting: deque[EcrHubMessage] = deque()
        self._taken: deque[bytes] = deque(maxlen=MOST_REMEMBERED)

    def reset(self) -> None:
        """A fresh line: what was acknowledged on an older one counts no more."""
        self.drop()
        self._taken.clear()

    def drop(self) -> None:
        """What is held will never be acknowledged; the terminal repeats it."""
        self.held = None
        self._waiting.clear()

    def read(self, frame: EcrHubFrame) -> EcrHubMessage | None:
        """A new message; None for a copy. Raises `ProtocolError` for one that cannot be understood."""
        answer = decode_answer(frame.data, self._variant)
        message = EcrHubMessage(answer, frame.id, sha256(frame.data).digest())
        if message.mark in self._taken:
            self._line.acknowledge(frame.id)
            return None
        known = (self.held, *self._waiting)
        return None if any(other is not None and other.mark == message.mark for other in known) else message

    def wait(self, message: EcrHubMessage) -> None:
        """Keep a result that came while another one is held."""
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(message)

    def next(self) -> EcrHubMessage | None:
        """The oldest that waits, if nothing is held."""
        return self._waiting.popleft() if self._waiting and self.held is None else None

    def acknowledge(self, message: EcrHubMessage) -> None:
        """It was taken: say so, and again to every copy."""
        self._line.acknowledge(message.number)
        self._taken.append(message.mark)
