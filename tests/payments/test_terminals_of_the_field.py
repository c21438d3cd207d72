"""The agent and terminals of the field: dialogues of public reports, played again."""

from __future__ import annotations

import pytest

from agent.journal.schema.entry import TerminalResult, UnsolicitedResult
from agent.terminals.connection import IDLE_POLL_S, MAX_COURTESIES
from tests.payments.conftest import Make
from tests.payments.world import World

MINUTE_S = 60.0


def unsolicited(world: World) -> list[TerminalResult]:
    return [entry.body.result for entry in world.disk.entries() if isinstance(entry.body, UnsolicitedResult)]


# ---- at rest ----


def test_a_close_that_the_terminal_begins_by_itself_is_answered_and_kept(make: Make) -> None:
    world = make("[[status_enquiry]]\ncloses_day = true\n")
    world.until(lambda: world.terminal.ready)
    (told,) = unsolicited(world)
    assert told.totals
    assert world.outside.now < MINUTE_S
    assert world.pay().verdict == "approved"


def test_a_close_in_the_middle_of_a_working_day_is_answered_and_kept(make: Make) -> None:
    world = make("[[status_enquiry]]\n[[status_enquiry]]\ncloses_day = true\n")
    assert world.pay().verdict == "approved"
    world.wait(IDLE_POLL_S + 10)
    (told,) = unsolicited(world)
    assert sum(line.count for line in told.totals) == 1
    assert world.terminal.ready
    assert world.pay("A-2").verdict == "approved"


def test_a_terminal_that_forgot_us_is_registered_again_at_once(make: Make) -> None:
    world = make()
    assert world.pay().verdict == "approved"
    world.outside.device.terminal.memory.forget_registration()
    view = world.pay("A-2")
    assert (view.verdict, view.why and view.why.code) == ("not_sent", "drivers.not_registered")
    world.wait(2)
    assert world.sent("0600") == 2
    assert world.pay("A-3").verdict == "approved"
    assert world.booked() == [1250, 1250]


@pytest.mark.parametrize("seconds", [7, 12])
def test_a_slow_answer_to_the_courtesy_question_keeps_nothing_out_of_service(
    make: Make, seconds: int
) -> None:
    world = make(f'[[repeat_receipt]]\nsilence_s = {seconds}\nsilence_before = "answer"\n', at_rest=False)
    world.until(lambda: world.terminal.ready)
    assert world.outside.now < seconds
    world.wait(3 * MINUTE_S)
    assert (world.sent("0600"), world.sent("0620")) == (1, 1)
    assert world.pay().verdict == "approved"


def test_a_terminal_that_never_answers_the_courtesy_question_works(make: Make) -> None:
    never = '[[repeat_receipt]]\nskip = ["answer", "status", "completion"]\n'
    world = make(never * 9, at_rest=False)
    world.wait(5 * MINUTE_S)
    world.until(lambda: world.terminal.ready)
    assert world.sent("0620") == MAX_COURTESIES
    assert world.pay().verdict == "approved"


def test_a_last_payment_that_is_only_printed_is_asked_for_once(make: Make) -> None:
    world = make("[[repeat_receipt]]\nprints_only = true\n" * 5)
    world.wait(5 * MINUTE_S)
    assert world.sent("0620") == 1
    assert world.terminal.ready


def test_a_registration_that_is_acknowledged_and_never_completed_counts_as_done(make: Make) -> None:
    world = make('[[registration]]\nskip = ["completion"]\n')
    world.until(lambda: world.terminal.ready)
    assert world.outside.now < MINUTE_S
    assert world.pay().verdict == "approved"


def test_while_it_is_greeted_nobody_says_that_it_is_not_connected(make: Make) -> None:
    world = make(at_rest=False)
    world.wait(0.01)
    assert (world.terminal.state, world.terminal.why and world.terminal.why.code) == (
        "connecting",
        "drivers.greeting",
    )


