"""One run: the plan is played, then everything is made well, and the account is drawn up."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field

import msgspec

from agent.journal.schema.entry import Entry, decode
from agent.payments.index import PaymentIndex
from agent.payments.record import Record
from agent.payments.store import PaymentStore
from agent.upload.backoff import CAP_SECONDS
from drivers.simulator.core.bank import Booking
from tests.conformance.table import ZVT
from tests.simulation.host import Host
from tests.simulation.network import Upload
from tests.simulation.outside import STRANGERS, Outside
from tests.simulation.plan import Payment, Plan, calm_beginning
from tests.simulation.plan import Till as Calm
from tests.simulation.till import TRIES, TRY_AGAIN_S, Till, Told

# systemd starts an agent again after so long; a computer whose power failed takes as long as its fault says.
RESTART_S = 1.0
# A disk error is over after some starts; one that refuses its journal for good is found out here.
MOST_STARTS = 30
# The terminal's waits, its line, T4: all of it is over by then, and what is unclear was asked about twice.
RECOVERY_S = 1800.0
# The longest back-off of the uploader and one more.
UPLOAD_S = 2 * CAP_SECONDS
ASKED_AFTER_T4_S = 400.0
# Some protocols prove only that nothing can come any more; ZVT's plans were made without this.
ASKED_LONG_S = 1500.0
# An equal payment that was taken by hand just before ours, or while ours is unclear and the cashier was
# told to leave the terminal alone, has the time and the number that ours would have: where the till's own
# number is not on it (ZVT, ECR17), nothing tells them apart.
AFTER_A_HAND_S = 900.0


@dataclass
class Account:
    """What is known at the end: the bank's truth, the journal, and what the till believes."""

    bookings: tuple[Booking, ...] = ()
    strangers: tuple[Booking, ...] = ()
    owner: dict[int, str] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    closed_by: list[str] = field(default_factory=list)
    hasty: list[str] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    journal: list[Entry] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    promised: dict[int, bytes] = field(default_factory=dict)
    roots: dict[int, bytes] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    believed: dict[str, Record | None] = field(default_factory=dict)
    alarms: list[str] = field(default_factory=list)
    cosigned: dict[int, bytes] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    calm: set[str] = field(default_factory=set)
    over_soft: set[str] = field(default_factory=set)
    agreed: set[str] = field(default_factory=set)
    hard: int = 0
    returns: dict[str, tuple[str, int]] = field(default_factory=dict)
    refused: int = 0
    trace: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """One word for all that happened."""
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()[:16]


