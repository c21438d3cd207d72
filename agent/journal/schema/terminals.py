"""What happened to the terminals."""

from __future__ import annotations

from typing import Literal

from agent.journal.schema.base import Body


class TerminalState(Body, frozen=True, kw_only=True):
    """A terminal came, went or changed its identity."""

    terminal: str
    state: Literal["ready", "away", "trouble"]
    text: str = ""
    terminal_id: str = ""
    software: str = ""
