"""What a break proves about the command (reference 11.4)."""

from __future__ import annotations

from drivers.terminal import Heard


class Proof:
    """Follows one command from its first byte to the sign that the answer to its result arrived.

    The terminal reverses by itself when that answer is lost, so a stored result
    stands only when the terminal has shown that it got the answer: by the ACK of
    a serial line, by going on in the dialogue, or by not asking again for a minute.
    """

    def __init__(self) -> None:
        self._left = False
        self._stored = False
        self._line_confirms = False
        self._seen = False

    def bytes_left(self) -> None:
        """Bytes were handed to the wire."""
        self._left = True

    def result_answered(self, *, line_confirms: bool) -> None:
        """The answer to the result is on its way; `line_confirms` when the line waits for its ACK."""
        self._stored, self._line_confirms, self._seen = True, line_confirms, False

    def terminal_went_on(self) -> None:
        """A new message came, or silence where the terminal would have repeated its own."""
        self._seen = self._stored

    def heard(self, *, owed: bool, line_idle: bool) -> Heard:
        """`owed`: answers to receipts belong to the commit and may be missing."""
        if not self._left:
            return Heard.NEVER
        confirmed = self._seen or (self._line_confirms and line_idle)
        return Heard.STANDS if self._stored and confirmed and not owed else Heard.PERHAPS
