"""What goes on without the agent: time, the terminal and its bank, and whatever goes wrong.

Everything that the agent hands out or calls passes here and is counted, so that a
fault can be put at any of these places. The dead touch nothing any more.
"""

from __future__ import annotations

import errno
import random
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from drivers.simulator.core.bank import Bank, Booking, BookingKind
from drivers.simulator.core.behaviour import Behaviour, Playbook, Script, ScriptedOutcome
from drivers.simulator.core.cards import PUBLISHED
from drivers.simulator.core.terminal import PlainTerminal, SimulatedLine
from drivers.simulator.zvt.device import SimulatedDevice
from tests.conformance.table import ZVT, Case
from tests.journal.conftest import MORNING
from tests.simulation.cable import Cable
from tests.simulation.disk import SimulatedDisk
from tests.simulation.plan import Fault, Payment, Plan, What

DISK_FAULTS: tuple[What, ...] = ("disk_error", "sync_lies", "short_write")
CABLE_FAULTS: tuple[What, ...] = ("lose", "cut_short", "damage", "repeat", "delay", "split", "noise")
ROUGH_FAULTS: tuple[What, ...] = ("unplug", "silence", "reboot", "freeze")


# For whom the terminal's payments were that no till of this run asked for.
BEFORE = "before"
# For whom those are that somebody takes on the terminal itself.
BY_HAND = "by hand"
STRANGERS = {BEFORE, BY_HAND}
# How often the day of those payments was closed: an agent may be installed in the middle of one.
CLOSED_BEFORE = 0.8


def trace_name(trace: int | None) -> str:
    """A name for a booking where no payment id is known."""
    return f"trace {trace}"


class TruthfulBank(Bank):
    """Remembers which payment id each booking and each end of day was for."""

    def __init__(self, *, waits_for_us: bool) -> None:
        super().__init__()
        self.waits_for_us = waits_for_us
        # A cable that doubles a message makes us answer it twice, and answers carry no number (reference 4).
        self.stray_answers = False
        self.heard_from = ""  # for whom the bytes came that the terminal read last
        self.asked_by = ""  # for whom the dialogue runs
        self.owner: dict[int, str] = {}
        self.begun: list[str] = []
        self.hasty: list[str] = []  # what happened before it was written down
        self.written: Callable[[], tuple[set[str], set[str]]] = lambda: (set(), set())
        self.closed_by: list[str] = []

    def authorise(self, *args: Any, **more: Any) -> Booking:
        booking = super().authorise(*args, **more)
        self.owner[booking.number] = self.asked_by
        return booking

    def book(self, number: int) -> Booking:
        """A terminal that keeps what nobody answers books first and tells then: that is not our answer."""
        owner, names = self.owner[number], self.written()[1]
        known = owner in STRANGERS or owner in names or trace_name(self.get(number).trace) in names
        if self.waits_for_us and not (known or self.stray_answers):
            self.hasty.append(f"{owner} was booked by our answer before its result was written")
        return super().book(number)

    def begin(self, *, refused: bool) -> None:
        """A command about money, for whom the last bytes came; what is refused at once begins no dialogue.

        A refusal that is lost is no answer: the line sends the command again, and the terminal may take
        it up then. That is its first dialogue.
        """
        self.asked_by = self.heard_from
        if not refused:
            self.begun.append(self.asked_by)
        if self.asked_by not in self.written()[0]:
            self.hasty.append(f"the terminal began {self.asked_by} before it was written")

    def close_day(self) -> None:
        super().close_day()
        self.closed_by.append(self.asked_by)


class Moods(Playbook):
    """The terminal behaves as the payment it was asked for says; all else goes well."""

    def __init__(self, bank: TruthfulBank) -> None:
        super().__init__(Script())
        self._bank = bank
        self.moods: dict[str, Behaviour] = {}

    def behaviour(self, command: str, amount: int | None) -> Behaviour:  # noqa: ARG002 - as the original
        if command in {"payment", "refund", "reversal", "end_of_day"}:
            mood = self.moods.get(self._bank.heard_from, Behaviour())
            self._bank.begin(refused=mood.outcome is ScriptedOutcome.REFUSE)
            return mood
        return Behaviour()


class Process(Protocol):
    """Another program that goes on beside the agent; `due` is when it wants its next step."""

    due: float

    def step(self) -> None:
        """Do one thing."""


