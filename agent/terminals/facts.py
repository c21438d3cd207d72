"""From a driver's facts to the journal's."""

from __future__ import annotations

from typing import Final

from agent.journal.schema.base import Fact
from drivers.terminal import DriverFact


def journal_fact(said: DriverFact) -> Fact:
    """The same fact; its sentence is the text of the same key."""
    return Fact(f"drivers.{said.code}", dict(said.figures))


# Why a terminal is not ready, as the agent itself finds.
NOT_YET: Final = DriverFact("not_yet")
GREETING: Final = DriverFact("greeting")
STILL_ASKS: Final = DriverFact("still_asks")
STILL_BUSY: Final = DriverFact("still_busy")
SIMULATOR_OUTSIDE: Final = DriverFact("simulator_outside")
REAL_INSIDE: Final = DriverFact("real_inside")
