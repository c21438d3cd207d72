"""What the bank behind the simulated terminal booked: the truth that a test compares with.

The state file is the terminal's lasting memory. It is replaced whole at every
change, so whoever reads it, while the process lives or after, sees one moment.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final

from drivers.simulator.core.cards import SampleCard

# BMP 0B has six digits and BMP 87 four; both begin again at 1 (reference 6).
LAST_TRACE: Final = 999_999
LAST_RECEIPT: Final = 9_999
# Another number means another form of the state file.
STATE_VERSION: Final = 1


UNKNOWN_KIND: Final = "unknown booking kind"


class BankError(Exception):
    """The state file cannot be used. The text is for a person."""


class BookingKind(Enum):
    """What the bank is asked for."""

    SALE = "sale"
    REFUND = "refund"
    REVERSAL = "reversal"

    @property
    def sign(self) -> int:
        """1 for money that the shop gets, -1 for what it gives; 0 for what undoes another booking."""
        return _SIGN[self]


_SIGN: Final = {BookingKind.SALE: 1, BookingKind.REFUND: -1, BookingKind.REVERSAL: 0}


class BookingState(Enum):
    """What became of a booking. AUTHORISED: the host said yes, the terminal has not stored it yet."""

    AUTHORISED = "authorised"
    BOOKED = "booked"
    REVERSED = "reversed"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Booking:
    """One thing that the bank was asked.

    `number` counts from 1 and never repeats; trace and receipt numbers do.
    `amount` is in minor units, `at` is ISO 8601, `original` is the number of
    the booking that a reversal undoes, `card` is masked, `day` counts the ends of day before,
    `order` is the till's own number for it where the protocol has one.
    """

    number: int
    kind: BookingKind
    state: BookingState
    amount: int
    currency: int
    trace: int
    receipt: int
    at: str
    day: int
    card: str
    card_name: str
    card_type: int
    approval_code: str = ""
    original: int | None = None
    order: str = ""


class Bank:
    """All bookings of one terminal, in order. With a path, each change is in the file when the call ends."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._bookings: list[Booking] = []
        self.day = 0
        if path is not None and path.exists():
            self._read(path)

    @property
    def bookings(self) -> tuple[Booking, ...]:
        """Everything that was asked, oldest first."""
        return tuple(self._bookings)

    def authorise(
        self,
        kind: BookingKind,
        amount: int,
        currency: int,
        at: datetime,
        *,
        approved: bool,
        card: SampleCard,
        approval_code: str = "",
        original: Booking | None = None,
        order: str = "",
    ) -> Booking:
        """The host decides: a new booking, authorised or declined, with the next trace and receipt number."""
        if kind not in _SIGN:
            raise BankError(UNKNOWN_KIND)
        count = len(self._bookings)
        booking = Booking(
            number=count + 1,
            kind=kind,
            state=BookingState.AUTHORISED if approved else BookingState.DECLINED,
            amount=amount,
            currency=currency,
            trace=count % LAST_TRACE + 1,
            receipt=count % LAST_RECEIPT + 1,
            at=at.isoformat(timespec="seconds"),
            day=self.day,
            card=card.masked,
            card_name=card.scheme,
            card_type=card.card_type,
            approval_code=approval_code,
            original=None if original is None else original.number,
            order=order,
        )
        self._bookings.append(booking)
        self._write()
        return booking

    def book(self, number: int) -> Booking:
        """The terminal stored it. Once only; raises ValueError when it is not authorised."""
        booking = self.get(number)
        if booking.state is not BookingState.AUTHORISED:
            raise ValueError(f"booking {number} is {booking.state.value}, it cannot be booked")
        if booking.original is not None:
            self._change(booking.original, state=BookingState.REVERSED)
        return self._change(number, state=BookingState.BOOKED)

    def reduce(self, number: int, amount: int) -> Booking:
        """Only part of the goods came out (84 9D). Raises ValueError for more than was booked."""
        if amount > self.get(number).amount:
            raise ValueError(f"booking {number} cannot grow")
        return self._change(number, amount=amount)

    def reverse(self, number: int) -> Booking:
        """Undo it; undoing a reversal gives its original back. Raises ValueError if it does not stand."""
        booking = self.get(number)
        if booking.state not in (BookingState.AUTHORISED, BookingState.BOOKED):
            raise ValueError(f"booking {number} is {booking.state.value}, it cannot be reversed")
        if booking.original is not None and booking.state is BookingState.BOOKED:
            self._change(booking.original, state=BookingState.BOOKED)
        return self._change(number, state=BookingState.REVERSED)

    def reverse_unbooked(self) -> None:
        """After a power-up: what was authorised and never stored is reversed."""
        for booking in self._bookings:
            if booking.state is BookingState.AUTHORISED:
                self.reverse(booking.number)

    def close_day(self) -> None:
        """Begin the next business day; bookings of the day before can no longer be reversed."""
        self.day += 1
        self._write()

    def get(self, number: int) -> Booking:
        """The booking with this number, as it is now."""
        return self._bookings[number - 1]

    def find(self, receipt: int) -> Booking | None:
        """The newest sale or refund of this business day with this receipt number."""
        return next(
            (
                booking
                for booking in reversed(self._bookings)
                if booking.receipt == receipt and booking.day == self.day and booking.kind.sign
            ),
            None,
        )

    def last_booked(self) -> Booking | None:
        """The last transaction that the terminal stored; one that was undone since does not count."""
        return next(
            (booking for booking in reversed(self._bookings) if booking.state is BookingState.BOOKED), None
        )

    def booked_today(self) -> tuple[Booking, ...]:
        """The sales and refunds that stand since the last end of day."""
        return tuple(
            booking
            for booking in self._bookings
            if booking.state is BookingState.BOOKED and booking.day == self.day and booking.kind.sign
        )

    def balance(self, currency: int = 978) -> int:
        """What the shop got over all days, in minor units: booked sales less booked refunds."""
        return sum(
            booking.kind.sign * booking.amount
            for booking in self._bookings
            if booking.state is BookingState.BOOKED and booking.currency == currency
        )

    def _change(self, number: int, **changes: object) -> Booking:
        booking = replace(self.get(number), **changes)  # type: ignore[arg-type]  # dataclasses.replace is untyped
        self._bookings[number - 1] = booking
        self._write()
        return booking

    def _write(self) -> None:
        """Replace the file. No sync: it has to outlive this process, not the machine."""
        if self._path is None:
            return
        content = {
            "version": STATE_VERSION,
            "day": self.day,
            "balance_eur": self.balance(),
            "bookings": [
                asdict(booking) | {"kind": booking.kind.value, "state": booking.state.value}
                for booking in self._bookings
            ],
        }
        fresh = self._path.with_name(self._path.name + ".new")
        fresh.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        fresh.replace(self._path)

    def _read(self, path: Path) -> None:
        try:
            self._load(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError) as error:
            raise BankError(
                f"{path} is not a state file of this simulator. No real money is in it: "
                "name another file, or delete this one."
            ) from error

    def _load(self, content: dict[str, Any]) -> None:
        if content["version"] != STATE_VERSION:
            raise ValueError("another version of the state file")
        self.day = int(content["day"])
        self._bookings = [
            Booking(**(item | {"kind": BookingKind(item["kind"]), "state": BookingState(item["state"])}))
            for item in content["bookings"]
        ]