class Outside:
    """The world without the agent. `trace` tells what happened, the same for the same plan."""

    def __init__(self, plan: Plan) -> None:
        self.dice = random.Random(plan.seed)  # noqa: S311 - not for secrets
        self.now = 0.0
        self.trace: list[str] = []
        self.happened: Counter[str] = Counter()
        self.dead = False
        self.death: Fault | None = None
        self.touches = 0
        self.wall_moved_s = 0.0
        self.boots = 0
        self.disk = SimulatedDisk(self.dice)
        self.disk.before, self.disk.after = self._before_disk, self._after_disk
        self.keys = SimulatedKeys(self)
        self.case = Case(plan.protocol, plan.variant, plan.wire, keeps=not plan.auto_reversal)
        self.bank = TruthfulBank(waits_for_us=plan.protocol == ZVT and plan.auto_reversal)
        self.cable = Cable(self, tcp=plan.wire == "tcp")
        if not plan.virgin:
            self._serve_before()
        self.device = self._device(plan)
        self._armed: dict[tuple[str, int], Fault] = {}
        self._counts: Counter[str] = Counter()
        self._later: list[tuple[float, str, Callable[[], None]]] = []
        self.others: list[Process] = []

    def _device(self, plan: Plan) -> SimulatedLine:
        self.moods = Moods(self.bank)
        self._terminal_started = MORNING + timedelta(seconds=plan.clock_ahead_s)
        return self.case.terminal(self.bank, self.moods, plan.seed, self._terminal_started)

    def _serve_before(self) -> None:
        """A payment of another day, which may have been closed."""
        self._book_for(BEFORE, 1250, MORNING - timedelta(days=1))
        if self.dice.random() < CLOSED_BEFORE:
            Bank.close_day(self.bank)

    def pay_by_hand(self, amount: int) -> None:
        """Somebody takes a card on the terminal itself, and no till knows."""
        self.happened["by_hand"] += 1
        self.tell("by hand", amount)
        self._book_for(BY_HAND, amount, self._terminal_started + timedelta(seconds=self.now))

    def _book_for(self, owner: str, amount: int, at: datetime) -> None:
        self.bank.asked_by = owner
        card, currency = PUBLISHED["visa"], self.case.options.currency
        booking = self.bank.authorise(
            BookingKind.SALE, amount, currency, at, approved=True, card=card, approval_code="000001"
        )
        self.bank.book(booking.number)
        self.bank.asked_by = ""

    def tell(self, *words: object) -> None:
        """One line of the trace."""
        self.trace.append(f"{self.now:.3f} " + " ".join(map(str, words)))

    # ---- time ----

    def go_on(self, until: float | None) -> None:
        """Let the next thing happen, at the latest at `until`."""
        frozen = self.cable.frozen_until
        device = self.device.deadline()
        if device is not None and frozen is not None:
            device = max(device, frozen)
        later = self._later[0][0] if self._later else None
        times = [until, device, self.cable.deadline(), later, *(other.due for other in self.others)]
        known = [time for time in times if time is not None]
        assert known, "nothing will ever happen again: somebody waits in vain"
        self.now = max(self.now, min(known))
        while self._later and self._later[0][0] <= self.now:
            self._later.pop(0)[2]()
        self.cable.deliver()
        frozen = self.cable.frozen_until
        deadline = self.device.deadline()
        if frozen is None and deadline is not None and deadline <= self.now:
            self.device.deadline_passed(self.now)
        self.collect()
        for other in self.others:
            if other.due <= self.now:
                other.step()

    def go_on_for(self, seconds: float) -> None:
        """Let time pass while no agent runs."""
        end = self.now + seconds
        while self.now < end:
            self.go_on(end)

    def after(self, seconds: float, what: str, then: Callable[[], None]) -> None:
        """Do something later."""
        self._later.append((self.now + seconds, what, then))
        self._later.sort(key=lambda later: later[0])

    def collect(self) -> None:
        """What the terminal has to say goes on its way."""
        if self.cable.frozen_until is None and (data := self.device.bytes_to_send(self.now)):
            self.tell("terminal", len(data), zlib.crc32(data))
            self.cable.carry("to_till", data)
        if not self.device.plugged:
            self.cable.lose_end("it was unplugged at the terminal")

    # ---- what goes wrong ----

    def arm(self, payment: Payment) -> None:
        """The faults of a payment, counted from now."""
        self._counts.clear()
        self._armed = {(_counted(fault), fault.at): fault for fault in payment.faults}
        self.moods.moods[payment.payment_id] = msgspec.convert(payment.mood, Behaviour)
        for fault in payment.faults:
            if fault.what == "clock":
                self.after(fault.at, "clock", lambda fault=fault: self._move_clock(fault))  # type: ignore[misc]  # the loop's own value

    def disarm(self) -> None:
        """From here on all goes well."""
        self._armed = {}
        self.disk.full = False
        self.cable.mend()

    def armed(self, counter: str) -> Fault | None:
        """Count one more, and give the fault that was put there."""
        self._counts[counter] += 1
        if not self._armed:
            return None
        fault = self._armed.pop((counter, self._counts[counter]), None)
        if fault is not None:
            self.happened[fault.what] += 1
            self.tell("fault", fault.what, counter, fault.at)
        return fault

    def touch(self) -> None:
        """The agent touches the outside; it may be the last time. Raises OSError for the dead."""
        if self.dead:
            raise OSError(errno.EIO, "the agent is dead")
        self.touches += 1
        fault = self.armed("steps")
        if fault is not None:
            self.die(fault)
            raise OSError(errno.EIO, "the agent is dead")

    def die(self, fault: Fault) -> None:
        """The agent's process ends here; its memory counts no more."""
        self.dead = True
        self.death = fault

    def _before_disk(self, call: str, name: str) -> int | None:
        self.touch()
        self.tell("disk", call)
        if call == "read":
            if self.armed("reads") is not None:
                raise OSError(errno.EIO, "read failed")
            return None
        fault = self.armed("disk")
        if fault is None:
            return None
        if fault.what == "short_write" and call == "append":
            return fault.size
        if fault.what == "disk_full":
            self.disk.full = True
            self.after(fault.seconds, "room", self._room_again)
            return None
        if fault.what == "sync_lies" and call == "sync":
            self.disk.fail_to_sync(name)
        raise OSError(errno.EIO, f"{call} failed")

    def _after_disk(self, _call: str) -> None:
        self.touch()

    def _room_again(self) -> None:
        self.disk.full = False

    def _move_clock(self, fault: Fault) -> None:
        self.happened["clock"] += 1
        self.tell("clock", fault.size)
        self.wall_moved_s += fault.size

    @property
    def terminal_busy(self) -> bool:
        """Whether a dialogue runs on the terminal."""
        if isinstance(self.device, PlainTerminal):
            return self.device._busy
        assert isinstance(self.device, SimulatedDevice)
        return self.device.terminal.busy

    def reboot_terminal(self, seconds: float) -> None:
        """Its power fails for a moment."""
        self.device.restart(seconds, self.now)


