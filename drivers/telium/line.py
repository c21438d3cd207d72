"""The dialogue around a message (reference 3) as a state table: ENQ, ACK, message, ACK, EOT.

One message goes to the terminal at a time. The terminal goes first when both want to
speak (reference 7, step 4). The ACK to a message of the terminal waits for `acknowledge`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto
from typing import ClassVar, Final

from drivers.card.card import SecretBuffer
from drivers.telium.frame import TeliumFault, TeliumFrameReader, TeliumSignal, encode_frame
from drivers.telium.lines import TeliumSendReport, names_simulator

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


class TeliumPhase(Enum):
    """Where the line stands."""

    IDLE = auto()
    ASKING = auto()  # our ENQ is out
    BACKING_OFF = auto()  # our EOT is out, the next ENQ waits
    SENDING = auto()  # our message is out
    EXPECTING = auto()  # the terminal's ENQ is answered, its message is on its way
    HOLDING = auto()  # its message is here and not acknowledged
    CLOSING = auto()  # our ACK is out, its EOT is missing


class TeliumLineEvent(Enum):
    """What can happen in a phase."""

    ENQ = auto()
    EOT = auto()
    ACK = auto()
    NAK = auto()
    MESSAGE = auto()
    DAMAGED = auto()
    QUIET = auto()  # nothing came behind noise, or inside a frame
    TIME = auto()  # the phase's wait is over
    SEND = auto()  # a dialogue of ours wants to begin
    ACKNOWLEDGE = auto()  # the message that is held is safe
    DROP = auto()  # it is not, and the terminal shall keep it


_SIGNALS: Final = {signal: TeliumLineEvent[signal.name] for signal in TeliumSignal}
_Action = Callable[["TeliumLine", float], None]


class TeliumLine:
    """One line with the dialogue around each message."""

    def __init__(self, buffer: SecretBuffer, byte_s: float = BYTE_S) -> None:
        self._reader = TeliumFrameReader(buffer)
        self._byte_s = byte_s
        self.reset()

    def reset(self, now: float = 0.0) -> None:  # noqa: ARG002 - the call of all lines
        """A fresh line: nothing of the old one counts."""
        self._reader.reset()
        self.phase = TeliumPhase.IDLE
        self.left = False
        self.ended_well = True
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
        self._act(TeliumLineEvent.SEND, now)

    def acknowledge(self, now: float) -> None:
        """The message that was given last is safe: ACK. Without one that waits, nothing."""
        self._act(TeliumLineEvent.ACKNOWLEDGE, now)

    def drop(self, now: float) -> None:
        """The message that was given last is not acknowledged; the terminal keeps it."""
        self._act(TeliumLineEvent.DROP, now)

    def receive(self, now: float) -> Iterator[memoryview]:
        """Take what has arrived; each message is to be read before the next one is asked for."""
        for event in self._reader.read():
            self._asked_again = False
            if isinstance(event, memoryview):
                held = self.phase is TeliumPhase.HOLDING  # then it is a copy of that one
                self._act(TeliumLineEvent.MESSAGE, now)
                if not held:
                    yield event
            else:
                self._heard(event, now)
        if self.phase is TeliumPhase.EXPECTING and self._reader.unfinished:
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

    def ripe(self, now: float) -> Iterator[memoryview]:  # noqa: ARG002 - the call of all lines
        """None: a message ends with its checksum."""
        return iter(())

    def last_words(self, now: float) -> Iterator[memoryview]:  # noqa: ARG002 - the call of all lines
        """None: as above."""
        return iter(())

    def name_of_simulator(self, message: memoryview) -> memoryview | None:
        """Our simulator sends its software's name, and nothing else, behind a poll."""
        return message if names_simulator(message) else None

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
            self._act(TeliumLineEvent.QUIET, now)
        if self._deadline is not None and now >= self._deadline:
            self._act(TeliumLineEvent.TIME, now)

    # ---- from what happens to the table ----

    def _act(self, event: TeliumLineEvent, now: float) -> None:
        self.TABLE[self.phase][event](self, now)

    def _heard(self, event: TeliumSignal | TeliumFault, now: float) -> None:
        self._act(TeliumLineEvent.DAMAGED if isinstance(event, TeliumFault) else _SIGNALS[event], now)

    # ---- actions of the table: what the terminal says ----

    def _ignore(self, now: float) -> None:
        """It decides nothing."""

    def _hold(self, now: float) -> None:
        """Its message is here; while we want to send, not for ever."""
        self._faults = 0
        self.phase, self._deadline = TeliumPhase.HOLDING, now + HELD_S if self._wants else None

    def _hold_instead(self, now: float) -> None:
        """It speaks where its ACK should be."""
        self._sent(TeliumSendReport.UNCONFIRMED)
        self._hold(now)

    def _invite(self, now: float) -> None:
        """ENQ: the terminal may send its message."""
        self._say(TeliumSignal.ACK)
        self._echo_until = now + ECHO_S
        self._enter(TeliumPhase.EXPECTING, now + self._byte_s)

    def _invite_instead(self, now: float) -> None:
        """It wants to speak where its ACK should be."""
        self._sent(TeliumSendReport.UNCONFIRMED)
        self._invite(now)

    def _asked_twice(self, now: float) -> None:
        """A second ENQ. One ACK too many would acknowledge the message behind it.

        So it is answered only when nothing follows it: the first answer was lost then.
        """
        self._asked_again = now >= self._echo_until

    def _admitted(self, now: float) -> None:
        """ACK to our ENQ."""
        if self._message is None:
            self._hang_up(TeliumSendReport.POLLED)
        else:
            self._transmit(now)

    def _busy(self, now: float) -> None:
        """NAK to our ENQ."""
        self._refused = True
        self._back_off(now)

    def _delivered(self, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._hang_up(TeliumSendReport.DELIVERED)

    def _refused_message(self, now: float) -> None:
        """NAK to our message."""
        if self._copies <= REPEATS:
            self._transmit(now)
        else:
            self._hang_up(TeliumSendReport.REFUSED)

    def _refuse(self, now: float) -> None:
        """Its message came damaged. It is refused only where the terminal may be sending."""
        if self._faults >= REPEATS:
            self._reports.append(TeliumSendReport.DAMAGED)
            self._faults = 0
            return
        self._faults += 1
        self._say(TeliumSignal.NAK)
        self._enter(TeliumPhase.EXPECTING, now + self._byte_s)

    # ---- actions of the table: time ----

    def _listen_on(self, now: float) -> None:
        event = self._reader.silence()
        if event is not None:
            self._heard(event, now)

    def _expect_on(self, now: float) -> None:
        """Nothing followed: the second ENQ was meant, or the message stopped."""
        if self._asked_again and not self._reader.unfinished:
            self._asked_again = False
            self._invite(now)
            return
        self._reader.silence()
        self._refuse(now)

    def _unconfirmed(self, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._hang_up(TeliumSendReport.UNCONFIRMED)

    # ---- actions of the table: what the session wants ----

    def _not_for_ever(self, now: float) -> None:
        self._deadline = now + HELD_S

    def _close(self, now: float) -> None:
        self._say(TeliumSignal.ACK)
        self.ended_well = False
        self._enter(TeliumPhase.CLOSING, now + self._byte_s)

    # ---- what the actions are made of ----

    def _patience(self) -> float:
        """A terminal may pause inside a message; behind noise only a signal is waited for."""
        return self._byte_s if self._reader.in_frame else QUIET_S

    def _send_enq(self, now: float) -> None:
        if self._tries >= ENQ_TRIES:
            self._fail()
            return
        self._tries += 1
        self._say(TeliumSignal.ENQ)
        self._enter(TeliumPhase.ASKING, now + self._byte_s)

    def _back_off(self, now: float) -> None:
        self._say(TeliumSignal.EOT)
        if self._tries >= ENQ_TRIES:
            self._fail()
        else:
            self._enter(TeliumPhase.BACKING_OFF, now + BACK_OFF_S)

    def _fail(self) -> None:
        self._sent(TeliumSendReport.BUSY if self._refused else TeliumSendReport.SILENT)
        self.phase, self._deadline = TeliumPhase.IDLE, None

    def _transmit(self, now: float) -> None:
        frame = encode_frame(self._message or b"")
        self._out += frame
        self._message_in_out = True
        self._copies += 1
        self._enter(TeliumPhase.SENDING, now + len(frame) * SLOWEST_BYTE_S + self._byte_s)

    def _hang_up(self, report: TeliumSendReport) -> None:
        """Our dialogue ends with EOT, whatever came of it."""
        self._say(TeliumSignal.EOT)
        self._sent(report)
        self.phase, self._deadline = TeliumPhase.IDLE, None

    def _sent(self, report: TeliumSendReport) -> None:
        self._wants = False
        self._reports.append(report)

    def _to_idle(self, now: float) -> None:
        self.phase, self._deadline = TeliumPhase.IDLE, None
        if self._wants:
            self._send_enq(now)

    def _closed(self, now: float) -> None:
        """EOT behind our ACK: the terminal has it, and will not tell that message again."""
        self.ended_well = True
        self._to_idle(now)

    def _say(self, signal: TeliumSignal) -> None:
        self._out.append(signal.value)

    def _enter(self, phase: TeliumPhase, due: float) -> None:
        self.phase, self._deadline = phase, due

    # ---- the table ----

    # What no row names decides nothing.
    _ANYTIME: ClassVar[Mapping[TeliumLineEvent, _Action]] = {
        **dict.fromkeys(TeliumLineEvent, _ignore),
        TeliumLineEvent.ENQ: _invite,
        TeliumLineEvent.MESSAGE: _hold,
        TeliumLineEvent.QUIET: _listen_on,
        TeliumLineEvent.TIME: _to_idle,
    }
    TABLE: ClassVar[Mapping[TeliumPhase, Mapping[TeliumLineEvent, _Action]]] = {
        TeliumPhase.IDLE: {**_ANYTIME, TeliumLineEvent.DAMAGED: _refuse, TeliumLineEvent.SEND: _send_enq},
        TeliumPhase.ASKING: {
            **_ANYTIME,
            TeliumLineEvent.ACK: _admitted,
            TeliumLineEvent.NAK: _busy,
            TeliumLineEvent.TIME: _back_off,
        },
        TeliumPhase.BACKING_OFF: {**_ANYTIME, TeliumLineEvent.TIME: _send_enq},
        TeliumPhase.SENDING: {
            **_ANYTIME,
            TeliumLineEvent.ENQ: _invite_instead,
            TeliumLineEvent.MESSAGE: _hold_instead,
            TeliumLineEvent.ACK: _delivered,
            TeliumLineEvent.NAK: _refused_message,
            TeliumLineEvent.TIME: _unconfirmed,
        },
        TeliumPhase.EXPECTING: {
            **_ANYTIME,
            TeliumLineEvent.ENQ: _asked_twice,
            TeliumLineEvent.EOT: _to_idle,
            TeliumLineEvent.DAMAGED: _refuse,
            TeliumLineEvent.QUIET: _expect_on,
        },
        TeliumPhase.HOLDING: {
            **_ANYTIME,
            TeliumLineEvent.ENQ: _ignore,  # the answer is that of `acknowledge`
            TeliumLineEvent.MESSAGE: _ignore,
            TeliumLineEvent.SEND: _not_for_ever,
            TeliumLineEvent.ACKNOWLEDGE: _close,
            TeliumLineEvent.DROP: _to_idle,
        },
        TeliumPhase.CLOSING: {**_ANYTIME, TeliumLineEvent.EOT: _closed, TeliumLineEvent.DAMAGED: _refuse},
    }
    DECIDES_NOTHING: ClassVar[frozenset[_Action]] = frozenset({_ignore})
