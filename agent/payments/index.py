"""The index of payments: a fold over the journal, with the open ones at hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, TypeGuard

import msgspec

from agent.journal.recover import SnapshotUnusable
from agent.journal.schema.derived import DerivedState
from agent.journal.schema.entry import (
    AnyBody,
    BecameUnclear,
    CardKeyBegan,
    ClockMoved,
    Entry,
    Requested,
    Resolved,
    Submitted,
    TerminalResult,
    UnknownEntry,
    UnsolicitedResult,
)
from agent.payments.doubts import TerminalDoubts
from agent.payments.freshness import LastStored, stored_by
from agent.payments.kinds import kind_of
from agent.payments.record import GivenBack, Record, begin, change
from agent.payments.rows import Buckets, RowChecks, RowDiffersError, row_hash
from agent.payments.store import PaymentStore, Row
from agent.terminals.clocks import ClockOffsets
from agent.terminals.identity import TerminalIdentities, TerminalIdentity
from agent.terminals.merchants import MerchantNumbers

_record_in = msgspec.json.Decoder(Record)
_record_out = msgspec.json.Encoder()


class TerminalDay(msgspec.Struct):
    """What a close of a terminal's day would close: payments that stand, and their sum in minor units.

    `since` is where in the journal the day began. `whole`: we saw the day open and no older payment
    was reversed since, so our totals must equal the terminal's.
    """

    since: int = 0
    count: int = 0
    total: int = 0
    whole: bool = False


class LooseEnds(msgspec.Struct):
    """The payments of one terminal whose dialogue broke since the last one that ended as it should.

    A nameless answer in the next dialogue may be theirs. `newest` is the last one that was submitted.
    """

    payment_ids: list[str] = []
    newest: str = ""


class OpenPart(msgspec.Struct):
    """What a snapshot keeps of the payment index besides the stored records."""

    open: list[Record]
    last_stored: dict[str, LastStored]
    days: dict[str, TerminalDay] = {}
    clock_offsets: ClockOffsets = msgspec.field(default_factory=ClockOffsets)
    newest: list[tuple[int, str]] = []
    doubts: dict[str, datetime] = {}
    card_key: int = 0
    loose: dict[str, LooseEnds] = {}
    identities: dict[str, TerminalIdentity] = {}
    merchants: dict[str, list[str]] = {}


_STATE: Final = DerivedState(OpenPart, version=2)

Replay = Callable[[Callable[[Entry], None]], None]


class PaymentIndex:
    """Payments by payment id, over memory and store.

    Open, unclear and held ones live in memory, and what ended since the last snapshot as bytes. The rest
    is in the store.

    The store alone is not believed: a row counts only if it is the one that was stored. If a row
    was changed or is gone, the index is made again from the journal: by `replay`, or at a start
    by `SnapshotUnusable`.
    """

    def __init__(self, store: PaymentStore) -> None:
        self._store = store
        self.replay: Replay | None = None
        self._applying: int | None = None
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._held: dict[str, Record] = {}
        self._ended: dict[str, Row] = {}
        self._rows = RowChecks()
        self._last_stored: dict[str, LastStored] = {}
        self._days: dict[str, TerminalDay] = {}
        self._loose: dict[str, LooseEnds] = {}
        self.clock_offsets = ClockOffsets()
        self.doubts = TerminalDoubts()
        self.card_key = 0  # the number of the newest key that cards are numbered under
        self.identities = TerminalIdentities()
        self.merchants = MerchantNumbers()

    def apply(self, entry: Entry) -> None:
        """Let one entry change the payment index."""
        before, self._applying = self._applying, entry.index
        try:
            self._apply(entry)
        finally:
            self._applying = before

    def _apply(self, entry: Entry) -> None:
        body = entry.body
        if isinstance(body, UnknownEntry):
            return
        self.identities.apply(body)
        if isinstance(body, ClockMoved):
            self.clock_offsets.host_moved(body.by_ms)
        if isinstance(body, CardKeyBegan):
            self.card_key = body.number
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
        before = record.verdict
        change(record, body, entry.index)
        self.doubts.apply(record, body, before, entry.at)
        self._follow_dialogue(record, body)
        self._compare_clocks(record, entry)
        self.merchants.learn(record.terminal, body)
        if record.verdict == "unclear" != before:
            record.lost_at = self.clock_offsets.terminal_time(record.terminal, entry.at)
        if "approved" in {record.verdict, before} and record.verdict != before:
            self._count(record)
        if record.verdict != before:
            self._note_numbers(record)
        self._book_against_original(record)
        self._keep(record)

    def get(self, payment_id: str) -> Record | None:
        """The payment with this payment id, or None."""
        held = self._held.get(payment_id)
        if held is not None:
            return held
        row = self._ended.get(payment_id)
        if row is not None:
            return _record_in.decode(row[2])
        try:
            return self._stored(payment_id)
        except RowDiffersError:
            self._make_again()
            return self.get(payment_id)

    def open(self) -> list[Record]:
        """Payments without a verdict, oldest first."""
        return [record for record in self._held.values() if record.open]

    def unclear(self, terminal: str | None = None) -> list[Record]:
        """Payments in doubt, oldest first; with a terminal, also those that it took under another name."""
        return [
            record
            for record in self._held.values()
            if record.verdict == "unclear"
            and (terminal is None or self.identities.same(record.terminal, terminal))
        ]

    def waiting_for_release(self) -> list[Record]:
        """Payments whose goods are held or withheld, oldest first."""
        return [record for record in self._held.values() if record.waits_for_release]

    def last(self, count: int) -> list[Record]:
        """The newest payments, newest first."""
        try:
            names = [payment_id for _, payment_id in self._rows.newest[:count]]
            stored = {record.payment_id: record for record in map(self._stored, names) if record}
        except RowDiffersError:
            self._make_again()
            stored = {}
        ended = sorted(self._ended.values(), key=lambda row: -row[1])[:count]
        fresh = {record.payment_id: record for record in (_record_in.decode(row[2]) for row in ended)}
        newest = sorted((stored | fresh | self._held).values(), key=lambda record: -record.opened)
        return newest[:count]

    def recent(self, terminal: str, count: int) -> Iterator[Record]:
        """Those of the newest payments that were sent to this terminal, newest first."""
        return (one for one in self.last(count) if one.terminal == terminal and one.submission is not None)

    def loose(self, terminal: str) -> list[Record]:
        """The payments whose dialogue broke since the last one that ended as it should."""
        ends = self._loose.get(terminal, LooseEnds())
        return [record for name in ends.payment_ids if (record := self.get(name)) is not None]

    def last_numbers(self, terminal: str) -> tuple[int | None, int | None]:
        """Trace and receipt number of the last payment that a terminal stored; resolving needs them."""
        return self.last_stored(terminal).numbers

    def last_stored(self, terminal: str) -> LastStored:
        """What is known of the last payment that a terminal stored."""
        return self._last_stored.get(terminal, LastStored())

    def note_last_transaction(self, terminal: str, stored: LastStored) -> None:
        """The terminal named the payment it stored last. It does so at every start; no entry says it."""
        self._last_stored[terminal] = stored

    def day(self, terminal: str) -> TerminalDay:
        """The payments that stand on a terminal since its last close."""
        return self._days.get(terminal, TerminalDay())

    def to_store(self) -> tuple[list[Row], Buckets, RowChecks]:
        """The rows of finished payments with their buckets, and the checks that hold once they are stored."""
        try:
            checks, buckets = self._rows.with_rows(self._ended.values(), self._bucket)
        except RowDiffersError:
            self._make_again()
            return self.to_store()
        return list(self._ended.values()), buckets, checks

    def stored(self, rows: list[Row], checks: RowChecks) -> None:
        """The rows are in the store now."""
        self._rows = checks
        for payment_id, _, _ in rows:
            del self._ended[payment_id]

    def to_bytes(self, checks: RowChecks) -> bytes:
        """The part of the payment index that is not in the store."""
        return _STATE.encode(
            OpenPart(
                open=list(self._held.values()),
                last_stored=self._last_stored,
                days=self._days,
                clock_offsets=self.clock_offsets,
                newest=checks.newest,
                doubts=self.doubts.since,
                card_key=self.card_key,
                loose=self._loose,
                identities=self.identities.pinned,
                merchants=self.merchants.known,
            )
        )

    def from_bytes(self, content: bytes, rows: bytes) -> None:
        """Take up where `to_bytes` and the table of rows left off. Raises `ValueError` for other bytes."""
        part = _STATE.decode(content)
        self._rows = RowChecks(rows, part.newest)
        self._held = {record.payment_id: record for record in part.open}
        self._last_stored, self._days, self.clock_offsets = part.last_stored, part.days, part.clock_offsets
        self.doubts = TerminalDoubts(part.doubts)
        self.card_key = part.card_key
        self._loose = part.loose
        self.identities = TerminalIdentities(part.identities)
        self.merchants = MerchantNumbers(part.merchants)

    def _stored(self, payment_id: str) -> Record | None:
        """The record in the store. Raises `RowDiffersError`."""
        expected = self._rows.expected(payment_id, self._bucket)
        if expected is None:
            return None
        try:
            row = self._store.get(payment_id)
        except sqlite3.Error:
            raise RowDiffersError from None
        if row is None or row_hash(row) != expected:
            raise RowDiffersError
        return _record_in.decode(row[2])

    def _bucket(self, number: int) -> bytes | None:
        try:
            return self._store.bucket(number)
        except sqlite3.Error:
            raise RowDiffersError from None

    def _make_again(self) -> None:
        """The store was changed: make all of it again, up to the entry that is applied now."""
        if self.replay is None:
            raise SnapshotUnusable("journal.snapshot_rows")
        self._store.forget()
        self._begin_anew()
        until = self._applying

        def again(entry: Entry) -> None:
            if until is None or entry.index < until:
                self.apply(entry)

        self.replay(again)

    def _compare_clocks(self, record: Record, entry: Entry) -> None:
        if isinstance(entry.body, Submitted):
            record.asked_at = self.clock_offsets.record_request(record.terminal, entry.at)
        elif _tells_time(entry.body) and record.asked_at is not None:
            record.asked_at += self.clock_offsets.record_result(record.terminal, entry.body, entry.at)

    def _note_numbers(self, record: Record) -> None:
        """A verdict changed: note the numbers of the payment that the terminal stored last."""
        moves_money = kind_of(record.payment).moves_money
        if record.verdict == "approved" and record.result is not None and moves_money:
            self._last_stored[record.terminal] = stored_by(record.result)
        elif record.verdict == "unclear":
            self._last_stored.pop(record.terminal, None)  # nobody knows what it stored last

    def _book_against_original(self, record: Record) -> None:
        """Enter a refund or reversal, as it stands now, in the set of its original; or take it out."""
        original = self.get(record.original) if record.original else None
        if original is None:
            return
        known, now = original.taken_back.get(record.payment_id), _given_back(record)
        if now == known:
            return
        if now is None:
            del original.taken_back[record.payment_id]
        else:
            original.taken_back[record.payment_id] = now
        self._keep(original)

    def _count(self, record: Record) -> None:
        """Count an approval, or the end of one, for the next close of the day."""
        day, sign = self._days.setdefault(record.terminal, TerminalDay()), 1
        if record.verdict != "approved":
            # It counted, and is in doubt again: what the terminal will close is not known any more.
            day.whole, sign = False, -1
        kind = kind_of(record.payment)
        if kind.on_day == "closes" and sign > 0:
            self._days[record.terminal] = TerminalDay(since=record.opened, whole=True)
        elif kind.on_day == "adds":
            day.count, day.total = day.count + sign, day.total + sign * _signed(record)
        elif kind.on_day == "undoes":
            original = self.get(record.original)
            day.whole = day.whole and original is not None and original.opened > day.since
            day.count, day.total = day.count - sign, day.total - sign * (_signed(original) if original else 0)

    def _follow_dialogue(self, record: Record, body: AnyBody) -> None:
        """Note which dialogues have no proven end."""
        ends = self._loose.setdefault(record.terminal, LooseEnds())
        match body:
            case Submitted():
                if ends.newest not in ends.payment_ids:
                    ends.payment_ids.clear()  # the dialogue before this one has ended
                ends.newest = record.payment_id
            case BecameUnclear(lost=True) if record.payment_id not in ends.payment_ids:
                ends.payment_ids.append(record.payment_id)
            case Resolved(person="") if record.payment_id in ends.payment_ids:
                ends.payment_ids.remove(record.payment_id)  # the terminal has told what became of it
            case _:
                pass

    def _keep(self, record: Record) -> None:
        if record.open or record.verdict == "unclear" or record.waits_for_release:
            self._ended.pop(record.payment_id, None)
            self._held[record.payment_id] = record
        else:
            self._held.pop(record.payment_id, None)
            self._ended[record.payment_id] = record.payment_id, record.opened, _record_out.encode(record)


def _tells_time(body: object) -> TypeGuard[TerminalResult]:
    """Whether an entry shows what the terminal's clock says now. An open question may be an old message."""
    return isinstance(body, TerminalResult) and body.verdict != "unclear"


def _signed(record: Record) -> int:
    """What a payment adds to the shop's money, in minor units of its currency."""
    return kind_of(record.payment).signed(record.booked)


def _given_back(record: Record) -> GivenBack | None:
    """What a refund or reversal takes from its original; None while the bank cannot have it."""
    if not record.possibly_booked:
        return None
    whole = kind_of(record.payment).takes_back == "whole"
    return GivenBack(None if whole else record.booked, sure=record.verdict == "approved")
