"""What simulated terminals of protocols without a commit have in common.

Such a terminal books when its host says yes, and tells the till afterwards: a
lost answer changes nothing about the money. A protocol adds how its messages
are read and written; what happens in a dialogue is told as a story.
"""

# ruff: noqa: B027 - hooks that most protocols leave as they are
from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from drivers.simulator.core.bank import Bank, Booking, BookingKind
from drivers.simulator.core.behaviour import (
    Behaviour,
    Moment,
    Playbook,
    Point,
    Script,
    ScriptedOutcome,
    Side,
    Trouble,
)
from drivers.simulator.core.cards import SampleCard, choose
from drivers.simulator.core.trace import Trace

APPROVAL_CODE_DIGITS: Final = 6


class SimulatedLine(Protocol):
    """A simulated terminal with its line: bytes in, bytes out, the time as an argument.

    `plugged` is False while the port itself is gone.
    """

    plugged: bool

    def connected(self, now: float) -> None:
        """The till opened a fresh connection (TCP)."""

    def receive(self, data: bytes, now: float) -> None:
        """Bytes came from the till."""

    def bytes_to_send(self, now: float) -> bytes:
        """What goes to the till now; given once."""

    def deadline(self) -> float | None:
        """When `deadline_passed` wants to be called, or None."""

    def deadline_passed(self, now: float) -> None:
        """The time has come."""

    def restart(self, seconds: float, now: float) -> None:
        """The power fails for so long."""

    def close(self) -> None:
        """Give everything back."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where a simulated terminal stands: its bank, its script, its line. `speed` divides its own waits."""

    bank: Bank
    started: datetime
    script: Script = field(default_factory=Script)
    playbook: Playbook | None = None
    wire: str = "serial"
    variant: str = ""
    seed: int = 0
    speed: float = 1.0
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class PlainSend:
    """Bytes for the till."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PlainReceive:
    """Wait at most `seconds` for what the till says; the story is told the message, or None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class PlainPause:
    """Say nothing for `seconds`; what the till says meanwhile is not heard by the story."""

    seconds: float


@dataclass(frozen=True, slots=True)
class PlainGone:
    """Unplugged, or rebooting, for `seconds`. The story ends here."""

    seconds: float
    reboot: bool


PlainStep = PlainSend | PlainReceive | PlainPause | PlainGone
PlainStory = Generator[PlainStep, Any, None]


@dataclass(slots=True)
class Turn:
    """One command of the till and how the script wants it to go."""

    behaviour: Behaviour
    at: datetime
    amount: int | None = None
    order: str = ""
    _happened: set[object] = field(default_factory=set)

    def before(self, point: Point) -> PlainStory:
        """What the script wants to happen before this message: silence, or being gone."""
        orders = self.behaviour
        if orders.silence_s and point is orders.silence_before and self._first("silence"):
            yield PlainPause(orders.silence_s)
        yield from self._trouble(point, Moment.BEFORE)

    def after(self, point: Point) -> PlainStory:
        """What the script wants to happen once this message has arrived."""
        yield from self._trouble(point, Moment.AFTER)

    def times(self, point: Point) -> int:
        """How often this message is sent: not at all, once, twice."""
        if point in self.behaviour.skip:
            return 0
        return 2 if point in self.behaviour.twice else 1

    def _trouble(self, point: Point, when: Moment) -> PlainStory:
        for trouble in (self.behaviour.unplug, self.behaviour.reboot):
            if trouble is not None and (trouble.at, trouble.when) == (point, when) and self._first(trouble):
                yield PlainGone(trouble.seconds, reboot=trouble is self.behaviour.reboot)

    def _first(self, what: str | Trouble) -> bool:
        known = what in self._happened
        self._happened.add(what)
        return not known


