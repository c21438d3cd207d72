"""The terminals' clocks beside the host's: which time a terminal gave to what it was asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from agent.journal.schema.entry import Answered
from drivers.clocks import told_at
from drivers.terminal import CLOCKS_APART

_MILLISECOND = timedelta(milliseconds=1)
# Between two payments a terminal's clock drifts by seconds, or is set by its host; some tell only minutes.
HEARD_APART: Final = timedelta(minutes=2)
# A clock that lost its battery begins in 1980 or 2000. What is further away is no clock, and its moments
# may be none that can be reckoned with.
MOST_AHEAD_DAYS: Final = 100 * 366


class Clocks(msgspec.Struct):
    """How many milliseconds each terminal's clock is ahead of the host's; a fold over the journal.

    It may be an hour wrong all summer: the time that it `told` with its last payment says so.
    Until then it is taken to be right. A jump of the host's clock moves no terminal's.
    """

    ahead_ms: dict[str, int] = {}
    told: set[str] = set()

    def asked(self, terminal: str, at: datetime) -> datetime:
        """It is asked for money now: the time by its own clock."""
        self.ahead_ms.setdefault(terminal, 0)
        return self.on(terminal, at)

    def on(self, terminal: str, at: datetime) -> datetime:
        """What a terminal's clock shows when the host's shows `at`."""
        return at + self.ahead_ms.get(terminal, 0) * _MILLISECOND

    def apart(self, terminal: str) -> timedelta:
        """How far its clock may be from there."""
        return HEARD_APART if terminal in self.told else CLOCKS_APART

    def ahead_s(self, terminal: str) -> int | None:
        """How many seconds its clock is ahead of the host's; None before it was heard."""
        return self.ahead_ms[terminal] // 1000 if terminal in self.told else None

    def heard(self, terminal: str, said: Answered, at: datetime) -> timedelta:
        """It answered a payment at `at`: by how much the clock that it told is ahead of what was thought."""
        before, told = self.on(terminal, at), told_at(said.terminal_date, said.terminal_time, at)
        if told is None or abs((told - at).days) > MOST_AHEAD_DAYS:
            return timedelta()
        self.ahead_ms[terminal] = (told - at) // _MILLISECOND
        self.told.add(terminal)
        return self.on(terminal, at) - before

    def host_moved(self, by_ms: int) -> None:
        """The host's clock jumped."""
        for terminal in self.ahead_ms:
            self.ahead_ms[terminal] -= by_ms
