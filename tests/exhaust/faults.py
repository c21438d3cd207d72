"""Every fault at every step of one payment, and every pair of them.

The steps are counted in a world where all goes well. A second fault comes after the first one, at
the steps that the world with the first fault has. Two first faults that leave the same state are one:
all that happens afterwards is the same, so the pairs of the second one need no run.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from drivers.driver import PROTOCOLS
from tests.conformance.table import ZVT, cases
from tests.simulation.chance import ECHO_S
from tests.simulation.checker import Violation, check
from tests.simulation.plan import Fault, Payment, Plan, Way, What
from tests.simulation.simulation import Account, Simulation

AMOUNT = 1250
KINDS = ("sale", "refund", "reversal", "close_day")

Strengths = tuple[tuple[What, float, int], ...]
# One strength of each fault: how many seconds it lasts, and how many bytes it is about.
AT_A_STEP: Strengths = (("kill", 0.1, 0), ("power", 2.0, 0))
AT_THE_DISK: Strengths = (
    ("disk_error", 0.0, 0),
    ("sync_lies", 0.0, 0),
    ("short_write", 0.0, 100),
    ("disk_full", 60.0, 0),
)
AT_A_READ: Strengths = (("read_error", 0.0, 0),)
ON_A_CABLE: Strengths = (
    ("lose", 0.0, 0),
    ("cut_short", 0.0, 2),
    ("damage", 0.0, 3),
    ("repeat", 0.3, 0),
    ("noise", 0.0, 5),
)
ON_ANY_WIRE: Strengths = (
    ("delay", 8.0, 0),
    ("split", 0.3, 1),
    ("unplug", 4.0, 0),
    ("silence", 25.0, 0),
    ("reboot", 9.0, 0),
    ("freeze", 9.0, 0),
)
WAYS: tuple[Way, ...] = ("to_terminal", "to_till")


@dataclass(frozen=True, slots=True)
class Setting:
    """One payment of one protocol and kind."""

    protocol: str
    kind: str

    def plan(self, *faults: Fault) -> Plan:
        """The payment with these faults, after a calm sale that it may give back."""
        dialect = next(one for one in cases() if one.protocol == self.protocol and one.wire != "usb")
        first = Payment("A-1", AMOUNT)
        judged = Payment(
            "A-2",
            0 if self.kind in {"reversal", "close_day"} else AMOUNT,
            self.kind,  # type: ignore[arg-type]  # one of KINDS
            original="A-1" if self.kind in {"refund", "reversal"} else "",
            faults=faults,
        )
        return Plan(
            seed=1,
            payments=(first, judged),
            wire=dialect.wire,  # type: ignore[arg-type]  # none is on USB: left out above
            protocol=self.protocol,
            variant=dialect.variant,
        )


SETTINGS = tuple(Setting(protocol, kind) for protocol in PROTOCOLS for kind in KINDS)


@dataclass(frozen=True, slots=True)
class World:
    """One world that was played: `before` and `after` count the steps at its last fault and at its end."""

    violations: list[Violation]
    before: Counter[str]
    after: Counter[str]
    state: str


class Watched(Simulation):
    """A world that keeps what it had counted when a fault struck."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.before: Counter[str] = Counter()
        self.after: Counter[str] = Counter()
        self.struck_at = 0
        self.left = ""  # disk and cable at the first step after the fault
        armed, disarm = self.outside.armed, self.outside.disarm

        def watching(counter: str) -> Fault | None:
            if self.struck_at and not self.left:
                self.left = repr((self.outside.disk.files, self.outside.cable._ways))
            fault = armed(counter)
            if fault is not None:
                self.before, self.struck_at = self.outside._counts.copy(), len(self.outside.trace)
                self.left = ""
            return fault

        def ending() -> None:
            self.after = self.outside._counts.copy()
            disarm()

        self.outside.armed = watching  # type: ignore[method-assign]  # this world only
        self.outside.disarm = ending  # type: ignore[method-assign]  # this world only

    def state(self, account: Account) -> str:
        """One word for all that happened after the last fault, and for what was left of it."""
        counts, files = sorted(self.before.items()), self.outside.disk.files
        left = (counts, self.left, files, self.host._stored_state, account.bookings)
        words = "\n".join(account.trace[self.struck_at :]) + repr((left, self.outside.dice.getstate()))
        return hashlib.sha256(words.encode()).hexdigest()


def played(plan: Plan) -> World:
    """Play one world. What breaks the world itself is a violation too."""
    world = Watched(plan)
    try:
        account = world.run()
    except Exception as error:  # noqa: BLE001 - a world that cannot be judged must be reported
        broken = Violation("the world goes on", f"{type(error).__name__}: {error}")
        return World([broken], world.before, world.after, repr(plan))
    return World(check(account), world.before, world.after, world.state(account))


def faults(setting: Setting, before: Counter[str], after: Counter[str]) -> Iterator[Fault]:
    """Every fault at every step that lies between two counts."""

    def at_each(counter: str, strengths: Strengths, way: Way = "") -> Iterator[Fault]:
        for at in range(before[counter] + 1, after[counter] + 1):
            for what, seconds, size in strengths:
                yield Fault(what, at, way, seconds, size)

    yield from at_each("steps", AT_A_STEP)
    yield from at_each("disk", AT_THE_DISK)
    yield from at_each("reads", AT_A_READ)
    wires = ON_ANY_WIRE if setting.plan().wire == "tcp" else (*ON_A_CABLE, *ON_ANY_WIRE)
    for way in WAYS:
        for fault in at_each(way, wires, way):
            # Only ZVT's terminal knows a copy of an older command; elsewhere a copy comes at once.
            echo = fault.what == "repeat" and way == "to_terminal" and setting.protocol != ZVT
            yield msgspec.structs.replace(fault, seconds=ECHO_S) if echo else fault
