from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from drivers.simulator.core.cards import PUBLISHED, Shown, choose


def luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    return sum(digits[::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0


@given(st.integers())
def test_generated_numbers_have_a_right_check_digit_and_a_card_length(seed: int) -> None:
    card = choose("generated", random.Random(seed))  # noqa: S311 - nobody's cards

    assert luhn(card.number)
    assert len(card.number) in {13, 16, 19}


def test_a_card_is_not_shown_by_its_repr() -> None:
    assert "4111" not in repr(PUBLISHED["visa"])


def test_only_as_much_of_the_card_is_given_as_asked_for() -> None:
    card = PUBLISHED["visa"]

    assert card.fields(Shown.MASKED) == b""
    assert card.fields(Shown.NUMBER).hex() == "0e301222f0f84111111111111111"
    assert card.fields(Shown.TRACK_2).hex().startswith("0e301222f0f8411111111111111123f1f7")


def test_an_odd_number_of_digits_is_padded() -> None:
    assert PUBLISHED["amex"].fields(Shown.NUMBER).hex().endswith("5f")
