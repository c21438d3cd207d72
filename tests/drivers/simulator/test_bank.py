from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drivers.simulator.core.bank import LAST_RECEIPT, Bank, BankError, Booking, BookingKind, BookingState
from drivers.simulator.core.cards import PUBLISHED

AT = datetime(2025, 3, 1, 12, tzinfo=UTC)


def sale(bank: Bank, amount: int = 1010) -> Booking:
    return bank.authorise(BookingKind.SALE, amount, 978, AT, approved=True, card=PUBLISHED["visa"])


def test_nothing_is_booked_twice() -> None:
    bank = Bank()
    booking = bank.book(sale(bank).number)

    with pytest.raises(ValueError, match="cannot be booked"):
        bank.book(booking.number)
    assert bank.balance() == 1010


def test_what_is_reversed_stays_reversed() -> None:
    bank = Bank()
    booking = bank.reverse(sale(bank).number)

    with pytest.raises(ValueError, match="cannot be reversed"):
        bank.reverse(booking.number)
    with pytest.raises(ValueError, match="cannot be booked"):
        bank.book(booking.number)


def test_undoing_a_reversal_gives_the_payment_back() -> None:
    bank = Bank()
    original = bank.book(sale(bank).number)
    reversal = bank.authorise(
        BookingKind.REVERSAL, 1010, 978, AT, approved=True, card=PUBLISHED["visa"], original=original
    )
    bank.book(reversal.number)
    assert bank.balance() == 0

    bank.reverse(reversal.number)

    assert bank.balance() == 1010


def test_receipt_numbers_begin_again_and_the_newest_is_found() -> None:
    bank = Bank()
    for _ in range(LAST_RECEIPT + 1):
        sale(bank)

    found = bank.find(1)

    assert found is not None
    assert found.number == LAST_RECEIPT + 1


def test_the_state_file_has_everything_after_every_change(tmp_path: Path) -> None:
    path = tmp_path / "bank.json"
    bank = Bank(path)
    booking = sale(bank)
    assert json.loads(path.read_text())["bookings"][0]["state"] == "authorised"

    bank.book(booking.number)

    again = Bank(path)
    assert again.bookings == bank.bookings
    assert again.bookings[0].state is BookingState.BOOKED
    assert [file.name for file in tmp_path.iterdir()] == ["bank.json"]


def test_the_state_file_never_holds_a_clear_card_number(tmp_path: Path) -> None:
    path = tmp_path / "bank.json"
    sale(Bank(path))

    assert PUBLISHED["visa"].number not in path.read_text()


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"version": 2}', '{"version": 1, "day": 0, "bookings": [{}]}']
)
def test_a_file_that_is_no_state_file_is_named_and_kept(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bank.json"
    path.write_text(content)

    with pytest.raises(BankError, match=r"bank\.json is not a state file"):
        Bank(path)
    assert path.read_text() == content
