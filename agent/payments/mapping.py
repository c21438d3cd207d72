"""From what the driver says to what the journal keeps."""

from __future__ import annotations

from base64 import b64encode

from agent.base.money import UnknownCurrencyError, currency_of_number
from agent.journal.schema.entry import (
    Answered,
    AnyBody,
    BecameUnclear,
    CardSummary,
    Completed,
    Decided,
    Printed,
    Replied,
    Requested,
    SchemeTotal,
    Undone,
    Verdict,
)
from agent.payments import wording
from agent.payments.kinds import kind_of
from agent.payments.record import Record
from drivers.terminal import (
    ConnectionLost,
    Delivery,
    DialogueEnded,
    EndReason,
    Receipt,
    Result,
    ResultStatus,
    SealedCard,
)


def refused(decision: Decided) -> Answered:
    """The verdict of our own rules; the reasons stand in the decision before it."""
    return Answered(payment_id=decision.payment_id, verdict="refused")


def given_up(reply: Replied, by_till: bool) -> Answered:
    """The verdict after a question that got no yes."""
    words = {"no": wording.CANCELLED_BY_TILL if by_till else wording.CANCELLED_AT_PROMPT}
    text = words.get(reply.answer, wording.PROMPT_TIMED_OUT)
    return Answered(payment_id=reply.payment_id, verdict="cancelled", text=text)


def not_sent(request: Requested, why: str) -> Answered:
    """The verdict when the terminal could not even be asked."""
    text = wording.TERMINAL_AWAY.format(text=why)
    return Answered(payment_id=request.payment_id, verdict="not_sent", text=text)


def answered(record: Record, result: Result, terminal_id: str = "") -> Answered:
    """The entry that holds all of a terminal's result.

    `terminal_id` is the one that the terminal registered with: a result that
    names another came from elsewhere and is reported as a difference.
    """
    said_currency = _letters(result.currency)
    return Answered(
        payment_id=record.payment_id,
        verdict=result.status.value,
        code=result.code,
        text=result.text,
        amount=result.amount,
        currency=said_currency,
        differs=_differences(record, result, said_currency, terminal_id),
        trace=result.trace,
        original_trace=result.original_trace,
        receipt_number=result.receipt_number,
        turnover_number=result.turnover_number,
        terminal_id=result.terminal_id,
        merchant_id=result.merchant_id,
        approval_code=result.approval_code,
        terminal_time=result.time,
        terminal_date=result.date,
        card=_card(result.card, result) if result.card else None,
        tip=result.tip,
        remaining=result.remaining,
        totals=[SchemeTotal(total.scheme, total.count, total.total) for total in result.totals],
        unparsed_bytes=result.unparsed_bytes,
    )


def _letters(number: int | None) -> str | None:
    """The currency's letters; its bare number when no table has it, for a human to see."""
    if number is None:
        return None
    try:
        return currency_of_number(number).letters
    except UnknownCurrencyError:
        return f"{number:03d}"


def _differences(record: Record, result: Result, currency: str | None, terminal_id: str) -> list[str]:
    if result.status is not ResultStatus.APPROVED or not kind_of(record.payment).moves_money:
        return []
    pairs = {
        "amount": (record.amount, result.amount),
        "currency": (record.currency, currency),
        "terminal id": (terminal_id or None, result.terminal_id or None),
    }
    return [name for name, (asked, said) in pairs.items() if None not in {asked, said} and asked != said]


def _card(card: SealedCard, result: Result) -> CardSummary:
    return CardSummary(
        masked=card.masked,
        fingerprint=card.fingerprint,
        key_id=card.key_id,
        sealed=b64encode(card.sealed).decode("ascii"),
        name=result.card_name,
        type=result.card_type,
        entry_mode=result.entry_mode,
        verification=result.cardholder_verification,
    )


def printed(record: Record, receipt: Receipt) -> Printed:
    """The entry of some receipt lines."""
    return Printed(
        payment_id=record.payment_id,
        copy=receipt.copy.value,
        lines=list(receipt.lines),
        last=receipt.last,
    )


def closing(record: Record, event: DialogueEnded | ConnectionLost) -> list[AnyBody]:
    """What the end of a dialogue adds to what is known: nothing, after a plain no."""
    approved = record.result is not None and record.result.verdict == "approved"
    if isinstance(event, ConnectionLost):
        return _lost(record, event, approved)
    if approved:
        undone = Undone(payment_id=record.payment_id, code=event.code, text=event.text)
        return [
            Completed(payment_id=record.payment_id) if event.end_reason is EndReason.COMPLETED else undone
        ]
    return [] if record.result is not None else _without_result(record, event)


def _lost(record: Record, event: ConnectionLost, approved: bool) -> list[AnyBody]:
    if record.result is not None and not approved:
        return []
    if event.delivery is Delivery.NEVER:
        return [Answered(payment_id=record.payment_id, verdict="not_sent", text=event.reason)]
    return [BecameUnclear(payment_id=record.payment_id, reason=event.reason)]


def _without_result(record: Record, event: DialogueEnded) -> list[AnyBody]:
    payment_id = record.payment_id
    if event.end_reason is not EndReason.COMPLETED:
        verdict: Verdict = "cancelled" if event.cancelled else "declined"
        return [Answered(payment_id=payment_id, verdict=verdict, code=event.code, text=event.text)]
    if not kind_of(record.payment).moves_money:
        closed = Answered(payment_id=payment_id, verdict="approved", code=event.code, text=event.text)
        return [closed, Completed(payment_id=payment_id)]
    return [BecameUnclear(payment_id=payment_id, reason=wording.NO_RESULT)]
