"""What the world looks like, and which alarms follow from it: pure functions, one for each part of it.

None in a fact means "not known": what could not be looked at raises nothing and clears nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal

from agent.alarms.ages import GRAIN
from agent.alarms.registry import ALARMS
from agent.alarms.standing import Figures, alarm_id

MIB: Final = 1024 * 1024
# Below this a day of payments and the reserve of the journal no longer fit; a bit more is still low.
LOW_DISK_BYTES: Final = 100 * MIB
ENOUGH_DISK_BYTES: Final = 150 * MIB
# A key file and a certificate come from other firms: a month is what they need.
BEFORE_THE_END: Final = timedelta(days=30)
# Receipts and journal must agree on when a card was used. Less is a dialogue that took long.
CLOCKS_APART_S: Final = 300
CLOCKS_TOGETHER_S: Final = 240
CLOCK_LATE: Final = timedelta(seconds=CLOCKS_APART_S)
# A shop may be off the network for a day. Times of entries are known to the hour.
A_DAY: Final = timedelta(days=1) + GRAIN


@dataclass(frozen=True, slots=True)
class UploaderAlarm:
    """What the uploader says. `checked`: a signature of headquarters shows the same."""

    kind: Literal["rollback", "fork", "refused"]
    journal_size: int
    headquarters_size: int
    checked: bool


@dataclass(frozen=True, slots=True)
class OutsideFacts:
    """What stands on the disk: found by `agent.alarms.look`, which may block.

    `headquarters` is False if the journal goes nowhere. `confirmed` is the size that a valid
    cosignature names, 0 for none; it was given at `confirmed_at`, and `other_root` says whether this
    disk has another past up to it. `uploader` is what the uploader's folder says. `first_key`: the
    first key of the journal still lies where the enrolment left it.
    """

    free_bytes: int | None = None
    headquarters: bool = False
    confirmed: int | None = None
    cosignature_readable: bool | None = None
    uploader: tuple[UploaderAlarm, ...] | None = None
    certificate_until: datetime | None = None
    verified: bool | None = None
    damage: str = ""
    damage_on: str = ""
    confirmed_at: datetime | None = None
    other_root: bool | None = None
    first_key: bool | None = None


@dataclass(frozen=True, slots=True)
class TerminalFacts:
    """One terminal. `unclear` is the payment that holds it; `exchanged`: it is not the one that is known."""

    name: str
    state: str
    unclear: str = ""
    clock_ahead_s: int | None = None
    exchanged: bool = False


@dataclass(frozen=True, slots=True)
class HeldFacts:
    """A payment whose goods are held back; `withheld`: a person said no."""

    payment_id: str
    withheld: bool


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """What the agent knows by itself. `waiting_since` is when the oldest unconfirmed entry was written."""

    now: datetime
    entries: int
    began: datetime | None
    waiting_since: datetime | None = None
    full: bool = False
    key_id: str = ""
    key_until: date = date.max
    terminals: tuple[TerminalFacts, ...] = ()
    held: tuple[HeldFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A cause that holds now."""

    alarm: str
    subject: str = ""
    figures: Figures = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id of the alarm that it raises."""
        return alarm_id(self.alarm, self.subject)


_HELD: Final = {False: "payment_held", True: "payment_withheld"}

Stands = Callable[[str], bool]


def conditions(agent: AgentFacts, outside: OutsideFacts, stands: Stands) -> list[Condition]:
    """All causes that hold now. `stands` says which alarms stand: between two limits they stay."""
    found = [
        *_evidence(agent, outside),
        *_headquarters(agent, outside),
        *_host(agent, outside, stands),
        *(Condition(_HELD[held.withheld], held.payment_id) for held in agent.held),
        *(condition for terminal in agent.terminals for condition in _terminal(terminal, stands)),
    ]
    return list({condition.id: condition for condition in found}.values())


def not_known(outside: OutsideFacts) -> set[str]:
    """The alarms whose cause could not be looked at."""
    unseen = {
        "disk_low": outside.free_bytes is None,
        "rollback": outside.confirmed is None or outside.uploader is None,
        "rollback_told": outside.uploader is None,
        "fork": outside.uploader is None or outside.other_root is None,
        "fork_told": outside.uploader is None,
        "refused": outside.uploader is None,
        "refused_told": outside.uploader is None,
        "cosignature_unreadable": outside.cosignature_readable is None,
        "backlog": outside.confirmed is None,
        "never_cosigned": outside.confirmed is None,
        "certificate_ends": outside.headquarters and outside.certificate_until is None,
        "certificate_ended": outside.headquarters and outside.certificate_until is None,
        "clock_behind_headquarters": outside.confirmed_at is None,
        "first_key_here": outside.first_key is None,
        "never_verified": outside.verified is None,
        "journal_damaged": outside.verified is None,
    }
    # These are raised by what a payment shows, not by a condition.
    return {alarm for alarm, blind in unseen.items() if blind} | {
        kind.id for kind in ALARMS.values() if kind.cleared_by == "person"
    }


def _evidence(agent: AgentFacts, outside: OutsideFacts) -> Iterator[Condition]:
    if outside.confirmed is not None and outside.confirmed > agent.entries:
        figures = {"journal_size": agent.entries, "headquarters_size": outside.confirmed}
        yield Condition("rollback", figures=figures)
    if outside.other_root and outside.confirmed is not None:
        figures = {"journal_size": agent.entries, "headquarters_size": outside.confirmed}
        yield Condition("fork", figures=figures)
    if outside.confirmed_at is not None and outside.confirmed_at - agent.now > CLOCK_LATE:
        minutes = round((outside.confirmed_at - agent.now).total_seconds() / 60)
        yield Condition("clock_behind_headquarters", figures={"minutes": minutes})
    if outside.first_key:
        yield Condition("first_key_here")
    for told in outside.uploader or ():
        figures = {"journal_size": told.journal_size, "headquarters_size": told.headquarters_size}
        yield Condition(told.kind if told.checked else f"{told.kind}_told", figures=figures)
    if outside.cosignature_readable is False:
        yield Condition("cosignature_unreadable")
    if outside.damage:
        yield Condition("journal_damaged", figures={"found": outside.damage, "on": outside.damage_on})
    if outside.verified is False and agent.began is not None and agent.now - agent.began > A_DAY:
        yield Condition("never_verified")


def _headquarters(agent: AgentFacts, outside: OutsideFacts) -> Iterator[Condition]:
    if not outside.headquarters or outside.confirmed is None or agent.waiting_since is None:
        return
    if agent.now - agent.waiting_since > A_DAY:
        name = "backlog" if outside.confirmed else "never_cosigned"
        yield Condition(name, figures={"since": _day(agent.waiting_since.date())})


def _host(agent: AgentFacts, outside: OutsideFacts, stands: Stands) -> Iterator[Condition]:
    if agent.full:
        yield Condition("disk_full")
    limit = ENOUGH_DISK_BYTES if stands("disk_low") else LOW_DISK_BYTES
    if outside.free_bytes is not None and outside.free_bytes < limit:
        yield Condition("disk_low", figures={"free_mib": outside.free_bytes // MIB})
    if agent.key_id:
        ends = _ends("acquirer_key", agent.key_until, agent.now.date())
        figures = {"key_id": agent.key_id, "until": _day(agent.key_until)}
        yield from (Condition(name, figures=figures) for name in ends)
    if outside.certificate_until is not None:
        until = outside.certificate_until.date()
        ends = _ends("certificate", until, agent.now.date())
        yield from (Condition(name, figures={"until": _day(until)}) for name in ends)


def _ends(what: str, last_day: date, today: date) -> Iterator[str]:
    if today > last_day:
        yield f"{what}_ended"
    elif last_day - today <= BEFORE_THE_END:
        yield f"{what}_ends"


def _terminal(terminal: TerminalFacts, stands: Stands) -> Iterator[Condition]:
    if terminal.exchanged:
        yield Condition("terminal_exchanged", terminal.name)
    elif terminal.state in {"away", "trouble"}:
        yield Condition(f"terminal_{terminal.state}", terminal.name)
    if terminal.unclear:
        yield Condition("terminal_held", terminal.unclear, {"terminal": terminal.name})
    for name, ahead_s in (("clock_ahead", terminal.clock_ahead_s), ("clock_behind", terminal.clock_ahead_s)):
        apart_s = (ahead_s or 0) * (1 if name == "clock_ahead" else -1)
        limit = CLOCKS_TOGETHER_S if stands(alarm_id(name, terminal.name)) else CLOCKS_APART_S
        if apart_s >= limit:
            yield Condition(name, terminal.name, {"minutes": round(apart_s / 60)})


def _day(day: date) -> str:
    return day.isoformat()
