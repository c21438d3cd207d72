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
    return Fact(f"next.{kind.advice}.{record.verdict}") if kind else Fact("next.unknown_kind")


RESTARTED_BEFORE = "The agent stopped before the terminal heard of the payment."
RESTARTED_DURING = "The agent stopped while the terminal had the payment."
NO_PROOF = "The terminal approved it, but the line broke before it had shown that it keeps the payment."
NO_RESULT = "The terminal ended the dialogue without a result."
CANCELLED_AT_PROMPT = "The question was answered with no."
CANCELLED_BY_TILL = "The till cancelled the payment before the terminal heard of it."
PROMPT_TIMED_OUT = "Nobody answered the question in time."
TERMINAL_AWAY = "The terminal is not ready: {text}"
