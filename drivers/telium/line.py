"""The dialogue around a message (reference 3): ENQ, ACK, message, ACK, EOT; both sides alike.

One message goes to the terminal at a time. The terminal goes first when both want to
speak (reference 7, step 4). The ACK to a message of the terminal waits for `acknowledge`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

from drivers.card.card import SecretBuffer
from drivers.telium.frame import TeliumFault, TeliumFrameReader, TeliumSignal, encode_frame

# Reference 3: the till waits so long for a single byte inside a phase.
BYTE_S: Final = 3.0
# Reference 3: after EOT, before ENQ is tried again.
BACK_OFF_S: Final = 1.0
# The reference names no number; a terminal that is busy for longer is a person's matter. A turn
# that the terminal takes for itself counts too: one that always does would hold the till for ever.
ENQ_TRIES: Final = 3
# Reference 3: "send again, up to 3 times", in both directions.
REPEATS: Final = 3
# Behind noise a signal counts when the line is quiet for so long; 30 characters at 1200 baud.
QUIET_S: Final = 0.3
# A terminal that heard no answer to its ENQ asks again after a wait; what comes sooner is an echo.
ECHO_S: Final = 1.0
# The slowest line of reference 1, start and stop bit included.
SLOWEST_BYTE_S: Final = 10 / 1200
# A result that the caller is still writing, while it already wants to send: a slow disk's time.
HELD_S: Final = 5.0


class TeliumSendReport(Enum):
    """What became of a dialogue that `send` began, or of the line."""

    POLLED = auto()  # the terminal answered ENQ, and there was nothing to send
    DELIVERED = auto()  # the terminal acknowledged the message
    UNCONFIRMED = auto()  # the message left and was not acknowledged
    REFUSED = auto()  # the terminal answered each copy of the message with NAK
    BUSY = auto()  # it answered ENQ with NAK to the end
    SILENT = auto()  # it did not answer ENQ
    DAMAGED = auto()  # its message came damaged again and again


class Phase(Enum):
    """Where the line stands."""

    IDLE = auto()
    ASKING = auto()  # our ENQ is out
    BACKING_OFF = auto()  # our EOT is out, the next ENQ waits
    SENDING = auto()  # our message is out
    EXPECTING = auto()  # the terminal's ENQ is answered, its message is on its way
    HOLDING = auto()  # its message is here and not acknowledged
    CLOSING = auto()  # our ACK is out, its EOT is missing


# A damaged frame is refused only where the terminal may be sending; elsewhere it waits for another byte.
_MAY_SEND: Final = frozenset({Phase.IDLE, Phase.EXPECTING, Phase.CLOSING})


class TeliumLine:
    """One line as the till sees it. `left`: a byte of the message that `send` was given last has left."""

    def __init__(self, buffer: SecretBuffer, byte_s: float = BYTE_S) -> None:
        self._reader = TeliumFrameReader(buffer)
        self._byte_s = byte_s
        self.reset()

    def reset(self) -> None:
        """A fresh line: nothing of the old one counts."""
        self._reader.reset()
        self.phase = Phase.IDLE
        self.left = False
        self._out = bytearray()
        self._message_in_out = False
        self._message: bytes | None = None
        self._wants = False  # a dialogue of ours is under way or waits for its turn
        self._tries = self._copies = self._faults = 0
        self._refused = False
        self._asked_again = False
        self._echo_until = 0.0
        self._deadline: float | None = None
        self._silent_at: float | None = None
        self._reports: deque[TeliumSendReport] = deque()

    def send(self, message: bytes | None, now: float) -> None:
        """Begin a dialogue as soon as the line is free; None only asks whether the terminal answers."""
        self._message, self._wants = message, True
        self.left = self._message_in_out = self._refused = False
        self._tries = self._copies = 0
        if self.phase is Phase.IDLE:
            self._send_enq(now)
        elif self.phase is Phase.HOLDING:
            self._deadline = now + HELD_S

    def acknowledge(self, now: float) -> None:
        """The message that was given last is safe: ACK. Without one that waits, nothing."""
        if self.phase is Phase.HOLDING:
            self._say(TeliumSignal.ACK)
            self._enter(Phase.CLOSING, now + self._byte_s)

    def drop(self, now: float) -> None:
        """The message that was given last is not acknowledged; the terminal keeps it."""
        if self.phase is Phase.HOLDING:
            self._to_idle(now)

    def receive(self, now: float) -> Iterator[memoryview]:
        """Take what has arrived; each message is to be read before the next one is asked for."""
        for event in self._reader.read():
            self._asked_again = False
            if isinstance(event, memoryview):
                if self._message_came(now):
                    yield event
            else:
                self._heard(event, now)
        if self.phase is Phase.EXPECTING and self._reader.unfinished:
            self._deadline = now + self._byte_s
        waits = self._reader.unfinished or self._asked_again
        self._silent_at = now + self._patience() if waits else None

    def bytes_to_send(self) -> bytes:
        """What must go out now; given once."""
        self.left = self.left or self._message_in_out
        self._message_in_out = False
        out = bytes(self._out)
        self._out.clear()
        return out

    def reports(self) -> Iterator[TeliumSendReport]:
        """Drain what became of our dialogues."""
        while self._reports:
            yield self._reports.popleft()

    def deadline(self) -> float | None:
        """When `deadline_passed` wants to be called, or None."""
        return min((time for time in (self._deadline, self._silent_at) if time is not None), default=None)

    def deadline_passed(self, now: float) -> None:
        """The time has come."""
        if self._silent_at is not None and now >= self._silent_at:
            self._silent_at = None
            self._quiet(now)
        if self._deadline is not None and now >= self._deadline:
            self._late(now)

    # ---- what the terminal says ----

    def _message_came(self, now: float) -> bool:
        """Whether it is to be looked at: not a copy of one that is still held."""
        if self.phase is Phase.HOLDING:
            return False
        if self.phase is Phase.SENDING:
            self._sent(TeliumSendReport.UNCONFIRMED)
        self._faults = 0
        self.phase, self._deadline = Phase.HOLDING, now + HELD_S if self._wants else None
        return True

    def _heard(self, event: TeliumSignal | TeliumFault, now: float) -> None:
        match event:
            case TeliumFault():
                self._damaged(now)
            case TeliumSignal.ENQ:
                self._asked(now)
            case TeliumSignal.EOT:
                if self.phase in {Phase.CLOSING, Phase.EXPECTING}:
                    self._to_idle(now)
            case TeliumSignal.ACK | TeliumSignal.NAK:
                self._answered(now, positive=event is TeliumSignal.ACK)

    def _asked(self, now: float) -> None:
        """ENQ. One ACK too many would acknowledge the message behind it.

        So while a message is held the answer is that of `acknowledge`, and a second ENQ is
        answered only when nothing follows it: the first answer was lost then.
        """
        if self.phase is Phase.EXPECTING:
            self._asked_again = now >= self._echo_until
        if self.phase in {Phase.HOLDING, Phase.EXPECTING}:
            return
        if self.phase is Phase.SENDING:
            self._sent(TeliumSendReport.UNCONFIRMED)
        self._invite(now)

    def _answered(self, now: float, *, positive: bool) -> None:
        match self.phase, positive:
            case Phase.ASKING, True if self._message is None:
                self._hang_up(TeliumSendReport.POLLED)
            case Phase.ASKING, True:
                self._transmit(now)
            case Phase.ASKING, False:
                self._refused = True
                self._back_off(now)
            case Phase.SENDING, True:
                self._hang_up(TeliumSendReport.DELIVERED)
            case Phase.SENDING, False if self._copies <= REPEATS:
                self._transmit(now)
            case Phase.SENDING, False:
                self._hang_up(TeliumSendReport.REFUSED)

    def _damaged(self, now: float) -> None:
        if self.phase not in _MAY_SEND:
            return
        if self._faults >= REPEATS:
            self._reports.append(TeliumSendReport.DAMAGED)
            self._faults = 0
            return
        self._faults += 1
        self._say(TeliumSignal.NAK)
        self._enter(Phase.EXPECTING, now + self._byte_s)

    # ---- time ----

    def _quiet(self, now: float) -> None:
        expecting = self.phase is Phase.EXPECTING
        if expecting and self._asked_again and not self._reader.unfinished:
            self._asked_again = False
            self._invite(now)
            return
        event = self._reader.silence()
        if isinstance(event, TeliumFault) or expecting:
            self._damaged(now)
        elif event is not None:
            self._heard(event, now)

    def _late(self, now: float) -> None:
        match self.phase:
            case Phase.ASKING:
                self._back_off(now)
            case Phase.BACKING_OFF:
                self._send_enq(now)
            case Phase.SENDING:
                self._hang_up(TeliumSendReport.UNCONFIRMED)
            case _:
                self._to_idle(now)

    def _patience(self) -> float:
        """A terminal may pause inside a message; behind noise only a signal is waited for."""
        return self._byte_s if self._reader.in_frame else QUIET_S

    # ---- what we say ----

    def _invite(self, now: float) -> None:
        """The terminal may send its message."""
        self._say(TeliumSignal.ACK)
        self._echo_until = now + ECHO_S
        self._enter(Phase.EXPECTING, now + self._byte_s)

    def _send_enq(self, now: float) -> None:
        if self._tries >= ENQ_TRIES:
            self._fail()
            return
        self._tries += 1
        self._say(TeliumSignal.ENQ)
        self._enter(Phase.ASKING, now + self._byte_s)

    def _back_off(self, now: float) -> None:
        self._say(TeliumSignal.EOT)
        if self._tries >= ENQ_TRIES:
            self._fail()
        else:
            self._enter(Phase.BACKING_OFF, now + BACK_OFF_S)

    def _fail(self) -> None:
        self._sent(TeliumSendReport.BUSY if self._refused else TeliumSendReport.SILENT)
        self.phase, self._deadline = Phase.IDLE, None

    def _transmit(self, now: float) -> None:
        frame = encode_frame(self._message or b"")
        self._out += frame
        self._message_in_out = True
        self._copies += 1
        self._enter(Phase.SENDING, now + len(frame) * SLOWEST_BYTE_S + self._byte_s)

    def _hang_up(self, report: TeliumSendReport) -> None:
        """Our dialogue ends with EOT, whatever came of it."""
        self._say(TeliumSignal.EOT)
        self._sent(report)
        self.phase, self._deadline = Phase.IDLE, None

    def _sent(self, report: TeliumSendReport) -> None:
        self._wants = False
        self._reports.append(report)

    def _to_idle(self, now: float) -> None:
        self.phase, self._deadline = Phase.IDLE, None
        if self._wants:
            self._send_enq(now)

    def _say(self, signal: TeliumSignal) -> None:
        self._out.append(signal.value)

    def _enter(self, phase: Phase, due: float) -> None:
        self.phase, self._deadline = phase, due
