"""From the driver's events to the journal's entries."""

from __future__ import annotations

from base64 import b64encode
from typing import Final, Literal

from agent.base.money import UnknownCurrencyError, currency_of_number
from agent.journal.schema.entry import (
    AnyBody,
    BecameUnclear,
    Cancelled,
    CardSummary,
    Completed,
    Fact,
    NotSent,
    Printed,
    Replied,
    SchemeTotal,
    TerminalResult,
    Undone,
    UnknownPiece,
)
from agent.payments.bounds import bounded, bounded_lines
from agent.payments.kinds import kind_of
from agent.payments.record import Record, printed_lines
from agent.rules.policy import TIP_PERCENT
from agent.terminals.connection import Withdrawn
from agent.terminals.facts import journal_fact
from drivers.terminal import (
    CardNumber,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    EndReason,
    Receipt,
    Result,
    ResultStatus,
    SealedCard,
)

# Two digits and no quotes are as short.
_SHORT_LINE: Final = 2

CANCELLED_BY_TILL: Final = Fact("payment.cancelled_by_till")


def given_up(reply: Replied, by_till: bool) -> Cancelled:
    """The verdict after a question that got no yes."""
    codes = {"no": CANCELLED_BY_TILL if by_till else Fact("payment.answered_with_no")}
    return Cancelled(
        payment_id=reply.payment_id, why=codes.get(reply.answer, Fact("payment.nobody_answered"))
    )


def result_of(
    record: Record | None, result: Result, terminal_id: str = "", tip_percent: int = TIP_PERCENT
) -> TerminalResult:
    """The entry with the whole result of a terminal; without a record it is no payment of ours.

    `terminal_id` is the id that the terminal registered with. A result with another id came
    from elsewhere and is reported as a difference. So is a tip above `tip_percent` of the amount.
    """
    said_currency = _letters(result.currency)
    whole = TerminalResult(
        payment_id=record.payment_id if record else "",
        verdict=result.status.value,
        code=result.code,
        text=result.text,
        why=journal_fact(result.reason) if result.reason else None,
        amount=result.amount,
        currency=said_currency,
        differs=_differences(record, result, said_currency, terminal_id, tip_percent) if record else [],
        trace=result.trace,
        original_trace=result.original_trace,
        receipt_number=result.receipt_number,
        turnover_number=result.turnover_number,
        order=result.order,
        terminal_id=result.terminal_id,
        merchant_id=result.merchant_id,
        approval_code=result.approval_code,
        terminal_time=result.time,
        terminal_date=result.date,
        card=_card(result.card, result) if result.card else None,
        tip=result.tip,
        remaining=result.remaining,
        totals=[SchemeTotal(total.scheme, total.count, total.total) for total in result.totals],
        unknown=[
            UnknownPiece(piece.length, piece.offset, piece.tag, piece.first) for piece in result.unknown
        ],
    )
    return bounded(whole)


def _letters(number: int | None) -> str | None:
    """The currency's letters; its number if no table has it, so that a person can see it."""
    if number is None:
        return None
    try:
        return currency_of_number(number).letters
    except UnknownCurrencyError:
        return f"{number:03d}"


def _differences(
    record: Record, result: Result, currency: str | None, terminal_id: str, tip_percent: int
) -> list[str]:
    if result.status is not ResultStatus.APPROVED or not kind_of(record.payment).moves_money:
        return []
    sent = record.submission
    pairs = {
        "currency": (record.currency or (sent.currency if sent else None), currency),
        "terminal id": (terminal_id or None, result.terminal_id or None),
        "original": (sent.original_trace if sent else None, result.original_trace),
    }
    others = [name for name, (asked, said) in pairs.items() if None not in {asked, said} and asked != said]
    return [*_other_amount(record, result, tip_percent), *others, *_other_kind(record, result)]


def _other_kind(record: Record, result: Result) -> list[str]:
    """What takes a payment back names that payment, and a sale names none."""
    return ["kind"] if result.original_trace and not kind_of(record.payment).needs_original else []


def _other_amount(record: Record, result: Result, tip_percent: int) -> list[str]:
    """Whether another amount was approved. The tip that a terminal names is none, up to its limit."""
    sent = record.submission.amount if record.submission else None
    asked, said, tip = sent if record.amount is None else record.amount, result.amount, result.tip or 0
    if asked is None or said is None or said == asked:
        return []
    if tip <= 0 or said != asked + tip or kind_of(record.payment).direction != "in":
        return ["amount"]
    return ["tip"] if 100 * tip > tip_percent * asked else []


