"""What happened to the terminals."""

from __future__ import annotations

from typing import Literal

from agent.journal.schema.base import Body, Fact


class TerminalState(Body, frozen=True, kw_only=True):
    """A terminal came, went or changed its identity. `text` is its own, `why` what is known of the reason."""

    terminal: str
    state: Literal["ready", "away", "trouble"]
    text: str = ""
    why: Fact | None = None
    terminal_id: str = ""
    serial_number: str = ""
    software: str = ""


class TerminalAccepted(Body, frozen=True, kw_only=True):
    """Persons accept the terminal that stands behind a name now: it was exchanged.

    `words` are their own. Before two people exist nobody can sign: then `person` and `witness` are empty.
    """

    terminal: str
    terminal_id: str = ""
    serial_number: str = ""
    words: str = ""
    person: str = ""
    witness: str = ""


class PrintsNotKept(Body, frozen=True, kw_only=True):
    """A terminal printed more at rest than is kept in an hour: so many prints and bytes were only counted."""

    terminal: str
    prints: int
    size: int
