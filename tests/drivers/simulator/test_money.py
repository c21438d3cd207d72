from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from drivers.simulator.core.bank import BookingState
from drivers.zvt.packet import (
    POSITIVE,
    Abort,
    Authorisation,
    Completion,
    IntermediateStatus,
    PrintLine,
    PrintTextBlock,
    StatusInformation,
    ZvtAnswer,
    ZvtPacket,
)

if TYPE_CHECKING:
    from tests.drivers.simulator.conftest import Till

    Scripted = Callable[[str], Till]


def results(heard: list[ZvtPacket]) -> list[StatusInformation]:
    return [packet for packet in heard if isinstance(packet, StatusInformation)]


def kinds(heard: list[ZvtPacket]) -> list[type[ZvtPacket]]:
    return [type(packet) for packet in heard]


def states(till: Till) -> list[BookingState]:
    return [booking.state for booking in till.bank.bookings]


def silent_on(*silent: type[ZvtPacket]) -> Callable[[ZvtPacket], ZvtAnswer | None]:
    return lambda packet: None if isinstance(packet, silent) else POSITIVE


def test_a_payment_runs_in_the_order_of_the_reference(till: Till) -> None:
    assert kinds(till.pay()) == [
        ZvtAnswer,
        IntermediateStatus,
        IntermediateStatus,
        IntermediateStatus,
        StatusInformation,
        PrintTextBlock,
        PrintTextBlock,
        Completion,
    ]


def test_a_payment_is_booked_once_with_its_trace_and_receipt(till: Till) -> None:
    (result,) = results(till.pay(1010))

    assert (result.amount, result.trace, result.receipt_number, result.date) == (1010, 1, 1, "0301")
    assert states(till) == [BookingState.BOOKED]
    assert till.bank.balance() == 1010


def test_the_next_payment_has_the_next_numbers(till: Till) -> None:
    till.pay()

    (result,) = results(till.pay())

    assert (result.trace, result.receipt_number) == (2, 2)


def test_a_payment_is_not_stored_before_the_till_has_answered_the_result(till: Till) -> None:
    seen: list[list[BookingState]] = []

    def look(packet: ZvtPacket) -> ZvtAnswer:
        if isinstance(packet, (StatusInformation, PrintTextBlock)):
            seen.append(states(till))
        return POSITIVE

    till.pay(answer=look)

    assert seen == [[BookingState.AUTHORISED]] * 3
    assert states(till) == [BookingState.BOOKED]


def test_late_answers_to_display_texts_do_not_commit_the_payment(till: Till) -> None:
    """A till that hung for a minute answers everything at once."""
    waiting = till.say(Authorisation(1010, 978))
    while not any(isinstance(packet, StatusInformation) for packet in waiting):
        due = till.terminal.deadline()
        assert due is not None
        waiting = till.wait_until(due)

    for _ in range(9):  # three texts, three times each
        assert till.say(POSITIVE) == []
    assert till.bank.balance() == 0

    till.run(POSITIVE)

    assert till.bank.balance() == 1010


@pytest.mark.parametrize("silent", [StatusInformation, PrintTextBlock])
def test_a_payment_is_reversed_when_the_till_does_not_answer(till: Till, silent: type[ZvtPacket]) -> None:
    heard = till.pay(answer=silent_on(silent))

    assert states(till) == [BookingState.REVERSED]
    assert till.bank.balance() == 0
    assert kinds(heard).count(silent) == 3, "given three times before the terminal gives up"
    assert kinds(heard)[-1] is silent, "and then it is at rest"
    assert not till.terminal.busy


def test_a_payment_is_reversed_when_the_till_refuses_the_result(till: Till) -> None:
    heard = till.pay(
        answer=lambda packet: ZvtAnswer(0x84, 0x66) if isinstance(packet, StatusInformation) else POSITIVE
    )

    assert heard[-1] == Abort(0x6C)
    assert states(till) == [BookingState.REVERSED]


def test_a_payment_is_reversed_when_the_till_cannot_print(till: Till) -> None:
    till.pay(answer=lambda packet: ZvtAnswer(0x84, 0xCC) if isinstance(packet, PrintTextBlock) else POSITIVE)

    assert states(till) == [BookingState.REVERSED]


