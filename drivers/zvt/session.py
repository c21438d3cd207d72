"""The till's side of a ZVT dialogue as a state table (reference 4, 8.2, 11).

    IDLE --start--> SENT --80 00--> RUNNING --04 0F, acknowledge()--> STORED or FAILED --06 0F, 06 1E--> IDLE

The answer to a result or a print is held until `acknowledge()`: it is the commit.
What breaks after the first byte of a command left ends in `ConnectionLost`, never in a
failure. A command is sent once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto
from typing import Any, ClassVar, Final

from drivers.card.card import CardSealer
from drivers.operation import CHANGING, FINANCIAL, WITH_RESULT
from drivers.terminal import (
    Command,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DriverFact,
    EndReason,
    Event,
    ProtocolError,
    Receipt,
    Result,
    ResultStatus,
    SessionError,
    TransactionResult,
)
from drivers.zvt import commands
from drivers.zvt import mapping as meaning
from drivers.zvt import messages as zvt
from drivers.zvt.config import ZvtSettings
from drivers.zvt.line import ZvtLine
from drivers.zvt.packet import ZvtCardBinding, decode
from drivers.zvt.quirks import ZvtQuirk
from drivers.zvt.timers import ZvtTimers
from drivers.zvt.writing import encode

__all__ = ["ZvtSession", "ZvtSettings", "ZvtState"]

# A terminal waits for each answer; more than a few messages behind a held one are a flood.
MOST_WAITING_PACKETS: Final = 16

NO_ANSWER: Final = DriverFact("zvt.no_answer")
NO_MESSAGE: Final = DriverFact("no_end")
NO_COMPLETION: Final = DriverFact("zvt.no_completion")
NO_RESULT: Final = DriverFact("zvt.no_result")
REFUSED_AGAIN: Final = DriverFact("refused_again")
NO_RESULT_CODE: Final = DriverFact("zvt.no_result_code")
OUT_OF_TURN: Final = DriverFact("out_of_turn")
FLOOD: Final = DriverFact("flood")
UNREADABLE: Final = DriverFact("unreadable")
RECONNECTED: Final = DriverFact("reconnected")


_Action = Callable[["ZvtSession", Any, float], None]


class ZvtState(Enum):
    """Where a dialogue stands."""

    IDLE = auto()
    SENT = auto()  # waits for the answer to the command: T3
    RUNNING = auto()  # the terminal is master: T4
    STORED = auto()  # an approved result is accepted, the end is missing
    FAILED = auto()  # any other result is accepted, the end is missing


class ZvtSession:
    """One terminal's dialogue; `drivers.terminal.Session` tells what each call means."""

    def __init__(self, line: ZvtLine, card_sealer: CardSealer, settings: ZvtSettings) -> None:
        self.state = ZvtState.IDLE
        self._line = line
        self._card_sealer = card_sealer
        self._settings = settings
        self._timers = ZvtTimers(settings)
        self._left = False  # a byte of the command has left
        self._left_twice = False  # and then the command again: the line had no ACK for it
        self._events: deque[Event] = deque()
        self._held: TransactionResult | Receipt | None = None
        self._waiting: deque[zvt.ZvtPacket] = deque()  # came while something was held
        self._last_answer: zvt.ZvtAnswer | None = None  # to the message that came last
        self._command: Command | None = None
        self._context = ""  # what a card in a late result is bound to, too
        self._result: Result | None = None
        self._abort_wanted = False
        self._trouble_told = False

    @property
    def busy(self) -> bool:
        return self.state is not ZvtState.IDLE

    def connected(self, now: float) -> None:
        self.disconnected(RECONNECTED, now)
        self._line.reset(now)
        self._last_answer, self._trouble_told = None, False

    def disconnected(self, reason: DriverFact, now: float) -> None:  # noqa: ARG002 - the call that all sessions have
        if self.busy:
            self._lose(reason)
        self._drop_held()

    def start(self, command: Command, now: float) -> None:
        if self.busy:
            raise SessionError("a command is running")
        apdu = commands.apdu_of(command, self._settings)
        self._drop_held()  # a late result that nobody accepted is never acknowledged
        self._command, self._result = command, None
        self._context = command.payment_id or self._context
        self._abort_wanted = False
        self._left = self._left_twice = False
        self._line.send(apdu, now)
        self._timers.command_sent(now)
        self.state = ZvtState.SENT

    def abort(self, now: float) -> None:
        """06 B0 goes out only while the terminal works and has not shown a result."""
        if ZvtQuirk.NO_ABORT in self._settings.quirks:
            return
        if self.state is ZvtState.SENT:
            self._abort_wanted = True
        elif self.state is ZvtState.RUNNING and not self._abort_wanted and self._held is None:
            self._send_abort(now)

    def acknowledge(self, now: float) -> None:
        """Answer what is held. Nothing is, when the line broke while the caller was writing."""
        held, self._held = self._held, None
        if held is None:
            return
        self._answer(zvt.POSITIVE, now)
        if isinstance(held, TransactionResult) and not held.late:
            self._store(held.result)
        self._go_on_waiting(now)
        while self._waiting and self._held is None:
            self._dispatch(self._waiting.popleft(), now)

    def receive(self, now: float) -> None:
        for apdu in self._line.receive(now):
            if self._line.repeated:
                self._answer_again(now)
                continue
            try:
                packet = decode(
                    apdu, ZvtCardBinding(self._card_sealer, self._context), self._settings.charset
                )
            except ProtocolError as error:
                self._refuse(error, now)
                continue
            self._last_answer = None
            self._dispatch_in_turn(packet, now)
        self._look_at_line()

    def bytes_to_send(self) -> bytes:
        data = self._line.bytes_to_send()
        self._left = self._left or bool(data)
        return data

    def events(self) -> Iterator[Event]:
        while self._events:
            yield self._events.popleft()

    def deadline(self) -> float | None:
        times = [time for time in (self._timers.deadline, self._line.deadline()) if time is not None]
        return min(times, default=None)

    def deadline_passed(self, now: float) -> None:
        line_deadline = self._line.deadline()
        if line_deadline is not None and now >= line_deadline:
            self._line.deadline_passed(now)
            self._left_twice = self._left_twice or (self.state is ZvtState.SENT and self._line.sent_again)
            self._look_at_line()
        if self._timers.deadline is not None and now >= self._timers.deadline:
            self._time_is_over(now)

    # ---- actions of the table ----

    def _not_ours(self, _: zvt.ZvtPacket, now: float) -> None:
        self._answer(zvt.UNKNOWN_COMMAND, now)

    def _only_answer(self, _: zvt.ZvtPacket, now: float) -> None:
        self._answer(zvt.POSITIVE, now)

    def _ignore(self, packet: zvt.ZvtAnswer, now: float) -> None:
        """An answer that nothing waits for."""

    def _answered(self, packet: zvt.ZvtAnswer, now: float) -> None:
        twice = self._left_twice or self._line.sent_again
        if not packet.positive and twice and self._operation in CHANGING:
            self._lose(REFUSED_AGAIN)
        elif not packet.positive:
            self._end(meaning.refused(packet))
        elif self._operation in commands.ANSWER_ONLY:
            self._end(DialogueEnded(EndReason.COMPLETED))
        else:
            self.state = ZvtState.RUNNING
            self._timers.message_came(now)
            if self._abort_wanted:
                self._send_abort(now)

    def _abort_answered(self, _: zvt.ZvtAnswer, now: float) -> None:  # noqa: ARG002 - a wish: the result decides
        self._abort_wanted = False

    def _progress(self, packet: zvt.IntermediateStatus, now: float) -> None:
        self._answer(zvt.POSITIVE, now)
        self._events.append(meaning.progress(packet))
        self._timers.announced(packet.timeout_minutes)
        self._go_on_waiting(now)

    def _outcome(self, packet: zvt.StatusInformation, now: float) -> None:
        if packet.result_code is None:
            self._lose(NO_RESULT_CODE)
        else:
            late = self._operation not in WITH_RESULT
            self._hold(TransactionResult(meaning.result(packet, packet.result_code), late=late), now)

    def _late_outcome(self, packet: zvt.StatusInformation, now: float) -> None:
        if packet.result_code is not None:  # without one there is nothing to store and nothing to commit
            self._hold(TransactionResult(meaning.result(packet, packet.result_code), late=True), now)

    def _printed(self, packet: zvt.PrintLine | zvt.PrintTextBlock, now: float) -> None:
        self._hold(meaning.receipt(packet), now)

    def _before_answer(self, packet: Any, now: float) -> None:
        """Of an older dialogue, or ours without its answer: with a result to come nobody may guess."""
        if self._operation in WITH_RESULT:
            self._lose(OUT_OF_TURN)
        else:
            self._TABLE[ZvtState.IDLE][type(packet)](self, packet, now)

    def _completed(self, packet: zvt.Completion, now: float) -> None:
        self._answer(zvt.POSITIVE, now)
        if self._result is None and self._operation in FINANCIAL:
            self._lose(NO_RESULT)
        else:
            self._end(meaning.completed(packet))

    def _aborted(self, packet: zvt.Abort, now: float) -> None:
        self._answer(zvt.POSITIVE, now)
        self._end(meaning.aborted(packet))

    def _late_abort(self, packet: zvt.Abort, now: float) -> None:
        """It may undo a late result that was stored just before."""
        self._answer(zvt.POSITIVE, now)
        self._events.append(meaning.aborted(packet))

    # ---- what the actions are made of ----

    @property
    def _operation(self) -> Any:
        return None if self._command is None else self._command.operation

    def _dispatch_in_turn(self, packet: zvt.ZvtPacket, now: float) -> None:
        if self._held is None:
            self._dispatch(packet, now)
        elif len(self._waiting) < MOST_WAITING_PACKETS:
            self._waiting.append(packet)
        elif self.busy:
            self._lose(FLOOD)

    def _dispatch(self, packet: zvt.ZvtPacket, now: float) -> None:
        action = self._TABLE[self.state].get(type(packet), ZvtSession._not_ours)
        action(self, packet, now)

    def _hold(self, event: TransactionResult | Receipt, now: float) -> None:
        self._held = event
        self._events.append(event)
        if self.state not in {ZvtState.IDLE, ZvtState.SENT}:
            self._timers.message_came(now)

    def _store(self, result: Result) -> None:
        self._result = result
        self.state = ZvtState.STORED if result.status is ResultStatus.APPROVED else ZvtState.FAILED

    def _go_on_waiting(self, now: float) -> None:
        if self.state is ZvtState.RUNNING:
            self._timers.message_came(now)
        elif self._result is not None and self.busy:
            financial = self._operation in FINANCIAL
            self._timers.result_stored(self._result, now, financial=financial)

    def _send_abort(self, now: float) -> None:
        self._abort_wanted = True
        self._line.send(encode(zvt.AbortCommand()), now)

    def _answer(self, answer: zvt.ZvtAnswer, now: float) -> None:
        self._last_answer = answer
        self._line.send(encode(answer), now)

    def _answer_again(self, now: float) -> None:
        """The terminal repeats itself because our answer, or the line's ACK, was lost."""
        if self._last_answer is not None and self._held is None:
            self._answer(self._last_answer, now)

    def _refuse(self, error: ProtocolError, now: float) -> None:
        if self.busy:
            self._lose(UNREADABLE.about(reason=error.reason))
        else:
            self._answer(zvt.UNKNOWN_COMMAND, now)

    def _look_at_line(self) -> None:
        trouble = self._line.trouble
        if trouble is not None and not self._trouble_told:
            self._trouble_told = True
            self._lose(trouble)

    def _time_is_over(self, now: float) -> None:
        if self.state is ZvtState.SENT and not self._line.idle:
            self._timers.still_sending(now)
        elif self.state is ZvtState.FAILED and self._held is None and self._result is not None:
            self._end(meaning.failed(self._result))
        elif self.state is ZvtState.STORED:
            self._lose(NO_COMPLETION)
        else:
            self._lose(NO_ANSWER if self.state is ZvtState.SENT else NO_MESSAGE)

    def _end(self, ended: DialogueEnded) -> None:
        self._events.append(ended)
        self.state = ZvtState.IDLE
        self._timers.stop()

    def _lose(self, reason: DriverFact) -> None:
        delivery = Delivery.PERHAPS if self.busy and self._left else Delivery.NEVER
        self._events.append(ConnectionLost(reason, delivery))
        self.state = ZvtState.IDLE
        self._timers.stop()
        self._drop_held()

    def _drop_held(self) -> None:
        self._held = None
        self._waiting.clear()

    # ---- the table ----

    # Anything from the terminal that has no row is answered 84 83 00.
    _ANYTIME: ClassVar[Mapping[type, _Action]] = {
        zvt.IntermediateStatus: _progress,
        zvt.SetClock: _only_answer,
        zvt.ZvtAnswer: _ignore,
    }
    _WORKING: ClassVar[Mapping[type, _Action]] = {
        **_ANYTIME,
        zvt.StatusInformation: _outcome,
        zvt.PrintLine: _printed,
        zvt.PrintTextBlock: _printed,
        zvt.Completion: _completed,
        zvt.Abort: _aborted,
    }
    _TABLE: ClassVar[Mapping[ZvtState, Mapping[type, _Action]]] = {
        ZvtState.IDLE: {
            **_ANYTIME,
            zvt.StatusInformation: _late_outcome,
            zvt.PrintLine: _printed,
            zvt.PrintTextBlock: _printed,
            zvt.Completion: _only_answer,
            zvt.Abort: _late_abort,
        },
        ZvtState.SENT: {
            **_ANYTIME,
            zvt.ZvtAnswer: _answered,
            zvt.StatusInformation: _before_answer,
            zvt.PrintLine: _before_answer,
            zvt.PrintTextBlock: _before_answer,
            zvt.Completion: _only_answer,  # the end of an older dialogue, repeated
            zvt.Abort: _only_answer,
        },
        ZvtState.RUNNING: {**_WORKING, zvt.ZvtAnswer: _abort_answered},
        ZvtState.STORED: _WORKING,
        ZvtState.FAILED: _WORKING,
    }
