"""Every protocol in every dialect on every wire: the rows that the suite is played for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any, Final

from drivers.driver import PROTOCOLS, Driver, OptionError, Options, WireKind, driver
from drivers.simulator.core.bank import Bank
from drivers.simulator.core.behaviour import Playbook, Script, TerminalSetup
from drivers.simulator.core.faults import Faults
from drivers.simulator.core.terminal import Installation, SimulatedLine
from drivers.simulator.zvt.device import SimulatedDevice
from drivers.simulator.zvt.terminal import SimulatedTerminal
from tests.journal.conftest import MORNING

PESO: Final = 152
CURRENCIES: Final = {"transbank": PESO}
# What a shop has to set for a protocol, in the section of its name.
OWN_KEYS: Final[dict[str, dict[str, Any]]] = {
    "zvt": {"password": "123456"},
    "ecr17": {"terminal_id": "12345678"},
}


def options_for(protocol: str, **options: Any) -> Options:
    """The settings of a shop that has this protocol's terminal."""
    own = driver(protocol).keys(**OWN_KEYS.get(protocol, {}))
    return Options(own=own, currency=CURRENCIES.get(protocol, Options().currency), **options)


# The one older simulator, which knows nothing of `Installation`.
ZVT: Final = "zvt"


@dataclass(frozen=True, slots=True)
class Case:
    """One protocol as one shop has it. Only a ZVT terminal may not keep what nobody acknowledges."""

    protocol: str
    variant: str
    wire: WireKind
    keeps: bool = True
    quirks: frozenset[str] = frozenset()

    def __str__(self) -> str:
        words = (self.protocol, self.variant, self.wire, "" if self.keeps else "takes_back")
        return "-".join(word for word in words if word)

    @property
    def bare(self) -> bool:
        """Whether its messages have no checksum, and no word that acknowledges them: TCP has both."""
        return (self.protocol, self.wire) == ("telium", "tcp")

    @property
    def row(self) -> Driver:
        """The protocol's own row."""
        return driver(self.protocol)

    @property
    def options(self) -> Options:
        """The settings of this shop."""
        return options_for(self.protocol, wire=self.wire, variant=self.variant, quirks=self.quirks)

    @property
    def setup(self) -> TerminalSetup:
        """The terminal that stands in this shop."""
        named = OWN_KEYS.get(self.protocol, {}).get("terminal_id", TerminalSetup().terminal_id)
        return TerminalSetup(terminal_id=named, currency=self.options.currency, auto_reversal=not self.keeps)

    def terminal(
        self, bank: Bank, playbook: Playbook, seed: int = 0, started: datetime = MORNING
    ) -> SimulatedLine:
        """Its simulated terminal, whose clock shows `started` at the beginning."""
        script = Script(terminal=self.setup)
        if self.protocol != ZVT:
            place = Installation(bank, started, script, playbook, self.wire, self.variant, seed)
            device: SimulatedLine = import_module(f"drivers.simulator.{self.protocol}.terminal").make(place)
            return device
        terminal = SimulatedTerminal(bank, script, started=started, seed=seed)
        terminal._playbook = playbook
        return SimulatedDevice(terminal, tcp=self.wire == "tcp", faults=Faults(()))


@cache
def cases() -> tuple[Case, ...]:
    """All rows of the table."""
    return tuple(
        Case(protocol, variant, wire, keeps)
        for protocol in PROTOCOLS
        for variant in driver(protocol).variants or ("",)
        for wire in driver(protocol).wires
        if _fits(protocol, variant, wire)
        for keeps in ((True, False) if protocol == ZVT else (True,))
    )


@cache
def dialects() -> tuple[Case, ...]:
    """Each dialect on a serial line, and the usual one on TCP: for what takes long.

    A byte on USB is a byte on a serial line, and no dialect is framed otherwise on another line.
    """
    return tuple(case for case in cases() if case.wire == "serial" or _is_usual_on_tcp(case))


def _fits(protocol: str, variant: str, wire: WireKind) -> bool:
    """Whether a shop may have this dialect on this wire."""
    try:
        driver(protocol).resolver(options_for(protocol, wire=wire, variant=variant))
    except OptionError:
        return False
    return True


def _is_usual_on_tcp(case: Case) -> bool:
    usual = next(variant for variant in case.row.variants or ("",) if _fits(case.protocol, variant, "tcp"))
    return case.wire == "tcp" and case.variant == usual
