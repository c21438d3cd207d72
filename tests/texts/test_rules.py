"""The sentences of the rules, as the cashier reads them."""

from __future__ import annotations

from agent.texts import say


def test_amounts_are_told_in_the_currency_of_the_shop() -> None:
    figures = {"amount": 7400, "limit": 5000}
    assert say("rules.hard", **figures, currency="EUR") == "74.00 EUR is above the hard limit of 50.00 EUR."
    assert say("rules.hard", **figures, currency="JPY") == "7400 JPY is above the hard limit of 5000 JPY."


def test_the_hours_are_told_with_the_time() -> None:
    told = say("rules.hours", time="23:05", usual="09:00-18:00")
    assert told == "It is 23:05, outside the opening hours of today (09:00-18:00)."
