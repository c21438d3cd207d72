from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from drivers.simulator.core.bank import Bank
from drivers.terminal import SIMULATOR_SOFTWARE
from drivers.zvt.packet import (
    POSITIVE,
    UNKNOWN_COMMAND,
    Abort,
    AbortCommand,
    Authorisation,
    Completion,
    Diagnosis,
    DisplayTextCommand,
    EndOfDay,
    Initialisation,
    LogOff,
    PrintTextBlock,
    Refund,
    Registration,
    RepeatReceipt,
    Reversal,
    SetClock,
    StatusEnquiry,
    StatusInformation,
    TurnoverTotals,
    Unknown,
    ZvtAnswer,
    ZvtPacket,
)

if TYPE_CHECKING:
    from tests.drivers.simulator.conftest import Till

    Scripted = Callable[[str], Till]


def completion(heard: list[ZvtPacket]) -> Completion:
    assert isinstance(heard[-1], Completion)
    return heard[-1]


def result(heard: list[ZvtPacket]) -> StatusInformation:
    (found,) = [packet for packet in heard if isinstance(packet, StatusInformation)]
    return found


def test_a_registration_tells_terminal_and_currency(till: Till) -> None:
    done = completion(till.register())

    assert (done.status_byte, done.terminal_id, done.currency) == (0, "29001006", 978)


def test_another_currency_is_refused_at_the_registration(till: Till) -> None:
    assert till.run(Registration(123456, 0xBE, 756)) == [ZvtAnswer(0x84, 0x1E, result_code=0x6F)]


@pytest.mark.parametrize(
    "command",
    [Registration(0, 0xBE), Reversal(1, 1), Refund(1, 100), EndOfDay(1), RepeatReceipt(1), StatusEnquiry(1)],
)
def test_a_wrong_password_is_refused(till: Till, command: ZvtPacket) -> None:
    assert till.run(command) == [ZvtAnswer(0x84, 0x37)]


def test_a_terminal_may_not_check_the_password(till_with: Scripted) -> None:
    till = till_with("[terminal]\ncheck_password = false")

    assert completion(till.run(Registration(0, 0xBE))).status_byte == 0


@pytest.mark.parametrize("command", [Authorisation(100), Refund(123456, 100), Reversal(123456, 1)])
def test_after_log_off_no_money_is_moved(till: Till, command: ZvtPacket) -> None:
    assert till.run(LogOff()) == [POSITIVE]

    assert till.run(command) == [ZvtAnswer(0x84, 0x6B)]


def test_what_the_terminal_does_not_know_it_says(till: Till) -> None:
    assert till.run(Unknown(0x0FA1)) == [UNKNOWN_COMMAND]
    assert till.run(Completion(), lambda _: None) == [UNKNOWN_COMMAND]


def test_an_abort_at_rest_has_nothing_to_stop(till: Till) -> None:
    assert till.run(AbortCommand()) == [UNKNOWN_COMMAND]


def test_display_texts_are_shown(till: Till) -> None:
    till.run(DisplayTextCommand(("Bitte warten", "Kasse 2")))

    assert till.terminal.memory.displayed == ("Bitte warten", "Kasse 2")


@pytest.mark.parametrize("service", [None, 0x03, 0x07])
def test_a_status_enquiry_always_says_that_this_is_a_simulator(till: Till, service: int | None) -> None:
    done = completion(till.run(StatusEnquiry(123456, service)))

    assert done == Completion(terminal_status=0, software="TILLGATE-SIM 1")
    assert done.software.startswith(SIMULATOR_SOFTWARE)


def test_a_status_enquiry_during_a_payment_says_busy_and_changes_nothing(till_with: Scripted) -> None:
    till = till_with("[[payment]]\nsilence_s = 60\ndisplay = []")
    till.say(Authorisation(1010, 978))

    busy = Completion(terminal_status=0x9C, software="TILLGATE-SIM 1")
    assert till.say(StatusEnquiry(123456, 3)) == [POSITIVE, busy]

    till.run(POSITIVE)

    assert till.bank.balance() == 1010


def test_an_answer_to_the_busy_status_is_not_taken_for_an_answer_to_the_result(till_with: Scripted) -> None:
    till = till_with("[[payment]]\nsilence_s = 1\ndisplay = []")
    till.say(Authorisation(1010, 978))
    till.say(StatusEnquiry(123456, 3))
    due = till.terminal.deadline()
    assert due is not None
    assert isinstance(till.wait_until(due)[0], StatusInformation)

    assert till.say(POSITIVE) == []
    assert till.bank.balance() == 0


@pytest.mark.parametrize("command", [Authorisation(500), EndOfDay(123456), Registration(123456, 0xBE)])
def test_a_second_command_during_a_payment_is_answered_busy(till_with: Scripted, command: ZvtPacket) -> None:
    till = till_with("[[payment]]\nsilence_s = 60")
    till.say(Authorisation(1010, 978))

    assert till.say(command) == [ZvtAnswer(0x84, 0x9C)]


