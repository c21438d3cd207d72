"""The till's side of a payment with a Telium terminal (reference 3, 7).

    IDLE --start--> ASKING --ACK, message, ACK--> WAITING --answer, acknowledge()--> IDLE

No answer is acknowledged before `acknowledge()`. Nothing but an answer decides: once the message
left, silence is `ConnectionLost`. An answer that came before the message left, or that repeats
another mark, amount or till, is that of an older payment and is given as late.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum, auto
from typing import Final

from drivers.card.card import CardSealer
from drivers.operation import FINANCIAL
from drivers.telium import texts
from drivers.telium.line import TeliumLine, TeliumSendReport
from drivers.telium.packet import (
    MOST_REMEMBERED,
    Dialect,
    TeliumAnswer,
    TeliumCardBinding,
    mark_of,
)
from drivers.terminal import (
    SIMULATOR_SOFTWARE,
    Command,
    CommandRefusedError,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DriverFact,
    EndReason,
    Event,
    Operation,
    ProtocolError,
    Result,
    ResultStatus,
    SessionError,
    TransactionResult,
)

# A simulator names itself right behind the poll; a real terminal may use the time for an old answer.
HELLO_S: Final = 1.0
# The hello is short; what begins like one and is longer is none.
MOST_HELLO_CHARS: Final = 40
# A duplicate is printed, and moves no money: nobody holds a card.
DUPLICATE_S: Final = 60.0

_POLLS: Final = frozenset({Operation.REGISTER, Operation.STATUS})
_HELLO: Final = SIMULATOR_SOFTWARE.encode("ascii")


class TeliumState(Enum):
    """Where a command stands."""

    IDLE = auto()
    ASKING = auto()  # the line's dialogue is under way
    LISTENING = auto()  # the terminal answered the poll; it may have something to say
    WAITING = auto()  # the message is there, or may be: only an answer decides
    REMEMBERED = auto()  # the answer was known and waits for `acknowledge()`


class TeliumSession:
    """One terminal's dialogue; `drivers.terminal.Session` tells what each call means."""

    def __init__(self, line: TeliumLine, card_sealer: CardSealer, dialect: Dialect, payment_s: float) -> None:
        self.state = TeliumState.IDLE
        self._line = line
        self._binding = TeliumCardBinding(card_sealer)
        self._dialect = dialect
        self._payment_s = payment_s
        self._events: deque[Event] = deque()
        self._command: Command | None = None
        self._deadline: float | None = None
        self._held: TransactionResult | None = None
        self._held_answer: TeliumAnswer | None = None
        self._last_acknowledged: TeliumAnswer | None = None
        self._results_by_mark: dict[str, Result] = {}  # answers by mark: proof for `Resolver`
        self._software = ""

    @property
    def busy(self) -> bool:
        return self.state is not TeliumState.IDLE

    def connected(self, now: float) -> None:
        self.disconnected(texts.RECONNECTED, now)
        self._line.reset()
        self._software = ""

    def disconnected(self, reason: DriverFact, now: float) -> None:  # noqa: ARG002 - the call that all sessions have
        self._held = None
        if self.busy:
            self._lose(reason)

    def start(self, command: Command, now: float) -> None:
        if self.busy:
            raise SessionError("a command is running")
        if why := self._dialect.refusal_reason(command):
            raise CommandRefusedError(why)
        self._command, self._deadline = command, None
        if command.operation in FINANCIAL:
            self._binding.asked(command)
            self._begin(self._dialect.request(command), now)
        elif command.operation in _POLLS:
            self._begin(None, now)
        elif command.operation is Operation.REPEAT_RECEIPT and command.payment_id:
            self._recall(command, now)
        else:  # the protocol has no message for it
            self._end(DialogueEnded(EndReason.COMPLETED))

    def abort(self, now: float) -> None:
        """The protocol has no message for it: the customer or the cashier stops on the terminal."""

    def receive(self, now: float) -> None:
        for view in self._line.receive(now):
            self._look_at_line(now)  # what happened before it, first
            self._dispatch(view, now)
        self._look_at_line(now)

    def acknowledge(self, now: float) -> None:
        """Acknowledge what is held. Nothing is, when the line broke while the caller was writing."""
        held, answer, self._held, self._held_answer = self._held, self._held_answer, None, None
        if held is None:
            return
        self._line.acknowledge(now)
        if answer is not None:
            self._last_acknowledged = answer
            self._remember(answer.result, late=held.late)
        if not held.late:
            self._complete(held.result)

    def bytes_to_send(self) -> bytes:
        return self._line.bytes_to_send()

    def events(self) -> Iterator[Event]:
        while self._events:
            yield self._events.popleft()

    def deadline(self) -> float | None:
        times = [time for time in (self._deadline, self._line.deadline()) if time is not None]
        return min(times, default=None)

    def deadline_passed(self, now: float) -> None:
        due = self._line.deadline()
        if due is not None and now >= due:
            self._line.deadline_passed(now)
            self._look_at_line(now)
        if self._deadline is not None and now >= self._deadline:
            self._time_is_over(now)

    # ---- commands ----

    def _begin(self, message: bytes | None, now: float) -> None:
        self.state = TeliumState.ASKING
        self._line.send(message, now)

    def _recall(self, command: Command, now: float) -> None:
        """What became of a payment: from an answer that came late, else from a duplicate (V3).

        A duplicate is paper, so one payment's is asked for once while the session lives.
        """
        known = self._results_by_mark.get(mark_of(command))
        if known is not None:
            self.state, self._deadline = TeliumState.REMEMBERED, now + self._payment_s
            self._hold(TransactionResult(known))
        elif Operation.REPEAT_RECEIPT in self._dialect.actions:
            self._begin(self._dialect.request(command), now)
        else:
            self._end(DialogueEnded(EndReason.COMPLETED))

    # ---- what the terminal says ----

    def _dispatch(self, view: memoryview, now: float) -> None:
        if self._held is not None:  # one at a time; the terminal keeps it and tells it again
            self._line.drop(now)
        elif view[: len(_HELLO)] == _HELLO and len(view) <= MOST_HELLO_CHARS:
            self._greeted(texts.plain(view), now)
        else:
            self._answered(view, now)

    def _greeted(self, software: str, now: float) -> None:
        self._line.acknowledge(now)
        self._software = software
        if self.state is TeliumState.LISTENING:
            self._polled()

    def _answered(self, view: memoryview, now: float) -> None:
        try:
            answer = self._dialect.read(view, self._binding)
        except ProtocolError as error:
            self._line.drop(now)
            if self.busy and self._line.left:
                self._lose(texts.UNREADABLE.about(reason=error.reason))
            return
        self._classify(answer, now)

    def _classify(self, answer: TeliumAnswer, now: float) -> None:
        if self._is_ours(answer) and self._operation is Operation.REPEAT_RECEIPT:
            self._duplicated(answer, now)
        elif self._is_ours(answer):
            self._hold(TransactionResult(answer.result), answer)
        elif answer.same_as(self._last_acknowledged):  # our ACK was lost
            self._line.acknowledge(now)
        else:
            self._hold(TransactionResult(answer.result, late=True), answer)

    def _is_ours(self, answer: TeliumAnswer) -> bool:
        """Reference 7, step 4: what came before the message left is an older payment's."""
        if self._command is None or not self.busy or not self._line.left:
            return False
        return self._dialect.belongs(self._command, answer)

    def _duplicated(self, answer: TeliumAnswer, now: float) -> None:
        """The duplicate of the last receipt; none says nothing of any payment.

        A mark beside another amount is what the terminal kept of the request, not of the receipt.
        """
        if answer.result.status is not ResultStatus.APPROVED:
            self._line.acknowledge(now)
            self._end(DialogueEnded(EndReason.COMPLETED))
            return
        if self._command is not None and answer.result.amount != self._command.amount:
            answer = replace(answer, result=replace(answer.result, order=""))
        self._hold(TransactionResult(answer.result), answer)

    def _hold(self, outcome: TransactionResult, answer: TeliumAnswer | None = None) -> None:
        self._held, self._held_answer = outcome, answer
        self._events.append(outcome)

    def _remember(self, result: Result, *, late: bool) -> None:
        """A duplicate is kept for the payment that it was asked for, whatever payment it belongs to."""
        asked = self._operation is Operation.REPEAT_RECEIPT and not late
        mark = mark_of(self._command) if asked and self._command else result.order
        if mark:
            self._results_by_mark[mark] = result
        while len(self._results_by_mark) > MOST_REMEMBERED:
            del self._results_by_mark[next(iter(self._results_by_mark))]

    # ---- how it ends ----

    def _look_at_line(self, now: float) -> None:
        for report in self._line.reports():
            match report:
                case _ if not self.busy and report is not TeliumSendReport.DAMAGED:
                    continue  # of a command that has ended
                case TeliumSendReport.POLLED:
                    self.state, self._deadline = TeliumState.LISTENING, now + HELLO_S
                case TeliumSendReport.DELIVERED | TeliumSendReport.UNCONFIRMED:
                    self.state, self._deadline = TeliumState.WAITING, now + self._longest_s
                case TeliumSendReport.BUSY:
                    self._end(DialogueEnded(EndReason.REFUSED, reason=texts.BUSY, busy=True))
                case TeliumSendReport.SILENT:
                    self._lose(texts.SILENT)
                case TeliumSendReport.REFUSED:
                    self._lose(texts.REFUSED, Delivery.NEVER)
                case TeliumSendReport.DAMAGED:
                    self._lose(texts.DAMAGED)

    @property
    def _operation(self) -> Operation | None:
        return None if self._command is None else self._command.operation

    @property
    def _longest_s(self) -> float:
        return self._payment_s if self._operation in FINANCIAL else DUPLICATE_S

    def _complete(self, result: Result) -> None:
        """The answer stands; the protocol has no word after it."""
        if self._operation not in FINANCIAL or result.status is ResultStatus.APPROVED:
            self._end(DialogueEnded(EndReason.COMPLETED))
        else:
            cancelled = result.status is ResultStatus.CANCELLED
            self._end(DialogueEnded(EndReason.ABORTED, result.code, result.text, cancelled=cancelled))

    def _time_is_over(self, now: float) -> None:  # noqa: ARG002 - the time is known to be over
        if self.state is TeliumState.LISTENING:
            self._polled()
        else:
            self._lose(texts.NO_RESULT)

    def _polled(self) -> None:
        self._end(DialogueEnded(EndReason.COMPLETED, simulator=bool(self._software), software=self._software))

    def _end(self, ended: DialogueEnded) -> None:
        self._events.append(ended)
        self.state, self._deadline = TeliumState.IDLE, None

    def _lose(self, reason: DriverFact, delivery: Delivery | None = None) -> None:
        left = self.busy and self._line.left
        self._events.append(
            ConnectionLost(reason, delivery or (Delivery.PERHAPS if left else Delivery.NEVER))
        )
        self.state, self._deadline, self._held = TeliumState.IDLE, None, None
