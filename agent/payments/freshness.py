"""Whether a result is the running payment's own, or the one that the terminal had stored before.

A terminal that is confused, or lies, can tell its last transaction again. Nothing was charged then, so such
a result is kept and answered, and the payment stays in doubt until the terminal has been asked.
"""

from __future__ import annotations

from typing import Final

import msgspec

from agent.journal.schema.entry import Fact, TerminalResult
from drivers.terminal import Result

# Of trace, receipt, time and date this many must be told both times. One alone repeats by chance.
LEAST_IN_COMMON: Final = 2


class LastStored(msgspec.Struct, frozen=True):
    """What is known of the transaction that a terminal stored last. Numbers of zero are none."""

    trace: int | None = None
    receipt: int | None = None
    time: str = ""
    date: str = ""
    terminal_id: str = ""

    @property
    def numbers(self) -> tuple[int | None, int | None]:
        """Trace and receipt number."""
        return self.trace, self.receipt


def stored_by(said: TerminalResult) -> LastStored:
    """What an approved result says of the transaction that the terminal stored."""
    return LastStored(
        said.trace, said.receipt_number, said.terminal_time, said.terminal_date, said.terminal_id
    )


def stored_of(said: Result) -> LastStored:
    """The same of a driver's result."""
    return LastStored(said.trace, said.receipt_number, said.time, said.date, said.terminal_id)


def fresh(before: LastStored, said: TerminalResult) -> bool:
    """Whether a result differs from the transaction that was stored before it."""
    now = stored_by(said)
    if before.terminal_id and now.terminal_id and before.terminal_id != now.terminal_id:
        return True
    pairs = [
        (old, new)
        for old, new in (
            (before.trace, now.trace),
            (before.receipt, now.receipt),
            (before.time, now.time),
            (before.date, now.date),
        )
        if old and new
    ]
    return len(pairs) < LEAST_IN_COMMON or any(old != new for old, new in pairs)


def as_an_old_one(said: TerminalResult) -> TerminalResult:
    """The same result as an open question: it decides nothing about the payment that runs."""
    figures = {
        "receipt": "-" if said.receipt_number is None else said.receipt_number,
        "trace": "-" if said.trace is None else said.trace,
    }
    return msgspec.structs.replace(
        said, verdict="unclear", differs=[], why=Fact("payment.not_fresh", figures)
    )
