"""The payment kinds: one row holds everything that a layer must know about a kind.

The table is in the journal's schema. Rules, payments, API and command line may all read it there,
and a kind that the journal cannot write cannot be taken. `agent/payments/kinds.py` adds the drivers'
operations.

A layer asks `kind_of` and refuses an unknown kind: no layer has an `else` that means "a sale".
A new kind is a row here, its name in `PaymentKind`, its words in `agent/texts/en/kinds.py`, an
`Operation` for the drivers that can do it, and the simulator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

PaymentKind = Literal["sale", "refund", "reversal", "close_day"]

# Which way the money goes, as the shop sees it.
Direction = Literal["in", "out", "none"]
# The total of the day to which a payment adds; the day's limits are compared with it. "refund" is all money
# that is given back, by a reversal as well.
TotalName = Literal["sale", "refund"]
# The effect of an approval on the day of the terminal's totals.
OnDay = Literal["adds", "undoes", "closes"]
# The keys of the next step are `next.<family>.<verdict>`.
StepFamily = Literal["payment", "giving_back", "day"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What one kind of payment is.

    `has_amount`: the till names amount and currency. `takes_back`: how much of its original it gives
    back. `may_be_taken_back`: it can be such an original. `total`: which of the day's totals and limits
    it counts towards. `asks_below_minimum`: the smallest usual amount is asked about. `next_steps`: which
    family of next steps the cashier is told.
    """

    name: PaymentKind
    direction: Direction
    has_amount: bool
    on_day: OnDay
    next_steps: StepFamily
    takes_back: Literal["part", "whole"] | None = None
    may_be_taken_back: bool = False
    total: TotalName | None = None
    asks_below_minimum: bool = False

    @property
    def moves_money(self) -> bool:
        """Whether an approval of it is money."""
        return self.direction != "none"

    @property
    def needs_original(self) -> bool:
        """Whether it names the payment that it is about."""
        return self.takes_back is not None

    def signed(self, amount: int) -> int:
        """What an amount of this kind adds to the shop's money."""
        return {"in": amount, "out": -amount, "none": 0}[self.direction]


_ROWS: Final = (
    Kind(
        "sale",
        "in",
        has_amount=True,
        on_day="adds",
        next_steps="payment",
        may_be_taken_back=True,
        total="sale",
        asks_below_minimum=True,
    ),
    Kind(
        "refund",
        "out",
        has_amount=True,
        on_day="adds",
        next_steps="giving_back",
        takes_back="part",
        total="refund",
    ),
    Kind(
        "reversal",
        "out",
        has_amount=False,
        on_day="undoes",
        next_steps="giving_back",
        takes_back="whole",
        total="refund",
    ),
    Kind("close_day", "none", has_amount=False, on_day="closes", next_steps="day"),
)

KINDS: Final[dict[str, Kind]] = {row.name: row for row in _ROWS}


class UnknownKindError(ValueError):
    """A kind of payment that this version does not know. It is refused, never taken for another."""

    def __init__(self, name: object) -> None:
        super().__init__(f"unknown payment kind: {name!s:.40}")


def kind_of(name: str) -> Kind:
    """The row of a kind. Raises `UnknownKindError`."""
    kind = KINDS.get(name)
    if kind is None:
        raise UnknownKindError(name)
    return kind
