"""A payment id is an identity with an end: when the same id means the same payment, and when not.

A till that repeats its request must never charge twice. A till that begins its numbers anew must never
be told of another customer's payment as if it were this one's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from agent.payments.commands import PaymentCommand
from agent.payments.meaning import same_meaning
from agent.payments.record import Record

# A till repeats within seconds. A request of yesterday's last hour may still be one over the day's edge.
OVER_THE_EDGE: Final = timedelta(hours=1)


def is_repeat(known: Record, command: PaymentCommand, now: datetime, within: timedelta) -> bool:
    """Whether a request with a known id asks for that payment once more.

    What runs or is in doubt is told to everybody: it is under way now. What ended is told again to its
    own till, for so long, or to whom proves with the first sending that it is the same request.
    """
    if not same_meaning(known, command):
        return False
    if known.verdict in {None, "unclear"}:
        return True
    if command.first_sent_at and known.first_sent_at:
        return command.first_sent_at == known.first_sent_at
    return command.till == known.till and now - known.requested_at <= within


class DailyIds:
    """Ids of tills that begin anew each day: unique by business day, till and the till's own id.

    `full` makes the id that the journal keeps. A full id names its payment for ever.
    """

    def __init__(self, find: Callable[[str], Record | None]) -> None:
        self._find = find

    def full(self, payment_id: str, till: str, day: date, now: datetime, first_sent_at: str = "") -> str:
        """The full id of what the till named, which may be a full id already."""
        if self._find(payment_id) is not None:
            return payment_id
        today, yesterday = (f"{on.isoformat()}.{till}.{payment_id}" for on in (day, day - timedelta(days=1)))
        before = self._find(yesterday)
        if before is not None and self._find(today) is None and _goes_on(before, now, first_sent_at):
            return yesterday
        return today


def _goes_on(before: Record, now: datetime, first_sent_at: str) -> bool:
    """Whether a payment of the day before may be the one that is meant."""
    if before.verdict in {None, "unclear"} or (first_sent_at and first_sent_at == before.first_sent_at):
        return True
    return not first_sent_at and now - before.requested_at <= OVER_THE_EDGE
