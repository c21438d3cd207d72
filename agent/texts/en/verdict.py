"""What became of a payment, for the cashier."""

from __future__ import annotations

from typing import Final

VERDICT: Final[dict[str, str | tuple[str, str]]] = {
    "verdict.differs": "Asked for {asked}, the terminal says {said}.",
    "verdict.earlier": ", EARLIER: {time}",
    "verdict.instead": ", BUT {said} INSTEAD OF {asked}",
    "verdict.left": "Left of it: {left}.",
    "verdict.no_money": "No money has moved for {kind} {payment_id}.",
    "verdict.nobody_knows": (
        "Nobody knows yet whether money has moved for {kind} {payment_id}. Do not repeat it under another id."
    ),
    "verdict.phase.asking": "The payment waits for an answer: {prompt}",
    "verdict.phase.deciding": "The rules check the payment.",
    "verdict.phase.running": "The terminal has the payment. Nothing is decided yet.",
    "verdict.refunded": "Refunds have given {amount} of it back, or may have.",
    "verdict.remaining": "Still to pay: {remaining}.",
    "verdict.repeated": (
        "This is {payment_id} of {time}, asked for again. Nothing was sent to the terminal now."
    ),
    "verdict.reversed": "Reversal {reversal} has taken it back, or may have.",
    "verdict.then_refunded": ", THEN {amount} GIVEN BACK",
    "verdict.then_reversed": ", THEN REVERSED",
    "verdict.tip": "Tip included: {tip}.",
    "verdict.training": "TRAINING, NO MONEY: ",
    "verdict.training.money": (
        "This is training with a simulated terminal: no money moves for {kind} {payment_id}."
    ),
}
