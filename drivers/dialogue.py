"""The half of a dialogue that all sessions share, and the promises that all of them keep.

* A command leaves once. A second one is refused while one runs, and what has left is never sent
  again from here.
* An outcome is held until `acknowledge()` or `reject()`. It is dropped if its line or dialogue ends
  first, or if another one begins. A dropped outcome is never acknowledged, and the terminal keeps it.
* A lost command is lost as NEVER or PERHAPS: NEVER only while no byte of it has left.

A protocol fills the hooks at the end and brings its own table: for each state, what each message,
event or time does. Anything that a state does not name decides nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import ClassVar, Final, Generic, Protocol, TypeVar

from drivers.card.printed import PrintedNumbers
from drivers.operation import FINANCIAL
from drivers.terminal import (
    Command,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DriverFact,
    Event,
    Operation,
    Receipt,
    SessionError,
    TransactionResult,
)

# So long after a payment began its answer may still come, if it was lost: the longest payment time that can
# be set is 15 minutes, and a terminal that calls its bank again may need as long once more.
LATE_ANSWER_S: Final = 1800.0

RECONNECTED: Final = DriverFact("reconnected")
REFUSED_AGAIN: Final = DriverFact("refused_again")
OUT_OF_TURN: Final = DriverFact("out_of_turn")
UNREADABLE: Final = DriverFact("unreadable")
FLOOD: Final = DriverFact("flood")
NO_END: Final = DriverFact("no_end")


class DialogueLine(Protocol):
    """The calls that a dialogue needs of its protocol's line."""

    def reset(self, now: float) -> None:
        """A fresh line: nothing of the old one counts."""

    def bytes_to_send(self) -> bytes:
        """The bytes that must go out now. Each is given once."""

    def deadline(self) -> float | None:
        """The time at which the line wants to be called."""


LineT = TypeVar("LineT", bound=DialogueLine)
StateT = TypeVar("StateT", bound=Enum)
MessageT = TypeVar("MessageT")


@dataclass(frozen=True, slots=True)
class Held(Generic[MessageT]):
    """An outcome that is not acknowledged yet, and its message."""

    event: TransactionResult | Receipt
    message: MessageT

    @property
    def outcome(self) -> TransactionResult | None:
        """The outcome, if it is a result of the running command."""
        event = self.event
        return event if isinstance(event, TransactionResult) and not event.late else None


