"""What a payment moved, in its own currency: never a bare number of the terminal.

A terminal may tell a number in the cardholder's currency, one without a currency, or nothing at all.
Money that came in counts as the least that is told, money that went out as the most.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.journal.schema.entry import TerminalResult
from agent.journal.schema.kinds import Kind


def booked(kind: Kind, asked: int | None, currency: str | None, told: Sequence[TerminalResult]) -> int:
    """Minor units of `currency` that the approvals `told` moved. It is what was asked if none says more."""
    amounts = [amount for said in told if (amount := _said(kind, asked or 0, currency, said)) is not None]
    if not amounts:
        return asked or 0
    return min(amounts) if kind.direction == "in" else max(amounts)


def _said(kind: Kind, asked: int, currency: str | None, said: TerminalResult) -> int | None:
    """What one approval says in our currency; None if it says nothing in it."""
    if said.amount is None or said.currency == currency:
        return said.amount
    if said.currency is not None:
        return None
    if kind.direction == "in":
        return min(said.amount, asked + (said.tip or 0))
    return max(said.amount, asked)
