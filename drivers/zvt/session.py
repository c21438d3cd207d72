"""The till's side of a ZVT dialogue as a state table (reference 4, 8.2, 11).

    IDLE --start--> SENT --80 00--> RUNNING --04 0F, acknowledge()--> STORED or FAILED --06 0F, 06 1E--> IDLE

The answer to a result or a print is held until `acknowledge()`: it is the commit.
What breaks after the first byte of a command left ends in `ConnectionLost`, never in a
failure. A command is sent once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum, auto
from typing import Any, ClassVar, Final, get_args

from drivers.card.card import CardSealer
from drivers.dialogue import NO_END, OUT_OF_TURN, REFUSED_AGAIN, Dialogue, Held
from drivers.operation import CHANGING, FINANCIAL, WITH_RESULT, Operation
from drivers.terminal import (
    Command,
    DialogueEnded,
    DriverFact,
    EndReason,
    ProtocolError,
    Receipt,
    Result,
    ResultStatus,
    TransactionResult,
)
from drivers.zvt import commands
from drivers.zvt import mapping as meaning
from drivers.zvt import messages as zvt
from drivers.zvt.config import ZvtSettings
from drivers.zvt.line import ZvtLine
from drivers.zvt.packet import ZvtCardBinding, decode
from drivers.zvt.quirks import ZvtQuirk
from drivers.zvt.texts import CHARSETS, Charset
from drivers.zvt.timers import LONGEST_WAIT_S, MINUTE_S, ZvtTimers
from drivers.zvt.writing import encode

__all__ = ["ZvtSession", "ZvtSettings", "ZvtState"]

NO_ANSWER: Final = DriverFact("zvt.no_answer")
NO_COMPLETION: Final = DriverFact("zvt.no_completion")
GAVE_UP: Final = DriverFact("left_open", {"minutes": round(LONGEST_WAIT_S / MINUTE_S)})
CONTRADICTION: Final = DriverFact("zvt.contradiction")

_Action = Callable[["ZvtSession", Any, float], None]


class ZvtState(Enum):
    """Where a dialogue stands."""

    IDLE = auto()
    SENT = auto()  # waits for the answer to the command: T3
    RUNNING = auto()  # the terminal is master: T4
    STORED = auto()  # an approved result is accepted, the end is missing
    FAILED = auto()  # any other result is accepted, the end is missing


class ZvtSession(Dialogue[ZvtLine, ZvtState, zvt.ZvtPacket]):
    """One terminal's dialogue: what is ZVT's own."""

    def __init__(self, line: ZvtLine, card_sealer: CardSealer, settings: ZvtSettings) -> None:
        super().__init__(line, ZvtState.IDLE)
        self._card_sealer = card_sealer
        self._settings = settings
        self._timers = ZvtTimers(settings)
        self._left_twice = False  # the command has left, and then again: the line had no ACK for it
        self._last_answer: zvt.ZvtAnswer | None = None  # to the message that came last
        self._apdu = b""
        self._result: Result | None = None
        self._abort_wanted = False
        self._charset = settings.charset

    def abort(self, now: float) -> None:
        """06 B0 goes out only while the terminal works and has not shown a result."""
        if ZvtQuirk.NO_ABORT in self._settings.quirks:
            return
        if self.state is ZvtState.SENT:
            self._abort_wanted = True
        elif self.state is ZvtState.RUNNING and not self._abort_wanted and self._held is None:
            self._send_abort(now)

    def receive(self, now: float) -> None:
        for apdu in self._line.receive(now):
            if self._line.repeated:
                self._answer_again(now)
                continue
            self._last_answer = None
            self._in_turn(self._read(apdu), now)
        self._tell_trouble(self._line.trouble)

    def _read(self, apdu: memoryview) -> zvt.ZvtPacket:
        """The message. Whatever a terminal may send can be read; what cannot is no message to a till."""
        control = int.from_bytes(apdu[:2])
        try:
            return decode(apdu, ZvtCardBinding(self._card_sealer, self._context), self._charset)
        except ProtocolError:
            return zvt.Unknown(control)

    # ---- the hooks of the dialogue ----

    def _check(self, command: Command) -> None:
        self._apdu = commands.apdu_of(command, self._settings, self._charset)

    def _begin(self, command: Command, now: float) -> None:
        self._result = None
        self._abort_wanted = self._left_twice = False
        self._line.send(self._apdu, now)
        self._timers.command_sent(now, command.operation)
        self.state = ZvtState.SENT

    def _accept(self, held: Held[zvt.ZvtPacket], now: float) -> None:
        self._answer(zvt.POSITIVE, now)
        if held.outcome is not None:
            self._store(held.outcome.result)
        self._go_on_waiting(now)

    @property
    def can_reject(self) -> bool:
        return self._settings.rejects and self._operation is Operation.SALE

    def _refuse_held(self, held: Held[zvt.ZvtPacket], now: float) -> None:
        """84 66 to 04 0F. Then 06 1E or 06 0F is waited for, as after a result that was accepted."""
        self._answer(zvt.TAKE_IT_BACK, now)
        if held.outcome is not None:
            self._store(held.outcome.result)
        self._go_on_waiting(now)

    def _dispatch(self, message: zvt.ZvtPacket, now: float) -> None:
        self.TABLE[self.state][type(message)](self, message, now)

    def _line_deadline_passed(self, now: float) -> None:
        due = self._line.deadline()
        if due is not None and now >= due:
            self._line.deadline_passed(now)
            self._left_twice = self._left_twice or (self.state is ZvtState.SENT and self._line.sent_again)
            self._tell_trouble(self._line.trouble)

    def _time_is_over(self, now: float) -> None:
        left_open_at = self._timers.left_open_at
        if left_open_at is not None and now >= left_open_at:
            self._leave_open(GAVE_UP)
        else:
            self.OVERTIME[self.state](self, now)

    def _deadlines(self) -> tuple[float | None, ...]:
        return self._timers.deadlines

    def _forget_line(self) -> None:
        self._last_answer = None
        self._charset = self._settings.charset

    def _rest(self) -> None:
        self._timers.stop()

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
            if self._operation is Operation.REGISTER:
                self._timers.registration_answered(now)
            if self._abort_wanted:
                self._send_abort(now)

    def _abort_answered(self, _: zvt.ZvtAnswer, now: float) -> None:  # noqa: ARG002 - a wish: the result decides
        self._abort_wanted = False

    def _progress(self, packet: zvt.IntermediateStatus, now: float) -> None:
        self._answer(zvt.POSITIVE, now)
        if packet.status is not None or packet.texts:
            self._events.append(meaning.progress(packet))
        self._timers.announced(packet.timeout_minutes)
        self._go_on_waiting(now)

    def _outcome(self, packet: zvt.StatusInformation, now: float) -> None:
        result, before = meaning.result(packet), self._result
        if before is not None and meaning.told_before(before, result):
            self._answer(zvt.POSITIVE, now)  # it is on disk already
            self._go_on_waiting(now)
            return
        if before is not None and meaning.contradicts(before, result):
            result = replace(result, status=ResultStatus.UNCLEAR, reason=CONTRADICTION)
        late = self._operation not in WITH_RESULT
        self._keep(TransactionResult(result, late=late), packet, now)

    def _late_outcome(self, packet: zvt.StatusInformation, now: float) -> None:
        self._keep(TransactionResult(meaning.result(packet), late=True), packet, now)

    def _printed(self, packet: zvt.PrintLine | zvt.PrintTextBlock, now: float) -> None:
        self._keep(meaning.receipt(packet), packet, now)

    def _before_answer(self, packet: Any, now: float) -> None:
        """Belongs to an older dialogue, or to ours with its answer lost.

        For commands that have a result we must not guess.
        """
        if self._operation in WITH_RESULT:
            self._lose(OUT_OF_TURN)
        else:
            self.TABLE[ZvtState.IDLE][type(packet)](self, packet, now)

    def _completed(self, packet: zvt.Completion, now: float) -> None:
        self._answer(zvt.POSITIVE, now)
        self._take_character_set(packet)
        self._end(meaning.completed(packet))

    def _aborted(self, packet: zvt.Abort, now: float) -> None:
        self._answer(zvt.POSITIVE, now)
        self._end(meaning.aborted(packet))

    def _late_abort(self, packet: zvt.Abort, now: float) -> None:
        """It may undo a late result that was stored just before."""
        self._answer(zvt.POSITIVE, now)
        self._events.append(meaning.aborted(packet))

    # ---- what the actions are made of ----

    def _keep(self, event: TransactionResult | Receipt, packet: zvt.ZvtPacket, now: float) -> None:
        self._hold(event, packet)
        if self.state not in {ZvtState.IDLE, ZvtState.SENT}:
            self._timers.message_came(now)

    def _store(self, result: Result) -> None:
        self._result = result
        open_still = result.status in {ResultStatus.APPROVED, ResultStatus.UNCLEAR}
        self.state = ZvtState.STORED if open_still else ZvtState.FAILED

    def _take_character_set(self, packet: zvt.Completion) -> None:
        """What the terminal chose at its registration holds until the next line; a quirk overrules it."""
        chosen = packet.character_set
        if self._operation is Operation.REGISTER and chosen in CHARSETS and not self._settings.charset_fixed:
            self._charset = Charset(chosen)

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

    # ---- time ----

    def _no_answer(self, now: float) -> None:
        if self._line.idle:
            self._lose(NO_ANSWER)
        else:
            self._timers.still_sending(now)

    def _no_end(self, now: float) -> None:  # noqa: ARG002 - the call that all have
        if self._operation is Operation.REGISTER:
            self._end(DialogueEnded(EndReason.COMPLETED))
        else:
            self._lose(NO_END)

    def _no_completion(self, now: float) -> None:  # noqa: ARG002 - the call that all have
        self._lose(NO_COMPLETION)

    def _no_word_after_failure(self, now: float) -> None:
        """A failing result need not be followed by anything."""
        if self._held is None and self._result is not None:
            self._end(meaning.failed(self._result))
        else:
            self._no_end(now)

    def _no_time(self, now: float) -> None:
        """Nothing is waited for."""

    # ---- the table ----

    # What no row names is answered 84 83 00, and decides nothing.
    _ANYTIME: ClassVar[Mapping[type, _Action]] = {
        **dict.fromkeys(get_args(zvt.ZvtPacket), _not_ours),
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
    TABLE: ClassVar[Mapping[ZvtState, Mapping[type, _Action]]] = {
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
    OVERTIME: ClassVar[Mapping[ZvtState, Callable[[ZvtSession, float], None]]] = {
        ZvtState.IDLE: _no_time,
        ZvtState.SENT: _no_answer,
        ZvtState.RUNNING: _no_end,
        ZvtState.STORED: _no_completion,
        ZvtState.FAILED: _no_word_after_failure,
    }
    DECIDES_NOTHING: ClassVar[frozenset[_Action]] = frozenset(
        {_not_ours, _only_answer, _ignore, _progress, _abort_answered}
    )
