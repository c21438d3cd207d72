"""What became of a payment, for the cashier."""

from __future__ import annotations

from typing import Final

VERDICT: Final[dict[str, str | tuple[str, str]]] = {
    "verdict.approved.close_day": "The terminal's day is closed.",
    "verdict.approved.refund": "The customer gets {amount} back.",
    "verdict.approved.reversal": "Payment {original} is taken back whole.",
    "verdict.approved.sale": "The customer has paid {amount}.",
    "verdict.differs": "Asked for {asked}, the terminal says {said}.",
    "verdict.kind.close_day": "Day's close",
    "verdict.kind.refund": "Refund",
    "verdict.kind.reversal": "Reversal",
    "verdict.kind.sale": "Payment",
    "verdict.no_money": "No money has moved.",
    "verdict.nobody_knows": "Nobody knows yet whether money has moved. Do not charge again.",
    "verdict.phase.asking": "It waits for an answer: {prompt}",
    "verdict.phase.deciding": "The rules look at it.",
    "verdict.phase.running": "The terminal has it. Nothing is decided yet.",
    "verdict.remaining": "Still to pay: {remaining}.",
    "verdict.tip": "Tip in it: {tip}.",
}
