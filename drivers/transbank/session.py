"""The till's side of a Transbank dialogue (reference 2).

    IDLE --start--> POLLING --ACK--> SENT --ACK--> RUNNING --response, acknowledge()--> IDLE

A poll goes before every command: after a stand-alone phase or in the middle of something else
the terminal does not answer it, and nothing of the command has left. The ACK to a response is
held until `acknowledge()`; the terminal has booked by then, and all that hangs on the ACK is that it
stops repeating. A command that moves money leaves once, unless the terminal says NAK to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Any, ClassVar, Final

from drivers.card.card import CardSealer
from drivers.dialogue import NO_END, UNREADABLE, Dialogue, Held
from drivers.operation import CHANGING, WITH_RESULT
from drivers.terminal import (
    Command,
    CommandRefusedError,
    Delivery,
    DialogueEnded,
    DriverFact,
    EndReason,
    Operation,
    ProtocolError,
    TransactionResult,
)
from drivers.transbank import commands
from drivers.transbank import mapping as meaning
from drivers.transbank.line import TransbankLine
from drivers.transbank.matching import is_answer
from drivers.transbank.packet import TransbankFunction, TransbankResponse, decode
from drivers.transbank.quirks import TransbankQuirk
from drivers.transbank.texts import APPROVED, KEYS_WANTED

# The reference gives no time for a cardholder. The makers' own library waits for 150 (it
# counts them in thousands by mistake); each 0900 starts it anew.
SILENCE_S: Final = 180.0
# Nobody is asked for anything, neither cardholder nor bank; a slip may be printed meanwhile.
QUESTION_S: Final = 30.0

NAMELESS: Final = DriverFact("transbank.nameless")
NOT_ACCEPTED: Final = DriverFact("transbank.not_accepted")

# Responses that say what became of money or of the day, whoever waits for them.
_TELLING: Final = frozenset(
    {TransbankFunction.SALE_RESULT, TransbankFunction.VOID_RESULT, TransbankFunction.CLOSE_RESULT}
)

_Action = Callable[["TransbankSession", Any, float], None]


class TransbankState(Enum):
    """Where a dialogue stands."""

    IDLE = auto()
    POLLING = auto()  # nothing of the command has left
    SENT = auto()  # waits for the ACK to the command
    RUNNING = auto()  # the terminal works


class TransbankEvent(Enum):
    """What can happen in a state."""

    ARRIVED = auto()  # the terminal has the frame sent last
    UNANSWERED = auto()  # nobody knows whether it has
    STATUS = auto()  # 0900: what the terminal is doing
    ANSWER = auto()  # the response to the running command
    OTHER_RESULT = auto()  # another one that says what became of money or of the day
    DOUBTFUL = auto()  # it names no sale, and may be that of one in doubt
    OTHER = auto()  # a response that was processed before, or that nobody waits for
    UNREADABLE = auto()
    TIME = auto()  # the wait is over


class TransbankSession(Dialogue[TransbankLine, TransbankState, TransbankResponse]):
    """One terminal's dialogue: what is Transbank's own."""

    MOST_WAITING = 8

    def __init__(
        self,
        line: TransbankLine,
        card_sealer: CardSealer,
        silence_s: float = SILENCE_S,
        quirks: frozenset[TransbankQuirk] = frozenset(),
    ) -> None:
        super().__init__(line, TransbankState.IDLE)
        self._card_sealer = card_sealer
        self._silence_s = silence_s
        self._quirks = quirks
        self._last_acknowledged: tuple[str, ...] = ()  # the fields of the response acknowledged last
        self._terminal_id: str | None = None
        self._keys_wanted = False
        self._doubted = False  # a result without a name is held

    def abort(self, now: float) -> None:
        """Transbank has no message for it: the red key on the terminal is the only way."""

    def receive(self, now: float) -> None:
        for data in self._line.receive(now):
            self._look_at_line(now)
            try:
                response = decode(data, self._card_sealer, self._context)
            except ProtocolError as error:
                self._act(TransbankEvent.UNREADABLE, UNREADABLE.about(reason=error.reason), now)
                continue
            self._in_turn(response, now)
        self._look_at_line(now)

    # ---- the hooks of the dialogue ----

    def _check(self, command: Command) -> None:
        if why := commands.refusal_reason(command):
            raise CommandRefusedError(why)

    def _begin(self, command: Command, now: float) -> None:
        self._command = asked = self._asked(command)
        self._doubted = False
        if command.operation is Operation.CLOSE_DAY:
            self._last_acknowledged = ()  # two closes may be answered alike
        if self._line.trouble is not None:
            self._lose(self._line.trouble)
        elif commands.data_of(asked) or command.operation is Operation.STATUS:
            self.state = TransbankState.POLLING
            self._line.send(commands.POLL, now, again_after_silence=True)
        else:
            self._end(DialogueEnded(EndReason.COMPLETED))

    def _in_turn(self, message: TransbankResponse, now: float) -> None:
        """No ACK to a status while a result is held: the terminal would take it for that one's."""
        if self._held is not None:
            known = [self._held.message.fields, *(kept.fields for kept in self._waiting)]
            if message.function is TransbankFunction.STATUS or message.fields in known:
                return
        super()._in_turn(message, now)

    def _dispatch(self, message: TransbankResponse, now: float) -> None:
        self._act(self._event_of(message), message, now)

    def _accept(self, held: Held[TransbankResponse], now: float) -> None:  # noqa: ARG002 - the hook of all
        self._line.acknowledge()
        self._last_acknowledged = held.message.fields
        if self._doubted:
            super()._lose(NAMELESS)  # and the acknowledgement still leaves
        elif held.outcome is not None:
            self._in_doubt_until = 0.0 if held.outcome.result.order else self._in_doubt_until
            self._end(meaning.ended(held.outcome.result))

    def _line_deadline_passed(self, now: float) -> None:
        self._line.deadline_passed(now)
        self._look_at_line(now)

    def _time_is_over(self, now: float) -> None:
        self._act(TransbankEvent.TIME, None, now)

    def _leaves(self) -> bool:
        return self.state in {TransbankState.SENT, TransbankState.RUNNING}

    def _forget_line(self) -> None:
        self._terminal_id = None

    def _rest(self) -> None:
        self._doubted = False
        self._line.forget()

    def _lose(self, reason: DriverFact, delivery: Delivery | None = None) -> None:
        super()._lose(reason, delivery)
        self._line.keep_back()

    # ---- from what happens to the table ----

    def _act(self, event: TransbankEvent, what: Any, now: float) -> None:
        self.TABLE[self.state][event](self, what, now)

    def _look_at_line(self, now: float) -> None:
        """Look at what became of the frame sent last."""
        line = self._line
        if line.trouble is not None:
            self._tell_trouble(line.trouble)
        elif line.unanswered is not None:
            self._act(TransbankEvent.UNANSWERED, line.unanswered, now)
        elif line.acknowledged:
            line.forget()
            self._act(TransbankEvent.ARRIVED, None, now)

    def _event_of(self, response: TransbankResponse) -> TransbankEvent:
        if response.function is TransbankFunction.STATUS:
            return TransbankEvent.STATUS
        if self._is_answer(response, alone=not self._after_doubt):
            return TransbankEvent.ANSWER
        if self._is_answer(response, alone=True):
            return TransbankEvent.DOUBTFUL
        if response.fields == self._last_acknowledged or response.function not in _TELLING:
            return TransbankEvent.OTHER
        return TransbankEvent.OTHER_RESULT

    def _is_answer(self, response: TransbankResponse, *, alone: bool) -> bool:
        """Nothing answers a command that has not left yet."""
        return self._left and is_answer(
            self._command,
            response,
            acknowledged=self.state is TransbankState.RUNNING,
            voids_have_own=TransbankQuirk.VOID_HAS_OWN_NUMBER in self._quirks
            and response.fields != self._last_acknowledged,
            alone=alone,
        )

    # ---- actions of the table ----

    def _ignore(self, _: Any, now: float) -> None:
        """It decides nothing, and it is not acknowledged: the terminal may say it better."""

    def _acknowledge(self, _: TransbankResponse, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._line.acknowledge()

    def _polled(self, _: None, now: float) -> None:
        data = commands.data_of(self._command)
        if not data:
            self._end(self._greeting())
            return
        self.state = TransbankState.SENT
        self._line.send(data, now, again_after_silence=self._operation not in CHANGING)

    def _run(self, _: None, now: float) -> None:
        self.state = TransbankState.RUNNING
        question = commands.from_memory(self._operation)
        self._deadline = now + (min(QUESTION_S, self._silence_s) if question else self._silence_s)

    def _working(self, response: TransbankResponse, now: float) -> None:
        """What the terminal is doing, it does for the command, once that has left."""
        self._line.acknowledge()
        if self._left:
            self._events.append(meaning.progress(response))
            self._line.arrived()
            self._look_at_line(now)
            self._run(None, now)

    def _answered(self, response: TransbankResponse, now: float) -> None:
        self._line.arrived()
        self._line.forget()
        self._note(response)
        if self._operation in WITH_RESULT:
            self._run(None, now)
            self._keep(response, late=False)
            return
        self._line.acknowledge()
        self._last_acknowledged = response.fields
        if self._operation is Operation.REGISTER:
            self._terminal_id = response.text(meaning.TERMINAL)
            self._end(self._greeting())
        else:
            self._end(meaning.ended(meaning.result(response)))

    def _doubt(self, response: TransbankResponse, now: float) -> None:
        """Told for who resolves; once that is on disk the running sale is in doubt too."""
        self._late(response, now)
        self._doubted = True

    def _late(self, response: TransbankResponse, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._keep(response, late=True)

    def _lost(self, reason: DriverFact, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._lose(reason)

    def _overtime(self, _: None, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._lose(NO_END if self._held is None else NOT_ACCEPTED)

    # ---- what the actions are made of ----

    def _note(self, response: TransbankResponse) -> None:
        """Whether the terminal has its keys shows in what it answers."""
        if response.code == KEYS_WANTED:
            self._keys_wanted = True
        elif response.code == APPROVED:
            self._keys_wanted = self._keys_wanted and response.function is TransbankFunction.LAST_SALE_RESULT

    def _keep(self, response: TransbankResponse, *, late: bool) -> None:
        self._hold(TransactionResult(meaning.result(response), late=late), response)
        if self.state in {TransbankState.IDLE, TransbankState.RUNNING}:
            self._line.keep_back()  # an ACK to something older would be taken for one to this

    def _asked(self, command: Command) -> Command:
        """A poll names nobody: on a line where the terminal is unknown, status asks for its name, too."""
        unknown = self._terminal_id is None and command.operation is Operation.STATUS
        return Command(Operation.REGISTER) if unknown else command

    def _greeting(self) -> DialogueEnded:
        return DialogueEnded(
            EndReason.COMPLETED,
            maintenance=Operation.INITIALISE if self._keys_wanted else None,
            simulator=self._terminal_id == meaning.SIMULATOR_TERMINAL,
            terminal_id=self._terminal_id or "",
        )

    # ---- the table ----

    # What no row names decides nothing.
    _ANYTIME: ClassVar[Mapping[TransbankEvent, _Action]] = {
        **dict.fromkeys(TransbankEvent, _ignore),
        TransbankEvent.STATUS: _acknowledge,
        TransbankEvent.OTHER: _acknowledge,
        TransbankEvent.OTHER_RESULT: _late,
        TransbankEvent.DOUBTFUL: _late,
    }
    _LEFT: ClassVar[Mapping[TransbankEvent, _Action]] = {
        **_ANYTIME,
        TransbankEvent.UNANSWERED: _lost,
        TransbankEvent.STATUS: _working,
        TransbankEvent.ANSWER: _answered,
        TransbankEvent.DOUBTFUL: _doubt,
        TransbankEvent.UNREADABLE: _lost,
        TransbankEvent.TIME: _overtime,
    }
    TABLE: ClassVar[Mapping[TransbankState, Mapping[TransbankEvent, _Action]]] = {
        TransbankState.IDLE: _ANYTIME,
        TransbankState.POLLING: {
            **_ANYTIME,
            TransbankEvent.ARRIVED: _polled,
            TransbankEvent.UNANSWERED: _lost,
        },
        TransbankState.SENT: {**_LEFT, TransbankEvent.ARRIVED: _run},
        TransbankState.RUNNING: _LEFT,
    }
    DECIDES_NOTHING: ClassVar[frozenset[_Action]] = frozenset({_ignore, _acknowledge})
