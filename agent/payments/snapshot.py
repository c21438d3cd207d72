"""The state for a quick start: believed only as far as the journal vouches for it.

An entry with the digest goes into the journal first. Then snapshot and rows are stored in one
transaction. A start uses only what fits that entry. Anything else (edited, emptied, from another
version) is dropped and made again from the first line.
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Callable, Mapping

import msgspec

from agent.journal.recover import Snapshot, SnapshotUnusable
from agent.journal.writer import Journal
from agent.payments.context import Context
from agent.payments.index import PaymentIndex
from agent.payments.people import People
from agent.payments.store import PaymentStore
from agent.rules import DayTotals

# The parts of a snapshot in the state file.
JOURNAL, PAYMENTS, ROWS, TOTALS, PEOPLE = "journal", "payments", "rows", "totals", "people"
ALARMS, AGES = "alarms", "ages"


def keep(context: Context, store: PaymentStore) -> bool:
    """Keep what a start needs. False if the file cannot be written: the old snapshot stays."""
    rows, buckets, checks = context.payments.to_store()
    parts = {
        PAYMENTS: context.payments.to_bytes(checks),
        ROWS: checks.to_bytes(),
        TOTALS: context.totals.to_bytes(),
        PEOPLE: context.people.to_bytes(),
        ALARMS: context.alarms.to_bytes(),
        AGES: context.ages.to_bytes(),
    }
    snapshot = context.journal.keep_state(_digest(parts))
    if not store.keep(rows, buckets, parts | {JOURNAL: msgspec.json.encode(snapshot)}):
        return False
    context.payments.stored(rows, checks)
    return True


def opened(context: Context, store: PaymentStore, begin: Callable[[Snapshot | None], Journal]) -> Journal:
    """The journal, read from the last snapshot on, or from its first line if the snapshot does not fit."""
    start = thaw(context, store)
    try:
        return begin(start)
    except SnapshotUnusable:
        forget(context, store)
        return begin(None)


def thaw(context: Context, store: PaymentStore) -> Snapshot | None:
    """Take up the last snapshot. None if there is no usable one: nothing is derived then."""
    parts = store.snapshot()
    try:
        start = msgspec.json.decode(parts.pop(JOURNAL), type=Snapshot)
        if start.state != _digest(parts):
            forget(context, store)
            return None
        context.payments.from_bytes(parts[PAYMENTS], parts[ROWS])
        context.totals.from_bytes(parts[TOTALS])
        context.people.from_bytes(parts[PEOPLE])
        context.alarms.from_bytes(parts[ALARMS])
        context.ages.from_bytes(parts[AGES])
    except (KeyError, ValueError, msgspec.DecodeError):
        forget(context, store)
        return None
    return start


def forget(context: Context, store: PaymentStore) -> None:
    """Drop all derived state: it is made again from the journal."""
    store.forget()
    context.payments = PaymentIndex(store)
    context.totals = DayTotals(context.policy.business_day_starts)
    context.people = People(context.settings.people)
    context.alarms.forget()
    context.ages.forget()


def _digest(parts: Mapping[str, bytes]) -> str:
    """One digest over all parts, each under its name."""
    whole = hashlib.sha256()
    for name in sorted(parts):
        whole.update(hashlib.sha256(name.encode()).digest() + hashlib.sha256(parts[name]).digest())
    return b32encode(whole.digest()).decode("ascii").rstrip("=").lower()
