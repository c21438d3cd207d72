"""The sending half of a serial line: one frame on its way, two repeats at most (reference 2)."""

from __future__ import annotations

from collections import deque
from typing import Final

from drivers.zvt.frame import encode_frame

T2_S: Final = 5.0  # from the end of a frame to its ACK or NAK
TRANSMISSIONS: Final = 3  # the frame and up to two repeats
# A terminal at rest acknowledges within milliseconds. Later, it may be the ACK to a copy that only the
# cable made, and the terminal was away in between: what it says then need not be about the first.
PROMPT_ACK_S: Final = 1.0
# T2 starts at the end of the frame. The slowest line: 9600 baud, 11 bits a byte.
SLOWEST_BYTE_S: Final = 11 / 9600
# A dialogue never has more than an answer and a command waiting; a longer queue is a bug.
MAX_QUEUED_APDUS: Final = 16


class Sender:
    """Stop and wait. `out` is what must go over the line now, signals of the receiving half included.

    `sent_again`: the last APDU may have arrived more than once. It went out again without having been
    refused, or its ACK was slow.
    """

    def __init__(self) -> None:
        self._queue: deque[bytes] = deque()
        self._transmissions = 0
        self._sent_at = 0.0
        self.out = bytearray()
        self.deadline: float | None = None
        self.sent_again = False

    @property
    def current(self) -> bytes | None:
        """The APDU that waits for its ACK."""
        return self._queue[0] if self._queue else None

    def send(self, apdu: bytes, now: float) -> None:
        """Queue one APDU; it goes out now if nothing waits for its ACK. Raises ValueError for a flood."""
        if len(self._queue) >= MAX_QUEUED_APDUS:
            raise ValueError(f"more than {MAX_QUEUED_APDUS} messages wait for the terminal")
        self._queue.append(apdu)
        if len(self._queue) == 1:
            self._transmit(now)

    def acknowledged(self, now: float) -> None:
        """The current APDU has arrived; the next one goes out."""
        if self._queue:
            self.sent_again = self.sent_again or now > self._sent_at + PROMPT_ACK_S
            self._queue.popleft()
            self._transmissions, self.deadline = 0, None
        if self._queue:
            self._transmit(now)

    def repeat(self, now: float, *, refused: bool) -> bool:
        """Send the current frame again (`refused`: by NAK); False when that was done twice before."""
        if self._queue and self._transmissions < TRANSMISSIONS:
            self.sent_again = self.sent_again or not refused
            self._transmit(now)
            return True
        return not self._queue

    def _transmit(self, now: float) -> None:
        frame = encode_frame(self._queue[0])
        self.sent_again = self.sent_again and self._transmissions > 0
        self.out += frame
        self._transmissions += 1
        self._sent_at = now + len(frame) * SLOWEST_BYTE_S
        self.deadline = self._sent_at + T2_S
