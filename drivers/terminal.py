"""The questions to a terminal and its answers, the same for every protocol.

A driver's session is a pure state machine between these types and bytes. It gets the time as an
argument. It holds back the acknowledgement of every `TransactionResult` and `Receipt` until
`acknowledge()` says that it is on disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Protocol

from drivers.errors import CommandRefusedError as CommandRefusedError  # noqa: PLC0414 - a word of this vocabulary, too
from drivers.errors import DriverError as DriverError  # noqa: PLC0414 - a word of this vocabulary, too
from drivers.errors import FactError as FactError  # noqa: PLC0414 - a word of this vocabulary, too
from drivers.errors import ProtocolError as ProtocolError  # noqa: PLC0414 - a word of this vocabulary, too
from drivers.errors import SessionError as SessionError  # noqa: PLC0414 - a word of this vocabulary, too
from drivers.errors import WireError as WireError  # noqa: PLC0414 - a word of this vocabulary, too
from drivers.fact import DriverFact as DriverFact  # noqa: PLC0414 - a word of this vocabulary, too
from drivers.operation import Operation as Operation  # noqa: PLC0414 - a word of this vocabulary, too
from drivers.sealed import CardNumber as CardNumber  # noqa: PLC0414 - a word of this vocabulary, too
from drivers.sealed import SealedCard as SealedCard  # noqa: PLC0414 - a word of this vocabulary, too
from drivers.unknown import UnknownBytes as UnknownBytes  # noqa: PLC0414 - a word of this vocabulary, too

# The two clocks have different sources; they may differ by this much.
CLOCKS_APART: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Command:
    """One request to a terminal.

    `payment_id` names the payment. It is bound into the seal of a card in the answer, so a
    sealed card cannot be moved to another payment. `sequence` is its place in the journal, which
    no other payment of this agent ever has. Both together make the order number that some
    protocols want.
    `amount` is in minor units, `currency` is the ISO 4217 number (978 = EUR). The
    `original` fields name the payment that a refund or a reversal belongs to; `original_amount` is what it
    booked, in minor units of its currency, if that is the terminal's.
    `after_doubt`: since this terminal last proved how a payment ended, another one on it was lost, in
    doubt, or given its verdict by persons. An answer that names no payment may then be that one's.
    """

    operation: Operation
    payment_id: str = ""
    amount: int | None = None
    currency: int | None = None
    sequence: int = 0
    original_receipt: int | None = None
    original_trace: int | None = None
    original_amount: int | None = None
    original_payment_id: str = ""
    original_sequence: int = 0
    lines: tuple[str, ...] = ()
    after_doubt: bool = False


class ResultStatus(Enum):
    """The status of a command as the terminal reports it.

    NOT_SENT: the terminal refused to begin, for a reason of its own. UNCLEAR: what it told decides
    nothing, or contradicts what it told before.
    """

    APPROVED = "approved"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    NOT_SENT = "not_sent"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class DayTotal:
    """One line of a terminal's end-of-day totals; `total` in minor units."""

    scheme: str
    count: int
    total: int


@dataclass(frozen=True, slots=True)
class Result:
    """What the terminal reported. Every field but `status` may be missing.

    `text` is the terminal's own, `reason` what its code means if it told no words.
    `order` is the order number as the terminal repeated it, if the protocol has one.
    `time` is HHMMSS, `date` MMDD or YYYYMMDD, both by the terminal's clock. `unknown` is what the driver
    could not read.
    """

    status: ResultStatus
    code: int | None
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
    unknown: tuple[UnknownBytes, ...] = ()
    reason: DriverFact | None = None


@dataclass(frozen=True, slots=True)
class DisplayText:
    """A text from the terminal's display. It decides nothing about the money."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class TransactionResult:
    """The terminal's result. Not acknowledged until `acknowledge()`.

    `late` marks a result that came while the session was not waiting for one.
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
    """The dialogue is over and the terminal is idle.

    REFUSED: it did not start; the terminal answered the command with an error. ABORTED: the terminal
    gave up (`cancelled`: by a stop key or its own time-out; `not_begun`: before it had begun, for a
    reason of its own). COMPLETED: the terminal is done.
    `text` is the terminal's own, `reason` is the driver's. `status` is the terminal's own state if the
    command reports one. `maintenance` is the command that the terminal wants before it will work.
    `busy`: it is doing something else just now. `simulator`: it names itself as our simulator.
    """

    end_reason: EndReason
    code: int | None = 0
    text: str = ""
    cancelled: bool = False
    not_begun: bool = False
    status: int | None = None
    maintenance: Operation | None = None
    busy: bool = False
    simulator: bool = False
    terminal_id: str = ""
    serial_number: str = ""
    software: str = ""
    reason: DriverFact | None = None


