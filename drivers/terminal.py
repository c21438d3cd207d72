"""What a terminal can be asked and what it can answer, whatever protocol it speaks.

A driver's session is a pure state machine between these types and bytes. It is
given the time, never asks for it, and holds back the acknowledgement of every
`TransactionResult` and `Receipt` until `acknowledge()` says that it is on disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Protocol

from drivers.fact import DriverFact as DriverFact  # noqa: PLC0414 - a word of this vocabulary, too
from drivers.operation import Operation as Operation  # noqa: PLC0414 - a word of this vocabulary, too

# The two clocks have different sources; they may differ by this much.
CLOCKS_APART: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Command:
    """One request to a terminal.

    `payment_id` names the payment; it is bound into the seal of the card that
    the answer may carry, so a sealed card cannot be moved to another payment.
    `sequence` is its place in the journal, which no other payment of this till ever
    has: with the payment id it makes the number that a protocol wants for an order.
    `amount` is in minor units, `currency` is the ISO 4217 number (978 = EUR). The
    `original` fields name the payment that a refund or a reversal belongs to.
    """

    operation: Operation
    payment_id: str = ""
    amount: int | None = None
    currency: int | None = None
    sequence: int = 0
    original_receipt: int | None = None
    original_trace: int | None = None
    original_payment_id: str = ""
    original_sequence: int = 0
    lines: tuple[str, ...] = ()


class ResultStatus(Enum):
    """What the terminal says became of a command."""

    APPROVED = "approved"
    DECLINED = "declined"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class SealedCard:
    """All that may leave a driver about a card: nothing here opens without the acquirer.

    `masked` is the truncated number (first 6 and last 4 digits of a number of 16
    or more digits, else the last 4). `fingerprint` is a keyed hash. `sealed` is
    HPKE ciphertext, empty when the terminal itself had masked the number.
    """

    masked: str
    fingerprint: str = ""
    key_id: str = ""
    sealed: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class DayTotal:
    """One line of a terminal's end-of-day totals; `total` in minor units."""

    scheme: str
    count: int
    total: int


@dataclass(frozen=True, slots=True)
class Result:
    """What the terminal reported. Every field but `status` and `code` may be missing.

    `order` is the order's number as the terminal repeated it, where the protocol has one.
    `time` is HHMMSS, `date` MMDD or YYYYMMDD, both by the terminal's clock.
    """

    status: ResultStatus
    code: int
    text: str = ""
    order: str = ""
    amount: int | None = None
    currency: int | None = None
    trace: int | None = None
    original_trace: int | None = None
    receipt_number: int | None = None
    turnover_number: int | None = None
    terminal_id: str = ""
    merchant_id: str = ""
    approval_code: str = ""
    time: str = ""
    date: str = ""
    card: SealedCard | None = None
    card_name: str = ""
    card_type: int | None = None
    entry_mode: str = ""
    cardholder_verification: str = ""
    tip: int | None = None
    remaining: int | None = None
    totals: tuple[DayTotal, ...] = ()
    unparsed_bytes: int = 0


@dataclass(frozen=True, slots=True)
class DisplayText:
    """A text from the terminal's display. It decides nothing about the money."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class TransactionResult:
    """The terminal's result. Not acknowledged until `acknowledge()`.

    `late` marks a result that came when the session was not waiting for one.
    """

    result: Result
    late: bool = False


class Copy(Enum):
    """Whose copy a receipt is."""

    MERCHANT = "merchant"
    CUSTOMER = "customer"
    ADMINISTRATION = "administration"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Printed lines from the terminal. Not acknowledged until `acknowledge()`.

    `last` is set when these lines end one receipt.
    """

    copy: Copy
    lines: tuple[str, ...]
    last: bool = False


class EndReason(Enum):
    """How a dialogue ended, in the terminal's own words."""

    COMPLETED = "completed"
    ABORTED = "aborted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class DialogueEnded:
    """The dialogue is over and the terminal is at rest.

    REFUSED: it did not start (the command itself was answered with an error).
    ABORTED: it said that it gave up, `cancelled` when by a stop key or its own
    time-out. COMPLETED: it said that it is done.
    `text` is what the terminal said, `reason` what the driver has to add.
    `status` is the terminal's own state where the command reports one, `maintenance`
    the command that it asks for before it will work. `busy`: it serves something
    else just now. `simulator` is set when it names itself as ours.
    """

    end_reason: EndReason
    code: int = 0
    text: str = ""
    cancelled: bool = False
    status: int | None = None
    maintenance: Operation | None = None
    busy: bool = False
    simulator: bool = False
    terminal_id: str = ""
    software: str = ""
    reason: DriverFact | None = None


