"""What is an amount and what is not. The one promise: no text ever becomes a wrong integer."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.base.coded import CodedText
from agent.base.money import (
    CURRENCIES,
    MAX_MINOR,
    MAX_QUOTED_CHARACTERS,
    AmountError,
    Currency,
    Money,
    UnknownCurrencyError,
    currency_of,
    currency_of_number,
    format_amount,
    parse_amount,
)
from agent.texts import tell

EUR, JPY, KWD, CLF = (CURRENCIES[letters] for letters in ("EUR", "JPY", "KWD", "CLF"))

currencies = st.sampled_from(sorted(CURRENCIES.values(), key=lambda currency: currency.letters))
near_amounts = st.text(alphabet="0123456789.,_+-eE '", max_size=16)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("0", EUR, 0),
        ("12", EUR, 1200),
        ("12.5", EUR, 1250),
        ("12.50", EUR, 1250),
        ("19.99", EUR, 1999),  # int(19.99 * 100) is 1998
        ("4.35", EUR, 435),  # int(4.35 * 100) is 434
        ("0.01", EUR, 1),
        ("999999999.99", EUR, 99_999_999_999),
        ("1250", JPY, 1250),
        ("12.5", KWD, 12_500),
        ("12.505", KWD, 12_505),
        ("999999999.999", KWD, MAX_MINOR),
        ("1.0001", CLF, 10_001),
    ],
)
def test_an_amount_is_read_exactly(text: str, currency: Currency, minor: int) -> None:
    assert parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "it is empty"),
        ("nan", "it is not a finite number"),
        ("NaN", "it is not a finite number"),
        ("-inf", "it is not a finite number"),
        ("\uff11\uff12", "only the digits 0 to 9"),
        ("\u0663", "only the digits 0 to 9"),
        ("12\uffe5", "only the digits 0 to 9"),
        ("1_000", "it has a separator"),
        ("1,000.00", "it has a separator"),
        ("1.234.56", "it has a separator"),
        ("12,50", "it has a separator"),
        ("1e3", "it has letters"),
        ("0x10", "it has letters"),
        ("+1", "it has a sign"),
        ("-1", "it has a sign"),
        (" 1", "it has spaces"),
        ("1\n", "it has spaces"),
        ("1 000", "it has spaces"),
        ("01", "it begins with a zero too many"),
        ("1.", "a digit must stand on both sides"),
        (".5", "a digit must stand on both sides"),
        ("1234567890", "more than nine digits"),
        ("12.505", "finer than EUR allows (2 decimals at most)"),
        ("12.500", "finer than EUR allows"),
        ("#", "is not an amount"),
    ],
)
def test_what_is_not_an_amount_is_refused_with_its_reason(text: str, sentence: str) -> None:
    with pytest.raises(AmountError) as caught:
        parse_amount(text, EUR)
    assert sentence in tell(caught.value)


@pytest.mark.parametrize("value", [12.5, float("nan"), 12, True, None, b"12.50", ["12.50"]])
def test_only_text_becomes_an_amount(value: object) -> None:
    with pytest.raises(AmountError) as caught:
        parse_amount(value, EUR)
    assert 'must be text such as "12.50", not ' in tell(caught.value)


def test_yen_have_no_decimals() -> None:
    with pytest.raises(AmountError, match=r"money\.no_decimals"):
        parse_amount("100.0", JPY)


def test_more_than_a_terminal_can_hold_is_refused() -> None:
    with pytest.raises(AmountError, match=r"money\.too_large"):
        parse_amount("999999999.9999", CLF)


def test_a_card_number_in_the_amount_field_is_not_quoted() -> None:
    with pytest.raises(AmountError) as caught:
        parse_amount("4111111111111111", EUR)
    assert "4111" not in str(caught.value)
    assert "4111" not in tell(caught.value)


def test_what_was_typed_is_told_by_its_form_and_a_long_text_by_its_length() -> None:
    with pytest.raises(AmountError) as short:
        parse_amount("1.005", EUR)
    assert short.value.figures["text"] == "'1.005'"
    with pytest.raises(AmountError) as long:
        parse_amount("1." + "0" * MAX_QUOTED_CHARACTERS, EUR)
    assert long.value.figures["text"] == CodedText("money.long_text", {"length": MAX_QUOTED_CHARACTERS + 2})


@given(text=near_amounts | st.text(max_size=20), currency=currencies)
@example("1" * 5000, EUR)
def test_no_text_becomes_a_wrong_integer(text: str, currency: Currency) -> None:
    try:
        minor = parse_amount(text, currency)
    except AmountError:
        return
    assert text.isascii()
    assert Fraction(text) * 10**currency.exponent == minor
    assert 0 <= minor <= MAX_MINOR


@given(minor=st.integers(0, 99_999_999_999), currency=currencies)
def test_what_is_written_is_read_back(minor: int, currency: Currency) -> None:
    text = format_amount(minor, currency)
    if len(text.partition(".")[0]) <= 9:
        assert parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(1250, EUR, "12.50"), (5, EUR, "0.05"), (-5, EUR, "-0.05"), (5, JPY, "5"), (5, KWD, "0.005")],
)
def test_all_decimals_of_the_currency_are_written(minor: int, currency: Currency, text: str) -> None:
    assert format_amount(minor, currency) == text


def test_money_reads_as_a_shop_writes_it() -> None:
    assert str(Money(7400, EUR)) == "74.00 EUR"


@pytest.mark.parametrize(
    ("letters", "number", "exponent"),
    [
        ("EUR", 978, 2),
        ("CNY", 156, 2),
        ("ALL", 8, 2),
        ("JPY", 392, 0),
        ("KRW", 410, 0),
        ("VND", 704, 0),
        ("ISK", 352, 0),
        ("UGX", 800, 0),
        ("CLP", 152, 0),
        ("HUF", 348, 2),
        ("TWD", 901, 2),
        ("BHD", 48, 3),
        ("IQD", 368, 3),
        ("JOD", 400, 3),
        ("KWD", 414, 3),
        ("LYD", 434, 3),
        ("OMR", 512, 3),
        ("TND", 788, 3),
        ("CLF", 990, 4),
        ("UYW", 927, 4),
    ],
)
def test_the_table_is_that_of_iso_4217(letters: str, number: int, exponent: int) -> None:
    assert currency_of(letters) == currency_of_number(number) == Currency(letters, number, exponent)


def test_the_table_is_whole_and_without_doubles() -> None:
    assert len(CURRENCIES) == 165
    assert len({currency.number for currency in CURRENCIES.values()}) == 165
    assert all(re.fullmatch("[A-Z]{3}", letters) for letters in CURRENCIES)


@pytest.mark.parametrize("letters", ["RMB", "eur", "", "XAU", "XXX", "EURO" * 10])
def test_other_letters_are_no_currency(letters: str) -> None:
    with pytest.raises(UnknownCurrencyError, match=r"money\.unknown_currency"):
        currency_of(letters)


def test_an_unknown_number_is_no_currency() -> None:
    with pytest.raises(UnknownCurrencyError, match="number=0"):
        currency_of_number(0)
