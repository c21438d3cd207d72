"""The till's side of a payment with a Telium terminal (reference 3, 7).

    REST --start--> ASKING --ACK, message, ACK--> WAITING --answer, accept()--> REST

No answer is acknowledged before `accept()`. Nothing but an answer decides: once the message
left, silence is `Lost`. An answer that came before the message left, or that repeats
another mark, amount or till, is that of an older payment and is given as late.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum, auto
from typing import Final

from drivers.card.card import Vault
from drivers.telium import texts
from drivers.telium.line import Line, News
from drivers.telium.packet import FINANCIAL, MOST_REMEMBERED, Answer, CardDesk, Dialect, mark_of
from drivers.terminal import (
    SIMULATOR_SOFTWARE,
    Command,
    Ended,
    Event,
    Heard,
    How,
    Lost,
    Operation,
    Outcome,
    ProtocolError,
    Result,
    Said,
    SessionError,
)

# A simulator names itself right behind the poll; a real terminal may use the time for an old answer.
HELLO_S: Final = 1.0
# The hello is short; what begins like one and is longer is none.
MOST_HELLO_CHARS: Final = 40
# A duplicate is printed, and moves no money: nobody holds a card.
DUPLICATE_S: Final = 60.0

_POLLS: Final = frozenset({Operation.REGISTER, Operation.STATUS})
_HELLO: Final = SIMULATOR_SOFTWARE.encode("ascii")


class State(Enum):
    """Where a command stands."""

    REST = auto()
    ASKING = auto()  # the line's dialogue is under way
    LISTENING = auto()  # the terminal answered the poll; it may have something to say
    WAITING = auto()  # the message is there, or may be: only an answer decides
    REMEMBERED = auto()  # the answer was known and waits for `accept()`


class TeliumSession:
    """One terminal's dialogue; `drivers.terminal.Session` tells what each call means."""

    def __init__(self, line: Line, vault: Vault, dialect: Dialect, payment_s: float) -> None:
        self.state = State.REST
        self._line = line
        self._desk = CardDesk(vault)
        self._dialect = dialect
        self._payment_s = payment_s
        self._events: deque[Event] = deque()
        self._command: Command | None = None
        self._due: float | None = None
        self._held: Outcome | None = None
        self._held_answer: Answer | None = None
        self._accepted: Answer | None = None
        self._told: dict[str, Result] = {}  # answers by mark: proof for `Resolver`
        self._software = ""

    @property
    def busy(self) -> bool:
        return self.state is not State.REST

    def connected(self, now: float) -> None:
        self.disconnected(texts.RECONNECTED, now)
        self._line.reset()
        self._software = ""

    def disconnected(self, reason: str, now: float) -> None:  # noqa: ARG002 - the call that all sessions have
        self._held = None
        if self.busy:
            self._lose(reason)

    def start(self, command: Command, now: float) -> None:
        if self.busy:
            raise SessionError("a command is running")
        if why := self._dialect.why_not(command):
            raise SessionError(why)
        self._command, self._due = command, None
        if command.operation in FINANCIAL:
            self._desk.asked(command)
            self._begin(self._dialect.request(command), now)
        elif command.operation in _POLLS:
            self._begin(None, now)
        elif command.operation is Operation.REPEAT_RECEIPT and command.payment_id:
            self._recall(command, now)
        else:  # the protocol has no message for it
            self._end(Ended(How.COMPLETED))

    def abort(self, now: float) -> None:
        """The protocol has no message for it: the customer or the cashier stops on the terminal."""

    def receive(self, now: float) -> None:
        for view in self._line.receive(now):
            self._look_at_line(now)  # what happened before it, first
            self._take(view, now)
        self._look_at_line(now)

    def accept(self, now: float) -> None:
        """Acknowledge what is held. Nothing is, when the line broke while the caller was writing."""
        held, answer, self._held, self._held_answer = self._held, self._held_answer, None, None
        if held is None:
            return
        self._line.acknowledge(now)
        if answer is not None:
            self._accepted = answer
            self._remember(answer.result, late=held.late)
        if not held.late:
            self._finish(held.result)

    def bytes_to_send(self) -> bytes:
        return self._line.bytes_to_send()

    def events(self) -> Iterator[Event]:
        while self._events:
            yield self._events.popleft()

    def deadline(self) -> float | None:
        times = [time for time in (self._due, self._line.deadline()) if time is not None]
        return min(times, default=None)

    def deadline_passed(self, now: float) -> None:
        due = self._line.deadline()
        if due is not None and now >= due:
            self._line.deadline_passed(now)
            self._look_at_line(now)
        if self._due is not None and now >= self._due:
            self._time_is_over(now)

    # ---- commands ----

    def _begin(self, message: bytes | None, now: float) -> None:
        self.state = State.ASKING
        self._line.send(message, now)

    def _recall(self, command: Command, now: float) -> None:
        """What became of a payment: from an answer that came late, else from a duplicate (V3).

        A duplicate is paper, so one payment's is asked for once while the session lives.
        """
        known = self._told.get(mark_of(command))
        if known is not None:
            self.state, self._due = State.REMEMBERED, now + self._payment_s
            self._hold(Outcome(known))
        elif Operation.REPEAT_RECEIPT in self._dialect.actions:
            self._begin(self._dialect.request(command), now)
        else:
            self._end(Ended(How.COMPLETED))

    # ---- what the terminal says ----

    def _take(self, view: memoryview, now: float) -> None:
        if self._held is not None:  # one at a time; the terminal keeps it and tells it again
            self._line.drop(now)
        elif view[: len(_HELLO)] == _HELLO and len(view) <= MOST_HELLO_CHARS:
            self._greeted(texts.plain(view), now)
        else:
            self._answered(view, now)

    def _greeted(self, software: str, now: float) -> None:
        self._line.acknowledge(now)
        self._software = software
        if self.state is State.LISTENING:
            self._polled()

    def _answered(self, view: memoryview, now: float) -> None:
        try:
            answer = self._dialect.read(view, self._desk)
        except ProtocolError as error:
            self._line.drop(now)
            if self.busy and self._line.left:
                self._lose(texts.UNREADABLE.format(reason=error.reason))
            return
        self._judge(answer, now)

    def _judge(self, answer: Answer, now: float) -> None:
        if self._is_ours(answer) and self._operation is Operation.REPEAT_RECEIPT:
            self._duplicated(answer, now)
        elif self._is_ours(answer):
            self._hold(Outcome(answer.result), answer)
        elif answer.same_as(self._accepted):  # our ACK was lost
            self._line.acknowledge(now)
        else:
            self._hold(Outcome(answer.result, late=True), answer)

    def _is_ours(self, answer: Answer) -> bool:
        """Reference 7, step 4: what came before the message left is an older payment's."""
        if self._command is None or not self.busy or not self._line.left:
            return False
        return self._dialect.belongs(self._command, answer)

    def _duplicated(self, answer: Answer, now: float) -> None:
        """The duplicate of the last receipt; none says nothing of any payment.

        A mark beside another amount is what the terminal kept of the request, not of the receipt.
        """
        if answer.result.said is not Said.APPROVED:
            self._line.acknowledge(now)
            self._end(Ended(How.COMPLETED))
            return
        if self._command is not None and answer.result.amount != self._command.amount:
            answer = replace(answer, result=replace(answer.result, order=""))
        self._hold(Outcome(answer.result), answer)

    def _hold(self, outcome: Outcome, answer: Answer | None = None) -> None:
        self._held, self._held_answer = outcome, answer
        self._events.append(outcome)

    def _remember(self, result: Result, *, late: bool) -> None:
        """A duplicate is kept for the payment that it was asked for, whatever payment it belongs to."""
        asked = self._operation is Operation.REPEAT_RECEIPT and not late
        mark = mark_of(self._command) if asked and self._command else result.order
        if mark:
            self._told[mark] = result
        while len(self._told) > MOST_REMEMBERED:
            del self._told[next(iter(self._told))]

    # ---- how it ends ----

    def _look_at_line(self, now: float) -> None:
        for news in self._line.news():
            match news:
                case _ if not self.busy and news is not News.DAMAGED:
                    continue  # of a command that has ended
                case News.POLLED:
                    self.state, self._due = State.LISTENING, now + HELLO_S
                case News.DELIVERED | News.UNCONFIRMED:
                    self.state, self._due = State.WAITING, now + self._longest_s
                case News.BUSY:
                    self._end(Ended(How.REFUSED, text=texts.BUSY, busy=True))
                case News.SILENT:
                    self._lose(texts.SILENT)
                case News.REFUSED:
                    self._lose(texts.REFUSED, Heard.NEVER)
                case News.DAMAGED:
                    self._lose(texts.DAMAGED)

    @property
    def _operation(self) -> Operation | None:
        return None if self._command is None else self._command.operation

    @property
    def _longest_s(self) -> float:
        return self._payment_s if self._operation in FINANCIAL else DUPLICATE_S

    def _finish(self, result: Result) -> None:
        """The answer stands; the protocol has no word after it."""
        if self._operation not in FINANCIAL or result.said is Said.APPROVED:
            self._end(Ended(How.COMPLETED))
        else:
            cancelled = result.said is Said.CANCELLED
            self._end(Ended(How.ABORTED, result.code, result.text, cancelled=cancelled))

    def _time_is_over(self, now: float) -> None:  # noqa: ARG002 - the time is known to be over
        if self.state is State.LISTENING:
            self._polled()
        else:
            self._lose(texts.NO_RESULT)

    def _polled(self) -> None:
        self._end(Ended(How.COMPLETED, simulator=bool(self._software), software=self._software))

    def _end(self, ended: Ended) -> None:
        self._events.append(ended)
        self.state, self._due = State.REST, None

    def _lose(self, reason: str, heard: Heard | None = None) -> None:
        left = self.busy and self._line.left
        self._events.append(Lost(reason, heard or (Heard.PERHAPS if left else Heard.NEVER)))
        self.state, self._due, self._held = State.REST, None, None