class Delivery(Enum):
    """What a lost line proves about the command.

    NEVER: no byte of it left, it is safe to send again. PERHAPS: nothing is
    proven, also after a result was acknowledged: a terminal takes a payment back
    by itself when that acknowledgement is lost, and only its completion shows
    that it is not.
    """

    NEVER = "never"
    PERHAPS = "perhaps"


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The line or the dialogue broke, and why."""

    reason: DriverFact
    delivery: Delivery


Event = DisplayText | TransactionResult | Receipt | DialogueEnded | ConnectionLost


@dataclass(frozen=True, slots=True)
class Day:
    """What the journal knows of a terminal's day: the payments that stand since its last close.

    `total` is their sum in minor units, refunds taken off. The terminal may know of more, unless
    the day is `whole`: the journal saw it begin, and no older payment was reversed in it.
    """

    count: int
    total: int
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Unclear:
    """A command in doubt, and the state of the terminal before it.

    `trace_before` and `receipt_before` are the numbers of the last payment that the terminal
    had stored. `asked_at` and `inquired_at` are terminal time, as far as known. `asked_at`: when we
    sent the command. `inquired_at`: when we began to ask about it (None: not known).
    `clocks_apart`: how far both may be off. `trace_said` and `receipt_said` are the numbers of an
    approval that the terminal gave for it and may have taken back since. `day` is what a close
    of the day had to close.
    """

    command: Command
    trace_before: int | None
    receipt_before: int | None
    asked_at: datetime
    trace_said: int | None = None
    receipt_said: int | None = None
    day: Day = Day(0, 0)
    inquired_at: datetime | None = None
    clocks_apart: timedelta = CLOCKS_APART


class BookingProof(Enum):
    """What the terminal's answers prove about an unclear command."""

    BOOKED = "booked"
    NOT_BOOKED = "not_booked"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class BookingFinding:
    """What was found, its proof, and the terminal's result if there is one."""

    found: BookingProof
    proof: DriverFact
    result: Result | None = None


class Resolver(Protocol):
    """What one protocol can ask at all, and how it finds out what became of a command.

    `listen_s` is how long to be silent on a fresh line first: the terminal may
    have something to repeat.
    """

    listen_s: float

    def refusal_reason(self, command: Command) -> DriverFact | None:
        """Why this command cannot be asked of the terminal, for the cashier; None if it can."""

    def questions(self, unclear: Unclear) -> tuple[Command, ...]:
        """What to ask the terminal, in this order; none of it moves money."""

    def belongs(self, unclear: Unclear, result: Result) -> bool:
        """Whether a late result is that of the unclear command."""

    def ack_would_book(self, unclear: Unclear, result: Result) -> bool:
        """Whether acknowledging a late result could make something stand that nobody asked for."""

    def conclude(self, unclear: Unclear, answers: Sequence[Result | None]) -> BookingFinding:
        """What the answers prove; None stands for a question without a result."""


class Session(Protocol):
    """One terminal's dialogue as a state machine without I/O.

    All times are seconds of one monotonic clock. Received bytes are read from
    the `SecretBuffer` that the session was made with.
    """

    @property
    def busy(self) -> bool:
        """True from `start` until `DialogueEnded` or `ConnectionLost` was given."""

    def connected(self, now: float) -> None:
        """A fresh line is there; nothing of an older line counts any more."""

    def disconnected(self, reason: DriverFact, now: float) -> None:
        """The line is gone; a running command ends in `ConnectionLost`."""

    def start(self, command: Command, now: float) -> None:
        """Begin a command. Raises `SessionError` if one is running.

        Raises `CommandRefusedError` if it cannot be said. Nothing has left then, and all is as before.
        """

    def abort(self, now: float) -> None:
        """Ask the terminal to stop. Only a wish: the result still decides."""

    def receive(self, now: float) -> None:
        """Take what has arrived in the shared buffer and wipe it."""

    def acknowledge(self, now: float) -> None:
        """The last `TransactionResult` or `Receipt` is durable: acknowledge it."""

    def bytes_to_send(self) -> bytes:
        """The bytes that must go out now; empty when there are none."""

    def events(self) -> Iterator[Event]:
        """Drain what happened, oldest first."""

    def deadline(self) -> float | None:
        """When `deadline_passed` wants to be called, or None."""

    def deadline_passed(self, now: float) -> None:
        """The deadline has come."""


# What the simulator's software version begins with, in every protocol.
SIMULATOR_SOFTWARE = "TILLGATE-SIM"


class DriverError(Exception):
    """Base of everything a driver raises on purpose. Never quotes wire bytes."""


class FactError(DriverError):
    """An error with a code and figures. Its sentence is `code` in the text catalogue."""

    def __init__(self, fact: DriverFact) -> None:
        super().__init__(str(fact))
        self.code = f"drivers.{fact.code}"
        self.figures = fact.figures


class SessionError(DriverError):
    """The caller used a session out of turn: a bug of ours, not of the terminal."""


class CommandRefusedError(SessionError):
    """The protocol, or this terminal, cannot be told the command. Nothing of it was sent."""

    def __init__(self, fact: DriverFact) -> None:
        super().__init__(str(fact))
        self.fact = fact


class WireError(DriverError):
    """A line could not be opened, read or written; `fact` says why."""

    def __init__(self, fact: DriverFact) -> None:
        super().__init__(str(fact))
        self.fact = fact


class ProtocolError(DriverError):
    """The terminal sent what the protocol does not allow.

    `reason` is a fixed name from the driver's vocabulary.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
