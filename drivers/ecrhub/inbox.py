"""What the terminal said, and what of it was acknowledged.

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


@dataclass(frozen=True, slots=True)
class EcrHubMessage:
    """A message of the terminal, the id to acknowledge it by, and the mark by which a copy is known."""

    answer: EcrHubAnswer
    number: int
    mark: bytes


class Inbox:
    """Reads messages, and acknowledges again what was acknowledged before."""

    def __init__(self, line: EcrHubLine, variant: Variant) -> None:
        self._line = line
        self._variant = variant
        self._taken: deque[bytes] = deque(maxlen=MOST_REMEMBERED)

    def reset(self) -> None:
        """A fresh line: what was acknowledged on an older one counts no more."""
        self._taken.clear()

    def read(self, frame: EcrHubFrame) -> EcrHubMessage | None:
        """A message; None for a copy of a taken one. Raises `ProtocolError` for what cannot be understood."""
        answer = decode_answer(frame.data, self._variant)
        message = EcrHubMessage(answer, frame.id, sha256(frame.data).digest())
        if message.mark in self._taken:
            self._line.acknowledge(frame.id)
            return None
        return message

    def acknowledge(self, message: EcrHubMessage) -> None:
        """It was taken: say so, and again to every copy."""
        self._line.acknowledge(message.number)
        self._taken.append(message.mark)
