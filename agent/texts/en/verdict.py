"""What became of a payment, for the cashier."""

from __future__ import annotations

from typing import Final

VERDICT: Final[dict[str, str | tuple[str, str]]] = {
    "verdict.differs": "Asked for {asked}, the terminal says {said}.",
    "verdict.no_money": "No money has moved.",
    "verdict.nobody_knows": "Nobody knows yet whether money has moved. Do not charge again.",
    "verdict.phase.asking": "The payment waits for an answer: {prompt}",
    "verdict.phase.deciding": "The rules check the payment.",
    "verdict.phase.running": "The terminal has the payment. Nothing is decided yet.",
    "verdict.remaining": "Still to pay: {remaining}.",
    "verdict.tip": "Tip included: {tip}.",
}
