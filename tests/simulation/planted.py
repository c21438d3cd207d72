"""Ten and more bugs, put into the real code one at a time: each must be caught by some seed.

A simulation that finds nothing may only be blind. `python -m tests.simulation.planted` shows how
many seeds each bug lived, and fails when one lived longer than `MOST_SEEDS`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from typing import Any

from agent.journal import walk
from agent.journal.disk import file_name
from agent.journal.schema.entry import AnyBody, BecameUnclear, Completed, Entry, Fact, TerminalResult
from agent.journal.writer import Journal
from agent.payments import index as book
from agent.payments import mapping as entries
from agent.payments.active import ActivePayment
from agent.payments.commands import PaymentCommand
from agent.payments.index import PaymentIndex
from agent.payments.record import Record, change
from agent.payments.service import PaymentService
from agent.payments.state import PaymentState
from agent.rules import RULES, decide
from agent.terminals.connection import TerminalConnection, Withdrawn
from drivers.operation import FINANCIAL
from drivers.terminal import (
    BookingFinding,
    BookingProof,
    Command,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DriverFact,
    EndReason,
    Event,
    Receipt,
    Result,
    TransactionResult,
    Unclear,
)
from drivers.zvt import resolve as resolver
from drivers.zvt import session
from drivers.zvt.messages import POSITIVE, ZvtPacket
from drivers.zvt.resolve import ZvtResolver
from drivers.zvt.session import ZvtSession
from drivers.zvt.timers import ZvtTimers
from tests.simulation.chance import plan_of
from tests.simulation.network import WorldReader
from tests.simulation.run import play

MOST_SEEDS = 3000
# A program that sends again does it when the terminal is back, and not for ever.
BACK_AGAIN_S, TRIES = 2.0, 60


@contextmanager
def patched(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Put something else there for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def acknowledge_before_sync() -> Iterator[None]:
    """The terminal has its answer before the result is on disk."""
    keep, acknowledge = ZvtSession._keep, ZvtSession.acknowledge

    def answering(
        self: ZvtSession, event: TransactionResult | Receipt, packet: ZvtPacket, now: float
    ) -> None:
        keep(self, event, packet, now)
        self._answer(POSITIVE, now)

    def quiet(self: ZvtSession, now: float) -> None:
        with patched(ZvtSession, "_answer", lambda _self, _answer, _now: None):
            acknowledge(self, now)

    with patched(ZvtSession, "_keep", answering), patched(ZvtSession, "acknowledge", quiet):
        yield


@contextmanager
def forget_the_folder() -> Iterator[None]:
    """A new file is made, and its name never synced."""

    def begin(self: Journal, day: date) -> None:
        self._file, self._offset, self._line = file_name(self.size, day), 0, 1
        self._day = day
        self._disk.open(self._file)

    with patched(Journal, "_begin_file", begin):
        yield


@contextmanager
def send_again() -> Iterator[None]:
    """What was lost is sent once more as a new command, when the terminal is back."""
    perform = TerminalConnection.perform

    async def again(self: TerminalConnection, command: Command) -> AsyncIterator[Event | Withdrawn]:
        first, lost = perform(self, command), None
        async for event in first:
            if isinstance(event, ConnectionLost) and event.delivery is Delivery.PERHAPS:
                lost = event
            else:
                yield event
        for _ in range(TRIES if lost else 0):
            await asyncio.sleep(BACK_AGAIN_S)
            if self.ready and command.operation in FINANCIAL:
                async for event in perform(self, command):
                    yield event
                return
        if lost:
            yield lost

    with patched(TerminalConnection, "perform", again):
        yield


@contextmanager
def silence_is_a_no() -> Iterator[None]:
    """A lost line is told as declined."""

    def lost(record: Record, event: ConnectionLost, approved: bool) -> list[AnyBody]:  # noqa: ARG001 - as the original
        return [TerminalResult(payment_id=record.payment_id, verdict="declined", text=event.reason.code)]

    with patched(entries, "_lost", lost):
        yield


@contextmanager
def resolve_by_amount() -> Iterator[None]:
    """The last stored payment has the amount, so it must be ours."""

    def conclude(_self: ZvtResolver, unclear: Unclear, answers: Sequence[Result | None]) -> BookingFinding:
        last = answers[-1] if answers else None
        if last is None:
            return BookingFinding(BookingProof.UNPROVEN, DriverFact("zvt.silent"))
        found = BookingProof.BOOKED if last.amount == unclear.command.amount else BookingProof.NOT_BOOKED
        return BookingFinding(found, DriverFact("zvt.stored"), last if found is BookingProof.BOOKED else None)

    with patched(ZvtResolver, "conclude", conclude):
        yield


@contextmanager
def apply_before_sync() -> Iterator[None]:
    """The agent acts on an entry before it is on disk."""
    commit = Journal.commit

    def early(self: Journal, *bodies: AnyBody) -> tuple[Entry, ...]:
        apply, written = self._apply, self._write

        def write(lines: list[bytes], moment: Any) -> None:
            for entry in self._entries(bodies, moment):
                apply(entry)
            self._apply = lambda _entry: None
            written(lines, moment)

        self._write = write  # type: ignore[method-assign]  # the planted bug
        try:
            return commit(self, *bodies)
        finally:
            self._apply, self._write = apply, written  # type: ignore[method-assign]  # the planted bug

    with patched(Journal, "commit", early):
        yield


@contextmanager
def tell_before_completed() -> Iterator[None]:
    """An approval is told before the terminal has shown that it keeps it."""

    def hasty(record: Record, body: AnyBody, index: int) -> None:
        change(record, body, index)
        if isinstance(body, TerminalResult) and body.verdict == "approved":
            record.verdict = "approved"

    with patched(book, "change", hasty):
        yield


@contextmanager
def take_any_unsolicited_result() -> Iterator[None]:
    """An approval that comes late is that of the unclear payment, whatever it says."""
    with patched(ZvtResolver, "belongs", lambda _self, _unclear, _result: True):
        yield


@contextmanager
def cut_a_good_tail() -> Iterator[None]:
    """A start takes the last commit for a torn one."""
    with patched(walk, "unwritten", lambda _commit: True):
        yield


@contextmanager
def forget_payment_ids() -> Iterator[None]:
    """The same payment id again is a new payment, once the first has its verdict."""
    find = PaymentService.find

    def forgetful(self: PaymentService, payment_id: str) -> Record | None:
        record = find(self, payment_id)
        return record if record is None or payment_id in self._active or record.verdict == "unclear" else None

    put = PaymentService.put

    def putting(self: PaymentService, command: PaymentCommand) -> tuple[PaymentState, bool]:
        with patched(PaymentService, "find", forgetful):
            return put(self, command)

    with patched(PaymentService, "put", putting):
        yield


@contextmanager
def try_a_sync_again() -> Iterator[None]:
    """A sync that failed is tried once more, and believed."""

    def append(self: Journal, block: bytes) -> None:
        self._disk.append(self._file, block)
        try:
            self._disk.sync(self._file)
        except OSError:
            self._disk.sync(self._file)

    with patched(Journal, "_append", append):
        yield


@contextmanager
def believe_what_was_not_synced() -> Iterator[None]:
    """A start reads what the page cache shows, and does not make it durable first."""
    from agent.journal import writer as journal  # noqa: PLC0415 - the module, beside the class of nearly its name

    with patched(journal, "_sync_leftovers", lambda _disk: None):
        yield


@contextmanager
def upload_before_the_sync() -> Iterator[None]:
    """Headquarters get what a power cut may still take away here."""
    with patched(WorldReader, "sync_read", lambda _self: None):
        yield


@contextmanager
def refused_is_refused() -> Iterator[None]:
    """An error in answer to a command that went out twice is taken for a plain no."""
    with patched(session, "CHANGING", frozenset()):
        yield


@contextmanager
def at_any_time() -> Iterator[None]:
    """A newer payment of the same amount must be ours, whenever it was."""
    with patched(resolver, "in_time", lambda _unclear, _at, _longest: True):
        yield


@contextmanager
def forget_earlier_refunds() -> Iterator[None]:
    """Each refund is compared with the whole sale, whatever was given back before."""
    with patched(Record, "given_back", property(lambda _self: 0)):
        yield


@contextmanager
def a_refusal_frees_the_sale() -> Iterator[None]:
    """A reversal that was refused takes off what an earlier one gave back."""
    follow = PaymentIndex._book_against_original

    def freeing(self: PaymentIndex, record: Record) -> None:
        follow(self, record)
        original = self.get(record.original)
        if original is not None and record.verdict == "refused":
            original.taken_back = {}
            self._keep(original)

    with patched(PaymentIndex, "_book_against_original", freeing):
        yield


@contextmanager
def doubt_a_refusal() -> Iterator[None]:
    """A dialogue that failed without a result is unclear, whatever the terminal said."""

    def doubting(record: Record, event: DialogueEnded) -> list[AnyBody]:
        if event.end_reason is EndReason.COMPLETED:
            return ended(record, event)
        why = Fact("payment.ended_without_result")
        return [BecameUnclear(payment_id=record.payment_id, why=why), Completed(payment_id=record.payment_id)]

    ended = entries._without_result
    with patched(entries, "_without_result", doubting):
        yield


@contextmanager
def wait_for_no_completion() -> Iterator[None]:
    """A result is there, and its completion is given up at once."""

    def hasty(self: ZvtTimers, result: Result, now: float, *, financial: bool) -> None:
        stored(self, result, now, financial=financial)
        self.deadline = now if financial else self.deadline

    stored = ZvtTimers.result_stored
    with patched(ZvtTimers, "result_stored", hasty):
        yield


@contextmanager
def look_at_no_soft_limit() -> Iterator[None]:
    """A sale above the soft limit begins without a question."""
    rules = tuple(rule for rule in RULES if rule[0] != "soft")
    with patched(decide, "__defaults__", (rules,)):
        yield


@contextmanager
def any_answer_is_a_yes() -> Iterator[None]:
    """The question was answered, so the payment begins."""
    reply = ActivePayment.reply_entry
    with patched(ActivePayment, "reply_entry", lambda self, _answer, *rest: reply(self, "yes", *rest)):
        yield


@dataclass(frozen=True)
class Bug:
    """A name for people, and how it is put in. `quick` ones are tried in every test run."""

    name: str
    plant: Callable[[], Any]
    quick: bool = True


BUGS = (
    Bug("acknowledge before the sync", acknowledge_before_sync),
    Bug("forget to sync the folder", forget_the_folder),
    Bug("send again what was lost", send_again),
    Bug("take silence for a no", silence_is_a_no),
    Bug("resolve by the amount alone", resolve_by_amount),
    Bug("apply before the sync", apply_before_sync),
    Bug("tell the till before the completion", tell_before_completed),
    Bug("take any unsolicited result for ours", take_any_unsolicited_result, quick=False),
    Bug("cut a good tail", cut_a_good_tail),
    Bug("forget payment ids", forget_payment_ids),
    Bug("try a failed sync again", try_a_sync_again, quick=False),
    Bug("believe what was not synced", believe_what_was_not_synced, quick=False),
    Bug("upload before the sync", upload_before_the_sync, quick=False),
    Bug("take a second refusal for the first", refused_is_refused, quick=False),
    Bug("do not look at the time", at_any_time, quick=False),
    Bug("forget earlier refunds", forget_earlier_refunds, quick=False),
    Bug("a refusal frees the sale", a_refusal_frees_the_sale, quick=False),
    Bug("doubt a refusal", doubt_a_refusal),
    Bug("wait for no completion", wait_for_no_completion),
    Bug("look at no soft limit", look_at_no_soft_limit),
    Bug("any answer is a yes", any_answer_is_a_yes),
)


def seeds_until_caught(bug: Bug, start: int = 0, most: int = MOST_SEEDS) -> tuple[int | None, str]:
    """How many seeds it took and what was seen; None when it was never caught."""
    for seed in range(start, start + most):
        with bug.plant():
            _, violations = play(plan_of(seed))
        if violations and not play(plan_of(seed))[1]:
            return seed - start + 1, f"{violations[0].rule}: {violations[0].text}"
    return None, ""


def _caught(place: int) -> tuple[int | None, str]:
    return seeds_until_caught(BUGS[place])


def main() -> int:
    """Print the table; 1 when a bug was not caught."""
    with get_context("spawn").Pool() as pool:
        found = pool.map(_caught, range(len(BUGS)), chunksize=1)
    print("| planted bug | seeds | first seen as |\n|---|---:|---|")  # noqa: T201 - a program
    for bug, (seeds, seen) in zip(BUGS, found, strict=True):
        print(f"| {bug.name} | {seeds or 'not caught'} | {seen.split(':')[0]} |")  # noqa: T201 - a program
    return 0 if all(seeds for seeds, _ in found) else 1


if __name__ == "__main__":
    sys.exit(main())
