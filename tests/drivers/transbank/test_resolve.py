"""What the terminal's last sale proves about a sale that nobody knows the end of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.driver import Options
from drivers.terminal import BookingFinding, BookingProof, Command, Operation, Result, ResultStatus, Unclear
from drivers.transbank import resolve as words
from drivers.transbank.driver import DRIVER
from drivers.transbank.line import TERMINAL_REPEATS_S
from drivers.transbank.mapping import result
from drivers.transbank.packet import decode, ticket
from tests.drivers.transbank.stage import SALE, STARTED, TICKET, sale_answer
from tests.drivers.zvt.stage import card_sealer, secret

RESOLVER = DRIVER.resolver(Options())
UNCLEAR = Unclear(SALE, 122, 122, STARTED)
VOID = Unclear(Command(Operation.REVERSAL, original_receipt=77, original_trace=77), 122, 122, STARTED)
CLOSE = Unclear(Command(Operation.CLOSE_DAY), 122, 122, STARTED)
OLDER = {"order": "00000A", "operation": "000122", "time": "115500"}


def told(code: str = "00", **more: str) -> Result:
    order = more.pop("order", TICKET)
    text = sale_answer(code, order=order, amount=int(more.pop("amount", "25000")), function="0260", **more)
    return result(decode(secret(text.encode()), card_sealer(), ""))


NO_SALE = result(decode(secret(b"0260|11|597029414300|75001637"), card_sealer(), ""))


def judged(unclear: Unclear, answer: Result | None) -> BookingFinding:
    return RESOLVER.conclude(unclear, [answer])


def test_the_line_is_listened_to_for_as_long_as_a_terminal_repeats() -> None:
    assert RESOLVER.listen_s == 3 * TERMINAL_REPEATS_S


def test_our_ticket_proves_that_it_is_booked() -> None:
    finding = judged(UNCLEAR, told())
    assert finding.found is BookingProof.BOOKED
    assert finding.result is not None
    assert finding.result.trace == 123


def test_our_ticket_with_another_amount_is_booked_and_the_difference_is_told() -> None:
    finding = judged(UNCLEAR, told(amount="24000"))
    assert finding.found is BookingProof.BOOKED
    assert finding.result is not None
    assert finding.result.amount == 24000


@pytest.mark.parametrize(
    ("date", "time", "found"),
    [
        ("01032025", "115100", BookingProof.BOOKED),
        ("01032025", "122900", BookingProof.BOOKED),
        ("01032025", "114900", BookingProof.UNPROVEN),
        ("01032025", "123100", BookingProof.UNPROVEN),
        ("28022025", "120100", BookingProof.UNPROVEN),
        ("", "", BookingProof.BOOKED),
        ("99999999", "120100", BookingProof.BOOKED),
    ],
)
def test_our_ticket_of_another_time_is_somebody_elses(date: str, time: str, found: BookingProof) -> None:
    assert judged(UNCLEAR, told(date=date, time=time)).found is found


def test_the_sale_of_before_is_proof_that_ours_was_not_stored() -> None:
    assert judged(UNCLEAR, told(**OLDER)).found is BookingProof.NOT_BOOKED


@pytest.mark.parametrize(
    ("unclear", "answer"),
    [
        (UNCLEAR, told(order="00000B", operation="000124")),  # newer, perhaps made on the terminal
        (replace(UNCLEAR, trace_before=None), told(**OLDER)),
        (UNCLEAR, told(**(OLDER | {"time": "121500"}))),  # the number began again with a new day
        (UNCLEAR, told(**(OLDER | {"time": ""}))),
        (UNCLEAR, told(**(OLDER | {"operation": ""}))),
    ],
)
def test_another_sale_that_may_be_newer_proves_nothing(unclear: Unclear, answer: Result) -> None:
    finding = judged(unclear, answer)
    assert finding.found is BookingProof.UNPROVEN
    assert finding.proof == words.OTHER.about(ticket=TICKET)


def test_no_sale_since_the_close_proves_nothing_for_the_day_may_have_been_closed_since() -> None:
    assert judged(UNCLEAR, NO_SALE) == BookingFinding(BookingProof.UNPROVEN, words.NO_LAST_SALE)


@pytest.mark.parametrize("answer", [None, told("26"), told("94")])
def test_a_terminal_that_does_not_answer_proves_nothing(answer: Result | None) -> None:
    assert judged(UNCLEAR, answer) == BookingFinding(BookingProof.UNPROVEN, words.SILENT)


def test_a_void_is_for_a_person_who_is_told_what_to_look_for() -> None:
    assert RESOLVER.questions(VOID) == ()
    finding = RESOLVER.conclude(VOID, [])
    assert finding.found is BookingProof.UNPROVEN
    assert finding.proof == words.VOID.about(number=77)


@pytest.mark.parametrize(
    ("unclear", "answer", "found"),
    [
        (CLOSE, NO_SALE, BookingProof.UNPROVEN),
        (CLOSE, told(**OLDER), BookingProof.NOT_BOOKED),
        (CLOSE, told(), BookingProof.UNPROVEN),
        (CLOSE, None, BookingProof.UNPROVEN),
    ],
)
def test_the_memory_of_the_terminal_shows_only_that_its_day_is_not_closed(
    unclear: Unclear, answer: Result | None, found: BookingProof
) -> None:
    assert judged(unclear, answer).found is found


def test_late_results_belong_by_ticket_by_operation_or_to_the_close() -> None:
    voided = Result(ResultStatus.APPROVED, 0, original_trace=77)
    closed = Result(ResultStatus.APPROVED, 0)
    assert RESOLVER.belongs(UNCLEAR, told())
    assert not RESOLVER.belongs(UNCLEAR, told(order="00000B"))
    assert not RESOLVER.belongs(UNCLEAR, closed)
    assert RESOLVER.belongs(VOID, voided)
    assert not RESOLVER.belongs(VOID, replace(voided, original_trace=78))
    assert not RESOLVER.belongs(VOID, told())
    assert RESOLVER.belongs(CLOSE, closed)
    assert not RESOLVER.belongs(CLOSE, voided)
    assert not RESOLVER.belongs(CLOSE, told())


def test_an_acknowledgement_makes_nothing_stand() -> None:
    assert not RESOLVER.ack_would_book(UNCLEAR, told(order="00000B"))


def test_what_the_terminal_cannot_be_asked_is_said_to_the_cashier() -> None:
    assert RESOLVER.refusal_reason(SALE) is None
    for command in (
        replace(SALE, operation=Operation.REFUND),
        replace(SALE, currency=978),
        replace(SALE, amount=49),
        Command(Operation.REVERSAL),
    ):
        assert RESOLVER.refusal_reason(command) is not None
    assert ticket(SALE.sequence) == TICKET