class PlainTerminal(ABC):
    """The common half of a `SimulatedLine`. A protocol gives `_read`, `_forget` and its stories.

    One story runs at a time. `_begin` starts it, `_resume_story` hands it a message of the till.
    """

    def __init__(self, place: Installation) -> None:
        self.plugged = True
        self.bank = place.bank
        self.setup = place.script.terminal
        self.card: SampleCard | None = None
        self._place = place
        self._playbook = place.playbook or Playbook(place.script)
        self._chance = random.Random(place.seed)  # noqa: S311 - cards and codes of a simulator
        self._out = bytearray()
        self._story: PlainStory | None = None
        self._hears = False
        self._deadline: float | None = None
        self._gone_until: float | None = None

    # ---- the line ----

    def connected(self, now: float) -> None:
        self._forget_line(now)

    def receive(self, data: bytes, now: float) -> None:
        if self._gone_until is None and data:
            self._trace(Side.TILL, data, now)
            self._read(data, now)

    def bytes_to_send(self, now: float) -> bytes:
        out = bytes(self._out)
        self._out.clear()
        if out:
            self._trace(Side.TERMINAL, out, now)
        return out

    def deadline(self) -> float | None:
        own = self._own_deadline() if self._gone_until is None else None
        times = [time for time in (self._deadline, self._gone_until, own) if time is not None]
        return min(times, default=None)

    def deadline_passed(self, now: float) -> None:
        if self._gone_until is not None:
            if now < self._gone_until:
                return
            self._gone_until, self.plugged = None, True
            self._forget_line(now)
            self._back(now)
        if self._deadline is not None and now >= self._deadline:
            self._go_on(None, now)
        self._own_deadline_passed(now)

    def restart(self, seconds: float, now: float) -> None:
        if self._gone_until is None:
            self._leave(PlainGone(seconds, reboot=True), now)

    def close(self) -> None:
        """Nothing is held."""

    # ---- what a protocol adds ----

    @abstractmethod
    def _read(self, data: bytes, now: float) -> None:
        """Understand what came from the till."""

    def _forget_line(self, now: float) -> None:
        """A fresh line: half a message counts no more."""

    def _restarted(self) -> None:
        """The power was gone: forget what is not stored."""

    def _back(self, now: float) -> None:
        """The line is there again: something may be left to tell."""

    def _own_deadline(self) -> float | None:
        """Heartbeats and the like."""
        return None

    def _own_deadline_passed(self, now: float) -> None:
        """Their time may have come."""

    # ---- stories ----

    @property
    def _busy(self) -> bool:
        return self._story is not None

    def _begin(self, story: PlainStory, now: float) -> None:
        """Start a story; one that ran is over."""
        self._story, self._deadline, self._hears = story, None, False
        self._go_on(None, now)

    def _resume_story(self, message: object, now: float) -> bool:
        """Give the story what the till said; False if it does not listen now."""
        if self._story is None or not self._hears:
            return False
        self._go_on(message, now)
        return True

    def _go_on(self, told: object, now: float) -> None:
        self._deadline, self._hears = None, False
        while self._story is not None:
            story = self._story
            try:
                step = story.send(told)
            except StopIteration:
                if self._story is story:
                    self._story = None
                return
            told = None
            match step:
                case PlainSend():
                    self._out += step.data
                case PlainReceive() | PlainPause():
                    self._deadline = now + step.seconds / self._place.speed
                    self._hears = isinstance(step, PlainReceive)
                    return
                case PlainGone():
                    self._leave(step, now)

    def _leave(self, gone: PlainGone, now: float) -> None:
        self._story = self._deadline = None
        self._hears = False
        self._gone_until = now + gone.seconds / self._place.speed
        self.plugged = gone.reboot  # a rebooting terminal leaves its port open and says nothing
        if gone.reboot:
            self._restarted()

    # ---- the bank ----

    def _turn(self, command: str, now: float, amount: int | None = None, order: str = "") -> Turn:
        """How the script wants the next command of this kind (`behaviour.COMMANDS`) to go."""
        at = self._place.started + timedelta(seconds=now)
        return Turn(self._playbook.behaviour(command, amount), at, amount, order)

    def _ask_bank(
        self, kind: BookingKind, turn: Turn, currency: int, original: Booking | None = None
    ) -> Booking:
        """The host's word: booked at once if it is yes. Tips and partial approvals are in its amount."""
        orders = turn.behaviour
        self.card = choose(orders.card, self._chance)
        self._hide_card()
        approved = orders.outcome is ScriptedOutcome.APPROVE
        amount = (orders.partial if orders.partial is not None else turn.amount or 0) + orders.tip
        code = (
            f"{self._chance.randrange(10**APPROVAL_CODE_DIGITS):0{APPROVAL_CODE_DIGITS}}" if approved else ""
        )
        booking = self.bank.authorise(
            kind,
            amount,
            currency,
            turn.at,
            approved=approved,
            card=self.card,
            approval_code=code if approved else "",
            original=original,
            order=turn.order,
        )
        return self.bank.book(booking.number) if approved else booking

    def _said(self, booking: Booking, turn: Turn) -> Booking:
        """What the terminal claims, which a script may have differ from what the bank has."""
        says = turn.behaviour.says_amount
        return booking if says is None else replace(booking, amount=says)

    # ---- the record ----

    def _trace(self, side: Side, data: bytes, now: float) -> None:
        if self._place.trace is not None:
            self._place.trace.record(now, side, data, None)

    def _hide_card(self) -> None:
        """The card that is about to be on the line is starred in the record."""
        if self._place.trace is not None and self.card is not None:
            self._place.trace.hide(self.card)
