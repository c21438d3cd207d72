"""Results: taken once, by the right command, and acknowledged when they are accepted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.ecr17.line import HALF_MESSAGE_S, SENDS
from drivers.ecr17.session import NAMELESS
from drivers.terminal import (
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DriverFact,
    EndReason,
    TransactionResult,
)
from tests.drivers.ecr17.counter import SALE, STATUS
from tests.drivers.ecr17.till import (
    ACK,
    HEAD,
    NAK,
    TILL_PRINTS,
    WELL,
    Till,
    message,
    only,
    paid,
    refused,
)


def test_a_result_is_acknowledged_when_it_is_accepted_and_not_before() -> None:
    till = Till().paying()
    assert isinstance(only(till.hear(paid())), TransactionResult)
    assert till.wait(30) == []
    assert till.said() == b""
    assert only(till.acknowledge()) == DialogueEnded(EndReason.COMPLETED, terminal_id="29001006")
    assert till.said() == ACK


def test_copies_are_told_once_and_acknowledged_again() -> None:
    till = Till().paying()
    till.hear(paid())
    assert till.hear(paid()) == []
    till.acknowledge()
    till.said()
    assert till.hear(paid()) == []
    assert till.said() == ACK


@pytest.mark.parametrize("behind", [refused(), paid(43), message(f"{HEAD}S----"), WELL])
def test_while_a_result_is_held_nothing_else_is_taken_or_acknowledged(behind: bytes) -> None:
    till = Till().paying()
    till.hear(refused())
    assert till.hear(behind) == []
    assert till.said() == b""
    till.acknowledge()
    assert till.said() == ACK


def test_a_copy_that_comes_after_a_status_request_is_still_a_copy() -> None:
    till = Till().paying()
    till.hear(paid())
    till.acknowledge()
    till.start(STATUS)
    till.hear(ACK + WELL)
    till.said()
    assert till.hear(paid()) == []
    assert till.said() == ACK


@pytest.mark.parametrize("when", ["before the ACK", "after the ACK"])
def test_a_copy_of_the_last_result_is_never_the_answer_to_the_next_payment(when: str) -> None:
    till = Till().paying()
    till.hear(paid(42))
    till.acknowledge()
    till.start()
    heard = till.hear(paid(42) + ACK if when == "before the ACK" else ACK + paid(42))
    assert heard == []
    outcome = only(till.hear(paid(43)))
    assert isinstance(outcome, TransactionResult)
    assert outcome.result.trace == 43


def test_a_result_that_nobody_accepted_is_not_the_next_payments_either() -> None:
    till = Till().paying()
    till.hear(paid(42))
    till.session.disconnected(DriverFact("wires.unplugged"), till.now)
    till.session.connected(till.now)
    list(till.session.events())
    till.start()
    assert till.hear(ACK + paid(42)) == []
    assert till.said() == b""
    assert isinstance(only(till.hear(paid(43))), TransactionResult)


def test_the_same_refusal_twice_is_two_refusals_once_the_second_command_is_acknowledged() -> None:
    till = Till().paying()
    till.hear(refused())
    assert only(till.acknowledge()) == DialogueEnded(
        EndReason.ABORTED, 1, "CARTA SCADUTA", terminal_id="29001006"
    )
    outcome = only(till.paying().hear(refused()))
    assert isinstance(outcome, TransactionResult)
    assert not outcome.late


@pytest.mark.parametrize("answer", [paid(43), refused()])
@pytest.mark.parametrize("known_by", ["the session", "the journal"])
def test_after_a_doubt_no_result_decides_the_next_payment_and_both_are_in_doubt(
    answer: bytes, known_by: str
) -> None:
    till = Till()
    if known_by == "the session":
        till.paying()
        till.session.disconnected(DriverFact("wires.closed"), till.now)
        till.session.connected(till.now)
        list(till.session.events())
    till.start(replace(SALE, after_doubt=known_by == "the journal"))
    till.hear(ACK)
    till.said()
    (late,) = till.hear(answer)
    assert isinstance(late, TransactionResult)
    assert late.late
    (lost,) = till.acknowledge()
    assert lost == ConnectionLost(NAMELESS, Delivery.PERHAPS)
    assert till.said() == ACK


def test_an_unknown_result_before_the_ack_is_nobodys() -> None:
    """It may be the late end of an older payment: nothing links it to ours."""
    till = Till()
    till.start()
    assert only(till.hear(paid())) == ConnectionLost(DriverFact("out_of_turn"), Delivery.PERHAPS)


def test_a_status_whose_ack_was_lost_is_taken() -> None:
    till = Till()
    till.start(STATUS)
    assert isinstance(only(till.hear(WELL)), DialogueEnded)
    assert till.said() == ACK
    assert till.wait(100) == []


def test_a_result_when_nothing_waits_is_late_and_held() -> None:
    till = Till()
    outcome = only(till.hear(paid()))
    assert isinstance(outcome, TransactionResult)
    assert outcome.late
    assert till.said() == b""
    till.acknowledge()
    assert till.said() == ACK


def test_an_answer_of_another_kind_is_late_and_the_payment_goes_on() -> None:
    till = Till().paying()
    outcome = only(till.hear(message(f"{HEAD}C00{0:016}{0:016}")))
    assert isinstance(outcome, TransactionResult)
    assert outcome.late
    assert till.acknowledge() == []
    assert till.session.busy


def test_a_result_with_a_code_that_nobody_knows_leaves_the_payment_unclear() -> None:
    assert only(Till().paying().hear(paid(code="09"))) == ConnectionLost(
        DriverFact("ecr17.unknown_result"), Delivery.PERHAPS
    )


def test_a_result_of_a_currency_exchange_names_its_amount() -> None:
    text = f"{HEAD}V000004111111111111111ICC1234560600200200000000001000042000042"
    tail = "000" + "00001110" + "1" + "00012345" + "USD" + f"{1234:012}" + "2" + "0" * 10
    outcome = only(Till().paying().hear(message(text + tail)))
    assert isinstance(outcome, TransactionResult)
    assert outcome.result.amount == 1110


def test_a_damaged_result_is_refused_and_taken_when_it_comes_again() -> None:
    till = Till().paying()
    damaged = bytearray(paid())
    damaged[20] ^= 1
    assert till.hear(bytes(damaged)) == []
    assert till.said() == NAK
    assert isinstance(only(till.hear(paid())), TransactionResult)


def test_three_damaged_messages_in_a_row_end_the_line() -> None:
    till = Till().paying()
    damaged = bytearray(paid())
    damaged[20] ^= 1
    events = [event for _ in range(SENDS) for event in till.hear(bytes(damaged))]
    assert only(events) == ConnectionLost(DriverFact("ecr17.damaged"), Delivery.PERHAPS)


def test_a_pause_inside_an_answer_is_no_end_and_a_long_one_asks_for_it_again() -> None:
    till = Till().paying()
    till.hear(paid()[:30])
    assert till.wait(0.5) == []
    assert isinstance(only(till.hear(paid()[30:])), TransactionResult)
    till.acknowledge()
    till.said()
    till.paying().hear(paid(43)[:30])
    till.wait(HALF_MESSAGE_S)
    assert till.said() == NAK
    assert isinstance(only(till.hear(paid(43))), TransactionResult)


def test_a_terminal_that_closes_after_its_ack_has_paid() -> None:
    till = Till().paying()
    till.hear(paid())
    till.acknowledge()
    till.said()
    till.session.disconnected(DriverFact("wires.unplugged"), 1.0)
    assert list(till.session.events()) == []


def test_a_terminal_that_closes_instead_of_printing_has_paid() -> None:
    till = Till(TILL_PRINTS)
    till.start()
    till.hear(ACK)
    till.hear(ACK + paid())
    assert till.acknowledge() == []
    till.session.disconnected(DriverFact("wires.unplugged"), 1.0)
    assert list(till.session.events()) == [
        DialogueEnded(EndReason.COMPLETED, terminal_id="29001006"),
        ConnectionLost(DriverFact("wires.unplugged"), Delivery.NEVER),
    ]


def test_a_terminal_that_closes_before_its_result_was_accepted_leaves_it_unclear() -> None:
    till = Till().paying()
    till.hear(paid())
    till.session.disconnected(DriverFact("wires.unplugged"), 1.0)
    (lost,) = till.session.events()
    assert lost == ConnectionLost(DriverFact("wires.unplugged"), Delivery.PERHAPS)
    assert till.acknowledge() == []
    assert till.said() == b""
