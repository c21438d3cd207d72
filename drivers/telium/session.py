"""The till's side of a payment with a Telium terminal (reference 3, 7).

    IDLE --start--> ASKING --ACK, message, ACK--> WAITING --answer, acknowledge()--> IDLE

No answer is acknowledged before `acknowledge()`. Nothing but an answer decides: once the message
left, silence is `ConnectionLost`. An answer that came before the message left, or that names another
payment or till, is that of an older payment and is given as late.

An answer that names no payment is the running one's only if the terminal has acknowledged the command,
if nothing on this terminal is in doubt, and if all that it tells fits. Else it is given as late, and the
running payment is in doubt too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from enum import Enum, auto
from typing import Any, ClassVar, Final

from drivers.card.card import CardSealer
from drivers.dialogue import RECONNECTED, UNREADABLE, Dialogue, Held
from drivers.operation import FINANCIAL
from drivers.telium import texts
from drivers.telium.lines import Line, TeliumSendReport
from drivers.telium.packet import MOST_REMEMBERED, Dialect, TeliumAnswer, TeliumCardBinding, Whose, mark_of
from drivers.terminal import (
    Command,
    CommandRefusedError,
    Delivery,
    DialogueEnded,
    DriverFact,
    EndReason,
    Operation,
    ProtocolError,
    Result,
    ResultStatus,
    TransactionResult,
)

# A simulator names itself right behind the poll; a real terminal may use the time for an old answer.
HELLO_S: Final = 1.0
# A duplicate is printed, and moves no money: nobody holds a card.
DUPLICATE_S: Final = 60.0

_POLLS: Final = frozenset({Operation.REGISTER, Operation.STATUS})


class TeliumState(Enum):
    """Where a command stands."""

    IDLE = auto()
    ASKING = auto()  # the line's dialogue is under way
    LISTENING = auto()  # the terminal answered the poll; it may have something to say
    WAITING = auto()  # the message is there, or may be: only an answer decides
    REMEMBERED = auto()  # the answer was known and waits for `acknowledge()`
    DOUBTED = auto()  # an answer without a name waits for `acknowledge()`; then the payment is in doubt


class TeliumEvent(Enum):
    """What can happen in a state."""

    # What became of the line's dialogue: `TeliumSendReport`.
    POLLED = auto()
    DELIVERED = auto()
    UNCONFIRMED = auto()
    REFUSED = auto()
    BUSY = auto()
    SILENT = auto()
    DAMAGED = auto()
    # What the terminal says.
    HELLO = auto()  # a simulator names itself
    ANSWER = auto()  # to the running command
    COPY = auto()  # of the answer that was acknowledged last
    OTHER_ANSWER = auto()  # an older payment's
    DOUBTFUL_ANSWER = auto()  # it names no payment, and may be an older one's
    UNREADABLE = auto()
    TIME = auto()  # the state's wait is over


_REPORTS: Final = {report: TeliumEvent[report.name] for report in TeliumSendReport}
_Action = Callable[["TeliumSession", Any, float], None]


class TeliumSession(Dialogue[Line, TeliumState, TeliumAnswer | None]):
    """One terminal's dialogue: what is Telium's own."""

    def __init__(self, line: Line, card_sealer: CardSealer, dialect: Dialect, payment_s: float) -> None:
        super().__init__(line, TeliumState.IDLE)
        self._binding = TeliumCardBinding(card_sealer)
        self._dialect = dialect
        self._payment_s = payment_s
        self._last_acknowledged: TeliumAnswer | None = None
        self._delivered = False  # the terminal has acknowledged the running command
        self._results_by_mark: dict[str, Result] = {}  # answers by mark: proof for `Resolver`
        self._software = ""

    def abort(self, now: float) -> None:
        """The protocol has no message for it: the customer or the cashier stops on the terminal."""

    def disconnected(self, reason: DriverFact, now: float) -> None:
        self._take(self._line.last_words(now), now)
        held = self._held
        if held is None or held.outcome is None or reason == RECONNECTED:
            super().disconnected(reason, now)

    def receive(self, now: float) -> None:
        self._take(self._line.receive(now), now)
        self._look_at_line(now)

    def _take(self, messages: Iterator[memoryview], now: float) -> None:
        for view in messages:
            self._look_at_line(now)  # what happened before it, first
            self._read(view, now)

    # ---- the hooks of the dialogue ----

    def _check(self, command: Command) -> None:
        if why := self._dialect.refusal_reason(command):
            raise CommandRefusedError(why)

    def _make_room(self) -> None:
        """The line waits for its turn until what is held is on disk: nothing has to go."""

    def _begin(self, command: Command, now: float) -> None:
        self._delivered = False
        if command.operation in FINANCIAL:
            self._binding.asked(command)
            self._send(self._dialect.request(command), now)
        elif command.operation in _POLLS:
            self._send(None, now)
        elif command.operation is Operation.REPEAT_RECEIPT and command.payment_id:
            self._recall(command, now)
        else:  # the protocol has no message for it
            self._end(DialogueEnded(EndReason.COMPLETED))

    def _dispatch(self, message: TeliumAnswer | None, now: float) -> None:
        if message is not None:
            self._act(self._event_of(message), message, now)

    def _accept(self, held: Held[TeliumAnswer | None], now: float) -> None:
        self._line.acknowledge(now)
        answer = held.message
        if answer is not None:
            self._last_acknowledged = answer
            if held.outcome is not None and answer.result.order:
                self._in_doubt_until = 0.0  # it told how a payment ended, and which
            self._remember(answer.result, late=held.outcome is None)
        if held.outcome is not None:
            self._complete(held.outcome.result)
        elif answer is not None and self.state is TeliumState.DOUBTED:
            self._lose(texts.NAMELESS)

    def _line_deadline_passed(self, now: float) -> None:
        due = self._line.deadline()
        if due is not None and now >= due:
            self._line.deadline_passed(now)
            self._look_at_line(now)
            self._take(self._line.ripe(now), now)
            self._look_at_line(now)

    def _time_is_over(self, now: float) -> None:
        self._act(TeliumEvent.TIME, None, now)

    def _leaves(self) -> bool:
        return self._line.left and self.state is not TeliumState.REMEMBERED

    def _forget_line(self) -> None:
        self._software = ""

    # ---- commands ----

    def _send(self, message: bytes | None, now: float) -> None:
        self.state = TeliumState.ASKING
        self._line.send(message, now)
        self._look_at_line(now)

    def _recall(self, command: Command, now: float) -> None:
        """What became of a payment: from an answer that came late, else from a duplicate (V3).

        A duplicate is paper, so one payment's is asked for once while the session lives.
        """
        known = self._results_by_mark.get(mark_of(command))
        if known is not None:
            self._line.drop(now)
            self._drop_held()
            self.state, self._deadline = TeliumState.REMEMBERED, now + self._payment_s
            self._hold(TransactionResult(known), None)
        elif Operation.REPEAT_RECEIPT in self._dialect.actions:
            self._send(self._dialect.request(command), now)
        else:
            self._end(DialogueEnded(EndReason.COMPLETED))

    # ---- from what happens to the table ----

    def _act(self, event: TeliumEvent, what: Any, now: float) -> None:
        self.TABLE[self.state][event](self, what, now)

    def _look_at_line(self, now: float) -> None:
        for report in self._line.reports():
            self._act(_REPORTS[report], None, now)

    def _read(self, view: memoryview, now: float) -> None:
        if self._held is not None:  # one at a time; the terminal keeps it and tells it again
            self._line.drop(now)
        elif (software := self._line.name_of_simulator(view)) is not None:
            self._software = texts.plain(software)
            self._act(TeliumEvent.HELLO, None, now)
        else:
            self._read_answer(view, now)

    def _read_answer(self, view: memoryview, now: float) -> None:
        try:
            answer = self._dialect.read(view, self._binding)
        except ProtocolError as error:
            self._line.drop(now)
            self._act(TeliumEvent.UNREADABLE, UNREADABLE.about(reason=error.reason), now)
            return
        self._dispatch(answer, now)

    def _event_of(self, answer: TeliumAnswer) -> TeliumEvent:
        """Reference 7, step 4: what came before the message left is an older payment's."""
        whose = Whose.OTHERS
        if self.busy and self._line.left:
            whose = self._dialect.whose(self._command, answer)
        if whose is Whose.OURS or (whose is Whose.NAMELESS and self._nothing_else_is_open()):
            return TeliumEvent.ANSWER
        if answer.same_as(self._last_acknowledged):  # our ACK was lost
            return TeliumEvent.COPY
        return TeliumEvent.OTHER_ANSWER if whose is Whose.OTHERS else TeliumEvent.DOUBTFUL_ANSWER

    def _nothing_else_is_open(self) -> bool:
        """Whether an answer without a name can be that of the running command alone."""
        return self._delivered and self._line.ended_well and not self._after_doubt

    # ---- actions of the table: what became of our message ----

    def _ignore(self, _: Any, now: float) -> None:
        """It decides nothing."""

    def _listen(self, _: None, now: float) -> None:
        if self._software:  # it has named itself on this line
            self._polled(None, now)
            return
        self.state, self._deadline = TeliumState.LISTENING, now + HELLO_S

    def _delivered_and_wait(self, _: None, now: float) -> None:
        self._delivered = True
        self._wait(None, now)

    def _wait(self, _: None, now: float) -> None:
        longest_s = self._payment_s if self._operation in FINANCIAL else DUPLICATE_S
        self.state, self._deadline = TeliumState.WAITING, now + longest_s

    def _busy(self, _: None, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._end(DialogueEnded(EndReason.REFUSED, reason=texts.BUSY, busy=True))

    def _silent(self, _: None, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._lose(texts.SILENT)

    def _refused(self, _: None, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._lose(texts.REFUSED, Delivery.NEVER)

    def _damaged(self, _: None, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._lose(texts.DAMAGED)

    # ---- actions of the table: what the terminal says ----

    def _acknowledge(self, _: TeliumAnswer | None, now: float) -> None:
        self._line.acknowledge(now)

    def _greeted(self, _: None, now: float) -> None:
        self._line.acknowledge(now)
        self._polled(None, now)

    def _polled(self, _: None, now: float) -> None:  # noqa: ARG002 - the call of the table
        software = self._software
        self._end(DialogueEnded(EndReason.COMPLETED, simulator=bool(software), software=software))

    def _answered(self, answer: TeliumAnswer, now: float) -> None:
        if self._operation is Operation.REPEAT_RECEIPT:
            self._duplicated(answer, now)
        else:
            self._hold(TransactionResult(answer.result), answer)

    def _late(self, answer: TeliumAnswer, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._hold(TransactionResult(answer.result, late=True), answer)

    def _doubt(self, answer: TeliumAnswer, now: float) -> None:
        """Told as late, for who resolves; once that is on disk the running payment is in doubt too."""
        self._late(answer, now)
        self.state = TeliumState.DOUBTED

    def _lost(self, reason: DriverFact, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._lose(reason)

    def _no_result(self, _: None, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._lose(texts.NO_RESULT)

    # ---- what the actions are made of ----

    def _duplicated(self, answer: TeliumAnswer, now: float) -> None:
        """The duplicate of the last receipt; none says nothing of any payment.

        A mark beside another amount is what the terminal kept of the request, not of the receipt.
        """
        if answer.result.status is not ResultStatus.APPROVED:
            self._line.acknowledge(now)
            self._end(DialogueEnded(EndReason.COMPLETED))
            return
        if answer.result.amount != self._command.amount:
            answer = replace(answer, result=replace(answer.result, order=""))
        self._hold(TransactionResult(answer.result), answer)

    def _remember(self, result: Result, *, late: bool) -> None:
        """A duplicate is kept for the payment that it was asked for, whatever payment it belongs to."""
        asked = self._operation is Operation.REPEAT_RECEIPT and not late
        mark = mark_of(self._command) if asked else result.order
        if mark:
            self._results_by_mark[mark] = result
        while len(self._results_by_mark) > MOST_REMEMBERED:
            del self._results_by_mark[next(iter(self._results_by_mark))]

    def _complete(self, result: Result) -> None:
        """The answer stands; the protocol has no word after it."""
        if self._operation not in FINANCIAL or result.status is ResultStatus.APPROVED:
            self._end(DialogueEnded(EndReason.COMPLETED))
        else:
            cancelled = result.status is ResultStatus.CANCELLED
            self._end(
                DialogueEnded(
                    EndReason.ABORTED, result.code, result.text, cancelled=cancelled, reason=result.reason
                )
            )

    # ---- the table ----

    # What no row names decides nothing.
    _ANYTIME: ClassVar[Mapping[TeliumEvent, _Action]] = {
        **dict.fromkeys(TeliumEvent, _ignore),
        TeliumEvent.DAMAGED: _damaged,
        TeliumEvent.HELLO: _acknowledge,
        TeliumEvent.ANSWER: _late,
        TeliumEvent.COPY: _acknowledge,
        TeliumEvent.OTHER_ANSWER: _late,
        TeliumEvent.DOUBTFUL_ANSWER: _late,
    }
    TABLE: ClassVar[Mapping[TeliumState, Mapping[TeliumEvent, _Action]]] = {
        TeliumState.IDLE: _ANYTIME,
        TeliumState.ASKING: {
            **_ANYTIME,
            TeliumEvent.POLLED: _listen,
            TeliumEvent.DELIVERED: _delivered_and_wait,
            TeliumEvent.UNCONFIRMED: _wait,
            TeliumEvent.REFUSED: _refused,
            TeliumEvent.BUSY: _busy,
            TeliumEvent.SILENT: _silent,
        },
        TeliumState.LISTENING: {**_ANYTIME, TeliumEvent.HELLO: _greeted, TeliumEvent.TIME: _polled},
        TeliumState.WAITING: {
            **_ANYTIME,
            TeliumEvent.ANSWER: _answered,
            TeliumEvent.DOUBTFUL_ANSWER: _doubt,
            TeliumEvent.UNREADABLE: _lost,
            TeliumEvent.TIME: _no_result,
        },
        TeliumState.REMEMBERED: {**_ANYTIME, TeliumEvent.TIME: _no_result},
        TeliumState.DOUBTED: {**_ANYTIME, TeliumEvent.TIME: _no_result},
    }
    DECIDES_NOTHING: ClassVar[frozenset[_Action]] = frozenset({_ignore, _acknowledge})
