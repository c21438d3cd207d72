"""A driver's facts as sentences, until the journal's entries hold the facts themselves."""

from __future__ import annotations

from agent.texts import say
from drivers.terminal import DialogueEnded, DriverFact


def in_words(fact: DriverFact) -> str:
    """The sentence of a fact."""
    return say(f"drivers.{fact.code}", **fact.figures)


def ended_in_words(event: DialogueEnded) -> str:
    """What the driver has to say to the end of a dialogue, and what the terminal said."""
    return " ".join(part for part in (in_words(event.reason) if event.reason else "", event.text) if part)
