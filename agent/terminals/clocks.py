"""The terminals' clocks beside the host's: which time a terminal gave to what it was asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from agent.journal.schema.entry import TerminalResult
from drivers.clocks import told_at
from drivers.terminal import CLOCKS_APART

_MILLISECOND = timedelta(milliseconds=1)
# Between two payments a terminal's clock drifts by seconds, or is set by its host; some tell only minutes.
MEASURED_TOLERANCE: Final = timedelta(minutes=2)
# A clock that lost its battery begins in 1980 or 2000. What is further away is no clock, and its moments
# may be none that can be reckoned with.
MAX_OFFSET_DAYS: Final = 100 * 366


class ClockOffsets(msgspec.Struct):
    """How many milliseconds each terminal's clock is ahead of the host's; a fold over the journal.

    It may be an hour wrong all summer: the time in its last result says so. `measured` names
    those that gave one; until then a clock is taken to be right. A jump of the host's clock
    moves no terminal's.
    """

    offset_ms: dict[str, int] = {}
    measured: set[str] = set()

    def record_request(self, terminal: str, at: datetime) -> datetime:
        """It is asked for money now: the time by its own clock."""
        self.offset_ms.setdefault(terminal, 0)
        return self.terminal_time(terminal, at)

    def terminal_time(self, terminal: str, at: datetime) -> datetime:
        """What a terminal's clock shows when the host's shows `at`."""
        return at + self.offset_ms.get(terminal, 0) * _MILLISECOND

    def tolerance(self, terminal: str) -> timedelta:
        """How far its clock may be from there."""
        return MEASURED_TOLERANCE if terminal in self.measured else CLOCKS_APART

    def offset_s(self, terminal: str) -> int | None:
        """How many seconds its clock is ahead of the host's; None before it was heard."""
        return self.offset_ms[terminal] // 1000 if terminal in self.measured else None

    def record_result(self, terminal: str, said: TerminalResult, at: datetime) -> timedelta:
        """It answered a payment at `at`: by how much the clock that it told is ahead of what was thought."""
        before, told = self.terminal_time(terminal, at), told_at(said.terminal_date, said.terminal_time, at)
        if told is None or abs((told - at).days) > MAX_OFFSET_DAYS:
            return timedelta()
        self.offset_ms[terminal] = (told - at) // _MILLISECOND
        self.measured.add(terminal)
        return self.terminal_time(terminal, at) - before

    def host_moved(self, by_ms: int) -> None:
        """The host's clock jumped."""
        for terminal in self.offset_ms:
            self.offset_ms[terminal] -= by_ms
