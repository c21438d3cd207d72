from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.base import money
from drivers.ecrhub.amounts import CURRENCIES, amount_text, currency_letters, currency_number, minor_units
from drivers.terminal import ProtocolError


def test_the_table_is_the_agents_table() -> None:
    assert {number: (currency_letters(number), decimals) for number, (_, decimals) in CURRENCIES.items()} == {
        currency.number: (currency.letters, currency.exponent) for currency in money.CURRENCIES.values()
    }


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(1010, 978, "10.10"), (1000, 978, "10.00"), (5, 978, "0.05"), (1234, 392, "1234"), (1234, 414, "1.234")],
)
def test_an_amount_has_the_decimals_of_its_currency(minor: int, currency: int, text: str) -> None:
    assert amount_text(minor, currency) == text
    assert minor_units(text, currency) == minor


@pytest.mark.parametrize("text", ["10", "10.0", "10.00", "10.000"])
def test_amounts_are_compared_as_numbers_and_not_as_texts(text: str) -> None:
    assert minor_units(text, 978) == 1000


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1e3", "1,00", "1.", ".5", "10.001", "٣", "NaN", "1" * 13, " 1", "1 "]
)
def test_an_amount_that_cannot_be_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        minor_units(text, 978)
    assert str(refused.value) == "impossible amount"


def test_letters_that_no_currency_has_are_refused() -> None:
    with pytest.raises(ProtocolError, match="unknown currency"):
        currency_number("eur")
    assert currency_number("EUR") == 978


@given(st.integers(1, 10**12 - 1), st.sampled_from(sorted(CURRENCIES)))
def test_what_was_written_is_read_again(minor: int, currency: int) -> None:
    assert minor_units(amount_text(minor, currency), currency) == minor
