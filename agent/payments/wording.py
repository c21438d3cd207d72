"""What the agent tells people about a payment: one fact, one next step."""

from __future__ import annotations

from agent.journal.schema.entry import Fact
from agent.payments.kinds import KINDS
from agent.payments.record import Record


def next_step(record: Record) -> Fact | None:
    """What the cashier should do now, as a key of the text catalogue with its figures."""
    if record.verdict is None:
        return None
    if record.verdict == "approved" and record.result and record.result.differs:
        return Fact("next.differs", {"fields": ", ".join(record.result.differs)})
    kind = KINDS.get(record.payment)
    return Fact(f"next.{kind.next_steps}.{record.verdict}") if kind else Fact("next.unknown_kind")
