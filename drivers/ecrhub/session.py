"""The till's side of an ECRHub dialogue (reference 3 and 6).

    IDLE --start--> OPENING --sign of life--> PROVING --our form--> PAYING or ASKING --acknowledge()--> IDLE

No order leaves before a harmless answer has shown that the terminal speaks the form
that the settings name: in another one the same bytes mean something else. An
answer is decoded, told, accepted and only then acknowledged. One that does not tell
the end of an order is followed by a query, and what that does not prove is `ConnectionLost`. A refusal
of our request is a no once the query has shown that the terminal does not have the order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto
from typing import Any, ClassVar, Final

from drivers.dialogue import UNREADABLE, Dialogue, Held
from drivers.ecrhub import commands
from drivers.ecrhub import mapping as meaning
from drivers.ecrhub.codec import Variant
from drivers.ecrhub.commands import TRANS_TYPE
from drivers.ecrhub.config import EcrHubSettings
from drivers.ecrhub.frame import EcrHubFrame
from drivers.ecrhub.inbox import EcrHubMessage, Inbox
from drivers.ecrhub.line import EcrHubLine
from drivers.ecrhub.malformed import OTHER_FORMS
from drivers.ecrhub.packet import EcrHubAnswer, Topic
from drivers.ecrhub.quirks import EcrHubQuirk
from drivers.ecrhub.requests import OpenRequests
from drivers.operation import FINANCIAL
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

# Somebody has to see the sentence below and bring the cashier app to the front.
OPEN_S: Final = 15.0
# An order that is not finished is asked for again after so long.
QUERY_AGAIN_S: Final = 5.0

NO_APP: Final = DriverFact("ecrhub.no_app")
NOT_PROVEN: Final = DriverFact("ecrhub.not_proven")
OTHER_VARIANT: Final = DriverFact("ecrhub.other_variant")
NOT_PAIRED: Final = DriverFact("ecrhub.not_paired")
NO_PAYMENT_ANSWER: Final = DriverFact("ecrhub.no_payment_answer")
NO_QUERY_ANSWER: Final = DriverFact("ecrhub.no_query_answer")
NO_RESULT: Final = DriverFact("ecrhub.no_result")
NAMELESS: Final = DriverFact("ecrhub.nameless")
STOPPED_BEFORE: Final = DriverFact("ecrhub.stopped_before")

# The protocol has no message for them, and needs none.
_AT_ONCE: Final = frozenset({Operation.DIAGNOSE, Operation.INITIALISE, Operation.LOG_OFF})


_Action = Callable[["EcrHubSession", Any, float], None]


class EcrHubState(Enum):
    """Where a dialogue stands."""

    IDLE = auto()
    OPENING = auto()  # waits for the terminal's confirm, or its next sign of life
    PROVING = auto()  # waits for the answer to the trial message
    ASKING = auto()  # waits for the answer to a query
    PAYING = auto()  # the order is out


class EcrHubEvent(Enum):
    """What can happen in a state."""

    ALIVE = auto()  # the terminal has shown itself a moment ago
    RESULT = auto()  # the end of the command's order
    OTHER_RESULT = auto()  # the end of another order
    NAMELESS_RESULT = auto()  # the end of an order, and not of which one
    ANSWER = auto()  # to a message of ours, without the end of an order
    OTHER = auto()  # a message that answers nothing of ours
    UNREADABLE = auto()
    TIME = auto()  # the state's wait is over
    QUERY_TIME = auto()  # a query is due, or the answer to it overdue


class EcrHubSession(Dialogue[EcrHubLine, EcrHubState, EcrHubMessage]):
    """One terminal's dialogue: what is ECRHub's own."""

    # Results that came while one was held. More are left unacknowledged: the terminal repeats them.
    MOST_WAITING = 4

    def __init__(self, line: EcrHubLine, settings: EcrHubSettings) -> None:
        super().__init__(line, EcrHubState.IDLE)
        self._settings = settings
        self._requests = OpenRequests(line, settings)
        self._inbox = Inbox(line, settings.variant)
        self._identity: DialogueEnded | None = None  # once the terminal has proven its form on this line
        self._closing = False
        self._query_at: float | None = None  # when a query is due, or the answer to it overdue
        self._doubt = ""  # what the terminal said in place of a result
        self._refusal: EcrHubAnswer | None = None  # of the order, under its request id
        self._in_doubt = False  # a result without a name is held

    def abort(self, now: float) -> None:
        """pay.close goes out only once, and only for an order that is out and has no result."""
        if self.state in {EcrHubState.OPENING, EcrHubState.PROVING} and self._command.operation in FINANCIAL:
            self._end(DialogueEnded(EndReason.ABORTED, reason=STOPPED_BEFORE, cancelled=True))
        elif self.state is EcrHubState.PAYING and not self._closing and self._held is None:
            self._closing = EcrHubQuirk.NO_CLOSE not in self._settings.quirks
            if self._closing:
                self._requests.about(Topic.CLOSE, now)

    def receive(self, now: float) -> None:
        self._read_frames(self._line.receive(now), now)

    # ---- the hooks of the dialogue ----

    def _check(self, command: Command) -> None:
        if why := commands.refusal_reason(command):
            raise CommandRefusedError(why)

    def _begin(self, command: Command, now: float) -> None:
        self._requests.begin(command)
        self._closing, self._doubt, self._refusal = False, "", None
        # Without a payment's name a receipt cannot be asked for: the protocol has no "last one".
        nameless = command.operation is Operation.REPEAT_RECEIPT and not command.payment_id
        if command.operation in _AT_ONCE or nameless:
            self._end(DialogueEnded(EndReason.COMPLETED))
        else:
            self._advance(None, now)

    def _in_turn(self, message: EcrHubMessage, now: float) -> None:
        """Results wait for their turn; nothing else decides anything."""
        tells_end = meaning.is_final(message.answer) or meaning.is_nameless(message.answer)
        if self._held is None or not tells_end:
            self._dispatch(message, now)
        elif len(self._waiting) < self.MOST_WAITING:
            self._waiting.append(message)

    def _dispatch(self, message: EcrHubMessage, now: float) -> None:
        self._act(self._event_of(message.answer), message, now)

    def _accept(self, held: Held[EcrHubMessage], now: float) -> None:  # noqa: ARG002 - the hook of all
        self._inbox.acknowledge(held.message)
        if self._in_doubt:
            super()._lose(NAMELESS)  # and the acknowledgement still leaves
        elif held.outcome is not None:
            asked = self.state is EcrHubState.ASKING
            self._end(DialogueEnded(EndReason.COMPLETED) if asked else meaning.ended(held.outcome.result))

    def _line_deadline_passed(self, now: float) -> None:
        self._read_frames(self._line.silence(now), now)
        self._line.deadline_passed(now)
        self._tell_trouble(self._line.trouble)

    def _deadlines(self) -> tuple[float | None, ...]:
        """While a result is held nothing of ours is due: a slow disk is not the terminal's fault."""
        return () if self._held is not None else (self._deadline, self._query_at)

    def _time_is_over(self, now: float) -> None:
        over = self._deadline is not None and now >= self._deadline
        self._act(EcrHubEvent.TIME if over else EcrHubEvent.QUERY_TIME, None, now)

    def _leaves(self) -> bool:
        return self.state is EcrHubState.PAYING

    def _forget_line(self) -> None:
        self._inbox.reset()
        self._identity = None

    def _rest(self) -> None:
        self._query_at, self._in_doubt = None, False

    def _lose(self, reason: DriverFact, delivery: Delivery | None = None) -> None:
        super()._lose(reason, delivery)
        self._line.drop()

    # ---- from a command to its message ----

    def _advance(self, _: None, now: float) -> None:
        """Go on to what the command needs next: a link, the proof of the form, its own message.

        An order into the void would stay unclear for ever: no query could find it.
        """
        if self._line.trouble is not None:
            self._lose(self._line.trouble)
        elif not self._line.alive(now):
            self._wait(EcrHubState.OPENING, OPEN_S, now)
        elif self._identity is None:
            self._wait(EcrHubState.PROVING, self._settings.answer_s, now)
            self._requests.probe(now)
        elif self._command.operation in FINANCIAL:
            self._wait(EcrHubState.PAYING, self._settings.payment_s, now)
            self._requests.payment(self._command, self._currency, now)
        elif self._command.operation is Operation.REPEAT_RECEIPT:
            self._wait(EcrHubState.ASKING, self._settings.answer_s, now)
            self._requests.about(Topic.QUERY, now)
        else:
            self._end(self._identity)

    @property
    def _currency(self) -> int:
        return self._settings.currency if self._command.currency is None else self._command.currency

    # ---- from bytes to the table ----

    def _act(self, event: EcrHubEvent, what: Any, now: float) -> None:
        self.TABLE[self.state][event](self, what, now)

    def _read_frames(self, frames: Iterator[EcrHubFrame], now: float) -> None:
        for frame in frames:
            self._read(frame, now)
        if self._line.alive(now):
            self._act(EcrHubEvent.ALIVE, None, now)
        self._tell_trouble(self._line.trouble)

    def _read(self, frame: EcrHubFrame, now: float) -> None:
        try:
            message = self._inbox.read(frame)
        except ProtocolError as error:
            self._act(EcrHubEvent.UNREADABLE, error, now)
            return
        if message is not None and message.mark not in self._kept_marks():
            self._in_turn(message, now)

    def _kept_marks(self) -> set[bytes]:
        held = {self._held.message.mark} if self._held else set()
        return held | {message.mark for message in self._waiting}

    def _event_of(self, answer: EcrHubAnswer) -> EcrHubEvent:
        if meaning.is_final(answer):
            return EcrHubEvent.RESULT if self._is_ours(answer) else EcrHubEvent.OTHER_RESULT
        if self._requests.topic_of(answer) is not None:
            return EcrHubEvent.ANSWER
        return EcrHubEvent.NAMELESS_RESULT if meaning.is_nameless(answer) else EcrHubEvent.OTHER

    def _is_ours(self, answer: EcrHubAnswer) -> bool:
        asked = TRANS_TYPE.get(self._operation)
        return answer.order == self._requests.order and (asked is None or answer.trans_type in {"", asked})

    # ---- actions of the table ----

    def _ignore(self, _: Any, now: float) -> None:
        """It decides nothing."""

    def _acknowledge(self, message: EcrHubMessage, now: float) -> None:
        """Taken; it tells nothing that a state waits for."""
        self._answered(message, now)

    def _outcome(self, message: EcrHubMessage, now: float) -> None:
        self._keep(message, now, late=False)

    def _late(self, message: EcrHubMessage, now: float) -> None:
        self._keep(message, now, late=True)

    def _nameless(self, message: EcrHubMessage, now: float) -> None:
        """It may be that of the running order or of an older one: both are in doubt once it is on disk."""
        self._late(message, now)
        self._in_doubt = self._held is not None

    def _proven(self, message: EcrHubMessage, now: float) -> None:
        """The form is right. Only pairing has to be granted; an unknown order is what was asked for."""
        self._answered(message, now)
        answer = message.answer
        if self._settings.variant is Variant.SDK_1_0 and not answer.handled:
            text = meaning.text_of(answer)
            self._end(DialogueEnded(EndReason.REFUSED, reason=NOT_PAIRED, text=text))
            return
        self._identity = meaning.identity(answer)
        self._advance(None, now)

    def _not_told(self, message: EcrHubMessage, now: float) -> None:
        self._answered(message, now)
        self._end(DialogueEnded(EndReason.COMPLETED, text=meaning.text_of(message.answer)))

    def _doubtful(self, message: EcrHubMessage, now: float) -> None:
        """Refused, not finished, or the answer to a close: only a query tells (reference 6)."""
        topic, answer = self._answered(message, now), message.answer
        if not answer.handled:
            self._doubt = self._doubt or meaning.text_of(answer)
        if meaning.is_open(answer) or topic is Topic.CLOSE:
            self._query_at = now + QUERY_AGAIN_S
        elif topic is Topic.ORDER:
            self._refusal = answer
            self._query_is_due(None, now)
        elif topic is Topic.QUERY and self._refusal is not None and meaning.knows_no_order(answer):
            self._hold(TransactionResult(meaning.refusal(self._refusal, self._requests.order)), message)
        else:
            self._lose(NO_RESULT.about(terminal_said=self._doubt or "-"))

    def _query_is_due(self, _: None, now: float) -> None:
        if self._requests.waits_for(Topic.QUERY):
            self._lose(NO_QUERY_ANSWER)
        else:
            self._requests.about(Topic.QUERY, now)
            self._query_at = now + self._settings.answer_s

    def _another_form(self, error: ProtocolError, now: float) -> None:  # noqa: ARG002 - the call of the table
        """It is not acknowledged: the terminal keeps it."""
        if error.reason in OTHER_FORMS:
            self._end(DialogueEnded(EndReason.REFUSED, reason=OTHER_VARIANT.about(form=error.reason)))

    def _lost(self, error: ProtocolError, now: float) -> None:  # noqa: ARG002 - the call of the table
        """It is not acknowledged: the terminal keeps it, and a query tells what it was about."""
        self._lose(UNREADABLE.about(reason=error.reason))

    def _no_app(self, _: None, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._lose(NO_APP)

    def _not_proven(self, _: None, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._end(DialogueEnded(EndReason.REFUSED, reason=NOT_PROVEN))

    def _no_query_answer(self, _: None, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._end(DialogueEnded(EndReason.ABORTED, reason=NO_QUERY_ANSWER))

    def _no_payment_answer(self, _: None, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._lose(NO_PAYMENT_ANSWER)

    # ---- what the actions are made of ----

    def _answered(self, message: EcrHubMessage, now: float) -> Topic | None:
        """Acknowledge what holds no result; gives what it answers."""
        self._inbox.acknowledge(message)
        topic = self._requests.topic_of(message.answer)
        if topic is not None:
            self._requests.answered(topic, now)
        return topic

    def _keep(self, message: EcrHubMessage, now: float, *, late: bool) -> None:
        """Hold a result for `acknowledge()`."""
        try:
            result = meaning.result(message.answer, self._currency)
        except ProtocolError as error:
            self._act(EcrHubEvent.UNREADABLE, error, now)
            return
        topic = self._requests.topic_of(message.answer)
        if topic is not None:
            self._requests.answered(topic, now)
        self._hold(TransactionResult(result, late=late), message)

    def _wait(self, state: EcrHubState, seconds: float, now: float) -> None:
        self.state = state
        self._deadline = now + seconds

    # ---- the table ----

    # What no row names decides nothing.
    _ANYTIME: ClassVar[Mapping[EcrHubEvent, _Action]] = {
        **dict.fromkeys(EcrHubEvent, _ignore),
        EcrHubEvent.RESULT: _late,
        EcrHubEvent.OTHER_RESULT: _late,
        EcrHubEvent.NAMELESS_RESULT: _late,
        EcrHubEvent.ANSWER: _acknowledge,
        EcrHubEvent.OTHER: _acknowledge,
    }
    TABLE: ClassVar[Mapping[EcrHubState, Mapping[EcrHubEvent, _Action]]] = {
        EcrHubState.IDLE: _ANYTIME,
        EcrHubState.OPENING: {**_ANYTIME, EcrHubEvent.ALIVE: _advance, EcrHubEvent.TIME: _no_app},
        EcrHubState.PROVING: {
            **_ANYTIME,
            EcrHubEvent.ANSWER: _proven,
            EcrHubEvent.UNREADABLE: _another_form,
            EcrHubEvent.TIME: _not_proven,
        },
        EcrHubState.ASKING: {
            **_ANYTIME,
            EcrHubEvent.RESULT: _outcome,
            EcrHubEvent.ANSWER: _not_told,
            EcrHubEvent.TIME: _no_query_answer,
        },
        EcrHubState.PAYING: {
            **_ANYTIME,
            EcrHubEvent.RESULT: _outcome,
            EcrHubEvent.NAMELESS_RESULT: _nameless,
            EcrHubEvent.ANSWER: _doubtful,
            EcrHubEvent.UNREADABLE: _lost,
            EcrHubEvent.TIME: _no_payment_answer,
            EcrHubEvent.QUERY_TIME: _query_is_due,
        },
    }
    DECIDES_NOTHING: ClassVar[frozenset[_Action]] = frozenset({_ignore, _acknowledge})
