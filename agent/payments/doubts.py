"""Which terminals may still tell how an earlier payment ended: a fold over the journal.

A terminal of a protocol whose answers name no payment can give the late answer of a lost payment while
the next one runs. While that is possible, the driver is told so (`Command.after_doubt`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from agent.journal.schema.entry import AnyBody, BecameUnclear, Resolved, Verdict
from agent.payments.record import Record

# From the moment that a payment was in doubt. The longest payment time that can be set is 15 minutes, and a
# terminal that calls its bank again, or is switched off and on, may need as long once more.
LATE_ANSWER: Final = timedelta(minutes=30)

_BY_THE_TERMINAL: Final[frozenset[Verdict | None]] = frozenset({"approved", "declined", "cancelled"})


class TerminalDoubts:
    """The time of the last doubt of each terminal that did not prove an end since."""

    def __init__(self, since: dict[str, datetime] | None = None) -> None:
        self.since = since or {}

    def apply(self, record: Record, body: AnyBody, before: Verdict | None, at: datetime) -> None:
        """`record` has changed by `body`; its verdict was `before`."""
        if isinstance(body, BecameUnclear):
            self.since[record.terminal] = at
        elif isinstance(body, Resolved) and body.person:
            self.since.setdefault(record.terminal, at)
        elif record.submission and before != record.verdict and record.verdict in _BY_THE_TERMINAL:
            self.since.pop(record.terminal, None)

    def open(self, terminal: str, now: datetime) -> bool:
        """Whether an answer without a name may be that of an earlier payment. A clock set back says yes."""
        since = self.since.get(terminal)
        return since is not None and now - since < LATE_ANSWER
