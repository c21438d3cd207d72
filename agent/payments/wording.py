"""What the agent tells people about a payment: one fact, one next step."""

from __future__ import annotations

from typing import Final, Literal

from agent.journal.schema.entry import Fact
from agent.payments.kinds import KINDS
from agent.payments.record import Record

# By what holds the goods back, and whether this kind of payment can be reversed.
_RELEASE: Final[dict[tuple[Literal["held", "withheld"], bool], str]] = {
    ("held", True): "next.release.held",
    ("held", False): "next.release.held_for_good",
    ("withheld", True): "next.release.withheld",
    ("withheld", False): "next.release.withheld_for_good",
}


def next_step(record: Record) -> Fact | None:
    """What the cashier should do now, as a key of the text catalogue with its figures."""
    if record.verdict is None:
        return None
    kind = KINDS.get(record.payment)
    if record.release == "held" or record.release == "withheld":  # noqa: PLR1714 - the type is narrowed by this
        back = kind is not None and kind.may_be_taken_back
        return Fact(_RELEASE[record.release, back], {"payment_id": record.payment_id})
    if record.verdict == "approved" and record.result and record.result.differs:
        return Fact("next.differs", {"fields": ", ".join(record.result.differs)})
    return Fact(f"next.{kind.next_steps}.{record.verdict}") if kind else Fact("next.unknown_kind")
