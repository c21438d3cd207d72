"""The till's side of a Transbank dialogue (reference 2).

    IDLE --start--> POLLING --ACK--> SENT --ACK--> RUNNING --response, acknowledge()--> IDLE

A poll goes before every command: after a stand-alone phase or in the middle of something else
the terminal does not answer it, and nothing of the command has left. The ACK to a response is
held until `acknowledge()`; the terminal has booked by then, and all that hangs on the ACK is that it
stops repeating. A command that moves money leaves once, unless the terminal says NAK to it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from drivers.card.card import CardSealer
from drivers.operation import CHANGING, WITH_RESULT
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
# A terminal waits for each ACK; more than a few messages behind a held one are a flood.
MOST_WAITING: Final = 8

NO_RESPONSE: Final = DriverFact("no_end")
NOT_ACCEPTED: Final = DriverFact("transbank.not_accepted")
FLOOD: Final = DriverFact("flood")
UNREADABLE: Final = DriverFact("unreadable")
RECONNECTED: Final = DriverFact("reconnected")

# Responses that say what became of money or of the day, whoever waits for them.
_TELLING: Final = frozenset(
    {TransbankFunction.SALE_RESULT, TransbankFunction.VOID_RESULT, TransbankFunction.CLOSE_RESULT}
)


class TransbankState(Enum):
    """Where a dialogue stands."""

    IDLE = auto()
    POLLING = auto()  # nothing of the command has left
    SENT = auto()  # waits for the ACK to the command
    RUNNING = auto()  # the terminal works


@dataclass(frozen=True, slots=True)
class _Held:
    """A response that is not acknowledged yet."""

    response: TransbankResponse
    outcome: TransactionResult


class TransbankSession:
    """One terminal's dialogue; `drivers.terminal.Session` tells what each call means."""

    def __init__(
        self,
        line: TransbankLine,
        card_sealer: CardSealer,
        silence_s: float = SILENCE_S,
        quirks: frozenset[TransbankQuirk] = frozenset(),
    ) -> None:
        self.state = TransbankState.IDLE
        self._line = line
        self._card_sealer = card_sealer
        self._silence_s = silence_s
        self._quirks = quirks
        self._events: deque[Event] = deque()
        self._command = Command(Operation.STATUS)
        self._context = ""  # what a card in a late result is bound to, too
        self._left = False  # a byte of the command has left
        self._deadline: float | None = None
        self._held: _Held | None = None
        self._waiting: deque[TransbankResponse] = deque()  # came while something was held
        self._last_acknowledged: tuple[str, ...] = ()  # the fields of the response acknowledged last
        self._terminal_id: str | None = None
        self._keys_wanted = False
        self._trouble_told = False

    @property
    def busy(self) -> bool:
        return self.state is not TransbankState.IDLE

    def connected(self, now: float) -> None:
        self.disconnected(RECONNECTED, now)
        self._line.reset(now)
        self._terminal_id, self._trouble_told = None, False

    def disconnected(self, reason: DriverFact, now: float) -> None:  # noqa: ARG002 - the call that all sessions have
        if self.busy:
            self._lose(reason)
        self._drop_held()

    def start(self, command: Command, now: float) -> None:
        if self.busy:
            raise SessionError("a command is running")
        if why := commands.refusal_reason(command):
            raise CommandRefusedError(why)
        self._drop_held()  # a late result that nobody accepted is never acknowledged
        self._command, self._left = self._asked(command), False
        self._context = command.payment_id or self._context
        if command.operation is Operation.CLOSE_DAY:
            self._last_acknowledged = ()  # two closes may be answered alike
        if self._line.trouble is not None:
            self._lose(self._line.trouble)
        elif commands.data_of(self._command) or command.operation is Operation.STATUS:
            self.state = TransbankState.POLLING
            self._line.send(commands.POLL, now, again_after_silence=True)
        else:
            self._end(DialogueEnded(EndReason.COMPLETED))

    def abort(self, now: float) -> None:
        """Transbank has no message for it: the red key on the terminal is the only way."""

    def acknowledge(self, now: float) -> None:
        """Acknowledge what is held. Nothing is, when the line broke while the caller was writing."""
        held, self._held = self._held, None
        if held is None:
            return
        self._line.acknowledge()
        self._last_acknowledged = held.response.fields
        if not held.outcome.late:
            self._end(meaning.ended(held.outcome.result))
        while self._waiting and self._held is None:
            self._dispatch(self._waiting.popleft(), now)

    def receive(self, now: float) -> None:
        for data in self._line.receive(now):
            self._look_at_line(now)
            try:
                response = decode(data, self._card_sealer, self._context)
            except ProtocolError as error:
                self._refuse(error)
                continue
            self._dispatch(response, now)
        self._look_at_line(now)

    def bytes_to_send(self) -> bytes:
        data = self._line.bytes_to_send()
        self._left = self._left or (
            bool(data) and self.state in {TransbankState.SENT, TransbankState.RUNNING}
        )
        return data

    def events(self) -> Iterator[Event]:
        while self._events:
            yield self._events.popleft()

    def deadline(self) -> float | None:
        times = [time for time in (self._deadline, self._line.deadline()) if time is not None]
        return min(times, default=None)

    def deadline_passed(self, now: float) -> None:
        self._line.deadline_passed(now)
        self._look_at_line(now)
        if self._deadline is not None and now >= self._deadline:
            self._lose(NO_RESPONSE if self._held is None else NOT_ACCEPTED)

    # ---- what the terminal says ----

    def _look_at_line(self, now: float) -> None:
        """Look at what became of the frame sent last."""
        line = self._line
        if line.trouble is not None:
            self._give_up(line.trouble)
        elif self.busy and line.unanswered:
            self._lose(line.unanswered)
        elif line.acknowledged:
            line.forget()
            if self.state is TransbankState.POLLING:
                self._polled(now)
            elif self.state is TransbankState.SENT:
                self._run(now)

    def _polled(self, now: float) -> None:
        data = commands.data_of(self._command)
        if not data:
            self._end(self._greeting())
            return
        self.state = TransbankState.SENT
        self._line.send(data, now, again_after_silence=self._operation not in CHANGING)

    def _run(self, now: float) -> None:
        self.state = TransbankState.RUNNING
        question = commands.from_memory(self._operation)
        self._deadline = now + (min(QUESTION_S, self._silence_s) if question else self._silence_s)

    def _dispatch(self, response: TransbankResponse, now: float) -> None:
        if response.function is TransbankFunction.STATUS:
            self._status(response, now)
        elif self._held is not None:
            self._keep_waiting(response)
        elif self._is_answer(response):
            self._answered(response, now)
        elif response.fields == self._last_acknowledged or response.function not in _TELLING:
            self._line.acknowledge()  # processed before, or an answer that nobody waits for
        else:
            self._hold(response, late=True)

    def _status(self, response: TransbankResponse, now: float) -> None:
        """ACK at once, but never while a result is held: the terminal would take it for that one's."""
        if self._held is not None:
            return
        self._line.acknowledge()
        if self._left:
            self._events.append(meaning.progress(response))
            self._line.arrived()
            self._look_at_line(now)
            self._run(now)

    def _keep_waiting(self, response: TransbankResponse) -> None:
        known = [self._held.response.fields if self._held else (), *(kept.fields for kept in self._waiting)]
        if response.fields in known:
            return
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(response)
        elif self.busy:
            self._lose(FLOOD)

    def _is_answer(self, response: TransbankResponse) -> bool:
        """Nothing answers a command that has not left yet."""
        return self._left and is_answer(
            self._command,
            response,
            acknowledged=self.state is TransbankState.RUNNING,
            voids_have_own=TransbankQuirk.VOID_HAS_OWN_NUMBER in self._quirks
            and response.fields != self._last_acknowledged,
        )

    def _answered(self, response: TransbankResponse, now: float) -> None:
        self._line.arrived()
        self._line.forget()
        self._note(response)
        if self._operation in WITH_RESULT:
            self._run(now)
            self._hold(response, late=False)
            return
        self._line.acknowledge()
        self._last_acknowledged = response.fields
        if self._operation is Operation.REGISTER:
            self._terminal_id = response.text(meaning.TERMINAL)
            self._end(self._greeting())
        else:
            self._end(meaning.ended(meaning.result(response)))

    def _note(self, response: TransbankResponse) -> None:
        """Whether the terminal has its keys shows in what it answers."""
        if response.code == KEYS_WANTED:
            self._keys_wanted = True
        elif response.code == APPROVED:
            self._keys_wanted = self._keys_wanted and response.function is TransbankFunction.LAST_SALE_RESULT

    def _hold(self, response: TransbankResponse, *, late: bool) -> None:
        outcome = TransactionResult(meaning.result(response), late=late)
        self._held = _Held(response, outcome)
        if self.state in {TransbankState.IDLE, TransbankState.RUNNING}:
            self._line.keep_back()  # an ACK to something older would be taken for one to this
        self._events.append(outcome)

    def _refuse(self, error: ProtocolError) -> None:
        """What cannot be read is not acknowledged; the terminal may say it better."""
        if self.state in {TransbankState.SENT, TransbankState.RUNNING}:
            self._lose(UNREADABLE.about(reason=error.reason))

    # ---- how it ends ----

    def _asked(self, command: Command) -> Command:
        """A poll names nobody: on a line where the terminal is unknown, status asks for its name, too."""
        unknown = self._terminal_id is None and command.operation is Operation.STATUS
        return Command(Operation.REGISTER) if unknown else command

    @property
    def _operation(self) -> Operation:
        return self._command.operation

    def _greeting(self) -> DialogueEnded:
        return DialogueEnded(
            EndReason.COMPLETED,
            maintenance=Operation.INITIALISE if self._keys_wanted else None,
            simulator=self._terminal_id == meaning.SIMULATOR_TERMINAL,
            terminal_id=self._terminal_id or "",
        )

    def _end(self, ended: DialogueEnded) -> None:
        self._events.append(ended)
        self._to_idle()

    def _lose(self, reason: DriverFact) -> None:
        delivery = Delivery.PERHAPS if self.busy and self._left else Delivery.NEVER
        self._events.append(ConnectionLost(reason, delivery))
        self._to_idle()
        self._line.keep_back()
        self._drop_held()

    def _give_up(self, trouble: DriverFact) -> None:
        """The line is in trouble: said once, until there is a fresh one."""
        if not self._trouble_told:
            self._trouble_told = True
            self._lose(trouble)

    def _to_idle(self) -> None:
        self.state = TransbankState.IDLE
        self._left = False
        self._deadline = None
        self._line.forget()

    def _drop_held(self) -> None:
        self._held = None
        self._waiting.clear()
