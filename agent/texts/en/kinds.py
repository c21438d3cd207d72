"""The payment kinds in words: their names, what an approval means, and what the cashier does next."""

from __future__ import annotations

from typing import Final

KINDS: Final[dict[str, str | tuple[str, str]]] = {
    "verdict.kind.sale": "Payment",
    "verdict.approved.sale": "The customer has paid {amount}.",
    "verdict.kind.refund": "Refund",
    "verdict.approved.refund": "The customer gets {amount} back.",
    "verdict.kind.reversal": "Reversal",
    "verdict.approved.reversal": "Payment {original} is taken back whole.",
    "verdict.kind.close_day": "Day's close",
    "verdict.approved.close_day": "The terminal's day is closed.",
    "next.payment.approved": "Hand over the goods.",
    "next.payment.declined": "Nothing was charged. Ask for another card or another payment method.",
    "next.payment.cancelled": "Nothing was charged. Start again if the customer still wants to pay.",
    "next.payment.not_sent": (
        "The terminal did not begin it, and nothing was charged. It is safe to try again with a new "
        "payment id."
    ),
    "next.payment.refused": (
        "Nothing was sent to the terminal. Ask the person in charge if it should be allowed."
    ),
    "next.payment.unclear": (
        "Do not charge again. The agent asks the terminal; if it cannot tell, look at its receipt, then: "
        "tillgate resolve {payment_id}"
    ),
    "next.giving_back.approved": (
        "The money goes back to the card that was read. Give the customer the receipt."
    ),
    "next.giving_back.declined": "Nothing was given back. Ask the person in charge how to give it back.",
    "next.giving_back.cancelled": "Nothing was given back. Start again if it should be.",
    "next.giving_back.not_sent": (
        "The terminal did not begin it, and nothing was given back. It is safe to try again with a new "
        "payment id."
    ),
    "next.giving_back.refused": (
        "Nothing was sent to the terminal. Ask the person in charge if it should be allowed."
    ),
    "next.giving_back.unclear": (
        "Do not give it back again. The agent asks the terminal; if it cannot tell, look at its receipt, "
        "then: tillgate resolve {payment_id}"
    ),
    "next.day.approved": "Compare the totals with the till's own.",
    "next.day.declined": "Fix what the terminal's message says, then close the day again.",
    "next.day.cancelled": "Close the day again when it suits.",
    "next.day.not_sent": "The terminal did not begin it. Close the day again with a new payment id.",
    "next.day.refused": "Ask the person in charge.",
    "next.day.unclear": (
        "Check on the terminal whether the day is closed, then: tillgate resolve {payment_id}"
    ),
    "next.differs": (
        "The terminal says something else than was asked ({fields}): compare the receipt before you go on."
    ),
    "next.release.held": (
        "Do not hand over the goods yet. A second person looks at it, then: "
        "tillgate release {payment_id} --person NAME"
    ),
    "next.release.held_for_good": (
        "Hand over nothing yet. A second person looks at it, then: "
        "tillgate release {payment_id} --person NAME"
    ),
    "next.release.withheld": (
        "Do not hand over the goods. Give the money back: tillgate reverse --original {payment_id}"
    ),
    "next.release.withheld_for_good": (
        "Hand over nothing. This kind of payment cannot be reversed here: ask the person in charge."
    ),
    "next.training": "Training only: no money has moved. Hand over nothing.",
    "next.repeated": (
        "Nothing was charged now. The goods of {payment_id} may have gone already, at {time}: never twice."
    ),
    "next.reversed": "Do not hand over the goods: {payment_id} was given back, or may have been.",
    "next.refunded": "Money of {payment_id} was given back since. Look at what is left before you go on.",
    "next.remaining": "Take the rest of {remaining:money} before you hand over the goods.",
    "next.cancel_too_late": (
        "The wish to cancel came too late: the customer has paid. Hand over the goods, or give the money "
        "back: tillgate reverse --original {payment_id}"
    ),
    "next.cancel_too_late_for_good": (
        "The wish to cancel came too late: it is done. Ask the person in charge if it was a mistake."
    ),
    "next.terminal_busy": (
        "Terminal {terminal} is busy, and nothing was begun. Wait until it shows its idle screen, then try "
        "again with a new payment id."
    ),
    "next.not_registered": (
        "Nothing was begun. The agent registers at terminal {terminal} again: try again in a few seconds "
        "with a new payment id."
    ),
    "next.close_due": (
        "Nothing was begun. The terminal wants its day closed first: "
        "tillgate close-day --terminal {terminal}. Then try again with a new payment id."
    ),
    "next.terminal_blocked": (
        "Nothing was begun. Terminal {terminal} is blocked: call its provider, and use another payment "
        "method until then."
    ),
    "next.unknown_kind": "This agent does not know this kind of payment. Call support before you go on.",
}
