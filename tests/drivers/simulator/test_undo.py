from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from drivers.simulator.core.bank import BookingState
from drivers.zvt.packet import (
    POSITIVE,
    Abort,
    AbortCommand,
    Authorisation,
    Completion,
    Refund,
    Reversal,
    StatusInformation,
    ZvtAnswer,
    ZvtPacket,
)

if TYPE_CHECKING:
    from tests.drivers.simulator.conftest import Till

    Scripted = Callable[[str], Till]


def results(heard: list[ZvtPacket]) -> list[StatusInformation]:
    return [packet for packet in heard if isinstance(packet, StatusInformation)]


def states(till: Till) -> list[BookingState]:
    return [booking.state for booking in till.bank.bookings]


def silent_on(*silent: type[ZvtPacket]) -> Callable[[ZvtPacket], ZvtAnswer | None]:
    return lambda packet: None if isinstance(packet, silent) else POSITIVE


@pytest.mark.parametrize(
    ("cancel", "answer", "balance"),
    [("accepted", 0x80, 0), ("too_late", 0x80, 1010), ("refused", 0x84, 1010)],
)
def test_an_abort_from_the_till_is_a_wish(
    till_with: Scripted, cancel: str, answer: int, balance: int
) -> None:
    till = till_with(f'[[payment]]\nsilence_s = 60\ndisplay = []\ncancel = "{cancel}"')
    till.say(Authorisation(1010, 978))

    heard = till.run(AbortCommand())

    assert isinstance(heard[0], ZvtAnswer)
    assert heard[0].ccrc == answer
    assert till.bank.balance() == balance


def test_an_abort_can_be_ignored(till_with: Scripted) -> None:
    till = till_with('[[payment]]\nsilence_s = 60\ndisplay = []\ncancel = "ignored"')
    till.say(Authorisation(1010, 978))

    assert till.say(AbortCommand()) == []


def test_an_abort_after_the_decision_is_refused(till: Till) -> None:
    till.pay(answer=silent_on(Completion))

    assert till.run(AbortCommand()) == [ZvtAnswer(0x84, 0x83)]


def test_a_refund_pays_back_without_an_original(till: Till) -> None:
    till.pay(1010)

    till.run(Refund(123456, 300, 978))

    assert till.bank.balance() == 710


def test_a_reversal_undoes_the_payment_with_that_receipt(till: Till) -> None:
    till.pay(1010)
    till.pay(500)

    (result,) = results(till.run(Reversal(123456, 1, 1010, 978)))

    assert (result.amount, result.original_trace) == (1010, 1)
    assert states(till) == [BookingState.REVERSED, BookingState.BOOKED, BookingState.BOOKED]
    assert till.bank.balance() == 500


def test_a_reversal_that_is_not_answered_leaves_the_payment(till: Till) -> None:
    till.pay(1010)

    till.run(Reversal(123456, 1), silent_on(StatusInformation))

    assert till.bank.balance() == 1010


def test_nothing_is_reversed_twice(till: Till) -> None:
    till.pay(1010)
    till.run(Reversal(123456, 1))

    assert till.run(Reversal(123456, 1))[-1] == Abort(0xB4)


@pytest.mark.parametrize("reversal", [Reversal(123456, 9), Reversal(123456, 1, 999), Reversal(123456)])
def test_a_reversal_of_something_else_is_not_possible(till: Till, reversal: Reversal) -> None:
    till.pay(1010)

    assert till.run(reversal)[-1] == Abort(0xB5)
    assert till.bank.balance() == 1010


def test_a_declined_payment_cannot_be_reversed(till_with: Scripted) -> None:
    till = till_with('[[payment]]\noutcome = "decline"')
    till.pay()

    assert till.run(Reversal(123456, 1))[-1] == Abort(0xB5)