class Delivery(Enum):
    """What a lost line proves about the command.

    NEVER: no byte of it left, so it is safe to send again. PERHAPS: nothing is proven, even after we
    acknowledged a result. If that acknowledgement is lost, the terminal takes the payment back by
    itself; only its completion shows that it was not lost.
    """

    NEVER = "never"
    PERHAPS = "perhaps"


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The line or the dialogue broke, and why.

    `line_kept`: only our patience is over. The line stays, and what the terminal tells later is late.
    """

    reason: DriverFact
    delivery: Delivery
    line_kept: bool = False


Event = DisplayText | TransactionResult | Receipt | DialogueEnded | ConnectionLost


@dataclass(frozen=True, slots=True)
class Day:
    """A terminal's day as the journal knows it: the payments that stand since its last close.

    `total` is their sum in minor units, less refunds. The terminal may know of more payments, unless
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
    sent the command. `inquired_at`: when we began to ask about it (None: not known). `lost_at`: when we
    lost its dialogue (None: the terminal itself has ended it).
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
    lost_at: datetime | None = None
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
    """The commands that one terminal can do, and the way to resolve a command in doubt.

    `listen_s` is how long to stay silent on a fresh line: the terminal may have something to
    repeat.
    """

    listen_s: float

    def refusal_reason(self, command: Command) -> DriverFact | None:
        """The reason, for the cashier, why the terminal cannot do this command; None if it can."""

    def questions(self, unclear: Unclear) -> tuple[Command, ...]:
        """The questions to the terminal, in order; none of them moves money."""

    def belongs(self, unclear: Unclear, result: Result) -> bool:
        """Whether a late result belongs to the unclear command."""

    def names(self, command: Command, result: Result) -> bool:
        """Whether the result carries the name that only this command had."""

    def fits(self, unclear: Unclear, result: Result) -> bool:
        """Whether nothing that an approval tells contradicts the command. That is no proof yet."""

    def ack_would_book(self, unclear: Unclear, result: Result) -> bool:
        """Whether acknowledging a late result could book a payment that nobody asked for."""

    def conclude(self, unclear: Unclear, answers: Sequence[Result | None]) -> BookingFinding:
        """The proof in the answers; None stands for a question without a result."""


class Session(Protocol):
    """One terminal's dialogue as a state machine without I/O.

    All times are seconds of one monotonic clock. Received bytes are read from
    the `SecretBuffer` that the session was made with.
    """

    @property
    def busy(self) -> bool:
        """True from `start` until `DialogueEnded` or `ConnectionLost` was given."""

    def connected(self, now: float) -> None:
        """A fresh line is there; nothing from an older line counts."""

    def disconnected(self, reason: DriverFact, now: float) -> None:
        """The line is gone; a running command ends in `ConnectionLost`."""

    def start(self, command: Command, now: float) -> None:
        """Begin a command. Raises `SessionError` if one is running.

        Raises `CommandRefusedError` if the protocol cannot say it. Nothing has left and nothing has changed.
        """

    def abort(self, now: float) -> None:
        """Ask the terminal to stop. Only a wish: the result still decides."""

    def receive(self, now: float) -> None:
        """Take the bytes in the shared buffer and wipe them."""

    def acknowledge(self, now: float) -> None:
        """The last `TransactionResult` or `Receipt` is durable: acknowledge it."""

    @property
    def can_reject(self) -> bool:
        """Whether a result can be refused, so that the terminal takes it back."""

    def reject(self, now: float) -> None:
        """Refuse the last `TransactionResult`. Only a wish: the end of the dialogue, or asking, decides."""

    def bytes_to_send(self) -> bytes:
        """The bytes that must go out now; empty when there are none."""

    def events(self) -> Iterator[Event]:
        """Drain what happened, oldest first."""

    def deadline(self) -> float | None:
        """The time at which to call `deadline_passed`, or None."""

    def deadline_passed(self, now: float) -> None:
        """The deadline has come."""


# The simulator's software version begins with this, in every protocol.
SIMULATOR_SOFTWARE = "TILLGATE-SIM"