def test_a_payment_stands_when_only_the_answer_to_the_completion_is_lost(till: Till) -> None:
    till.pay(answer=silent_on(Completion))

    assert states(till) == [BookingState.BOOKED]


def test_without_auto_reversal_the_payment_stays_and_is_told_again(till_with: Scripted) -> None:
    till = till_with("[terminal]\nauto_reversal = false")
    till.pay(answer=silent_on(StatusInformation))

    assert states(till) == [BookingState.BOOKED]
    assert kinds(till.say(Authorisation(500, 978))) == [ZvtAnswer, StatusInformation], (
        "first the pending result"
    )

    till.run(POSITIVE)

    assert not till.terminal.busy
    assert till.bank.balance() == 1010


def test_the_till_sets_how_long_the_terminal_waits_for_its_answer(till: Till) -> None:
    began = till.now

    till.run(Authorisation(1010, 978, timeout=60), silent_on(StatusInformation))

    assert till.now - began >= 180


def test_goods_later_asks_again_every_two_seconds_and_then_books(till: Till) -> None:
    answers = iter([ZvtAnswer(0x84, 0x9C), ZvtAnswer(0x84, 0x9C), POSITIVE])
    times: list[float] = []

    def goods(packet: ZvtPacket) -> ZvtAnswer:
        if not isinstance(packet, StatusInformation):
            return POSITIVE
        times.append(till.now)
        return next(answers)

    till.pay(answer=goods)

    assert [round(later - earlier) for earlier, later in pairwise(times)] == [2, 2]
    assert till.bank.balance() == 1010


def test_goods_later_ends_with_the_number_of_results_that_the_till_allowed(till: Till) -> None:
    heard = till.run(
        Authorisation(1010, 978, max_status=4),
        lambda packet: ZvtAnswer(0x84, 0x9C) if isinstance(packet, StatusInformation) else POSITIVE,
    )

    assert len(results(heard)) == 4
    assert states(till) == [BookingState.REVERSED]


def test_goods_in_part_books_the_part(till: Till) -> None:
    till.pay(
        1010,
        answer=lambda packet: (
            ZvtAnswer(0x84, 0x9D, amount=400) if isinstance(packet, StatusInformation) else POSITIVE
        ),
    )

    assert till.bank.balance() == 400


def test_more_goods_than_were_paid_reverse_the_payment(till: Till) -> None:
    till.pay(
        1010,
        answer=lambda packet: (
            ZvtAnswer(0x84, 0x9D, amount=2000) if isinstance(packet, StatusInformation) else POSITIVE
        ),
    )

    assert states(till) == [BookingState.REVERSED]


def test_a_declined_payment_gives_its_code_and_text_twice_over(till_with: Scripted) -> None:
    till = till_with('[[payment]]\noutcome = "decline"\ncode = 0x0D\ntext = "Karte abgelehnt"')
    heard = till.pay()

    (result,) = results(heard)
    assert (result.result_code, result.additional_text) == (0x0D, "Karte abgelehnt")
    assert heard[-1] == Abort(0x0D)
    assert states(till) == [BookingState.DECLINED]


def test_the_stop_key_ends_with_6c_and_books_nothing(till_with: Scripted) -> None:
    till = till_with('[[payment]]\noutcome = "stop_key"')
    heard = till.pay()

    assert results(heard)[0].result_code == 0x6C
    assert heard[-1] == Abort(0x6C)
    assert till.bank.bookings == ()


def test_a_refused_command_begins_nothing(till_with: Scripted) -> None:
    till = till_with('[[payment]]\noutcome = "refuse"\ncode = 0x7D')

    assert till.pay() == [ZvtAnswer(0x84, 0x7D)]


def test_a_tip_is_in_the_amount_and_told_beside_it(till_with: Scripted) -> None:
    till = till_with("[[payment]]\ntip = 90")

    (result,) = results(till.pay(1010))

    assert (result.amount, result.tip, till.bank.balance()) == (1100, 90, 1100)


def test_a_partial_approval_tells_what_is_left(till_with: Scripted) -> None:
    till = till_with("[[payment]]\npartial = 600")

    (result,) = results(till.pay(1010))

    assert (result.amount, result.remaining, till.bank.balance()) == (600, 410, 600)


