"""Concert V3 over TCP: the groups alone, without ENQ, frame, checksum or acknowledgement.

A message begins with CZ. Nothing says where it ends: it is whole when the next one begins, when the
terminal is quiet behind a whole group, or when it closes the connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from drivers.card.card import SecretBuffer
from drivers.telium.concert import HEAD_CHARS, read_groups
from drivers.telium.frame import MAX_MESSAGE_BYTES
from drivers.telium.lines import MOST_HELLO_CHARS, TeliumSendReport, names_simulator
from drivers.telium.packet import WRONG_FIELD, WRONG_LENGTH, digits
from drivers.terminal import ProtocolError

# A terminal writes its answer in one go; parts of it are milliseconds apart.
QUIET_S: Final = 0.5
_VERSION: Final = tuple(b"CZ")
_HELLO_GROUPS: Final = {"CZ", "CJ"}


class BareReader:
    """Finds whole messages in the received bytes of one connection."""

    def __init__(self, buffer: SecretBuffer) -> None:
        self._buffer = buffer

    @property
    def unread(self) -> int:
        """Bytes that are here and not read."""
        return self._buffer.end - self._buffer.start

    def find(self, *, quiet: bool) -> int | None:
        """The length of the first message; None while it is not whole.

        `quiet`: nothing follows, so what is here is all. Raises `ProtocolError` for what is no message.
        """
        view, start, end = self._buffer.view, self._buffer.start, self._buffer.end
        at = start
        while at < end and end - at >= HEAD_CHARS:
            head = view[at : at + HEAD_CHARS]
            begins = (head[0], head[1]) == _VERSION
            if at > start and begins:
                return at - start
            length = digits(head[2:])
            if length is None or (at == start and not begins):
                raise ProtocolError(WRONG_FIELD)
            at += HEAD_CHARS + length
        if at - start > MAX_MESSAGE_BYTES:
            raise ProtocolError(WRONG_LENGTH)
        return at - start if quiet and at == end > start else None

    def message(self, length: int) -> Iterator[memoryview]:
        """The message of this length; its memory is wiped when it was read."""
        start = self._buffer.start
        try:
            yield self._buffer.view[start : start + length]
        finally:  # less when the caller made a fresh line of it meanwhile
            self._buffer.consume(min(length, self.unread))

    def wipe(self) -> None:
        """Forget everything that has come."""
        self._buffer.wipe()


class BareLine:
    """`drivers.telium.lines.Line` for one TCP connection.

    TCP carries no acknowledgement that a program sees. What stands for it: request and answer share one
    connection, and a lost one ends it. `patience_s` is for the rest of a message that has begun.
    """

    def __init__(self, buffer: SecretBuffer, patience_s: float) -> None:
        self._reader = BareReader(buffer)
        self._patience_s = patience_s
        self.ended_well = True
        self.reset()

    def reset(self, now: float = 0.0) -> None:  # noqa: ARG002 - the call of all lines
        """A fresh connection: nothing of the old one counts."""
        self._reader.wipe()
        self.left = False
        self._out = b""
        self._reports: deque[TeliumSendReport] = deque()
        self._held = False
        self._heard_at = 0.0
        self._due: float | None = None

    def send(self, message: bytes | None, now: float) -> None:  # noqa: ARG002 - the call of all lines
        """Send it. None asks nothing: that the connection stands is all that can be known."""
        self.left = False
        self._out = message or b""
        self._reports.append(TeliumSendReport.DELIVERED if message else TeliumSendReport.POLLED)

    def acknowledge(self, now: float) -> None:
        """The terminal hears nothing of it; what came behind the message is read next."""
        self._held = False
        self._due = now if self._reader.unread else None

    def drop(self, now: float) -> None:
        """As `acknowledge`: the terminal cannot be asked to tell it again."""
        self.acknowledge(now)

    def receive(self, now: float) -> Iterator[memoryview]:
        """The messages behind which another one has begun."""
        self._heard_at = now
        yield from self._whole(now, quiet=False)

    def ripe(self, now: float) -> Iterator[memoryview]:
        """The message behind which nothing came."""
        if self._due is not None and now >= self._due:
            yield from self._whole(now, quiet=now >= self._heard_at + QUIET_S)

    def last_words(self, now: float) -> Iterator[memoryview]:
        """What the terminal said before it closed the connection."""
        yield from self._whole(now, quiet=True)

    def name_of_simulator(self, message: memoryview) -> memoryview | None:
        """Our simulator names itself as a till does, in CJ, on a fresh connection."""
        groups = read_groups(message) if len(message) <= 2 * MOST_HELLO_CHARS else {}
        name = groups.get("CJ") if groups.keys() == _HELLO_GROUPS else None
        return name if name is not None and names_simulator(name) else None

    def bytes_to_send(self) -> bytes:
        """What must go out now; given once."""
        out, self._out = self._out, b""
        self.left = self.left or bool(out)
        return out

    def reports(self) -> Iterator[TeliumSendReport]:
        """Drain what became of our messages."""
        while self._reports:
            yield self._reports.popleft()

    def deadline(self) -> float | None:
        """When `deadline_passed` wants to be called, or None."""
        return self._due

    def deadline_passed(self, now: float) -> None:
        """Whether a message is whole by now is seen by `ripe`."""

    def _whole(self, now: float, *, quiet: bool) -> Iterator[memoryview]:
        """One message after the other, until one is held or the rest is not whole."""
        while not self._held and self._reader.unread:
            length = self._found(now, quiet=quiet)
            if length is None:
                break
            self._held = True
            yield from self._reader.message(length)
        waits = self._reader.unread and not self._held
        self._due = self._heard_at + (self._patience_s if quiet else QUIET_S) if waits else None

    def _found(self, now: float, *, quiet: bool) -> int | None:
        """The length of the first message; what is none, or stopped in the middle, is wiped and reported."""
        try:
            length = self._reader.find(quiet=quiet)
        except ProtocolError:
            length = -1
        stopped = length is None and now >= self._heard_at + self._patience_s
        if stopped or length == -1:
            self._reader.wipe()
            self._reports.append(TeliumSendReport.DAMAGED)
            return None
        return length
