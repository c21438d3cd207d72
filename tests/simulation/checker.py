"""Compares what the bank booked with what the journal says and what the till was told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from agent.journal.schema.entry import BecameUnclear, Resolved, Undone
from agent.journal.tree import Frontier, leaf_hash
from agent.payments.record import Record
from agent.texts import say
from drivers.simulator.core.bank import Booking, BookingKind, BookingState
from tests.simulation.simulation import Account

# Nothing was charged: what a till may do after these words is to charge again.
NOTHING = {"declined", "cancelled", "refused", "not_sent"}


def why(record: Record) -> str:
    """The sentence behind a verdict."""
    return record.words or (say(record.why.code, **record.why.figures) if record.why else "")


def told(record: Record) -> str:
    """A verdict and the sentence behind it."""
    return f"{record.verdict}: {why(record)}"


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken: which one, and how."""

    rule: str
    text: str


def check(account: Account) -> list[Violation]:
    """Every broken promise of one run."""
    rules = (
        _trouble,
        _written_first,
        _bookings,
        _strangers,
        _approvals,
        _once,
        _conserved,
        _limits,
        _needless,
        _told,
        _entries,
        _heads,
        _books,
    )
    return [violation for rule in rules for violation in rule(account)]


def _trouble(account: Account) -> Iterator[Violation]:
    for text in account.trouble:
        yield Violation("comes back", text)
    for payment_id, record in account.records.items():
        if record.open:
            yield Violation("has a verdict", f"{payment_id} has none in the end")


def _written_first(account: Account) -> Iterator[Violation]:
    """The terminal hears of a payment, and has its answer, only when that is on disk."""
    for text in account.hasty:
        yield Violation("written first", text)


def _bookings(account: Account) -> Iterator[Violation]:
    """No booked payment is unknown or called anything that says that nothing was charged."""
    for booking in account.bookings:
        if booking.state is not BookingState.BOOKED:
            continue
        payment_id = account.owner[booking.number]
        record = account.records.get(payment_id)
        if record is None:
            yield Violation("known", f"{payment_id or 'nobody'} is booked and not in the journal")
        elif record.verdict in NOTHING:
            yield Violation("not denied", f"{payment_id} is booked and {told(record)}")
        elif record.verdict == "approved" and _said(record) not in {None, booking.amount}:
            yield Violation("amount", f"{payment_id} booked {booking.amount}, journal {_said(record)}")
    for payment_id in account.closed_by:
        record = account.records.get(payment_id)
        if record is None or record.verdict in NOTHING:
            yield Violation("not denied", f"{payment_id} closed the day and is {record and record.verdict}")


def _strangers(account: Account) -> Iterator[Violation]:
    """Nothing that the till did not ask for is undone."""
    for booking in account.strangers:
        if booking.state is not BookingState.BOOKED:
            yield Violation("not ours", f"booking {booking.number} was not the till's and is {booking.state}")


def _said(record: Record) -> int | None:
    """The amount that the terminal gave; not every protocol has one in its answer."""
    return record.result.amount if record.result else None


def _approvals(account: Account) -> Iterator[Violation]:
    """Nobody is told approved without a booked payment."""
    said = {told.payment_id: told.at for told in account.told if told.verdict == "approved"}
    approved = {payment_id for payment_id, record in account.records.items() if record.verdict == "approved"}
    for payment_id in sorted(approved | set(said)):
        if not _stands(account, payment_id):
            who = "the till was told" if payment_id in said else "the journal says"
            yield Violation(
                "approved is booked", f"{payment_id}: {who} approved and nothing stands at the bank"
            )


def _stands(account: Account, payment_id: str) -> bool:
    """Booked, or taken back by a reversal that the shop itself asked for."""
    if payment_id in account.closed_by:
        return True
    return any(
        booking.state is BookingState.BOOKED or _taken_back(account, booking)
        for booking in account.bookings
        if account.owner[booking.number] == payment_id
    )


def _taken_back(account: Account, booking: Booking) -> bool:
    return booking.state is BookingState.REVERSED and any(
        other.kind is BookingKind.REVERSAL
        and other.original == booking.number
        and other.state is BookingState.BOOKED
        for other in account.bookings
    )


def _once(account: Account) -> Iterator[Violation]:
    """A payment id reaches the terminal once."""
    for payment_id, times in Counter(account.begun).items():
        if times > 1:
            yield Violation("once", f"the terminal began {payment_id} {times} times")
    booked = Counter(
        account.owner[booking.number] for booking in account.bookings if booking.state is BookingState.BOOKED
    )
    for payment_id, times in booked.items():
        if times > 1:
            yield Violation("once", f"{payment_id} is booked {times} times")


def _conserved(account: Account) -> Iterator[Violation]:
    """Of one sale never more is asked back than stands at the bank and was not given back before.

    A terminal may pay more than it was asked to. That counts before the next one, and is no fault of ours.
    """
    took, gave = Counter[str](), Counter[str]()
    for booking in account.bookings:
        owner = account.owner[booking.number]
        stands = booking.state is BookingState.BOOKED
        if booking.kind is BookingKind.SALE and (stands or _taken_back(account, booking)):
            took[owner] += booking.amount
        elif booking.kind is not BookingKind.SALE and stands and owner in account.returns:
            original, asked = account.returns[owner]
            if gave[original] + (asked or took[original]) > took[original]:
                text = f"{original} took {took[original]}; after {gave[original]} {owner} was asked back"
                yield Violation("conserved", text)
            gave[original] += booking.amount


