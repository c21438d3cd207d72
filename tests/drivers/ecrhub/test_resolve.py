from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card.scrub import scrub_text
from drivers.ecrhub import commands
from drivers.ecrhub.commands import order_number
from drivers.ecrhub.resolve import NOT_TOLD, EcrHubResolver
from drivers.terminal import BookingProof, Command, DriverFact, Operation, Result, ResultStatus, Unclear
from tests.drivers.ecrhub.stage import ASK, SALE

UNCLEAR = Unclear(SALE, trace_before=7, receipt_before=8, asked_at=datetime(2025, 3, 1, tzinfo=UTC))
ORDER = order_number(SALE.payment_id, SALE.sequence)
BOOKED = Result(ResultStatus.APPROVED, 0, order=ORDER, amount=1010, currency=978)


@pytest.fixture
def resolver() -> EcrHubResolver:
    return EcrHubResolver()


def test_the_question_names_the_payment_so_that_its_order_can_be_made_again(resolver: EcrHubResolver) -> None:
    assert resolver.questions(UNCLEAR) == (ASK,)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (ResultStatus.APPROVED, BookingProof.BOOKED),
        (ResultStatus.DECLINED, BookingProof.NOT_BOOKED),
        (ResultStatus.CANCELLED, BookingProof.NOT_BOOKED),
    ],
)
def test_the_state_of_the_order_is_the_proof(
    resolver: EcrHubResolver, said: ResultStatus, found: BookingProof
) -> None:
    told = replace(BOOKED, status=said)
    finding = resolver.conclude(UNCLEAR, [told])
    assert (finding.found, finding.result) == (found, told)
    assert finding.proof.code in {"ecrhub.booked", "ecrhub.order_closed", "ecrhub.order_cancelled"}


def test_another_amount_does_not_hide_that_it_was_booked(resolver: EcrHubResolver) -> None:
    assert resolver.conclude(UNCLEAR, [replace(BOOKED, amount=9)]).found is BookingProof.BOOKED


@pytest.mark.parametrize("answers", [[], [None]])
def test_no_answer_or_not_found_proves_nothing(resolver: EcrHubResolver, answers: list[None]) -> None:
    finding = resolver.conclude(UNCLEAR, answers)
    assert (finding.found, finding.proof) == (BookingProof.UNPROVEN, NOT_TOLD)


def test_the_state_of_another_order_proves_nothing(resolver: EcrHubResolver) -> None:
    other = replace(BOOKED, order=order_number(SALE.payment_id, SALE.sequence + 1))
    assert resolver.conclude(UNCLEAR, [other]).found is BookingProof.UNPROVEN


def test_only_the_same_order_belongs_and_no_acknowledgement_commits(resolver: EcrHubResolver) -> None:
    assert resolver.belongs(UNCLEAR, BOOKED)
    assert not resolver.belongs(UNCLEAR, replace(BOOKED, order=""))
    assert not resolver.ack_would_book(UNCLEAR, BOOKED)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (Command(Operation.CLOSE_DAY), commands.NO_DAY_CLOSE),
        (Command(Operation.REFUND, "A", 100, 978, 1), commands.NO_ORIGINAL),
        (Command(Operation.REVERSAL, "A", None, 978, 1), commands.NO_ORIGINAL),
        (Command(Operation.SALE, "A", 100, 999, 1), commands.NO_CURRENCY),
        (Command(Operation.SALE, "A", None, 978, 1), commands.NO_AMOUNT),
    ],
    ids=lambda value: value.operation.value if isinstance(value, Command) else "",
)
def test_the_cashier_is_told_what_the_till_interface_cannot_do(
    resolver: EcrHubResolver, command: Command, reason: DriverFact
) -> None:
    assert resolver.refusal_reason(command) == reason


@pytest.mark.parametrize("operation", [Operation.REGISTER, Operation.STATUS, Operation.REPEAT_RECEIPT])
def test_what_moves_no_money_can_always_be_asked(resolver: EcrHubResolver, operation: Operation) -> None:
    assert resolver.refusal_reason(Command(operation)) is None


@given(st.text(max_size=40), st.integers(0, 10**9))
def test_an_order_number_has_32_letters_and_looks_like_no_card(payment_id: str, sequence: int) -> None:
    order = order_number(payment_id, sequence)
    assert (len(order), order.isascii() and order.isalpha()) == (32, True)
    assert scrub_text(memoryview(bytearray(order, "ascii"))) == 0
    assert order != order_number(payment_id, sequence + 1)
    assert order != order_number(payment_id + "0", sequence)


def test_the_order_number_of_a_payment_never_changes() -> None:
    """It has to be found again by a newer version of this program."""
    assert order_number("A-17", 41) == "hkckkmlhpmlkpmoiglkhepniioemknnf"
