"""Why a typed text is no amount or no currency."""

from __future__ import annotations

from typing import Final

MONEY: Final[dict[str, str | tuple[str, str]]] = {
    # What was typed, where it is too long to be quoted: it may be a card number.
    "money.long_text": "a text of {length} characters",
    "money.empty": "{text} is not an amount: it is empty; write {example}",
    "money.spaces": "{text} is not an amount: it has spaces; write {example}",
    "money.not_finite": "{text} is not an amount: it is not a finite number; write {example}",
    "money.other_digits": (
        "{text} is not an amount: only the digits 0 to 9 of the plain keyboard count; write {example}"
    ),
    "money.sign": (
        "{text} is not an amount: it has a sign; the kind of payment carries the sign; write {example}"
    ),
    "money.separator": (
        "{text} is not an amount: it has a separator; only one point may stand, before the decimals; "
        "write {example}"
    ),
    "money.letters": "{text} is not an amount: it has letters; write {example}",
    "money.leading_zero": "{text} is not an amount: it begins with a zero too many; write {example}",
    "money.too_many_digits": (
        "{text} is not an amount: it has more than nine digits before the point; write {example}"
    ),
    "money.bare_point": (
        "{text} is not an amount: a digit must stand on both sides of the point; write {example}"
    ),
    "money.not_an_amount": "{text} is not an amount; write {example}",
    "money.is_boolean": "an amount must be text such as {example}, not true or false",
    "money.is_whole_number": "an amount must be text such as {example}, not a whole number",
    "money.is_fraction": "an amount must be text such as {example}, not a number with a fraction",
    "money.is_no_text": "an amount must be text such as {example}, not something else",
    "money.no_decimals": "{text} is finer than {currency} allows (no decimals); nothing is rounded here",
    "money.too_fine": (
        "{text} is finer than {currency} allows ({decimals} decimals at most); nothing is rounded here"
    ),
    "money.too_large": "{text} {currency} is more than a terminal's twelve digits can hold",
    "money.unknown_currency": "{text} is not a currency of ISO 4217; write three capital letters such as EUR",
    "money.unknown_currency_number": "no currency of ISO 4217 has the number {number}",
}