def test_a_wrong_amount_in_the_answer_is_not_what_the_bank_booked(till_with: Scripted) -> None:
    till = till_with("[[payment]]\nsays_amount = 101")

    (result,) = results(till.pay(1010))

    assert (result.amount, till.bank.balance()) == (101, 1010)


def test_an_abort_after_the_approval_undoes_the_payment(till_with: Scripted) -> None:
    till = till_with("[[payment]]\nabort_after = 0x9B")
    heard = till.pay()

    assert results(heard)[0].result_code == 0
    assert heard[-1] == Abort(0x9B)
    assert states(till) == [BookingState.REVERSED]


def test_a_missing_completion_leaves_the_payment_booked(till_with: Scripted) -> None:
    till = till_with('[[payment]]\nskip = ["completion"]')
    heard = till.pay()

    assert Completion not in kinds(heard)
    assert not till.terminal.busy
    assert till.bank.balance() == 1010


def test_a_missing_result_leaves_the_till_without_proof(till_with: Scripted) -> None:
    till = till_with('[[payment]]\nskip = ["status"]')
    heard = till.pay()

    assert results(heard) == []
    assert till.bank.balance() == 1010


def test_a_result_given_twice_is_booked_once(till_with: Scripted) -> None:
    till = till_with('[[payment]]\ntwice = ["status", "answer"]')
    heard = till.pay()

    first, second = results(heard)
    assert first == second
    assert kinds(heard).count(ZvtAnswer) == 2
    assert till.bank.balance() == 1010


def test_the_receipt_may_come_before_the_result(till_with: Scripted) -> None:
    till = till_with("[[payment]]\nreceipt_first = true")
    heard = kinds(till.pay())

    assert heard.index(PrintTextBlock) < heard.index(StatusInformation)
    assert till.bank.balance() == 1010


def test_silence_before_the_result_is_as_long_as_scripted(till_with: Scripted) -> None:
    till = till_with("[[payment]]\nsilence_s = 120")
    began = till.now

    till.pay()

    assert 120 <= till.now - began < 121


def test_speed_shortens_the_terminals_own_waits(till_with: Scripted) -> None:
    till = till_with("[[payment]]\nsilence_s = 120")
    till.terminal._speed = 60.0
    began = till.now

    till.pay()

    assert 2 <= till.now - began < 3


def test_behaviours_come_in_order_and_by_amount(till_with: Scripted) -> None:
    till = till_with(
        "[[payment]]\ntip = 1\n[[payment]]\nwhen_amount = 1313\noutcome = 'decline'\n[[payment]]\ntip = 2\n"
    )
    amounts = [till.pay(amount) and till.bank.bookings[-1].amount for amount in (100, 1313, 100, 1313, 100)]

    assert amounts == [101, 1313, 102, 1313, 100]
    assert states(till).count(BookingState.DECLINED) == 2


def test_a_till_without_print_blocks_gets_lines(till: Till) -> None:
    till.register(0xBE, commands=())
    lines = [packet for packet in till.pay() if isinstance(packet, PrintLine)]

    assert len(lines) == 16
    assert [line.last for line in lines].count(True) == 2


@pytest.mark.parametrize("config", [0x3E, 0xBC])
def test_a_till_that_does_not_print_for_the_terminal_gets_no_receipts(till: Till, config: int) -> None:
    till.register(config)

    assert PrintTextBlock not in kinds(till.pay())


def test_a_till_that_does_not_want_texts_gets_none(till: Till) -> None:
    till.register(0xB6)

    assert IntermediateStatus not in kinds(till.pay())


def test_a_till_that_sent_no_currency_gets_none_back(till: Till) -> None:
    (result,) = results(till.run(Authorisation(1010)))

    assert result.currency is None


@pytest.mark.parametrize(
    ("amount", "currency", "code"), [(0, 978, 0xC8), (None, 978, 0xC8), (100, 756, 0x6F)]
)
def test_what_cannot_be_paid_is_failed(till: Till, amount: int | None, currency: int, code: int) -> None:
    heard = till.run(Authorisation(amount, currency))

    assert heard[-1] == Abort(code)
    assert till.bank.bookings == ()