class Dialogue(ABC, Generic[LineT, StateT, MessageT]):
    """One terminal's dialogue; `drivers.terminal.Session` tells what each call means."""

    # A terminal waits for each answer. More messages than this behind a held one are a flood.
    MOST_WAITING: ClassVar[int] = 16

    def __init__(self, line: LineT, idle: StateT) -> None:
        self.state = self._idle = idle
        self._line = line
        self._events: deque[Event] = deque()
        self._command = Command(Operation.STATUS)
        self._numbers = PrintedNumbers()
        self._begun = self._in_doubt_until = 0.0  # a lost payment may still be answered until then
        self._context = ""  # a card in a late result is bound to this payment, too
        self._left = False  # a byte of the command has left
        self._held: Held[MessageT] | None = None
        self._waiting: deque[MessageT] = deque()  # came while something was held
        self._deadline: float | None = None
        self._trouble_told = False

    # ---- the calls of a session ----

    @property
    def busy(self) -> bool:
        return self.state is not self._idle

    def connected(self, now: float) -> None:
        self.disconnected(RECONNECTED, now)
        self._line.reset(now)
        self._trouble_told = False
        self._forget_line()

    def disconnected(self, reason: DriverFact, now: float) -> None:  # noqa: ARG002 - the call that all sessions have
        if self.busy:
            self._line_lost(reason)
        self._drop_held()

    def start(self, command: Command, now: float) -> None:
        if self.busy:
            raise SessionError("a command is running")
        self._check(command)
        self._make_room()
        self._command, self._left, self._begun = command, False, now
        self._numbers.begin()
        self._context = command.payment_id or self._context
        self._begin(command, now)

    def acknowledge(self, now: float) -> None:
        """Acknowledge the held outcome. None is held if the line broke while the caller was writing."""
        held, self._held = self._held, None
        if held is None:
            return
        self._accept(held, now)
        while self._waiting and self._held is None:
            self._dispatch(self._waiting.popleft(), now)

    @property
    def can_reject(self) -> bool:
        return False

    def reject(self, now: float) -> None:
        """Refuse the held result. None is held if the line broke while the caller was writing."""
        held, self._held = self._held, None
        if held is not None:
            self._refuse_held(held, now)

    def bytes_to_send(self) -> bytes:
        data = self._line.bytes_to_send()
        self._left = self._left or (bool(data) and self._leaves())
        return data

    def events(self) -> Iterator[Event]:
        while self._events:
            yield self._events.popleft()

    def deadline(self) -> float | None:
        times = [time for time in (self._line.deadline(), *self._deadlines()) if time is not None]
        return min(times, default=None)

    def deadline_passed(self, now: float) -> None:
        self._line_deadline_passed(now)
        if any(time is not None and now >= time for time in self._deadlines()):
            self._time_is_over(now)

    # ---- what a protocol's actions are made of ----

    @property
    def _operation(self) -> Operation:
        return self._command.operation

    @property
    def _after_doubt(self) -> bool:
        """Whether an answer that names no payment may be that of an earlier one."""
        return self._command.after_doubt or self._begun < self._in_doubt_until

    def _hold(self, event: TransactionResult | Receipt, message: MessageT) -> None:
        """Tell an outcome, and keep its acknowledgement back. A print is judged as a whole first."""
        if isinstance(event, Receipt):
            event = replace(event, lines=self._numbers.hide(event.lines))
        elif event.result.card is not None:
            self._numbers.card_told(event.result.card.masked)
        self._held = Held(event, message)
        self._events.append(event)

    def _in_turn(self, message: MessageT, now: float) -> None:
        """One message at a time: while an outcome is held, new messages wait."""
        if self._held is None:
            self._dispatch(message, now)
        elif len(self._waiting) < self.MOST_WAITING:
            self._waiting.append(message)
        elif self.busy:
            self._lose(FLOOD)

    def _tell_trouble(self, trouble: DriverFact | None) -> None:
        """The line has given up: told once for each line."""
        if trouble is not None and not self._trouble_told:
            self._trouble_told = True
            self._lose(trouble)

    def _end(self, ended: DialogueEnded) -> None:
        self._events.append(ended)
        self._to_idle()

    def _lose(self, reason: DriverFact, delivery: Delivery | None = None) -> None:
        """Lose the command. `delivery` is given only if the terminal itself has proven it."""
        proven = Delivery.PERHAPS if self.busy and self._left else Delivery.NEVER
        if (delivery or proven) is Delivery.PERHAPS and self._operation in FINANCIAL:
            self._in_doubt_until = self._begun + LATE_ANSWER_S
        self._events.append(ConnectionLost(reason, delivery or proven))
        self._to_idle()
        self._drop_held()

    def _leave_open(self, reason: DriverFact) -> None:
        """Wait no longer. The line is kept: whatever the terminal still tells is answered, as a late word."""
        self._events.append(ConnectionLost(reason, Delivery.PERHAPS, line_kept=True))
        self._to_idle()

    def _drop_held(self) -> None:
        self._held = None
        self._waiting.clear()

    def _to_idle(self) -> None:
        self.state, self._left, self._deadline = self._idle, False, None
        self._rest()

    # ---- the hooks ----

    @abstractmethod
    def _check(self, command: Command) -> None:
        """Raise `CommandRefusedError`, and change nothing, for a command that the protocol cannot say."""

    @abstractmethod
    def _begin(self, command: Command, now: float) -> None:
        """Send the command, and go to the state that waits for its answer."""

    @abstractmethod
    def _dispatch(self, message: MessageT, now: float) -> None:
        """Look one message up in the table; nothing is held now."""

    @abstractmethod
    def _accept(self, held: Held[MessageT], now: float) -> None:
        """The outcome is on disk: acknowledge it, and go on."""

    @abstractmethod
    def _line_deadline_passed(self, now: float) -> None:
        """The line's time may have come."""

    @abstractmethod
    def _time_is_over(self, now: float) -> None:
        """A deadline of the dialogue's own has passed."""

    def _refuse_held(self, held: Held[MessageT], now: float) -> None:  # noqa: ARG002 - the hook of all
        """The outcome is on disk, and the shop wants it taken back."""
        raise SessionError("this protocol cannot refuse a result")

    def _deadlines(self) -> tuple[float | None, ...]:
        """The dialogue's own deadlines."""
        return (self._deadline,)

    def _leaves(self) -> bool:
        """Whether the bytes that go out now may belong to the command."""
        return self.busy

    def _make_room(self) -> None:
        """Before a command begins: drop a late result that nobody accepted. It is never acknowledged."""
        self._drop_held()

    def _line_lost(self, reason: DriverFact) -> None:
        """The line is gone while a command runs."""
        self._lose(reason)

    def _forget_line(self) -> None:
        """A fresh line: state from the old one no longer counts."""

    def _rest(self) -> None:
        """No command runs any more."""
