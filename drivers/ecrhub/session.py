"""The till's side of an ECRHub dialogue (reference 3 and 6).

    IDLE --start--> OPENING --sign of life--> PROVING --our form--> PAYING or ASKING --acknowledge()--> IDLE

No order leaves before a harmless answer has shown that the terminal speaks the form
that the settings name: in another one the same bytes mean something else. An
answer is decoded, told, accepted and only then acknowledged. One that does not tell
the end of an order is followed by a query, and what that does not prove is `ConnectionLost`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

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
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DriverFact,
    EndReason,
    Event,
    Operation,
    ProtocolError,
    SessionError,
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
UNREADABLE: Final = DriverFact("unreadable")
RECONNECTED: Final = DriverFact("reconnected")
STOPPED_BEFORE: Final = DriverFact("ecrhub.stopped_before")

# The protocol has no message for them, and needs none.
_AT_ONCE: Final = frozenset({Operation.DIAGNOSE, Operation.INITIALISE, Operation.LOG_OFF})


class EcrHubState(Enum):
    """Where a dialogue stands."""

    IDLE = auto()
    OPENING = auto()  # waits for the terminal's confirm, or its next sign of life
    PROVING = auto()  # waits for the answer to the trial message
    ASKING = auto()  # waits for the answer to a query
    PAYING = auto()  # the order is out


class EcrHubSession:
    """One terminal's dialogue; `drivers.terminal.Session` tells what each call means."""

    def __init__(self, line: EcrHubLine, settings: EcrHubSettings) -> None:
        self.state = EcrHubState.IDLE
        self._line = line
        self._settings = settings
        self._requests = OpenRequests(line, settings)
        self._inbox = Inbox(line, settings.variant)
        self._events: deque[Event] = deque()
        self._identity: DialogueEnded | None = None  # once the terminal has proven its form on this line
        self._command = Command(Operation.STATUS)
        self._outcome: TransactionResult | None = None  # what the inbox holds
        self._left = False  # a byte of the order has left
        self._closing = False
        self._deadline: float | None = None  # when the state's wait is over
        self._query_at: float | None = None  # when a query is due, or the answer to it overdue
        self._doubt = ""  # what the terminal said in place of a result
        self._trouble_told = False

    @property
    def busy(self) -> bool:
        return self.state is not EcrHubState.IDLE

    def connected(self, now: float) -> None:
        self.disconnected(RECONNECTED, now)
        self._line.reset(now)
        self._inbox.reset()
        self._identity, self._trouble_told = None, False

    def disconnected(self, reason: DriverFact, now: float) -> None:  # noqa: ARG002 - the call that all sessions have
        if self.busy:
            self._lose(reason)
        self._inbox.drop()

    def start(self, command: Command, now: float) -> None:
        if self.busy:
            raise SessionError("a command is running")
        if why := commands.refusal_reason(command):
            raise CommandRefusedError(why)
        self._inbox.drop()  # a late result that nobody accepted is never acknowledged
        self._command = command
        self._requests.begin(command)
        self._left = self._closing = False
        self._doubt = ""
        # Without a payment's name a receipt cannot be asked for: the protocol has no "last one".
        nameless = command.operation is Operation.REPEAT_RECEIPT and not command.payment_id
        if command.operation in _AT_ONCE or nameless:
            self._end(DialogueEnded(EndReason.COMPLETED))
        else:
            self._advance(now)

    def abort(self, now: float) -> None:
        """pay.close goes out only once, and only for an order that is out and has no result."""
        if self.state in {EcrHubState.OPENING, EcrHubState.PROVING} and self._command.operation in FINANCIAL:
            self._end(DialogueEnded(EndReason.ABORTED, reason=STOPPED_BEFORE, cancelled=True))
        elif self.state is EcrHubState.PAYING and not self._closing and self._inbox.held is None:
            self._closing = EcrHubQuirk.NO_CLOSE not in self._settings.quirks
            if self._closing:
                self._requests.about(Topic.CLOSE, now)

    def acknowledge(self, now: float) -> None:
        """Acknowledge what is held. Nothing is, when the line broke while the caller was writing."""
        message, outcome = self._inbox.held, self._outcome
        if message is None or outcome is None:
            return
        self._inbox.held = None
        self._inbox.acknowledge(message)
        if not outcome.late:
            asked = self.state is EcrHubState.ASKING
            self._end(DialogueEnded(EndReason.COMPLETED) if asked else meaning.ended(outcome.result))
        while (waiting := self._inbox.next()) is not None:
            self._dispatch(waiting, now)

    def receive(self, now: float) -> None:
        self._read_frames(self._line.receive(now), now)

    def bytes_to_send(self) -> bytes:
        data = self._line.bytes_to_send()
        self._left = self._left or (self.state is EcrHubState.PAYING and bool(data))
        return data

    def events(self) -> Iterator[Event]:
        while self._events:
            yield self._events.popleft()

    def deadline(self) -> float | None:
        """While a result is held nothing of ours is due: a slow disk is not the terminal's fault."""
        own = () if self._inbox.held is not None else (self._deadline, self._query_at)
        times = [time for time in (self._line.deadline(), *own) if time is not None]
        return min(times, default=None)

    def deadline_passed(self, now: float) -> None:
        self._read_frames(self._line.silence(now), now)
        self._line.deadline_passed(now)
        self._look_at_line()
        if self._inbox.held is not None:
            return
        if self._deadline is not None and now >= self._deadline:
            self._time_is_over()
        elif self._query_at is not None and now >= self._query_at:
            self._query_is_due(now)

    # ---- from a command to its message ----

    def _advance(self, now: float) -> None:
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

    # ---- from bytes to a message ----

    def _read_frames(self, frames: Iterator[EcrHubFrame], now: float) -> None:
        for frame in frames:
            self._read(frame, now)
        if self.state is EcrHubState.OPENING and self._line.alive(now):
            self._advance(now)
        self._look_at_line()

    def _read(self, frame: EcrHubFrame, now: float) -> None:
        try:
            message = self._inbox.read(frame)
        except ProtocolError as error:
            self._refuse(error)
            return
        if message is not None:
            self._dispatch(message, now)

    def _dispatch(self, message: EcrHubMessage, now: float) -> None:
        """One new message."""
        if meaning.is_final(message.answer):
            self._result(message, now)
            return
        self._inbox.acknowledge(message)
        topic = self._requests.topic_of(message.answer)
        if topic is not None:
            self._requests.answered(topic, now)
            self._without_result(message.answer, topic, now)

    def _refuse(self, error: ProtocolError) -> None:
        """It is not acknowledged: the terminal keeps it, and a query tells what it was about."""
        if self.state is EcrHubState.PAYING:
            self._lose(UNREADABLE.about(reason=error.reason))
        elif self.state is EcrHubState.PROVING and error.reason in OTHER_FORMS:
            self._end(DialogueEnded(EndReason.REFUSED, reason=OTHER_VARIANT.about(form=error.reason)))

    # ---- what the messages do ----

    def _result(self, message: EcrHubMessage, now: float) -> None:
        """Hold it for `acknowledge()`. One that is about another order is not that of the command."""
        if self._inbox.held is not None:
            self._inbox.wait(message)
            return
        try:
            result = meaning.result(message.answer, self._currency)
        except ProtocolError as error:
            self._refuse(error)
            return
        topic = self._requests.topic_of(message.answer)
        if topic is not None:
            self._requests.answered(topic, now)
        self._inbox.held = message
        self._outcome = TransactionResult(result, late=not self._is_ours(message.answer))
        self._events.append(self._outcome)

    def _is_ours(self, answer: EcrHubAnswer) -> bool:
        if self.state not in {EcrHubState.PAYING, EcrHubState.ASKING} or answer.order != self._requests.order:
            return False
        asked = TRANS_TYPE.get(self._command.operation)
        return asked is None or answer.trans_type in {"", asked}

    def _without_result(self, answer: EcrHubAnswer, topic: Topic, now: float) -> None:
        """The answer to one of our messages that does not tell the end of an order."""
        match self.state:
            case EcrHubState.PROVING:
                self._proven(answer, now)
            case EcrHubState.ASKING:
                self._end(DialogueEnded(EndReason.COMPLETED, text=meaning.text_of(answer)))
            case EcrHubState.PAYING:
                self._doubtful(answer, topic, now)
            case _:
                pass

    def _proven(self, answer: EcrHubAnswer, now: float) -> None:
        """The form is right. Only pairing has to be granted; an unknown order is what was asked for."""
        if self._settings.variant is Variant.SDK_1_0 and not answer.handled:
            self._end(DialogueEnded(EndReason.REFUSED, reason=NOT_PAIRED, text=meaning.text_of(answer)))
            return
        self._identity = meaning.identity(answer)
        self._advance(now)

    def _doubtful(self, answer: EcrHubAnswer, topic: Topic, now: float) -> None:
        """Refused, not finished, or the answer to a close: only a query tells (reference 6)."""
        if not answer.handled:
            self._doubt = self._doubt or meaning.text_of(answer)
        if meaning.is_open(answer) or topic is Topic.CLOSE:
            self._query_at = now + QUERY_AGAIN_S
        elif topic is Topic.ORDER:
            self._query_is_due(now)
        else:
            self._lose(NO_RESULT.about(terminal_said=self._doubt or "-"))

    def _query_is_due(self, now: float) -> None:
        if self._requests.waits_for(Topic.QUERY):
            self._lose(NO_QUERY_ANSWER)
        else:
            self._requests.about(Topic.QUERY, now)
            self._query_at = now + self._settings.answer_s

    # ---- how a state ends ----

    def _wait(self, state: EcrHubState, seconds: float, now: float) -> None:
        self.state = state
        self._deadline = now + seconds

    def _time_is_over(self) -> None:
        match self.state:
            case EcrHubState.OPENING:
                self._lose(NO_APP)
            case EcrHubState.PROVING:
                self._end(DialogueEnded(EndReason.REFUSED, reason=NOT_PROVEN))
            case EcrHubState.ASKING:
                self._end(DialogueEnded(EndReason.ABORTED, reason=NO_QUERY_ANSWER))
            case _:
                self._lose(NO_PAYMENT_ANSWER)

    def _look_at_line(self) -> None:
        if self._line.trouble is not None and not self._trouble_told:
            self._trouble_told = True
            self._lose(self._line.trouble)

    def _end(self, ended: DialogueEnded) -> None:
        self._events.append(ended)
        self._to_idle()

    def _lose(self, reason: DriverFact) -> None:
        self._events.append(
            ConnectionLost(reason, Delivery.PERHAPS if self._left and self.busy else Delivery.NEVER)
        )
        self._to_idle()
        self._inbox.drop()
        self._line.drop()

    def _to_idle(self) -> None:
        self.state = EcrHubState.IDLE
        self._deadline = self._query_at = None
