"""What the rules found, by the code of the finding (`agent/rules/checks`)."""

from __future__ import annotations

from typing import Final

RULES: Final[dict[str, str | tuple[str, str]]] = {
    "rules.failed": 'The rule "{rule}" failed ({error}), so nothing is charged: call support.',
    "rules.failed_after": (
        'The rule "{rule}" failed ({error}) when the approval came, so the goods are held: call support.'
    ),
    "rules.refund_card": (
        "The refund went to the card {card}, and the sale was paid with the card {original}. "
        "Money that goes back to another card may be a theft."
    ),
    "rules.refund_card_unknown": (
        "The terminal does not say to which card the refund went, or which card paid for the sale."
    ),
    "rules.approval_differs": "The terminal approved something else than was asked ({fields}).",
    "rules.kind_unknown": (
        'This agent does not know the kind of payment "{kind}", so nothing is charged: call support.'
    ),
    "rules.amount_not_asked": "The till named an amount for something that has none of its own.",
    "rules.original_not_asked": "The till named an original for something that takes nothing back.",
    "rules.amount": "The amount is not one that a terminal can take.",
    "rules.currency": "The till asked for {asked}, but this shop's currency is {shop}.",
    "rules.currency_missing": "The till named no currency; this shop's currency is {shop}.",
    "rules.min": "{amount:money} is below the smallest usual sale of {limit:money}.",
    "rules.soft": "{amount:money} is above the soft limit of {limit:money}.",
    "rules.hard": "{amount:money} is above the hard limit of {limit:money}.",
    "rules.hard_unset": "The shop has not set its hard limit, so nothing can be charged.",
    "rules.day_count": "This is sale number {number} of today at this till; the limit is {limit}.",
    "rules.day_sum": (
        "With {amount:money} today's sales at this till come to {sum:money}; the limit is {limit:money}."
    ),
    "rules.terminal_day_count": (
        "This is sale number {number} of today on this terminal; the limit is {limit}."
    ),
    "rules.terminal_day_sum": (
        "With {amount:money} today's sales on this terminal come to {sum:money}; the limit is {limit:money}."
    ),
    "rules.shop_day_count": "This is sale number {number} of today in this shop; the limit is {limit}.",
    "rules.shop_day_sum": (
        "With {amount:money} today's sales in this shop come to {sum:money}; the limit is {limit:money}."
    ),
    "rules.refund": "{amount:money} is above the limit of {limit:money} for money given back at once.",
    "rules.refund_count": (
        "This is refund or reversal number {number} of today at this till; the limit is {limit}."
    ),
    "rules.refund_sum": (
        "With {amount:money} the money given back today at this till comes to {sum:money}; "
        "the limit is {limit:money}."
    ),
    "rules.terminal_refund_count": (
        "This is refund or reversal number {number} of today on this terminal; the limit is {limit}."
    ),
    "rules.terminal_refund_sum": (
        "With {amount:money} the money given back today on this terminal comes to {sum:money}; "
        "the limit is {limit:money}."
    ),
    "rules.shop_refund_count": (
        "This is refund or reversal number {number} of today in this shop; the limit is {limit}."
    ),
    "rules.shop_refund_sum": (
        "With {amount:money} the money given back today in this shop comes to {sum:money}; "
        "the limit is {limit:money}."
    ),
    "rules.original_unknown": "This agent does not know the payment that is to be taken back.",
    "rules.original_not_a_sale": "The payment that is to be taken back is not an approved sale.",
    "rules.original_reversed": "That payment has already been reversed as a whole.",
    "rules.original_refunded": (
        "{refunded:money} of that payment were already refunded: refund the rest instead."
    ),
    "rules.original_currency": "That payment was made in {original}.",
    "rules.original_left": "{amount:money} is more than the {left:money} that is left of that payment.",
    "rules.hours": "It is {time}, outside the opening hours of today ({usual}).",
    "rules.closed": "It is {time}, and the shop is closed today.",
    "rules.leap": (
        "This computer says that today is {date}, long after the last payment. If that is not the date, "
        "answer no and call support."
    ),
    "rules.clock": (
        "The clock of this computer is {behind_min} minutes behind the last payment: call support. If it "
        "is right now, two persons declare it: tillgate clock declare"
    ),
    "rules.training": "Training: no money moves.",
}
