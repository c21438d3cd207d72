"""Everything one payment stands on: journal, book, rules, people, terminals, clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from agent.clock import Clock
from agent.journal.entry import (
    Answered,
    AnyBody,
    Asked,
    Decided,
    Entry,
    LateResult,
    Replied,
    Requested,
    Submitted,
    TerminalState,
    Unclear,
)
from agent.journal.journal import Journal
from agent.money import currency_of
from agent.payments import wording
from agent.payments.book import Book, refundable
from agent.payments.entries import OPERATION, answered, given_up, not_sent, printed, refused
from agent.payments.live import Live
from agent.payments.people import People
from agent.payments.record import Record, begin
from agent.payments.terminals import Terminal
from agent.rules import Original, Policy, RuleRequest, Windows, decide
from agent.settings import Settings
from drivers.terminal import Command, Outcome, Receipt, Said


@dataclass
class Shop:
    """The state of the agent. `journal` is set when it has been opened.

    `key_until` is the last day of the acquirer's key; `trouble` is what kept the
    agent from going live, for a person.
    """

    settings: Settings
    clock: Clock
    policy: Policy
    book: Book
    windows: Windows
    people: People
    key_until: date
    key_id: str = ""
    trouble: str = ""
    cosigned: Callable[[], int | None] = lambda: None
    terminals: dict[str, Terminal] = field(default_factory=dict)
    stopping: bool = False
    one_guess: asyncio.Lock = field(default_factory=asyncio.Lock)
    broken: Callable[[BaseException], None] = lambda _error: None
    follow: Callable[[Entry], None] = lambda _entry: None
    _journal: Journal | None = None

    def __post_init__(self) -> None:
        self.digest = self.settings.digest  # hashed once: no payment waits for it

    @property
    def journal(self) -> Journal:
        """The open journal."""
        if self._journal is None:
            raise AssertionError("the journal is not open yet")
        return self._journal

    @journal.setter
    def journal(self, journal: Journal) -> None:
        self._journal = journal

    def apply(self, entry: Entry) -> None:
        """One entry is durable: let everything that is derived follow it."""
        self.book.apply(entry)
        self.windows.apply(entry)
        self.people.apply(entry)
        self.follow(entry)

    def write(self, *bodies: AnyBody) -> None:
        """Put entries on disk and let the state follow. Whatever fails here must end the agent."""
        if not bodies:
            return
        try:
            self.journal.commit(*bodies)
        except BaseException as error:
            self.broken(error)
            raise

    def decide(self, request: Requested) -> Decided:
        """All rules on one request."""
        asked = RuleRequest(
            kind=request.payment,
            amount=request.amount,
            currency=request.currency,
            till=request.till,
            original=self._original(request),
            training=self.settings.agent.training,
        )
        decision = decide(asked, self.windows, self.policy, self.clock.wall())
        return Decided(
            till_number=request.till_number,
            step=decision.step,
            reasons=list(decision.reasons),
            policy=self.digest,
        )

    def _original(self, request: Requested) -> Original | None:
        original = self.book.get(request.original) if request.original else None
        if original is None:
            return None
        return Original(
            approved=original.verdict == "approved",
            reversed=bool(original.reversed_by),
            left=refundable(original),
            currency=original.currency or "",
            refunded=sum(original.refunds.values()),
            kind=original.payment,
        )

    def ask(self, payment: Live, decision: Decided) -> Asked:
        """Open the question of a decision; the till sees it when it is on disk."""
        text = " ".join(reason.text for reason in decision.reasons if reason.step == decision.step)
        return payment.pose(decision.step, text, self.clock.monotonic())

    def objection(self, payment: Live, asked: Decided, story: list[AnyBody]) -> Answered | None:
        """What speaks against sending it now: the cashier, our rules, or a terminal that is not there.

        After a question the rules are asked again: the limits may have been
        reached while it was open, and a yes covers only what was asked.
        """
        terminal = self.terminals[payment.request.terminal]
        for body in story:
            if isinstance(body, Replied) and body.answer != "yes":
                return given_up(body, payment.cancelled)
            if isinstance(body, Decided) and (body.step == "block" or body.stricter_than(asked)):
                return refused(body)
        if payment.request.payment == "reversal" and self._original_receipt(payment.request) is None:
            text = wording.NO_RECEIPT_NUMBER
            return Answered(till_number=payment.request.till_number, verdict="refused", text=text)
        return None if terminal.ready else not_sent(payment.request, terminal.why_not)

    def record(self, request: Requested) -> Record:
        """The record of a payment that is in the journal."""
        record = self.book.get(request.till_number)
        if record is None:
            raise AssertionError("a payment under way has a record")
        return record

    def submitted(self, request: Requested) -> Submitted:
        """The last entry before the terminal hears of it, with what to compare with later."""
        trace, receipt = self.book.last_numbers(request.terminal)
        by = self.settings.terminals[request.terminal].receipts
        return Submitted(
            till_number=request.till_number,
            terminal=request.terminal,
            receipts=by,
            last_trace=trace,
            last_receipt=receipt,
        )

    def command(self, request: Requested) -> Command:
        """The request in the words of the drivers."""
        reversal = request.payment == "reversal"
        return Command(
            OPERATION[request.payment],
            reference=request.till_number,
            amount=request.amount,
            currency=currency_of(request.currency).number if request.currency else None,
            original_receipt=self._original_receipt(request) if reversal else None,
        )

    def _original_receipt(self, request: Requested) -> int | None:
        original = self.book.get(request.original) if request.original else None
        return original.answered.receipt_number if original and original.answered else None

    def late(self, terminal: str, event: Outcome | Receipt) -> bool:
        """Keep what a terminal sent when nobody waited; True if it may be acknowledged.

        An approval that no unclear payment accounts for is kept but not
        acknowledged: the terminal then takes back what the till does not know.
        """
        unclear = self.book.unclear(terminal)
        record = unclear[0] if unclear else _nobody(terminal, self)
        if isinstance(event, Receipt):
            self.write(printed(record, event))
            return True
        self.write(LateResult(terminal=terminal, result=answered(record, event.result)))
        return bool(unclear) or event.result.said is not Said.APPROVED or event.result.amount is None

    def note(self, state: TerminalState) -> None:
        """A terminal changed its state."""
        self.write(state)

    def close_open(self) -> int:
        """Give every payment that a stop of the agent left open the verdict that is proven."""
        left_open = self.book.open()
        for record in left_open:
            self.write(_left_open(record))
        return len(left_open)

    def why_not(self) -> str:
        """Why no payment may be taken now; empty when one may."""
        if self.stopping:
            return wording.AGENT_STOPPING
        if self.trouble:
            return self.trouble
        if self.clock.wall().date() > self.key_until:
            return wording.KEY_EXPIRED.format(until=self.key_until)
        if self.journal.full:
            return wording.DISK_FULL
        return ""


def _left_open(record: Record) -> AnyBody:
    if record.submitted is None:
        text = wording.RESTARTED_BEFORE
        return Answered(till_number=record.till_number, verdict="not_sent", text=text)
    reason = wording.NO_PROOF if record.answered else wording.RESTARTED_DURING
    return Unclear(till_number=record.till_number, reason=reason)


def _nobody(terminal: str, shop: Shop) -> Record:
    nothing = Requested(till_number="", digest="", payment="sale", terminal=terminal, till="")
    return begin(nothing, -1, shop.clock.wall())