def test_repeat_receipt_gives_the_last_stored_payment_again(till: Till) -> None:
    first = result(till.pay(1010))
    till.pay(500, answer=lambda _: None)

    heard = till.run(RepeatReceipt(123456, 3))

    assert result(heard) == first
    assert PrintTextBlock not in [type(packet) for packet in heard]
    assert till.bank.balance() == 1010


def test_repeat_receipt_prints_unless_it_is_told_not_to(till: Till) -> None:
    till.pay()

    heard = [type(packet) for packet in till.run(RepeatReceipt(123456))]

    assert heard == [ZvtAnswer, PrintTextBlock, Completion]


def test_repeat_receipt_never_shows_a_clear_card_again(till_with: Scripted) -> None:
    till = till_with('[[payment]]\nshown = "track_2"')
    assert result(till.pay()).card is None

    repeated = result(till.run(RepeatReceipt(123456, 3)))

    assert repeated.card is not None
    assert repeated.card.masked == "*" * 12 + "1111"


def test_repeat_receipt_without_any_payment_is_aborted(till: Till) -> None:
    assert till.run(RepeatReceipt(123456, 3))[-1] == Abort(0x83)


def test_end_of_day_gives_the_totals_by_scheme_and_begins_anew(till_with: Scripted) -> None:
    till = till_with('[[payment]]\ncard = "mastercard"\n[[payment]]\ncard = "unionpay"')
    for amount in (1010, 500, 300):
        till.pay(amount)
    till.run(Refund(123456, 100, 978))

    totals = {line.scheme: (line.count, line.total) for line in result(till.run(EndOfDay(123456))).totals}

    assert {scheme: total for scheme, total in totals.items() if total[0]} == {
        "Mastercard": (1, 1010),
        "VISA": (2, 200),
        "others": (1, 500),
    }
    assert sum(line.count for line in result(till.run(EndOfDay(123456))).totals) == 0
    assert till.bank.balance() == 1710


def test_a_payment_of_yesterday_cannot_be_reversed(till: Till) -> None:
    till.pay()
    till.run(EndOfDay(123456))

    assert till.run(Reversal(123456, 1))[-1] == Abort(0xB5)


def test_a_failed_end_of_day_stops_payments_until_it_succeeds(till_with: Scripted) -> None:
    till = till_with('[[end_of_day]]\noutcome = "decline"\ncode = 0x77')

    assert till.run(EndOfDay(123456))[-1] == Abort(0x77)
    assert till.pay()[-1] == Abort(0xF0)
    assert completion(till.run(StatusEnquiry(123456, 3))).terminal_status == 0xF0

    till.run(EndOfDay(123456))

    assert completion(till.pay()) == Completion()


def test_turnover_totals_do_not_end_the_day(till: Till) -> None:
    till.pay(1010)

    assert sum(line.total for line in result(till.run(TurnoverTotals(123456))).totals) == 1010
    assert till.bank.day == 0


def test_a_terminal_that_needs_diagnosis_says_so_until_it_is_done(till_with: Scripted) -> None:
    till = till_with("[terminal]\nstatus = 0xC2")

    assert completion(till.register()).status_byte == 0x02
    assert till.pay()[-1] == Abort(0xC2)
    assert SetClock("250301", "120000") in till.run(Diagnosis())
    assert completion(till.pay()) == Completion()


def test_a_terminal_that_needs_initialisation_says_so_until_it_is_done(till_with: Scripted) -> None:
    till = till_with("[terminal]\nstatus = 0x51")

    assert completion(till.register()).status_byte == 0x01
    assert till.pay()[-1] == Abort(0x6B)

    till.run(Initialisation(123456))

    assert completion(till.pay()) == Completion()


def test_a_reboot_forgets_the_registration_and_reverses_what_was_not_stored(till_with: Scripted) -> None:
    till = till_with('[[payment]]\nreboot = { seconds = 20, at = "status", when = "after" }')
    till.pay()

    assert till.gone[0].reboot
    assert not till.terminal.busy
    assert [booking.state.value for booking in till.bank.bookings] == ["reversed"]
    assert till.pay() == [ZvtAnswer(0x84, 0x6B)]
    assert completion(till.run(StatusEnquiry(123456, 3))).terminal_status == 0x51


def test_the_same_seed_makes_the_same_cards(till_with: Scripted) -> None:
    script = '[default]\ncard = "generated"'
    one, other = till_with(script), till_with(script)
    for till in (one, other):
        till.pay()
        till.pay()

    assert [booking.card for booking in one.bank.bookings] == [
        booking.card for booking in other.bank.bookings
    ]
    assert one.bank.bookings[0].card != one.bank.bookings[1].card


def test_a_new_terminal_reverses_what_the_old_one_left_open(till: Till) -> None:
    till.pay(answer=lambda packet: None if isinstance(packet, StatusInformation) else POSITIVE)
    bank = Bank()
    again = type(till)(bank=bank)
    again.register()
    again.say(Authorisation(1010, 978))
    for _ in range(3):
        again.say(POSITIVE)
    assert bank.bookings[0].state.value == "authorised"

    type(till)(bank=bank)

    assert bank.bookings[0].state.value == "reversed"
