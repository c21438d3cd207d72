"""From a record to the state that the till may see."""

from __future__ import annotations

from agent.journal.schema.entry import CardSummary, Fact
from agent.payments.active import ActivePayment
from agent.payments.record import Record
from agent.payments.state import CardState, PaymentPhase, PaymentState
from agent.payments.wording import next_step


def phase_of(record: Record, active: ActivePayment | None) -> PaymentPhase:
    """The phase of a payment; one that is not active is done."""
    if active is None or active.finished:
        return "done"
    if active.question is not None:
        return "asking"
    return "running" if record.submission else "deciding"


def view_of(record: Record, active: ActivePayment | None, *, training: bool = False) -> PaymentState:
    """The payment for the till. A verdict shows only when nothing can change it any more.

    `training`: the terminal is a simulator, and no money moves.
    """
    phase = phase_of(record, active)
    done = phase == "done"
    said = record.result if done else None
    card = said.card if said else None
    return PaymentState(
        payment_id=record.payment_id,
        payment=record.payment,
        terminal=record.terminal,
        till=record.till,
        phase=phase,
        amount=record.amount,
        currency=record.currency,
        original=record.original,
        operator=record.operator,
        operator_signed_in=record.operator_signed_in,
        display=active.display if active and not done else "",
        prompt=active.question.prompt if active and active.question else None,
        verdict=record.verdict if done else None,
        why=record.why if done else None,
        words=record.words if done else "",
        release=record.release if done else None,
        refunded=record.refunded,
        reversed_by=record.reversed_by,
        left=record.left,
        training=training,
        held_because=_held_because(record) if done else None,
        next_step=next_step(record) if done else None,
        reasons=record.reasons,
        terminal_amount=said.amount if said else None,
        terminal_currency=said.currency if said else None,
        differs=said.differs if said else [],
        tip=said.tip if said else None,
        remaining=said.remaining if said else None,
        card=_card(card) if card else None,
        trace=said.trace if said else None,
        receipt_number=said.receipt_number if said else None,
        terminal_id=said.terminal_id if said else "",
        approval_code=said.approval_code if said else "",
        requested_at=record.requested_at.isoformat(timespec="milliseconds"),
        entry=record.entry if done else None,
    )


def _held_because(record: Record) -> Fact | None:
    return record.hold.why if record.hold and record.release in {"held", "withheld"} else None


def _card(card: CardSummary) -> CardState:
    return CardState(
        masked=card.masked, name=card.name, entry_mode=card.entry_mode, verification=card.verification
    )
