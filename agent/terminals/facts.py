"""From a driver's facts to the journal's."""

from __future__ import annotations

from agent.journal.schema.base import Fact
from drivers.terminal import DriverFact


def journal_fact(said: DriverFact) -> Fact:
    """The same fact; its sentence is the text of the same key."""
    return Fact(f"drivers.{said.code}", dict(said.figures))
