"""The till's side of an ECR17 dialogue as a state machine (reference 3, 6).

    IDLE --start--> SENT --ACK--> RUNNING --answer, accept()--> [PRINTING --receipt-->] IDLE

The ACK of a result is held until `accept()`. A command leaves once; the line sends a
copy only while nothing shows that the terminal has it. What breaks after its first
byte left ends in `Lost`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import date
from enum import Enum, auto
from typing import Final

from drivers.card.card import SecretBuffer, Vault
from drivers.ecr17 import commands, packet
from drivers.ecr17 import mapping as meaning
from drivers.ecr17.config import Ecr17Settings
from drivers.ecr17.duplicates import Copies, Digest, digest_of
from drivers.ecr17.frame import Progress as DisplayText
from drivers.ecr17.line import Line, Told
from drivers.ecr17.packet import HEAD_BYTES, CardDesk, Say, Status, Strange, Totals
from drivers.ecr17.texts import read_text
from drivers.ecr17.ticket import Ticket
from drivers.terminal import (
    Command,
    Copy,
    Ended,
    Event,
    Heard,
    How,
    Lost,
    Operation,
    Outcome,
    Progress,
    ProtocolError,
    Receipt,
    SessionError,
)

# Reference 6: receipts come after the result, until their end mark or some silence.
RECEIPT_SILENCE_S: Final = 5.0

NO_ACK: Final = "the terminal did not acknowledge the request"
NO_ANSWER: Final = "the terminal did not say in time how the command ended"
DAMAGED: Final = "three messages in a row arrived damaged from the terminal"
OUT_OF_TURN: Final = "the terminal sent a result before it had acknowledged the command"
REFUSED_AGAIN: Final = "the terminal refused the command when it came again; it may have begun the first one"
UNKNOWN_RESULT: Final = "the terminal sent a result that its protocol does not explain"
RECONNECTED: Final = "the line was opened anew"

REFUSED: Final = "The terminal refused the request: it is busy, does not know it, or has another terminal_id."
OTHER_SCOPE: Final = 'The terminal uses another checksum: set its variant to "{scope}".'

_NO_LETTER: Final = "?"
# Which answers a command has.
_PAID: Final = frozenset({Say.RESULT.value, Say.RESULT_EXCHANGED.value})
_ANSWERS: Final = {
    Operation.STATUS: frozenset({Say.STATUS.value}),
    Operation.SALE: _PAID,
    Operation.REVERSAL: _PAID,
    Operation.REPEAT_RECEIPT: _PAID | {Say.RESULT_PREAUTHORISED.value},
    Operation.CLOSE_DAY: frozenset({Say.CLOSED.value}),
    Operation.TURNOVER_TOTALS: frozenset({Say.TOTALS.value}),
}
_RESULTS: Final = frozenset().union(*_ANSWERS.values())


class State(Enum):
    """Where a dialogue stands."""

    IDLE = auto()
    SENT = auto()  # waits for the ACK of the command, or of what goes before it
    RUNNING = auto()  # waits for the answer
    PRINTING = auto()  # the result is accepted, its receipt is on its way


class Ecr17Session:
    """One terminal's dialogue; `drivers.terminal.Session` tells what each call means."""

    def __init__(self, buffer: SecretBuffer, vault: Vault, settings: Ecr17Settings) -> None:
        self.state = State.IDLE
        self._line = Line(buffer, settings.scope, settings.ack_s)
        self._vault = vault
        self._settings = settings
        self._ticket = Ticket()
        self._copies = Copies()
        self._events: deque[Event] = deque()
        self._held: Outcome | Receipt | None = None
        self._came: tuple[Digest, float] | None = None  # what is held, where it waits for an ACK
        self._held_ends = False  # the dialogue is over when it is accepted
        self._command: Command | None = None
        self._message = b""
        self._context = ""  # what a card in a late result is bound to, too
        self._preparing = False  # E=1 is on its way, the command has not left
        self._left = False  # a byte of the command has left
        self._prints = False  # the terminal will send this command's receipt
        self._never_prints = False  # it refused E=1 on this line
        self._end: Ended | None = None  # what there is to say when the receipt is complete
        self._silent_at: float | None = None
        self._today: date | None = None

    @property
    def busy(self) -> bool:
        return self.state is not State.IDLE

    def connected(self, now: float) -> None:
        self.disconnected(RECONNECTED, now)
        self._line.reset()
        self._copies.forget()
        self._never_prints = False

    def disconnected(self, reason: str, now: float) -> None:  # noqa: ARG002 - the call that all sessions have
        """A terminal may close the connection when it has its ACK (reference 1): the result stands."""
        if self._end is not None:
            self._finish(self._end)
            self._events.append(Lost(reason, Heard.NEVER))
        elif self.busy:
            self._lose(reason)
        self._drop_held()

    def start(self, command: Command, now: float) -> None:
        if self.busy:
            raise SessionError("a command is running")
        why = commands.why_not(command, self._settings.currency)
        if why:
            raise SessionError(why)
        message = commands.message_of(command, self._settings)
        if message is None:
            self._events.append(Ended(How.COMPLETED))
            return
        self._drop_held()  # a late result that nobody accepted is never acknowledged
        self._command, self._message = command, message
        self._context = command.payment_id or self._context
        self._left = self._prints = self._preparing = False
        self.state = State.SENT
        printing = command.operation in commands.PRINTING and self._settings.receipts_by_till
        if printing and not self._never_prints:
            self._preparing = True
            self._line.send(packet.print_on_till(self._settings.who), now, optional=True)
        else:
            self._send_command(now)

    def abort(self, now: float) -> None:
        """ECR17 has no message to stop a payment: the cardholder or the cashier does it at the terminal."""

    def accept(self, now: float) -> None:
        """Acknowledge what is held. Nothing is, when the line broke while the caller was writing."""
        held, came, ends = self._held, self._came, self._held_ends
        self._drop_held()
        if held is None:
            return
        if came is not None:
            self._acknowledge(came, outcome=isinstance(held, Outcome))
        if isinstance(held, Outcome) and not held.late:
            self._finish_result(meaning.ended(held.result), now)
        elif ends and self._end is not None:
            self._finish(self._end)
        else:
            self._wait_on(now)

    def receive(self, now: float) -> None:
        for item in self._line.receive(now):
            if isinstance(item, Told):
                self._told(item, now)
            elif isinstance(item, DisplayText):
                self._events.append(Progress(0, read_text(item.text)))
                self._wait_on(now)
            else:
                self._take(item, now)
        self._look_at_line()

    def bytes_to_send(self) -> bytes:
        data = self._line.bytes_to_send()
        self._left = self._left or (bool(data) and self.busy and not self._preparing)
        return data

    def events(self) -> Iterator[Event]:
        while self._events:
            yield self._events.popleft()

    def deadline(self) -> float | None:
        times = (self._line.deadline(), self._silent_at)
        return min((time for time in times if time is not None), default=None)

    def deadline_passed(self, now: float) -> None:
        told = self._line.deadline_passed(now)
        if told is not None:
            self._told(told, now)
        self._look_at_line()
        if self._silent_at is not None and now >= self._silent_at:
            self._silence()

    # ---- sending ----

    def _send_command(self, now: float) -> None:
        self._preparing = False
        changing = self._operation in commands.CHANGING
        teaches = self._operation is Operation.STATUS
        self._line.send(self._message, now, alone=changing, teaches=teaches)

    def _told(self, told: Told, now: float) -> None:
        if self.state is not State.SENT:
            return
        if told is Told.UNHEARD:
            self._unheard()
        elif self._preparing:
            self._prints = told is Told.ACKED
            self._never_prints = not self._prints
            self._send_command(now)
        elif told is Told.ACKED:
            self.state = State.RUNNING
            self._wait_on(now)
        elif told is Told.DOUBTFUL and self._operation in commands.CHANGING:
            self._lose(REFUSED_AGAIN)
        else:
            self._finish(Ended(How.REFUSED, text=REFUSED))

    def _unheard(self) -> None:
        """No ACK that counts. A terminal that uses another checksum than the settings say shows it."""
        if self._operation is Operation.STATUS and self._line.foreign_scope:
            self._finish(Ended(How.REFUSED, text=OTHER_SCOPE.format(scope=self._line.foreign_scope)))
        else:
            self._lose(NO_ACK)

    # ---- receiving ----

    def _take(self, payload: memoryview, now: float) -> None:
        """One message. While something is held nothing else is acknowledged: the terminal says it again."""
        if self._held is not None:
            return
        digest = digest_of(payload)
        try:
            letter = packet.code_of(payload)
        except ProtocolError:
            letter = _NO_LETTER
        if self._is_copy(digest, letter, now):
            self._acknowledge((digest, now))
            self._wait_on(now)
            return
        if self.state is State.SENT and letter in _RESULTS:
            if self._operation in commands.CHANGING:
                self._lose(OUT_OF_TURN)
                return
            if not self._preparing and letter in _ANSWERS[self._operation]:
                self._line.implied()  # the ACK was lost
                self.state = State.RUNNING
        self._came = digest, now
        if letter == Say.TICKET:
            self._piece(payload[HEAD_BYTES:], now)
        elif letter == _NO_LETTER:
            self._strange(Strange(letter, len(payload)), now)
        else:
            self._answer(packet.decode(payload, CardDesk(self._vault, self._context)), letter, now)

    def _is_copy(self, digest: Digest, letter: str, now: float) -> bool:
        if letter == Say.TICKET:
            return self._copies.is_last_late(digest, now)
        if self.state is State.RUNNING:
            return False  # the terminal has turned to our command; `_outcome` looks at results once more
        return self._copies.is_last(digest) or self._copies.is_outcome(digest)

    def _answer(self, answer: packet.Answer, letter: str, now: float) -> None:
        ours = self.busy and not self._preparing and letter in _ANSWERS.get(self._operation, ())
        if isinstance(answer, Status):
            self._today = answer.day or self._today
            self._acknowledge_now()
            if ours and self.state is not State.PRINTING:
                self._finish(meaning.status(answer, self._line.scope if self._line.learns else ""))
        elif isinstance(answer, Strange):
            self._strange(answer, now)
        else:
            self._outcome(answer, now, ours=ours and self.state is not State.PRINTING)

    def _outcome(self, answer: packet.Outcome | Totals, now: float, *, ours: bool) -> None:
        changing = self._operation in commands.CHANGING
        stan = answer.stan if isinstance(answer, packet.Outcome) else None
        if ours and changing and stan and self._came and self._copies.was_told(self._came[0]):
            # A new payment has a new STAN: this is what was said before, whether it was accepted or not.
            if self._copies.is_outcome(self._came[0]):
                self._acknowledge_now()
            self._wait_on(now)
            return
        result = meaning.result(answer, self._today)
        if result is not None:
            if self._came is not None:
                self._copies.told(self._came[0])
            self._hold(Outcome(result, late=not ours))
        elif ours and changing:
            self._lose(UNKNOWN_RESULT)
        else:
            self._strange(Strange(answer.code, 0), now)

    def _strange(self, answer: Strange, now: float) -> None:
        """Kept as a line that says so. To a question about the last result it is the answer: none is told."""
        ends = self.state is State.RUNNING and self._operation is Operation.REPEAT_RECEIPT
        if ends:
            self._end = Ended(How.COMPLETED)
        self._hold(meaning.note(answer), ends=ends)
        self._wait_on(now)

    def _piece(self, piece: memoryview, now: float) -> None:
        """A part of a receipt. One that ends no line is acknowledged at once: nothing is there to be kept."""
        lines, last = self._ticket.add(piece)
        if lines or last:
            self._hold(Receipt(Copy.UNKNOWN, lines, last=last), ends=last)
        else:
            self._acknowledge_now()
            self._wait_on(now)

    # ---- what the actions are made of ----

    @property
    def _operation(self) -> Operation:
        return Operation.STATUS if self._command is None else self._command.operation

    def _hold(self, event: Outcome | Receipt, *, ends: bool = False) -> None:
        self._held, self._held_ends = event, ends
        self._events.append(event)
        self._silent_at = None

    def _drop_held(self) -> None:
        self._held = self._came = None
        self._held_ends = False

    def _acknowledge_now(self) -> None:
        if self._came is not None:
            self._acknowledge(self._came)
        self._came = None

    def _acknowledge(self, came: tuple[Digest, float], *, outcome: bool = False) -> None:
        self._copies.answered(*came, outcome=outcome)
        self._line.acknowledge()

    def _finish_result(self, ended: Ended, now: float) -> None:
        """The result is on disk. The receipt may still come."""
        if not self._prints:
            self._finish(ended)
            return
        self._end = ended
        self.state = State.PRINTING
        self._wait_on(now)

    def _wait_on(self, now: float) -> None:
        """The terminal has shown that it is there."""
        if self._held is not None:
            return
        if self.state is State.PRINTING:
            self._silent_at = now + RECEIPT_SILENCE_S
        elif self.state is State.RUNNING:
            changing = self._operation in commands.CHANGING
            settings = self._settings
            self._silent_at = now + (settings.payment_silence_s if changing else settings.answer_s)

    def _silence(self) -> None:
        self._silent_at = None
        if self._end is None:
            self._lose(NO_ANSWER)
            return
        rest = self._ticket.end()
        if rest:
            self._came = None
            self._hold(Receipt(Copy.UNKNOWN, rest, last=True), ends=True)
        else:
            self._finish(self._end)

    def _look_at_line(self) -> None:
        if self._line.damaged:
            self._lose(DAMAGED)
            self._line.reset()

    def _finish(self, ended: Ended) -> None:
        self._events.append(ended)
        self._rest()

    def _lose(self, reason: str) -> None:
        heard = Heard.PERHAPS if self.busy and self._left else Heard.NEVER
        self._events.append(Lost(reason, heard))
        self._drop_held()
        self._rest()

    def _rest(self) -> None:
        self.state = State.IDLE
        self._end = self._silent_at = None
        self._line.implied()
        self._ticket.clear()