def _card(card: SealedCard, result: Result) -> CardSummary:
    now, older = (*card.numbers, CardNumber(0, 0), CardNumber(0, 0))[:2]
    return CardSummary(
        masked=card.masked,
        expiry=card.expiry,
        card=now.card,
        card_key=now.key,
        older_card=older.card,
        older_card_key=older.key,
        key_id=card.key_id,
        sealed=b64encode(card.sealed).decode("ascii"),
        name=result.card_name,
        type=result.card_type,
        entry_mode=result.entry_mode,
        verification=result.cardholder_verification,
    )


def printed(record: Record | None, receipt: Receipt) -> Printed:
    """The entry of some receipt lines."""
    before = printed_lines(record) if record else []
    lines, cut = bounded_lines(receipt.lines)
    return Printed(
        payment_id=record.payment_id if record else "",
        copy=receipt.copy.value,
        lines=[_once(line, before) for line in lines],
        last=receipt.last,
        cut=cut,
    )


def _once(line: str, before: list[str]) -> str | int:
    """The line, or the place where it was printed before if that is shorter."""
    if len(line) < _SHORT_LINE or line not in before:
        return line
    return before.index(line)


def closing(record: Record, event: DialogueEnded | ConnectionLost | Withdrawn) -> list[AnyBody]:
    """The entry that the end of a dialogue adds: none after a plain no."""
    approved = record.result is not None and record.result.verdict == "approved"
    if isinstance(event, Withdrawn):
        return [Cancelled(payment_id=record.payment_id, why=CANCELLED_BY_TILL)]
    if isinstance(event, ConnectionLost):
        return _lost(record, event, approved)
    if record.verdict == "unclear":
        return _end_of_doubt(record, event)
    if approved:
        why = journal_fact(event.reason) if event.reason else None
        undone = bounded(Undone(payment_id=record.payment_id, code=event.code or 0, text=event.text, why=why))
        return [
            Completed(payment_id=record.payment_id) if event.end_reason is EndReason.COMPLETED else undone
        ]
    return [] if record.result is not None else _without_result(record, event)


def _end_of_doubt(record: Record, event: DialogueEnded) -> list[AnyBody]:
    """The dialogue is over, and what it told left the payment in doubt.

    A failing end decides only if no result was read: then nothing contradicts it.
    """
    unread = record.contradiction is None and (record.result is None or record.result.code is None)
    if unread and event.end_reason is not EndReason.COMPLETED:
        return [_ended(record.payment_id, _failure(event), event)]
    return [Completed(payment_id=record.payment_id)]


def _failure(event: DialogueEnded) -> Literal["cancelled", "declined", "not_sent"]:
    """The verdict of a dialogue that failed without a result."""
    if event.not_begun or event.end_reason is EndReason.REFUSED:
        return "not_sent"
    return "cancelled" if event.cancelled else "declined"


def _lost(record: Record, event: ConnectionLost, approved: bool) -> list[AnyBody]:
    if record.result is not None and not approved and record.verdict != "unclear":
        return []
    why = journal_fact(event.reason)
    if event.delivery is Delivery.NEVER:
        return [NotSent(payment_id=record.payment_id, why=why)]
    return [BecameUnclear(payment_id=record.payment_id, why=why, lost=True)]


def _without_result(record: Record, event: DialogueEnded) -> list[AnyBody]:
    payment_id = record.payment_id
    if event.end_reason is not EndReason.COMPLETED:
        return [_ended(payment_id, _failure(event), event)]
    if not kind_of(record.payment).moves_money:
        closed = _ended(payment_id, "approved", event)
        return [closed, Completed(payment_id=payment_id)]
    why = Fact("payment.ended_without_result")
    return [BecameUnclear(payment_id=payment_id, why=why), Completed(payment_id=payment_id)]


def _ended(
    payment_id: str, verdict: Literal["approved", "cancelled", "declined", "not_sent"], event: DialogueEnded
) -> TerminalResult:
    """The result of a dialogue that ended without a result message."""
    why = journal_fact(event.reason) if event.reason else None
    return bounded(
        TerminalResult(payment_id=payment_id, verdict=verdict, code=event.code, text=event.text, why=why)
    )
