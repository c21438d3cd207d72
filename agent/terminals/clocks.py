"""The offset between each terminal's clock and the host's, to find the terminal's time of a request."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from agent.journal.schema.entry import TerminalResult
from drivers.clocks import told_at
from drivers.terminal import CLOCKS_APART

_MILLISECOND = timedelta(milliseconds=1)
# Between two payments a terminal's clock drifts by seconds or is set by its host. Some show only minutes.
MEASURED_TOLERANCE: Final = timedelta(minutes=2)
# A clock that lost its battery begins in 1980 or 2000. Anything further off is not a real time;
# computing with it could overflow.
MAX_OFFSET_DAYS: Final = 100 * 366


class ClockOffsets(msgspec.Struct):
    """How many milliseconds each terminal's clock is ahead of the host's; a fold over the journal.

    Terminals often miss summer time. We learn the offset from the last result. `measured` names the
    terminals that gave one; until then a clock is taken to be right. A jump of the host's clock
    moves no terminal's clock.
    """

    offset_ms: dict[str, int] = {}
    measured: set[str] = set()

    def record_request(self, terminal: str, at: datetime) -> datetime:
        """A request for money goes out at `at`: the time by the terminal's clock."""
        self.offset_ms.setdefault(terminal, 0)
        return self.terminal_time(terminal, at)

    def terminal_time(self, terminal: str, at: datetime) -> datetime:
        """What a terminal's clock shows when the host's shows `at`."""
        return at + self.offset_ms.get(terminal, 0) * _MILLISECOND

    def tolerance(self, terminal: str) -> timedelta:
        """How far its clock may be from the computed time."""
        return MEASURED_TOLERANCE if terminal in self.measured else CLOCKS_APART

    def offset_s(self, terminal: str) -> int | None:
        """How many seconds its clock is ahead of the host's; None before its first result."""
        return self.offset_ms[terminal] // 1000 if terminal in self.measured else None

    def record_result(self, terminal: str, said: TerminalResult, at: datetime) -> timedelta:
        """It answered a payment at `at`: how far its time is ahead of the time that we expected."""
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
