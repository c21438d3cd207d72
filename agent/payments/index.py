"""The index of payments: a fold over the journal, with the open ones at hand."""

from __future__ import annotations

import sqlite3

import msgspec

from agent.journal.schema.entry import (
    ClockMoved,
    Entry,
    Requested,
    Submitted,
    TerminalResult,
    UnknownEntry,
    UnsolicitedResult,
)
from agent.payments.kinds import kind_of
from agent.payments.record import Record, begin, change
from agent.payments.store import PaymentStore
from agent.terminals.clocks import ClockOffsets

_record_in = msgspec.json.Decoder(Record)
_record_out = msgspec.json.Encoder()


class TerminalDay(msgspec.Struct):
    """What a close of a terminal's day would close: payments that stand, and their sum in minor units.

    `since` is where in the journal the day began. It is `whole` if that was a close, and until an
    older payment is reversed: whether that shows in the terminal's totals is its own affair.
    """

    since: int = 0
    count: int = 0
    total: int = 0
    whole: bool = False


class OpenPart(msgspec.Struct):
    """What a snapshot keeps of the payment index besides the stored records."""

    open: list[Record]
    last_numbers: dict[str, tuple[int | None, int | None]]
    days: dict[str, TerminalDay] = {}
    clock_offsets: ClockOffsets = msgspec.field(default_factory=ClockOffsets)


class PaymentIndex:
    """Payments by payment id. Open and unclear ones live in memory, the rest in the store.

    While the store cannot be written (a full disk) finished records stay in
    memory: the journal has them, so nothing depends on the store for safety.
    """

    def __init__(self, store: PaymentStore) -> None:
        self._store = store
        self._held: dict[str, Record] = {}
        self._numbers: dict[str, tuple[int | None, int | None]] = {}
        self._days: dict[str, TerminalDay] = {}
        self.clock_offsets = ClockOffsets()

    def apply(self, entry: Entry) -> None:
        """Let one entry change the payment index."""
        body = entry.body
        if isinstance(body, UnknownEntry):
            return
        if isinstance(body, ClockMoved):
            self.clock_offsets.host_moved(body.by_ms)
        payment_id = (
            body.result.payment_id if isinstance(body, UnsolicitedResult) else getattr(body, "payment_id", "")
        )
        if not payment_id:
            return
        if isinstance(body, Requested):
            self._held[payment_id] = begin(body, entry.index, entry.at)
            return
        record = self.get(payment_id)
        if record is None:
            return
        before = (record.verdict, record.submission)
        change(record, body, entry.index)
        self._compare_clocks(record, entry)
        if record.verdict == "approved" != before[0]:
            self._count(record)
        if (record.verdict, record.submission) != before:
            self._changed(record)
        self._keep(record)

    def get(self, payment_id: str) -> Record | None:
        """The payment of this payment id, or None."""
        held = self._held.get(payment_id)
        if held is not None:
            return held
        row = self._store.get(payment_id)
        return _record_in.decode(row) if row is not None else None

    def open(self) -> list[Record]:
        """Payments without a verdict, oldest first."""
        return [record for record in self._held.values() if record.open]

    def unclear(self, terminal: str | None = None) -> list[Record]:
        """Payments that nobody knows the truth of, oldest first."""
        return [
            record
            for record in self._held.values()
            if record.verdict == "unclear" and terminal in {None, record.terminal}
        ]

    def last(self, count: int) -> list[Record]:
        """The newest payments, newest first."""
        stored = {record.payment_id: record for record in map(_record_in.decode, self._store.last(count))}
        newest = sorted((stored | self._held).values(), key=lambda record: -record.opened)
        return newest[:count]

    def last_numbers(self, terminal: str) -> tuple[int | None, int | None]:
        """Trace and receipt number of the last payment a terminal stored: resolving compares with them."""
        return self._numbers.get(terminal, (None, None))

    def note_last_transaction(self, terminal: str, trace: int | None, receipt: int | None) -> None:
        """The terminal said which payment it stored last. Not from the journal: it says so at every start."""
        self._numbers[terminal] = (trace, receipt)

    def day(self, terminal: str) -> TerminalDay:
        """What stands on a terminal since its last close."""
        return self._days.get(terminal, TerminalDay())

    def to_bytes(self) -> bytes:
        """The part of the payment index that is not in the store."""
        held = list(self._held.values())
        part = OpenPart(
            open=held, last_numbers=self._numbers, days=self._days, clock_offsets=self.clock_offsets
        )
        return _record_out.encode(part)

    def from_bytes(self, content: bytes) -> None:
        """Take up where `to_bytes` left off."""
        part = msgspec.json.decode(content, type=OpenPart)
        self._held = {record.payment_id: record for record in part.open}
        self._numbers, self._days, self.clock_offsets = part.last_numbers, part.days, part.clock_offsets

    def _compare_clocks(self, record: Record, entry: Entry) -> None:
        if isinstance(entry.body, Submitted):
            record.asked_at = self.clock_offsets.record_request(record.terminal, entry.at)
        elif isinstance(entry.body, TerminalResult) and record.asked_at is not None:
            record.asked_at += self.clock_offsets.record_result(record.terminal, entry.body, entry.at)

    def _changed(self, record: Record) -> None:
        moves_money = kind_of(record.payment).moves_money
        if record.verdict == "approved" and record.result is not None and moves_money:
            self._numbers[record.terminal] = (record.result.trace, record.result.receipt_number)
        elif record.verdict == "unclear":
            self._numbers.pop(record.terminal, None)  # nobody knows which one it stored last
        original = self.get(record.original) if record.original else None
        if original is not None:
            _book_against(original, record)
            self._keep(original)

    def _count(self, record: Record) -> None:
        """An approval changes what a close of the day would close."""
        day = self._days.setdefault(record.terminal, TerminalDay())
        kind = kind_of(record.payment)
        if kind.on_day == "closes":
            self._days[record.terminal] = TerminalDay(since=record.opened, whole=True)
        elif kind.on_day == "adds":
            day.count, day.total = day.count + 1, day.total + _signed(record)
        else:
            original = self.get(record.original)
            day.whole = day.whole and original is not None and original.opened > day.since
            day.count, day.total = day.count - 1, day.total - (_signed(original) if original else 0)

    def _keep(self, record: Record) -> None:
        self._held[record.payment_id] = record
        if record.open or record.verdict == "unclear":
            return
        try:
            self._store.put(record.payment_id, record.opened, _record_out.encode(record))
        except sqlite3.Error:
            return
        del self._held[record.payment_id]


def _signed(record: Record) -> int:
    """What a payment adds to the shop's money, in minor units."""
    booked = record.result.amount if record.result and record.result.amount else record.amount
    return kind_of(record.payment).signed(booked or 0)


def _book_against(original: Record, record: Record) -> None:
    taken_back = record.possibly_booked
    if kind_of(record.payment).takes_back == "whole":
        original.reversed_by = record.payment_id if taken_back else ""
    elif taken_back:
        original.refunds[record.payment_id] = record.amount or 0
    else:
        original.refunds.pop(record.payment_id, None)


def refundable(original: Record) -> int:
    """How many minor units of a payment may still be given back."""
    booked = original.result.amount if original.result and original.result.amount else original.amount
    if original.reversed_by:
        return 0
    return max(0, (booked or 0) - sum(original.refunds.values()))
