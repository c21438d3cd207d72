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
    software: str = ""