# ---- a terminal that refuses to begin ----


@pytest.mark.parametrize(
    ("orders", "cause"),
    [
        ('[[payment]]\noutcome = "refuse"\ncode = 0x9C\n', "drivers.terminal_busy"),
        (
            '[[payment]]\noutcome = "decline"\ncode = 0xF0\ntext = "Kassenschnitt faellig"\n',
            "drivers.close_due",
        ),
        (
            '[[payment]]\noutcome = "decline"\ncode = 0xDF\ntext = "blockiert"\nskip = ["completion"]\n',
            "drivers.terminal_blocked",
        ),
    ],
)
def test_its_own_trouble_is_no_bad_card(make: Make, orders: str, cause: str) -> None:
    world = make(orders)
    view = world.pay()
    assert (view.verdict, view.why and view.why.code) == ("not_sent", cause)
    assert world.booked() == []


# ---- results that prove nothing ----


def test_the_last_result_told_again_is_not_the_new_payments(make: Make) -> None:
    world = make("[[payment]]\n[[payment]]\ntells_last = true\n")
    assert world.pay().verdict == "approved"
    view = world.pay("A-2")
    assert view.verdict == "unclear"
    assert view.why is not None
    assert view.why.code == "payment.not_fresh"
    world.until(lambda: world.view("A-2").verdict != "unclear")
    assert world.view("A-2").verdict == "declined"
    assert world.booked() == [1250]


@pytest.mark.case("zvt/A2")
def test_a_result_without_a_code_is_asked_about_and_then_known(make: Make) -> None:
    world = make("[[payment]]\n[[payment]]\nbare_result = true\n")
    assert world.pay("A-1", 500).verdict == "approved"
    assert world.pay("A-2").verdict == "unclear"
    world.until(lambda: world.view("A-2").verdict != "unclear")
    assert world.view("A-2").verdict == "approved"
    assert world.booked() == [500, 1250]
    assert world.outside.now < MINUTE_S


def test_two_results_that_contradict_each_other_are_asked_about(make: Make) -> None:
    world = make("[[payment]]\n[[payment]]\nthen_code = 5\n")
    assert world.pay("A-1", 500).verdict == "approved"
    view = world.pay("A-2")
    assert (view.verdict, view.why and view.why.code) == ("unclear", "drivers.zvt.contradiction")
    world.until(lambda: world.view("A-2").verdict != "unclear")
    assert world.view("A-2").verdict == "approved"
    assert world.booked() == [500, 1250]


def test_a_restart_between_result_and_end_keeps_the_doubt(make: Make) -> None:
    world = make("[[payment]]\n[[payment]]\ntells_last = true\n")
    assert world.pay().verdict == "approved"
    assert world.pay("A-2").verdict == "unclear"
    world.restart()
    assert world.view("A-2").verdict in {"unclear", "declined"}
    world.until(lambda: world.view("A-2").verdict == "declined")


def test_the_same_result_twice_is_one_result(make: Make) -> None:
    world = make('[[payment]]\ntwice = ["status"]\n')
    assert world.pay().verdict == "approved"
    assert world.kinds().count("result") == 1


def test_a_terminal_that_calls_itself_ready_while_it_works_is_not_believed(make: Make) -> None:
    """The line breaks while the cardholder thinks; the terminal approves a minute and a half later."""
    world = make(
        '[terminal]\nsoftware = "TILLGATE-SIM 1"\nsays_busy = false\n[[payment]]\n'
        '[[payment]]\nsilence_s = 90\nunplug = { seconds = 3, at = "display" }\n'
    )
    assert world.pay("A-1", 500).verdict == "approved"
    assert world.pay("A-2").verdict == "unclear"
    world.wait(40)
    assert world.view("A-2").verdict == "unclear"
    world.until(lambda: world.view("A-2").verdict != "unclear")
    assert (world.view("A-2").verdict == "approved") is (1250 in world.booked())
