"""What the terminal said: which event it is to the session, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto
from typing import Final

from drivers.card.card import CardSealer
from drivers.ecr17 import mapping as meaning
from drivers.ecr17 import packet
from drivers.ecr17.duplicates import Digest, Ecr17Duplicates, digest_of
from drivers.ecr17.line import Ecr17Line, Ecr17SendReport
from drivers.ecr17.packet import Ecr17AnswerCode, Ecr17CardBinding, Ecr17Result, Status, Totals
from drivers.operation import Operation
from drivers.terminal import ProtocolError, Result

NO_LETTER: Final = "?"
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


class Ecr17Event(Enum):
    """What can happen in a state."""

    # What became of the message that was sent: `Ecr17SendReport`.
    ACKED = auto()
    REFUSED = auto()
    DOUBTFUL = auto()
    UNHEARD = auto()
    # What the terminal says.
    TEXT = auto()  # of its display
    COPY = auto()  # of a message that was acknowledged
    ANSWER = auto()  # of the kind that the command has
    OTHER_ANSWER = auto()  # of another kind
    RECEIPT = auto()  # a piece of one
    STRANGE = auto()  # nobody reads it
    LINE_LOST = auto()
    TIME = auto()  # the state's wait is over


REPORTS: Final = {report: Ecr17Event[report.name] for report in Ecr17SendReport}


@dataclass(frozen=True, slots=True)
class Ecr17Message:
    """One message of the terminal; without a digest there is nothing to acknowledge.

    `payload` lies in the secret buffer, and is wiped when it was read. `ends`: the dialogue is over
    when it is accepted.
    """

    digest: Digest | None
    came_at: float
    letter: str = ""
    payload: memoryview = field(default=memoryview(b""), repr=False, compare=False)
    ends: bool = False


def message_of(payload: memoryview, now: float) -> Ecr17Message:
    """A message where it lies."""
    try:
        letter = packet.code_of(payload)
    except ProtocolError:
        letter = NO_LETTER
    return Ecr17Message(digest_of(payload), now, letter, payload)


class Ecr17Inbox:
    """Reads the messages of one terminal, and remembers which it had before."""

    def __init__(self, line: Ecr17Line, card_sealer: CardSealer) -> None:
        self._line = line
        self._card_sealer = card_sealer
        self._duplicates = Ecr17Duplicates()
        self._today: date | None = None

    def reset(self) -> None:
        """A fresh line. The last outcome stays known: a terminal may give it again."""
        self._duplicates.forget()

    def event_of(
        self, message: Ecr17Message, operation: Operation, now: float, *, turned: bool
    ) -> Ecr17Event:
        """`turned`: the terminal has turned to the command, so a result that was there before may be its."""
        letter = message.letter
        if self._is_copy(message, now, turned=turned):
            return Ecr17Event.COPY
        if letter == Ecr17AnswerCode.RECEIPT:
            return Ecr17Event.RECEIPT
        if letter in _ANSWERS.get(operation, ()):
            return Ecr17Event.ANSWER
        return Ecr17Event.OTHER_ANSWER if letter in _RESULTS else Ecr17Event.STRANGE

    def read(self, message: Ecr17Message, context: str) -> packet.Ecr17Answer:
        """Decode and wipe it; a card in it is bound to `context`."""
        answer = packet.decode(message.payload, Ecr17CardBinding(self._card_sealer, context))
        if isinstance(answer, Status):
            self._today = answer.day or self._today
        return answer

    def result_of(self, message: Ecr17Message, answer: Ecr17Result | Totals) -> Result | None:
        """The result, which is told from now on; None for one that the protocol does not explain."""
        result = meaning.result(answer, self._today)
        if result is not None and message.digest is not None:
            self._duplicates.note_reported(message.digest)
        return result

    def was_reported(self, message: Ecr17Message) -> bool:
        """The same outcome was told last, accepted or not."""
        return message.digest is not None and self._duplicates.was_reported(message.digest)

    def was_accepted(self, message: Ecr17Message) -> bool:
        """The same outcome was acknowledged last."""
        return message.digest is not None and self._duplicates.is_outcome(message.digest)

    def acknowledge(self, message: Ecr17Message, *, outcome: bool = False) -> None:
        """It was taken: ACK, if there is something to acknowledge."""
        if message.digest is not None:
            self._duplicates.answered(message.digest, message.came_at, outcome=outcome)
            self._line.acknowledge()

    def _is_copy(self, message: Ecr17Message, now: float, *, turned: bool) -> bool:
        digest = message.digest
        if digest is None:
            return False
        if message.letter == Ecr17AnswerCode.RECEIPT:
            return self._duplicates.is_last_late(digest, now)
        return not turned and (self._duplicates.is_last(digest) or self._duplicates.is_outcome(digest))
