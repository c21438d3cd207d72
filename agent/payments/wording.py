"""What the agent tells people about a payment: one fact, one next step."""

from __future__ import annotations

from typing import Final, Literal

from agent.journal.schema.entry import Fact
from agent.payments.kinds import KINDS, Kind
from agent.payments.record import Record
from agent.terminals.facts import journal_fact
from drivers.fact import CLOSE_DUE, NOT_REGISTERED, TERMINAL_BLOCKED, TERMINAL_BUSY

# By what holds the goods back, and whether this kind of payment can be reversed.
_RELEASE: Final[dict[tuple[Literal["held", "withheld"], bool], str]] = {
    ("held", True): "next.release.held",
    ("held", False): "next.release.held_for_good",
    ("withheld", True): "next.release.withheld",
    ("withheld", False): "next.release.withheld_for_good",
}


# What the cashier does about a terminal that refused to begin, by its cause.
_BY_CAUSE: Final = {
    journal_fact(TERMINAL_BUSY).code: "next.terminal_busy",
    journal_fact(NOT_REGISTERED).code: "next.not_registered",
    journal_fact(CLOSE_DUE).code: "next.close_due",
    journal_fact(TERMINAL_BLOCKED).code: "next.terminal_blocked",
}


def next_step(record: Record) -> Fact | None:
    """What the cashier should do now, as a key of the text catalogue with its figures.

    A sentence may also name `payment_id` and `terminal`: those are the payment's own.
    """
    if record.verdict is None:
        return None
    kind = KINDS.get(record.payment)
    if kind is None:
        return Fact("next.unknown_kind")
    cause = _BY_CAUSE.get(record.why.code) if record.why else None
    if record.verdict == "not_sent" and cause:
        return Fact(cause)
    after = _after_approval(record, kind) if record.verdict == "approved" else None
    return after or Fact(f"next.{kind.next_steps}.{record.verdict}")


def _after_approval(record: Record, kind: Kind) -> Fact | None:
    """What keeps an approval from being the end of it, the gravest first."""
    if record.reversed_by:
        return Fact("next.reversed", {"payment_id": record.payment_id})
    if record.release == "held" or record.release == "withheld":  # noqa: PLR1714 - the type is narrowed by this
        key = _RELEASE[record.release, kind.may_be_taken_back]
        return Fact(key, {"payment_id": record.payment_id})
    if record.cancel_asked:
        return Fact("next.cancel_too_late" if kind.may_be_taken_back else "next.cancel_too_late_for_good")
    if record.refunded:
        return Fact("next.refunded", {"payment_id": record.payment_id})
    return _after_difference(record)


def _after_difference(record: Record) -> Fact | None:
    result = record.result
    if result is not None and result.differs:
        return Fact("next.differs", {"fields": ", ".join(result.differs)})
    if result is not None and result.remaining:
        return Fact("next.remaining", {"remaining": result.remaining, "currency": record.currency or ""})
    return None
