"""The till's side of an ECR17 dialogue as a state table (reference 3, 6).

    IDLE --start--> [PREPARING -->] SENT --ACK--> RUNNING --answer, acknowledge()--> [PRINTING -->] IDLE

The ACK of a result is held until `acknowledge()`. A command leaves once; the line sends a
copy only while nothing shows that the terminal has it. What breaks after its first
byte left ends in `ConnectionLost`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum, auto
from typing import Any, ClassVar, Final

from drivers.card.card import CardSealer, SecretBuffer
from drivers.dialogue import NO_END, OUT_OF_TURN, REFUSED_AGAIN, Dialogue, Held
from drivers.ecr17 import commands, packet
from drivers.ecr17 import mapping as meaning
from drivers.ecr17.config import Ecr17Settings
from drivers.ecr17.frame import Ecr17DisplayText
from drivers.ecr17.inbox import NO_LETTER, REPORTS, Ecr17Event, Ecr17Inbox, Ecr17Message, message_of
from drivers.ecr17.line import Ecr17Line, Ecr17SendReport
from drivers.ecr17.packet import HEAD_BYTES, Ecr17Result, Status, Strange, Totals
from drivers.ecr17.receipt import ReceiptText
from drivers.ecr17.texts import read_text
from drivers.operation import CHANGING, FINANCIAL
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
    Operation,
    Receipt,
    TransactionResult,
)

# Reference 6: receipts come after the result, until their end mark or some silence.
RECEIPT_SILENCE_S: Final = 5.0

NO_ACK: Final = DriverFact("ecr17.no_ack")
DAMAGED: Final = DriverFact("ecr17.damaged")
UNKNOWN_RESULT: Final = DriverFact("ecr17.unknown_result")
NAMELESS: Final = DriverFact("ecr17.nameless")

REFUSED: Final = DriverFact("ecr17.refused")
OTHER_SCOPE: Final = DriverFact("ecr17.other_scope")

_Action = Callable[["Ecr17Session", Any, float], None]


class Ecr17State(Enum):
    """Where a dialogue stands."""

    IDLE = auto()
    PREPARING = auto()  # E=1 is on its way, the command has not left
    SENT = auto()  # waits for the ACK of the command
    RUNNING = auto()  # waits for the answer
    PRINTING = auto()  # the answer has come, its receipt is on its way


class Ecr17Session(Dialogue[Ecr17Line, Ecr17State, Ecr17Message]):
    """One terminal's dialogue: what is ECR17's own."""

    def __init__(self, buffer: SecretBuffer, card_sealer: CardSealer, settings: Ecr17Settings) -> None:
        super().__init__(Ecr17Line(buffer, settings.scope, settings.ack_s), Ecr17State.IDLE)
        self._settings = settings
        self._receipt_text = ReceiptText()
        self._inbox = Ecr17Inbox(self._line, card_sealer)
        self._message = b""
        self._prints = False  # the terminal will send this command's receipt
        self._never_prints = False  # it refused E=1 on this line
        self._pending_end: DialogueEnded | None = None  # what there is to say when the receipt is complete
        self._doubted = False  # a result that may be an older payment's is held

    def abort(self, now: float) -> None:
        """ECR17 has no message to stop a payment: the cardholder or the cashier does it at the terminal."""

    def receive(self, now: float) -> None:
        for item in self._line.receive(now):
            if isinstance(item, Ecr17SendReport):
                self._act(REPORTS[item], None, now)
            elif isinstance(item, Ecr17DisplayText):
                self._act(Ecr17Event.TEXT, item, now)
            else:
                self._in_turn(message_of(item, now), now)
        self._look_at_line()

    # ---- the hooks of the dialogue ----

    def _check(self, command: Command) -> None:
        why = commands.refusal_reason(command, self._settings.currency)
        if why:
            raise CommandRefusedError(why)

    def _begin(self, command: Command, now: float) -> None:
        message = commands.message_of(command, self._settings)
        if message is None:
            self._events.append(DialogueEnded(EndReason.COMPLETED))
            return
        self._message, self._prints = message, False
        self._doubted = False
        printing = command.operation in CHANGING and self._settings.receipts_by_till
        if printing and not self._never_prints:
            self.state = Ecr17State.PREPARING
            self._line.send(packet.print_on_till(self._settings.who), now, optional=True)
        else:
            self._send_command(now)

    def _in_turn(self, message: Ecr17Message, now: float) -> None:
        """While something is held nothing else is acknowledged: the terminal says it again."""
        if self._held is None:
            self._dispatch(message, now)

    def _dispatch(self, message: Ecr17Message, now: float) -> None:
        turned = self.state is Ecr17State.RUNNING
        event = self._inbox.event_of(message, self._operation, now, turned=turned)
        self._act(event, message, now)

    def _accept(self, held: Held[Ecr17Message], now: float) -> None:
        self._inbox.acknowledge(held.message, outcome=isinstance(held.event, TransactionResult))
        if held.outcome is not None and self._operation is Operation.REPEAT_RECEIPT:
            self._in_doubt_until = 0.0  # it told its last result: nothing older will come
        if self._doubted:
            self._lose(NAMELESS)
        elif held.outcome is not None:
            self._finish_result(meaning.ended(held.outcome.result), now)
        elif held.message.ends and self._pending_end is not None:
            self._end(self._pending_end)
        else:
            self._wait_on(now)

    def _line_deadline_passed(self, now: float) -> None:
        report = self._line.deadline_passed(now)
        if report is not None:
            self._act(REPORTS[report], None, now)
        self._look_at_line()

    def _time_is_over(self, now: float) -> None:
        self._deadline = None
        self._act(Ecr17Event.TIME, None, now)

    def _leaves(self) -> bool:
        return self.state not in {Ecr17State.IDLE, Ecr17State.PREPARING}

    def _line_lost(self, reason: DriverFact) -> None:
        self._act(Ecr17Event.LINE_LOST, reason, 0.0)

    def _forget_line(self) -> None:
        self._inbox.reset()
        self._never_prints = False

    def _rest(self) -> None:
        self._pending_end, self._doubted = None, False
        self._line.implied()
        self._receipt_text.clear()

    # ---- from what happens to the table ----

    def _act(self, event: Ecr17Event, what: Any, now: float) -> None:
        self.TABLE[self.state][event](self, what, now)

    def _look_at_line(self) -> None:
        if self._line.damaged:
            self._lose(DAMAGED)
            self._line.reset()

    # ---- actions of the table: what became of our message ----

    def _ignore(self, _: Any, now: float) -> None:
        """It decides nothing."""

    def _print_granted(self, _: None, now: float) -> None:
        self._prints = True
        self._send_command(now)

    def _print_refused(self, _: None, now: float) -> None:
        self._never_prints = True
        self._send_command(now)

    def _acked(self, _: None, now: float) -> None:
        self.state = Ecr17State.RUNNING
        self._wait_on(now)

    def _refused(self, _: None, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._end(DialogueEnded(EndReason.REFUSED, reason=REFUSED))

    def _refused_again(self, _: None, now: float) -> None:
        if self._operation in CHANGING:
            self._lose(REFUSED_AGAIN)
        else:
            self._refused(None, now)

    def _unheard(self, _: None, now: float) -> None:  # noqa: ARG002 - the call of the table
        """No ACK that counts. A terminal that uses another checksum than the settings say shows it."""
        scope = self._line.foreign_scope
        if self._operation is Operation.STATUS and scope:
            self._end(DialogueEnded(EndReason.REFUSED, reason=OTHER_SCOPE.about(scope=scope)))
        else:
            self._lose(NO_ACK)

    # ---- actions of the table: what the terminal says ----

    def _show(self, text: Ecr17DisplayText, now: float) -> None:
        self._events.append(DisplayText(0, read_text(text.text)))
        self._wait_on(now)

    def _acknowledge_again(self, message: Ecr17Message, now: float) -> None:
        self._inbox.acknowledge(message)
        self._wait_on(now)

    def _answered(self, message: Ecr17Message, now: float) -> None:
        answer = self._inbox.read(message, self._context)
        if isinstance(answer, Status):
            self._inbox.acknowledge(message)
            self._end(meaning.status(answer, self._line.scope if self._line.learns else ""))
        elif isinstance(answer, Strange):
            self._keep_strange(message, answer, now)
        else:
            self._outcome(message, answer, now)

    def _late(self, message: Ecr17Message, now: float) -> None:
        """An answer to something older."""
        answer = self._inbox.read(message, self._context)
        if isinstance(answer, Status):
            self._inbox.acknowledge(message)
        elif isinstance(answer, Strange):
            self._keep_strange(message, answer, now)
        elif not self._keep_result(message, answer, late=True):
            self._keep_strange(message, Strange(answer.code, 0), now)

    def _answered_before_ack(self, message: Ecr17Message, now: float) -> None:
        """An ACK may be lost. Before one that moves money nobody may guess whose result this is."""
        if self._operation in CHANGING:
            self._lose(OUT_OF_TURN)
            return
        self._line.implied()
        self.state = Ecr17State.RUNNING
        self._answered(message, now)

    def _late_before_ack(self, message: Ecr17Message, now: float) -> None:
        if self._operation in CHANGING:
            self._lose(OUT_OF_TURN)
        else:
            self._late(message, now)

    def _piece(self, message: Ecr17Message, now: float) -> None:
        """A part of a receipt. One that ends no line is acknowledged at once: nothing is there to be kept."""
        lines, last = self._receipt_text.add(message.payload[HEAD_BYTES:])
        if lines or last:
            self._keep(Receipt(Copy.UNKNOWN, lines, last=last), message, ends=last)
        else:
            self._acknowledge_again(message, now)

    def _strange(self, message: Ecr17Message, now: float) -> None:
        length = len(message.payload)
        if message.letter != NO_LETTER:
            self._inbox.read(message, self._context)
        self._keep_strange(message, Strange(message.letter, length), now)

    # ---- actions of the table: the end ----

    def _lost(self, reason: DriverFact, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._lose(reason)

    def _closed(self, reason: DriverFact, now: float) -> None:  # noqa: ARG002 - the call of the table
        """A terminal may close the connection when it has its ACK (reference 1): the result stands."""
        if self._pending_end is not None:
            self._end(self._pending_end)
        self._events.append(ConnectionLost(reason, Delivery.NEVER))

    def _no_end(self, _: None, now: float) -> None:  # noqa: ARG002 - the call of the table
        self._lose(NO_END)

    def _printed(self, _: None, now: float) -> None:
        """No more of the receipt will come."""
        rest = self._receipt_text.end()
        if rest:
            self._keep(Receipt(Copy.UNKNOWN, rest, last=True), Ecr17Message(None, now), ends=True)
        elif self._pending_end is not None:
            self._end(self._pending_end)

    # ---- what the actions are made of ----

    def _send_command(self, now: float) -> None:
        self.state = Ecr17State.SENT
        changing = self._operation in CHANGING
        teaches = self._operation is Operation.STATUS
        self._line.send(self._message, now, alone=changing, teaches=teaches)

    def _outcome(self, message: Ecr17Message, answer: Ecr17Result | Totals, now: float) -> None:
        """A result of the kind that the command has."""
        changing = self._operation in CHANGING
        stan = answer.stan if isinstance(answer, Ecr17Result) else None
        if changing and stan and self._inbox.was_reported(message):
            # A new payment has a new STAN: this is what was said before, whether it was accepted or not.
            if self._inbox.was_accepted(message):
                self._inbox.acknowledge(message)
            self._wait_on(now)
        elif self._after_doubt and self._operation in FINANCIAL:
            self._doubted = self._keep_result(message, answer, late=True)
            if not self._doubted:
                self._lose(UNKNOWN_RESULT)
        elif not self._keep_result(message, answer, late=False):
            if changing:
                self._lose(UNKNOWN_RESULT)
            else:
                self._keep_strange(message, Strange(answer.code, 0), now)

    def _keep_result(self, message: Ecr17Message, answer: Ecr17Result | Totals, *, late: bool) -> bool:
        """Hold a result; False for one that the protocol does not explain."""
        result = self._inbox.result_of(message, answer)
        if result is not None:
            self._keep(TransactionResult(result, late=late), message)
        return result is not None

    def _keep_strange(self, message: Ecr17Message, answer: Strange, now: float) -> None:
        """Kept as a line that says so. To a question about the last result it is the answer: none is told."""
        ends = self.state is Ecr17State.RUNNING and self._operation is Operation.REPEAT_RECEIPT
        if ends:
            self.state, self._pending_end = Ecr17State.PRINTING, DialogueEnded(EndReason.COMPLETED)
        self._keep(meaning.note(answer), message, ends=ends)
        self._wait_on(now)

    def _keep(self, event: TransactionResult | Receipt, message: Ecr17Message, *, ends: bool = False) -> None:
        self._hold(event, replace(message, payload=memoryview(b""), ends=ends))
        self._deadline = None

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

    # ---- the table ----

    # What no row names decides nothing.
    _ANYTIME: ClassVar[Mapping[Ecr17Event, _Action]] = {
        **dict.fromkeys(Ecr17Event, _ignore),
        Ecr17Event.TEXT: _show,
        Ecr17Event.COPY: _acknowledge_again,
        Ecr17Event.ANSWER: _late,
        Ecr17Event.OTHER_ANSWER: _late,
        Ecr17Event.RECEIPT: _piece,
        Ecr17Event.STRANGE: _strange,
        Ecr17Event.LINE_LOST: _lost,
    }
    TABLE: ClassVar[Mapping[Ecr17State, Mapping[Ecr17Event, _Action]]] = {
        Ecr17State.IDLE: _ANYTIME,
        Ecr17State.PREPARING: {
            **_ANYTIME,
            Ecr17Event.ACKED: _print_granted,
            Ecr17Event.REFUSED: _print_refused,
            Ecr17Event.DOUBTFUL: _print_refused,
            Ecr17Event.UNHEARD: _unheard,
            Ecr17Event.ANSWER: _late_before_ack,
            Ecr17Event.OTHER_ANSWER: _late_before_ack,
        },
        Ecr17State.SENT: {
            **_ANYTIME,
            Ecr17Event.ACKED: _acked,
            Ecr17Event.REFUSED: _refused,
            Ecr17Event.DOUBTFUL: _refused_again,
            Ecr17Event.UNHEARD: _unheard,
            Ecr17Event.ANSWER: _answered_before_ack,
            Ecr17Event.OTHER_ANSWER: _late_before_ack,
        },
        Ecr17State.RUNNING: {
            **_ANYTIME,
            Ecr17Event.ANSWER: _answered,
            Ecr17Event.TIME: _no_end,
        },
        Ecr17State.PRINTING: {**_ANYTIME, Ecr17Event.LINE_LOST: _closed, Ecr17Event.TIME: _printed},
    }
    DECIDES_NOTHING: ClassVar[frozenset[_Action]] = frozenset({_ignore, _show, _acknowledge_again})
