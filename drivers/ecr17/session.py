"""The till's side of an ECR17 dialogue as a state machine (reference 3, 6).

    IDLE --start--> SENT --ACK--> RUNNING --answer, acknowledge()--> [PRINTING --receipt-->] IDLE

The ACK of a result is held until `acknowledge()`. A command leaves once; the line sends a
copy only while nothing shows that the terminal has it. What breaks after its first
byte left ends in `ConnectionLost`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import date
from enum import Enum, auto
from typing import Final

from drivers.card.card import CardSealer, SecretBuffer
from drivers.ecr17 import commands, packet
from drivers.ecr17 import mapping as meaning
from drivers.ecr17.config import Ecr17Settings
from drivers.ecr17.duplicates import Digest, Ecr17Duplicates, digest_of
from drivers.ecr17.frame import Ecr17DisplayText
from drivers.ecr17.line import Ecr17Line, Ecr17SendReport
from drivers.ecr17.packet import HEAD_BYTES, Ecr17AnswerCode, Ecr17CardBinding, Status, Strange, Totals
from drivers.ecr17.receipt import ReceiptText
from drivers.ecr17.texts import read_text
from drivers.operation import CHANGING
from drivers.terminal import (
    Command,
    CommandRefusedError,
    ConnectionLost,
    Copy,
    Delivery,
    DialogueEnded,
    DisplayText,
    DriverFact,
    EndReason,
    Event,
    Operation,
    ProtocolError,
    Receipt,
    SessionError,
    TransactionResult,
)

# Reference 6: receipts come after the result, until their end mark or some silence.
RECEIPT_SILENCE_S: Final = 5.0

NO_ACK: Final = DriverFact("ecr17.no_ack")
NO_ANSWER: Final = DriverFact("no_end")
DAMAGED: Final = DriverFact("ecr17.damaged")
OUT_OF_TURN: Final = DriverFact("out_of_turn")
REFUSED_AGAIN: Final = DriverFact("refused_again")
UNKNOWN_RESULT: Final = DriverFact("ecr17.unknown_result")
RECONNECTED: Final = DriverFact("reconnected")

REFUSED: Final = DriverFact("ecr17.refused")
OTHER_SCOPE: Final = DriverFact("ecr17.other_scope")

_NO_LETTER: Final = "?"
# Which answers a command has.
_PAID: Final = frozenset({Ecr17AnswerCode.RESULT.value, Ecr17AnswerCode.RESULT_EXCHANGED.value})
_ANSWERS: Final = {
    Operation.STATUS: frozenset({Ecr17AnswerCode.STATUS.value}),
    Operation.SALE: _PAID,
    Operation.REVERSAL: _PAID,
    Operation.REPEAT_RECEIPT: _PAID | {Ecr17AnswerCode.RESULT_PREAUTHORISED.value},
    Operation.CLOSE_DAY: frozenset({Ecr17AnswerCode.CLOSED.value}),
    Operation.TURNOVER_TOTALS: frozenset({Ecr17AnswerCode.TOTALS.value}),
}
_RESULTS: Final = frozenset().union(*_ANSWERS.values())


class Ecr17State(Enum):
    """Where a dialogue stands."""

    IDLE = auto()
    SENT = auto()  # waits for the ACK of the command, or of what goes before it
    RUNNING = auto()  # waits for the answer
    PRINTING = auto()  # the result is accepted, its receipt is on its way


class Ecr17Session:
    """One terminal's dialogue; `drivers.terminal.Session` tells what each call means."""

    def __init__(self, buffer: SecretBuffer, card_sealer: CardSealer, settings: Ecr17Settings) -> None:
        self.state = Ecr17State.IDLE
        self._line = Ecr17Line(buffer, settings.scope, settings.ack_s)
        self._card_sealer = card_sealer
        self._settings = settings
        self._receipt_text = ReceiptText()
        self._duplicates = Ecr17Duplicates()
        self._events: deque[Event] = deque()
        self._held: TransactionResult | Receipt | None = None
        self._came: tuple[Digest, float] | None = None  # what is held, where it waits for an ACK
        self._held_ends = False  # the dialogue is over when it is accepted
        self._command: Command | None = None
        self._message = b""
        self._context = ""  # what a card in a late result is bound to, too
        self._preparing = False  # E=1 is on its way, the command has not left
        self._left = False  # a byte of the command has left
        self._prints = False  # the terminal will send this command's receipt
        self._never_prints = False  # it refused E=1 on this line
        self._pending_end: DialogueEnded | None = None  # what there is to say when the receipt is complete
        self._deadline: float | None = None
        self._today: date | None = None

    @property
    def busy(self) -> bool:
        return self.state is not Ecr17State.IDLE

    def connected(self, now: float) -> None:
        self.disconnected(RECONNECTED, now)
        self._line.reset()
        self._duplicates.forget()
        self._never_prints = False

    def disconnected(self, reason: DriverFact, now: float) -> None:  # noqa: ARG002 - the call that all sessions have
        """A terminal may close the connection when it has its ACK (reference 1): the result stands."""
        if self._pending_end is not None:
            self._end(self._pending_end)
            self._events.append(ConnectionLost(reason, Delivery.NEVER))
        elif self.busy:
            self._lose(reason)
        self._drop_held()

    def start(self, command: Command, now: float) -> None:
        if self.busy:
            raise SessionError("a command is running")
        why = commands.refusal_reason(command, self._settings.currency)
        if why:
            raise CommandRefusedError(why)
        message = commands.message_of(command, self._settings)
        if message is None:
            self._events.append(DialogueEnded(EndReason.COMPLETED))
            return
        self._drop_held()  # a late result that nobody accepted is never acknowledged
        self._command, self._message = command, message
        self._context = command.payment_id or self._context
        self._left = self._prints = self._preparing = False
        self.state = Ecr17State.SENT
        printing = command.operation in CHANGING and self._settings.receipts_by_till
        if printing and not self._never_prints:
            self._preparing = True
            self._line.send(packet.print_on_till(self._settings.who), now, optional=True)
        else:
            self._send_command(now)

    def abort(self, now: float) -> None:
        """ECR17 has no message to stop a payment: the cardholder or the cashier does it at the terminal."""

    def acknowledge(self, now: float) -> None:
        """Acknowledge what is held. Nothing is, when the line broke while the caller was writing."""
        held, came, ends = self._held, self._came, self._held_ends
        self._drop_held()
        if held is None:
            return
        if came is not None:
            self._acknowledge(came, outcome=isinstance(held, TransactionResult))
        if isinstance(held, TransactionResult) and not held.late:
            self._finish_result(meaning.ended(held.result), now)
        elif ends and self._pending_end is not None:
            self._end(self._pending_end)
        else:
            self._wait_on(now)

    def receive(self, now: float) -> None:
        for item in self._line.receive(now):
            if isinstance(item, Ecr17SendReport):
                self._on_report(item, now)
            elif isinstance(item, Ecr17DisplayText):
                self._events.append(DisplayText(0, read_text(item.text)))
                self._wait_on(now)
            else:
                self._dispatch(item, now)
        self._look_at_line()

    def bytes_to_send(self) -> bytes:
        data = self._line.bytes_to_send()
        self._left = self._left or (bool(data) and self.busy and not self._preparing)
        return data

    def events(self) -> Iterator[Event]:
        while self._events:
            yield self._events.popleft()

    def deadline(self) -> float | None:
        times = (self._line.deadline(), self._deadline)
        return min((time for time in times if time is not None), default=None)

    def deadline_passed(self, now: float) -> None:
        report = self._line.deadline_passed(now)
        if report is not None:
            self._on_report(report, now)
        self._look_at_line()
        if self._deadline is not None and now >= self._deadline:
            self._time_is_over()

    # ---- sending ----

    def _send_command(self, now: float) -> None:
        self._preparing = False
        changing = self._operation in CHANGING
        teaches = self._operation is Operation.STATUS
        self._line.send(self._message, now, alone=changing, teaches=teaches)

    def _on_report(self, report: Ecr17SendReport, now: float) -> None:
        if self.state is not Ecr17State.SENT:
            return
        if report is Ecr17SendReport.UNHEARD:
            self._unheard()
        elif self._preparing:
            self._prints = report is Ecr17SendReport.ACKED
            self._never_prints = not self._prints
            self._send_command(now)
        elif report is Ecr17SendReport.ACKED:
            self.state = Ecr17State.RUNNING
            self._wait_on(now)
        elif report is Ecr17SendReport.DOUBTFUL and self._operation in CHANGING:
            self._lose(REFUSED_AGAIN)
        else:
            self._end(DialogueEnded(EndReason.REFUSED, reason=REFUSED))

    def _unheard(self) -> None:
        """No ACK that counts. A terminal that uses another checksum than the settings say shows it."""
        if self._operation is Operation.STATUS and self._line.foreign_scope:
            self._end(
                DialogueEnded(EndReason.REFUSED, reason=OTHER_SCOPE.about(scope=self._line.foreign_scope))
            )
        else:
            self._lose(NO_ACK)

    # ---- receiving ----

    def _dispatch(self, payload: memoryview, now: float) -> None:
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
        if self.state is Ecr17State.SENT and letter in _RESULTS:
            if self._operation in CHANGING:
                self._lose(OUT_OF_TURN)
                return
            if not self._preparing and letter in _ANSWERS[self._operation]:
                self._line.implied()  # the ACK was lost
                self.state = Ecr17State.RUNNING
        self._came = digest, now
        if letter == Ecr17AnswerCode.RECEIPT:
            self._piece(payload[HEAD_BYTES:], now)
        elif letter == _NO_LETTER:
            self._strange(Strange(letter, len(payload)), now)
        else:
            self._answer(
                packet.decode(payload, Ecr17CardBinding(self._card_sealer, self._context)), letter, now
            )

    def _is_copy(self, digest: Digest, letter: str, now: float) -> bool:
        if letter == Ecr17AnswerCode.RECEIPT:
            return self._duplicates.is_last_late(digest, now)
        if self.state is Ecr17State.RUNNING:
            return False  # the terminal has turned to our command; `_outcome` looks at results once more
        return self._duplicates.is_last(digest) or self._duplicates.is_outcome(digest)

    def _answer(self, answer: packet.Ecr17Answer, letter: str, now: float) -> None:
        ours = self.busy and not self._preparing and letter in _ANSWERS.get(self._operation, ())
        if isinstance(answer, Status):
            self._today = answer.day or self._today
            self._acknowledge_now()
            if ours and self.state is not Ecr17State.PRINTING:
                self._end(meaning.status(answer, self._line.scope if self._line.learns else ""))
        elif isinstance(answer, Strange):
            self._strange(answer, now)
        else:
            self._outcome(answer, now, ours=ours and self.state is not Ecr17State.PRINTING)

    def _outcome(self, answer: packet.Ecr17Result | Totals, now: float, *, ours: bool) -> None:
        changing = self._operation in CHANGING
        stan = answer.stan if isinstance(answer, packet.Ecr17Result) else None
        if ours and changing and stan and self._came and self._duplicates.was_reported(self._came[0]):
            # A new payment has a new STAN: this is what was said before, whether it was accepted or not.
            if self._duplicates.is_outcome(self._came[0]):
                self._acknowledge_now()
            self._wait_on(now)
            return
        result = meaning.result(answer, self._today)
        if result is not None:
            if self._came is not None:
                self._duplicates.note_reported(self._came[0])
            self._hold(TransactionResult(result, late=not ours))
        elif ours and changing:
            self._lose(UNKNOWN_RESULT)
        else:
            self._strange(Strange(answer.code, 0), now)

    def _strange(self, answer: Strange, now: float) -> None:
        """Kept as a line that says so. To a question about the last result it is the answer: none is told."""
        ends = self.state is Ecr17State.RUNNING and self._operation is Operation.REPEAT_RECEIPT
        if ends:
            self._pending_end = DialogueEnded(EndReason.COMPLETED)
        self._hold(meaning.note(answer), ends=ends)
        self._wait_on(now)

    def _piece(self, piece: memoryview, now: float) -> None:
        """A part of a receipt. One that ends no line is acknowledged at once: nothing is there to be kept."""
        lines, last = self._receipt_text.add(piece)
        if lines or last:
            self._hold(Receipt(Copy.UNKNOWN, lines, last=last), ends=last)
        else:
            self._acknowledge_now()
            self._wait_on(now)

    # ---- what the actions are made of ----

    @property
    def _operation(self) -> Operation:
        return Operation.STATUS if self._command is None else self._command.operation

    def _hold(self, event: TransactionResult | Receipt, *, ends: bool = False) -> None:
        self._held, self._held_ends = event, ends
        self._events.append(event)
        self._deadline = None

    def _drop_held(self) -> None:
        self._held = self._came = None
        self._held_ends = False

    def _acknowledge_now(self) -> None:
        if self._came is not None:
            self._acknowledge(self._came)
        self._came = None

    def _acknowledge(self, came: tuple[Digest, float], *, outcome: bool = False) -> None:
        self._duplicates.answered(*came, outcome=outcome)
        self._line.acknowledge()

    def _finish_result(self, ended: DialogueEnded, now: float) -> None:
        """The result is on disk. The receipt may still come."""
        if not self._prints:
            self._end(ended)
            return
        self._pending_end = ended
        self.state = Ecr17State.PRINTING
        self._wait_on(now)

    def _wait_on(self, now: float) -> None:
        """The terminal has shown that it is there."""
        if self._held is not None:
            return
        if self.state is Ecr17State.PRINTING:
            self._deadline = now + RECEIPT_SILENCE_S
        elif self.state is Ecr17State.RUNNING:
            changing = self._operation in CHANGING
            settings = self._settings
            self._deadline = now + (settings.payment_silence_s if changing else settings.answer_s)

    def _time_is_over(self) -> None:
        self._deadline = None
        if self._pending_end is None:
            self._lose(NO_ANSWER)
            return
        rest = self._receipt_text.end()
        if rest:
            self._came = None
            self._hold(Receipt(Copy.UNKNOWN, rest, last=True), ends=True)
        else:
            self._end(self._pending_end)

    def _look_at_line(self) -> None:
        if self._line.damaged:
            self._lose(DAMAGED)
            self._line.reset()

    def _end(self, ended: DialogueEnded) -> None:
        self._events.append(ended)
        self._to_idle()

    def _lose(self, reason: DriverFact) -> None:
        delivery = Delivery.PERHAPS if self.busy and self._left else Delivery.NEVER
        self._events.append(ConnectionLost(reason, delivery))
        self._drop_held()
        self._to_idle()

    def _to_idle(self) -> None:
        self.state = Ecr17State.IDLE
        self._pending_end = self._deadline = None
        self._line.implied()
        self._receipt_text.clear()