def _counted(fault: Fault) -> str:
    """What the place of a fault is counted in."""
    if fault.what in {"kill", "power"}:
        return "steps"
    if fault.what in DISK_FAULTS or fault.what == "disk_full":
        return "disk"
    if fault.what in CABLE_FAULTS or fault.what in ROUGH_FAULTS:
        return fault.way or "to_till"
    return {"read_error": "reads"}.get(fault.what, fault.what)


class SimulatedKeys:
    """The evolving key's store: a file that is replaced as a whole."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.epoch = 0
        self.key = bytearray(range(32))

    def load(self) -> tuple[int, bytearray]:
        return self.epoch, bytearray(self.key)

    def replace(self, epoch: int, key: bytearray) -> None:
        self._outside.touch()
        if self._outside.disk.full:
            raise OSError(errno.ENOSPC, "no room")
        self.epoch, self.key = epoch, bytearray(key)
        self._outside.touch()


class OutsideClock:
    """The host's clocks. The wall clock may jump; the boot's name changes with the power."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def wall(self) -> datetime:
        return MORNING + timedelta(seconds=self._outside.now + self._outside.wall_moved_s)

    def monotonic(self) -> float:
        return self._outside.now

    def boot_ms(self) -> int:
        return round(self._outside.now * 1000)

    def boot_id(self) -> str:
        return f"boot{self._outside.boots}"
