"""Everything one payment stands on: journal, payments, rules, people, terminals, clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from agent.alarms.ages import EntryAges
from agent.alarms.registry import CONTRADICTIONS
from agent.alarms.standing import StandingAlarms
from agent.base.clock import Clock
from agent.base.money import currency_of
from agent.journal.schema.entry import (
    AnyBody,
    BecameUnclear,
    Decided,
    Entry,
    EntryRefusedError,
    Fact,
    NotSent,
    Prompted,
    Refused,
    Replied,
    Requested,
    Submitted,
    TerminalResult,
)
from agent.journal.writer import Journal
from agent.payments.active import ActivePayment
from agent.payments.card_keys import CardKeys, fill_from_kernel
from agent.payments.feed import AgentEvents
from agent.payments.freshness import as_an_old_one, fresh
from agent.payments.index import PaymentIndex
from agent.payments.kinds import kind_of, operation_of
from agent.payments.mapping import given_up, result_of
from agent.payments.outcome import ApprovalWatcher, Road, differs_alarm, merchant_alarm, with_what_follows
from agent.payments.people import People, Strangers
from agent.payments.record import Record
from agent.payments.release import hold
from agent.payments.wording import next_step
from agent.rules import DayTotals, Original, Policy, RuleRequest, decide
from agent.settings.load import Settings
from agent.terminals.connection import TerminalConnection
from agent.terminals.facts import journal_fact
from drivers.card.card import CardOrdinals
from drivers.card.seal import SealingKey
from drivers.terminal import Command, Day, Result, Unclear


@dataclass
class Context:
    """The state of the agent. `journal` is set when it has been opened.

    `sealing` is the acquirer's key in use. `startup_error` tells a person what in the settings keeps
    the agent from taking payments.
    """

    settings: Settings
    clock: Clock
    policy: Policy
    payments: PaymentIndex
    totals: DayTotals
    people: People
    sealing: SealingKey
    startup_error: str = ""
    cosigned: Callable[[], int | None] = lambda: None
    terminals: dict[str, TerminalConnection] = field(default_factory=dict)
    stopping: bool = False
    credential_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    strangers: Strangers = field(default_factory=Strangers)
    on_fatal: Callable[[BaseException], None] = lambda _error: None
    on_entry: Callable[[Entry], None] = lambda _entry: None
    complain_of_terminal: Callable[[str, Exception], None] = lambda _terminal, _error: None
    watchers: list[ApprovalWatcher] = field(default_factory=list)
    alarms: StandingAlarms = field(default_factory=StandingAlarms)
    ages: EntryAges = field(default_factory=EntryAges)
    card_keys: CardKeys = field(default_factory=lambda: CardKeys(CardOrdinals(), fill_from_kernel))
    _journal: Journal | None = None

    def __post_init__(self) -> None:
        self.digest = self.settings.digest  # hashed once: no payment waits for it
        self.events = AgentEvents(lambda: self.journal.size)
        self.watchers += [partial(differs_alarm, self.alarms), partial(hold, self.policy, self._find)]
        self.watchers.append(lambda approval: merchant_alarm(self.alarms, self.payments.merchants, approval))

    def _find(self, payment_id: str) -> Record | None:
        """By the index as it is now: a start may have made it again."""
        return self.payments.get(payment_id)

    @property
    def journal(self) -> Journal:
        """The open journal."""
        if self._journal is None:
            raise AssertionError("the journal is not open yet")
        return self._journal

    @journal.setter
    def journal(self, journal: Journal) -> None:
        self._journal = journal
        self.payments.replay = journal.replay

    def apply(self, entry: Entry) -> None:
        """One entry is durable: update all derived state."""
        self.payments.apply(entry)
        self.totals.apply(entry)
        self.people.apply(entry)
        self.alarms.apply(entry)
        self.ages.apply(entry)
        self.on_entry(entry)

    def write(self, *bodies: AnyBody, road: Road | None = None) -> None:
        """Put entries on disk and update the state. Any failure here must end the agent, but for one.

        `EntryRefusedError` says that nothing was written: it is the caller's.

        The watchers of an approval (`agent.payments.outcome`) add their entries to its commit.
        """
        if not bodies:
            return
        try:
            self.journal.commit(*with_what_follows(bodies, self.payments.get, self.watchers, road))
        except EntryRefusedError:
            raise
        except BaseException as error:
            self.on_fatal(error)
            raise

    def begin(self, *bodies: AnyBody) -> None:
        """Write down that the agent runs, with the key that cards are numbered under from here."""
        day = self.totals.business_day(self.clock.wall())
        self.card_keys.turn(day, self.payments.card_key, partial(self.write, *bodies))

    def turn_card_keys(self) -> None:
        """Begin a new key for cards with a new business day. On a full disk the old ones go on."""
        if not self.journal.full:
            day = self.totals.business_day(self.clock.wall())
            self.card_keys.turn(day, self.payments.card_key, self.write)

    def decide(self, request: Requested) -> Decided:
        """All rules on one request."""
        asked = RuleRequest(
            kind=request.payment,
            amount=request.amount,
            currency=request.currency,
            till=request.till,
            terminal=request.terminal,
            terminals=len(self.settings.terminals),
            original=self._original(request),
            training=self.settings.agent.training,
        )
        decision = decide(asked, self.totals, self.policy, self.clock.wall())
        return Decided(
            payment_id=request.payment_id,
            action=decision.action,
            reasons=list(decision.reasons),
        )

    def _original(self, request: Requested) -> Original | None:
        original = self.payments.get(request.original) if request.original else None
        if original is None:
            return None
        return Original(
            approved=original.verdict == "approved",
            reversed=bool(original.reversed_by),
            left=original.left,
            currency=original.currency or "",
            refunded=original.refunded,
            kind=original.payment,
        )

    def open_question(self, payment: ActivePayment, decision: Decided) -> Prompted:
        """Open the question of a decision; the till sees it when it is on disk."""
        return payment.pose(decision.action, self.clock.monotonic(), decision.decisive)

    def refusal_before_send(
        self, payment: ActivePayment, asked: Decided, story: list[AnyBody]
    ) -> AnyBody | None:
        """The reason not to send it now: the cashier, our rules, a till that went away, or no terminal.

        The rules run again after a question. The limits may have been reached while it was
        open, and a yes covers only what was asked.
        """
        terminal = self.terminals[payment.request.terminal]
        for body in story:
            if isinstance(body, Replied) and body.answer != "yes":
                return given_up(body, payment.cancelled)
            if isinstance(body, Decided) and not (body.allows or asked.covers(body)):
                return Refused(payment_id=body.payment_id)
        payment_id = payment.request.payment_id
        if payment.given_up:
            return NotSent(payment_id=payment_id, why=Fact("payment.nobody_waits"))
        reason = terminal.resolver.refusal_reason(self.command(payment.request))
        if reason is not None:
            return Refused(payment_id=payment_id, why=journal_fact(reason))
        if terminal.ready:
            return None
        return NotSent(payment_id=payment_id, why=terminal.refusal_reason)

    def record(self, request: Requested) -> Record:
        """The record of a payment that is in the journal."""
        record = self.payments.get(request.payment_id)
        if record is None:
            raise AssertionError("a payment under way has a record")
        return record

    def open_release_question(self, payment: ActivePayment) -> Prompted | None:
        """Ask at the till for the second person, if the goods are held. The money has moved in any case."""
        record = self.record(payment.request)
        if record.release != "held" or record.hold is None:
            return None
        return payment.pose(
            "supervisor", self.clock.monotonic(), record.hold.reasons, about=next_step(record)
        )

    def result_of(self, record: Record | None, result: Result, terminal_id: str = "") -> TerminalResult:
        """The entry with a terminal's result. With a record, it names in what the two differ."""
        return result_of(record, result, terminal_id, self.policy.tip_percent)

    def result_now(self, record: Record, result: Result, terminal_id: str) -> TerminalResult:
        """The entry with a result that came while its payment runs. An earlier one's decides nothing."""
        said = self.result_of(record, result, terminal_id)
        money = kind_of(record.payment).moves_money  # a close of the day is stored nowhere
        known = not money or fresh(self.payments.last_stored(record.terminal), said)
        return said if known else as_an_old_one(said)

    def submission(self, request: Requested) -> Submitted:
        """The last entry before the terminal hears of it, with the numbers to compare with later."""
        trace, receipt = self.payments.last_numbers(request.terminal)
        by = self.settings.terminals[request.terminal].receipts
        whole = kind_of(request.payment).takes_back == "whole"
        original = self.payments.get(request.original) if whole else None
        return Submitted(
            payment_id=request.payment_id,
            receipts=by,
            amount=original.left if original else None,
            currency=original.currency if original else None,
            original_trace=original.result.trace if original and original.result else None,
            last_trace=trace,
            last_receipt=receipt,
        )

    def command(self, request: Requested | Record) -> Command:
        """The request as a driver `Command`. `sequence` is 0 until the request is in the journal."""
        record = request if isinstance(request, Record) else self.payments.get(request.payment_id)
        whole = kind_of(request.payment).takes_back == "whole"
        original = self.payments.get(request.original) if request.original else None
        said = original.result if original else None
        return Command(
            operation_of(request.payment),
            payment_id=request.payment_id,
            amount=request.amount,
            currency=currency_of(request.currency).number if request.currency else None,
            sequence=record.opened if record else 0,
            original_receipt=said.receipt_number if said and whole else None,
            original_trace=said.trace if said else None,
            original_amount=original.booked if original else None,
            original_payment_id=request.original,
            original_sequence=original.opened if original else 0,
            after_doubt=self.payments.doubts.open(request.terminal, self.journal.now()),
        )

    def unclear_command(self, record: Record) -> Unclear:
        """The in-doubt payment as the driver's `Unclear`."""
        before, said, day = record.submission, record.last_approval, self.payments.day(record.terminal)
        return Unclear(
            self.command(record),
            trace_before=before.last_trace if before else None,
            receipt_before=before.last_receipt if before else None,
            asked_at=record.asked_at or record.requested_at,
            trace_said=said.trace if said else None,
            receipt_said=said.receipt_number if said else None,
            day=Day(day.count, day.total, day.whole),
            inquired_at=self.payments.clock_offsets.terminal_time(record.terminal, self.journal.now()),
            lost_at=None if record.dialogue_over else record.lost_at,
            clocks_apart=self.payments.clock_offsets.tolerance(record.terminal),
        )

    def recover_open(self) -> int:
        """Give each payment that a stop of the agent left open the verdict that is proven."""
        left_open = self.payments.open()
        for record in left_open:
            self.write(_left_open(record), road=Road.RESTART)
        return len(left_open)

    def refusal(self) -> Fact | None:
        """Why no payment may be taken now, as a code of refusals; None when one may."""
        if self.stopping:
            return Fact("stopping")
        if self.startup_error:
            return Fact("not_started", {"text": self.startup_error})
        key, today = self.sealing.key, self.clock.wall().date()
        if key is None:
            return Fact("no_acquirer_key", {"text": self.sealing.trouble})
        if today > key.not_after:
            return Fact("key_expired", {"until": key.not_after.isoformat()})
        if self.journal.full:
            return Fact("disk_full")
        return self._contradiction()

    def _contradiction(self) -> Fact | None:
        """If the settings say so: an alarm says that this disk is not what was promised, and nobody knows."""
        if self.settings.agent.on_contradiction == "take":
            return None
        standing = (alarm for alarm in self.alarms.all() if alarm.alarm in CONTRADICTIONS)
        unseen = next((alarm.id for alarm in standing if not alarm.acknowledged_by), "")
        return Fact("journal_contradicted", {"alarm": unseen}) if unseen else None


def _left_open(record: Record) -> AnyBody:
    if record.submission is None:
        return NotSent(payment_id=record.payment_id, why=Fact("payment.restarted_before"))
    why = Fact("payment.restarted_without_proof" if record.result else "payment.restarted_during")
    return BecameUnclear(payment_id=record.payment_id, why=why, lost=True)