def _limits(account: Account) -> Iterator[Violation]:
    """Above the soft limit somebody has said yes first; above the hard one nothing is booked."""
    for payment_id in sorted(account.over_soft.intersection(account.begun) - account.agreed):
        yield Violation("limits", f"{payment_id} is above the soft limit, and nobody said yes")
    for booking in account.bookings:
        if booking.state is BookingState.BOOKED and booking.amount > account.hard:
            text = (
                f"{account.owner[booking.number]} booked {booking.amount}, the hard limit is {account.hard}"
            )
            yield Violation("limits", text)


def _needless(account: Account) -> Iterator[Violation]:
    """What begins before anything goes wrong is never unclear."""
    for entry in account.journal:
        if isinstance(entry.body, BecameUnclear) and entry.body.payment_id in account.calm:
            yield Violation("needless", f"{entry.body.payment_id} became unclear, and nothing was wrong")


def _told(account: Account) -> Iterator[Violation]:
    """What the till was told stays so; only unclear may become clear."""
    booked = {
        account.owner[booking.number] for booking in account.bookings if booking.state is BookingState.BOOKED
    }
    first: dict[str, str] = {}
    for told in account.told:
        known = first.get(told.payment_id)
        if told.verdict in NOTHING and told.payment_id in booked:
            yield Violation("not denied", f"{told.payment_id} is booked, the till heard {told.verdict}")
        if known not in {None, "unclear", told.verdict}:
            yield Violation(
                "words stay", f"{told.payment_id} was {known} and then {told.verdict or told.phase}"
            )
        if told.verdict is not None:
            first[told.payment_id] = told.verdict
        if told.phase != "deciding" and told.payment_id not in account.records:
            yield Violation(
                "known", f"the till heard that {told.payment_id} is {told.phase}; it was forgotten"
            )


def _entries(account: Account) -> Iterator[Violation]:
    """Every entry that was promised is there, unchanged."""
    for index, line in account.promised.items():
        if index >= len(account.lines):
            yield Violation("kept", f"entry {index} was promised and is gone")
            return
        if account.lines[index] != line:
            yield Violation("kept", f"entry {index} is another than was promised")
            return


def _heads(account: Account) -> Iterator[Violation]:
    """The tree has grown from every head that was ever shown, and headquarters see no other past."""
    for text in account.alarms:
        yield Violation("one past", text)
    shown = account.roots | account.cosigned
    if max(account.cosigned, default=0) > len(account.lines):
        yield Violation("one past", f"headquarters have {max(account.cosigned)} entries, the disk fewer")
    tree = Frontier()
    for line in account.lines:
        tree.append(leaf_hash(line))
        if tree.root() != shown.get(tree.size, tree.root()):
            yield Violation("one past", f"the head of {tree.size} entries was another")
            return


def _books(account: Account) -> Iterator[Violation]:
    """What the agent derives from a snapshot is what the whole journal says."""
    for payment_id, believed in account.believed.items():
        if believed != account.records.get(payment_id):
            yield Violation(
                "one truth", f"the agent's payment index of {payment_id} is not that of its journal"
            )


def harm(account: Account) -> tuple[set[str], set[str], set[str]]:
    """Payments that are booked and were denied or forgotten, booked twice, approved for nothing."""
    booked = Counter(
        account.owner[one.number] for one in account.bookings if one.state is BookingState.BOOKED
    )
    verdicts = {payment_id: record.verdict for payment_id, record in account.records.items()}
    told = {told.payment_id for told in account.told if told.verdict in NOTHING}
    lost = {
        payment_id
        for payment_id in booked
        if payment_id in told or verdicts.get(payment_id, "refused") in NOTHING
    }
    approved = {told.payment_id for told in account.told if told.verdict == "approved"}
    twice = {payment_id for payment_id, times in booked.items() if times > 1}
    return lost, twice, {payment_id for payment_id in approved if not _stands(account, payment_id)}


@dataclass
class Tally:
    """What many runs came to."""

    seeds: int = 0
    payments: int = 0
    refused: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    unclear: int = 0
    resolved: int = 0
    persons: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    twice: int = 0
    wrong: int = 0

    def add(self, account: Account) -> None:
        """One more run."""
        self.seeds += 1
        self.payments += len(account.records)
        self.refused += account.refused
        self.faults += account.happened
        self.verdicts += Counter(str(record.verdict) for record in account.records.values())
        bodies = [entry.body for entry in account.journal]
        doubted = {body.payment_id for body in bodies if isinstance(body, BecameUnclear | Undone)}
        self.unclear += len(doubted)
        self.resolved += sum(isinstance(body, Resolved) for body in bodies)
        for record in account.records.values():
            if record.verdict == "unclear":
                self.persons[re.sub("[0-9]+", "N", why(record))] += 1
        lost, twice, wrong = harm(account)
        self.lost += len(lost)
        self.twice += len(twice)
        self.wrong += len(wrong)

    def join(self, other: Tally) -> None:
        """Add what another process counted."""
        for name in ("seeds", "payments", "refused", "unclear", "resolved", "lost", "twice", "wrong"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.verdicts += other.verdicts
        self.faults += other.faults
        self.persons += other.persons
