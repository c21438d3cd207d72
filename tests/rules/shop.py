"""A small shop for the tests of the rules: entries as the agent would write them."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from agent.base.money import CURRENCIES
from agent.journal.schema.entry import (
    AnyBody,
    BecameUnclear,
    Completed,
    Entry,
    Fact,
    NotSent,
    PaymentKind,
    Reason,
    Refused,
    Requested,
    Submitted,
    TerminalResult,
    Verdict,
)
from agent.rules import DayTotals, Decision, Original, Policy, RuleRequest, decide, till_place
from agent.texts.en import TEXTS

EUR = CURRENCIES["EUR"]
BERLIN = ZoneInfo("Europe/Berlin")
CUT_OVER = time(4)
NOON = datetime(2026, 11, 4, 12, tzinfo=BERLIN)  # a Wednesday
A_MINUTE = timedelta(minutes=1)


def entry(body: AnyBody, at: datetime = NOON) -> Entry:
    return Entry(index=0, at=at, boot_ms=0, body=body)


def policy(**limits: Any) -> Policy:
    """No limit but a hard one, and what is named."""
    off: dict[str, Any] = {"hard": 100_000, "min": None, "soft": None, "refund_supervisor": None}
    return Policy(EUR, **(off | limits))


def sale(amount: int | None = 1000, currency: str | None = "EUR", **other: Any) -> RuleRequest:
    return RuleRequest(kind="sale", amount=amount, currency=currency, till="1", **other)


def refund(amount: int, original: Original | None) -> RuleRequest:
    return RuleRequest(kind="refund", amount=amount, currency="EUR", till="1", original=original)


def reversal(original: Original | None) -> RuleRequest:
    return RuleRequest(kind="reversal", amount=None, currency=None, till="1", original=original)


def day_totals() -> DayTotals:
    return DayTotals(CUT_OVER)


def judged(
    request: RuleRequest, limits: Policy, totals: DayTotals | None = None, now: datetime = NOON
) -> Decision:
    decision = decide(request, totals or day_totals(), limits, now)
    for reason in decision.reasons:
        can_be_told(reason)
    return decision


def can_be_told(reason: Reason) -> None:
    """Every finding has its sentence, and every figure of the sentence is there."""
    sentence = TEXTS[reason.text_key]
    names = {name for _, name, _, _ in Formatter().parse(str(sentence)) if name}
    assert names <= set(reason.figures)


def said(payment_id: str, verdict: Verdict) -> AnyBody:
    """The entry that makes a verdict."""
    why = Fact("test.why")
    match verdict:
        case "refused":
            return Refused(payment_id=payment_id)
        case "not_sent":
            return NotSent(payment_id=payment_id, why=why)
        case "unclear":
            return BecameUnclear(payment_id=payment_id, why=why)
        case _:
            return TerminalResult(payment_id=payment_id, verdict=verdict)


class Till:
    """Writes the entries of payments into day totals, numbering them."""

    def __init__(self, totals: DayTotals | None = None, name: str = "1") -> None:
        self.totals = totals or day_totals()
        self.name = name
        self._numbers = 0

    def request(
        self, amount: int, at: datetime = NOON, kind: PaymentKind = "sale", currency: str = "EUR"
    ) -> str:
        self._numbers += 1
        payment_id = f"{self.name}-{self._numbers}"
        self.apply(
            Requested(
                payment_id=payment_id,
                payment=kind,
                terminal="front",
                till=self.name,
                amount=amount,
                currency=currency,
            ),
            at,
        )
        return payment_id

    def submit(
        self, amount: int, at: datetime = NOON, kind: PaymentKind = "sale", currency: str = "EUR"
    ) -> str:
        payment_id = self.request(amount, at, kind, currency)
        self.apply(Submitted(payment_id=payment_id, receipts="till"), at)
        return payment_id

    def pay(
        self, amount: int, at: datetime = NOON, kind: PaymentKind = "sale", verdict: Verdict = "approved"
    ) -> str:
        payment_id = self.submit(amount, at, kind)
        self.apply(said(payment_id, verdict), at)
        self.apply(Completed(payment_id=payment_id), at)
        return payment_id

    def apply(self, body: AnyBody, at: datetime = NOON) -> None:
        self.totals.apply(entry(body, at))

    def total(self, at: datetime = NOON, kind: str = "sale", currency: str = "EUR") -> tuple[int, int]:
        total = self.totals.total("sale" if kind == "sale" else "refund", till_place(self.name), currency, at)
        return total.count, total.sum