class Simulation:
    """One world, for one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.outside = Outside(plan)
        self.host = Host(plan, self.outside)
        self.till = Till(self.host)
        self.upload = Upload(self.outside, plan.seed) if plan.uploads else None
        if self.upload is not None:
            self.outside.others.append(self.upload)
        self.trouble: list[str] = []

    def run(self) -> Account:
        """Play the plan."""
        try:
            self._revive()
            self.host.until(lambda: self.host.terminal.ready, RECOVERY_S)
            for payment in self.plan.payments:
                self._serve(payment)
                self._rest(payment)
            self._recover()
            return self._account()
        finally:
            self.host.close()

    def _serve(self, payment: Payment) -> None:
        """The till wants this payment, and does not stop before it knows what became of it."""
        self.outside.arm(payment)
        crashed, tries = False, 0
        while self._revive() and tries < TRIES:
            plan = msgspec.structs.replace(payment, till=Calm()) if crashed else payment
            if not self.till.put(plan):
                tries += 1
                self.host.until(lambda: False, TRY_AGAIN_S)
            elif self.till.follow(plan):
                return
            else:
                broke = self.outside.dead and self.outside.death is None
                tries += broke or (self.host.alive and crashed)
                crashed = crashed or self.host.alive

    def _rest(self, payment: Payment) -> None:
        if self.outside.dice.random() < 0.3:
            self.host.keep_snapshot()
        end = self.outside.now + payment.rest
        if payment.by_hand and self._all_is_clear():
            self.outside.pay_by_hand(payment.by_hand)
            end = max(end, self.outside.now + AFTER_A_HAND_S)
        while self._revive() and self.outside.now < end:
            self.host.until(lambda: False, end - self.outside.now)

    def _all_is_clear(self) -> bool:
        """The terminal is free in the end, and nothing is unclear on it."""
        calm = self._revive() and self.host.until(self._calm, AFTER_A_HAND_S)
        return calm and not self.host.context.payments.unclear()

    def _revive(self) -> bool:
        """The agent runs, again if need be; False when it will not come up any more."""
        for _ in range(MOST_STARTS):
            if self.host.alive:
                return True
            self._bury()
            if self.host.start():
                return True
        self.trouble.append(f"the agent does not start: {self.host.refused or 'the disk fails'}")
        return False

    def _bury(self) -> None:
        outside, death = self.outside, self.outside.death
        if death is not None and death.what == "power":
            outside.disk.power_cut()
            outside.boots += 1
            if self.upload is not None:
                self.upload.begin()
        if outside.now:
            outside.go_on_for(death.seconds if death is not None else RESTART_S)

    def _recover(self) -> None:
        """A last start, no more faults, and time enough."""
        outside, host = self.outside, self.host
        outside.disarm()
        outside.dead = True
        host.until(lambda: False, 0.0)
        outside.go_on_for(RESTART_S)
        self.trouble = []
        if not self._revive():
            return
        well = host.until(self._calm, RECOVERY_S)
        if not well:
            terminal = host.terminal
            why = f"{terminal.why} {terminal.text}"
            self.trouble.append(f"not well in the end: terminal {terminal.state} {why}")
        if self.upload is not None and not self._uploaded(self.upload):
            self.trouble.append("headquarters do not have all in the end")
        if host.alive and host.context.payments.unclear():
            host.until(lambda: not host.context.payments.unclear(), self._patience_s)
        if not host.alive:
            self.trouble += [f"the agent broke: {error!r}" for error in host.errors] or ["the agent died"]
            return
        for payment in self.plan.payments:
            self.till.look(payment.payment_id)

    @property
    def _patience_s(self) -> float:
        return ASKED_AFTER_T4_S if self.plan.protocol == ZVT else ASKED_LONG_S

    def _uploaded(self, upload: Upload) -> bool:
        """Everything reaches headquarters, unless there is an alarm."""
        size = self.host.context.journal.size if self.host.alive else 0
        kept = upload.cosignatures.kept
        return self.host.until(
            lambda: bool(upload.cosignatures.raised or (kept and kept[-1].size >= size)), UPLOAD_S
        )

    def _calm(self) -> bool:
        host = self.host
        return host.terminal.ready and not host.service._active and not self.outside.terminal_busy

    def _account(self) -> Account:
        outside, bank = self.outside, self.outside.bank
        rules = self.host.settings.rules
        account = Account(
            bookings=tuple(one for one in bank.bookings if bank.owner[one.number] not in STRANGERS),
            strangers=tuple(one for one in bank.bookings if bank.owner[one.number] in STRANGERS),
            owner=bank.owner,
            begun=bank.begun,
            closed_by=bank.closed_by,
            hasty=bank.hasty,
            told=self.till.told,
            promised=self.host.promises.lines,
            roots=self.host.promises.roots,
            trouble=self.trouble,
            happened=outside.happened,
            asked=len(self.plan.payments),
            calm=calm_beginning(self.plan),
            over_soft={one.payment_id for one in self.plan.payments if one.amount > (rules.soft or 0)},
            agreed=self.till.agreed,
            hard=rules.hard or 0,
            returns={
                one.payment_id: (one.original, one.amount) for one in self.plan.payments if one.original
            },
            refused=self.till.refused,
            trace=outside.trace,
        )
        _read_journal(account, outside.disk.content())
        if self.upload is not None:
            account.alarms = [alarm.text for alarm in self.upload.cosignatures.raised]
            account.cosigned = {
                cosignature.size: cosignature.root for cosignature in self.upload.cosignatures.kept
            }
        if self.host.alive:
            account.believed = {
                payment_id: self.host.context.payments.get(payment_id) for payment_id in account.records
            }
        return account


def _read_journal(account: Account, files: dict[str, bytes]) -> None:
    """The entries as they stand on disk, and the payments that they tell of."""
    for content in files.values():
        account.lines += [line for line in content.split(b"\n") if line.startswith(b"{")]
    try:
        account.journal = [decode(line) for line in account.lines]
    except msgspec.DecodeError as error:
        account.trouble.append(f"the journal cannot be read: {error}")
    payments = PaymentIndex(PaymentStore(":memory:"))
    for entry in account.journal:
        payments.apply(entry)
    numbers = {getattr(entry.body, "payment_id", "") for entry in account.journal}
    known = {payment_id: payments.get(payment_id) for payment_id in sorted(numbers)}
    account.records = {payment_id: record for payment_id, record in known.items() if record is not None}
