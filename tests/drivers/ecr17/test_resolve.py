"""What an ECR17 terminal's last result proves about a payment, and what it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from drivers.ecr17.driver import DRIVER
from drivers.ecr17.resolve import LONGEST_DIALOGUE
from drivers.terminal import (
    CLOCKS_APART,
    BookingProof,
    Command,
    ConnectionLost,
    Day,
    DayTotal,
    DriverFact,
    Operation,
    Result,
    ResultStatus,
    Unclear,
)
from tests.drivers.ecr17.counter import OPTIONS, SALE, STATUS, Counter

ASKED = datetime(2025, 3, 1, 12, 0, 0, tzinfo=UTC)
EARLY, LATE = ASKED + timedelta(minutes=1), ASKED + LONGEST_DIALOGUE
RESOLVER = DRIVER.resolver(OPTIONS)
CLOSE = Command(Operation.CLOSE_DAY, "till 3")


def unclear(
    before: int | None = 41, said: int | None = None, judged: datetime | None = EARLY, command: Command = SALE
) -> Unclear:
    return Unclear(
        command, before, before, ASKED, said, said, day=Day(2, 2500, whole=True), inquired_at=judged
    )


def last(
    trace: int | None = 42,
    said: ResultStatus = ResultStatus.APPROVED,
    at: datetime = ASKED,
    online_id: int | None = None,
    amount: int | None = None,
) -> Result:
    return Result(
        said,
        0 if said is ResultStatus.APPROVED else 1,
        trace=trace,
        receipt_number=trace if online_id is None else online_id,
        time=f"{at:%H%M}00",
        date=f"{at:%m%d}",
        amount=amount,
    )


def judged(result: Result | None, doubt: Unclear) -> tuple[BookingProof, DriverFact]:
    finding = RESOLVER.conclude(doubt, [result])
    assert (finding.result is not None) == (finding.found is BookingProof.BOOKED)
    return finding.found, finding.proof


def test_the_last_result_is_the_question_and_moves_nothing() -> None:
    (question,) = RESOLVER.questions(unclear())
    assert question.operation is Operation.REPEAT_RECEIPT
    (question,) = RESOLVER.questions(unclear(command=CLOSE))
    assert question.operation is Operation.TURNOVER_TOTALS


def test_a_new_approval_of_the_right_time_is_ours_and_the_amount_is_for_a_person() -> None:
    found, proof = judged(last(), unclear())
    assert found is BookingProof.BOOKED
    assert proof == DriverFact("ecr17.booked", {"stan": "000042"})


def test_numbers_that_begin_again_after_a_close_are_new_by_the_other_number() -> None:
    assert judged(last(41, online_id=7), unclear())[0] is BookingProof.BOOKED


def test_the_approval_that_was_already_heard_is_ours_at_any_time() -> None:
    long_ago = ASKED - timedelta(days=2)
    assert judged(last(at=long_ago), unclear(said=42))[0] is BookingProof.BOOKED


def test_the_old_result_proves_nothing_while_the_payment_may_be_running() -> None:
    found, proof = judged(last(41), unclear(judged=LATE - timedelta(seconds=1)))
    assert found is BookingProof.UNPROVEN
    assert proof == DriverFact("ecr17.wait", {"stan": "000041", "minutes": 15})


def test_the_old_result_proves_that_there_was_none_once_the_longest_dialogue_is_over() -> None:
    assert judged(last(41), unclear(judged=LATE)) == (
        BookingProof.NOT_BOOKED,
        DriverFact("ecr17.same", {"stan": "000041"}),
    )


def test_without_the_time_nothing_is_ever_taken_for_not_booked() -> None:
    assert judged(last(41), unclear(judged=None))[0] is BookingProof.UNPROVEN
    assert judged(last(43, ResultStatus.DECLINED), unclear(judged=None))[0] is BookingProof.UNPROVEN


@pytest.mark.parametrize("trace", [0, 41, 42])
def test_a_refusal_may_be_an_older_ones_until_the_longest_dialogue_is_over(trace: int) -> None:
    """The till notes the numbers of approvals only, and a refusal tells no time."""
    assert judged(last(trace, ResultStatus.DECLINED), unclear(judged=EARLY))[0] is BookingProof.UNPROVEN
    assert judged(last(trace, ResultStatus.DECLINED), unclear(judged=LATE))[0] is BookingProof.NOT_BOOKED


@pytest.mark.parametrize(
    "at", [ASKED - CLOCKS_APART - timedelta(minutes=1), LATE + CLOCKS_APART + timedelta(minutes=1)]
)
def test_a_new_approval_of_another_time_is_a_persons_matter(at: datetime) -> None:
    found, proof = judged(last(at=at), unclear())
    assert found is BookingProof.UNPROVEN
    assert proof.code == "ecr17.other_time"


def test_a_new_approval_without_a_time_is_a_persons_matter() -> None:
    assert judged(Result(ResultStatus.APPROVED, 0, trace=42), unclear())[0] is BookingProof.UNPROVEN


def test_a_smaller_amount_than_asked_is_a_persons_matter_where_one_is_told() -> None:
    assert judged(last(amount=500), unclear())[0] is BookingProof.UNPROVEN
    assert judged(last(amount=1110), unclear())[0] is BookingProof.BOOKED


def test_nothing_known_from_before_proves_nothing() -> None:
    assert judged(last(), unclear(None, judged=LATE))[0] is BookingProof.UNPROVEN


def test_no_result_at_all_proves_nothing() -> None:
    assert judged(None, unclear(judged=LATE))[0] is BookingProof.UNPROVEN
    assert RESOLVER.conclude(unclear(judged=LATE), []).found is BookingProof.UNPROVEN


def test_the_turn_of_the_year_is_no_other_time() -> None:
    midnight = datetime(2025, 12, 31, 23, 59, tzinfo=UTC)
    doubt = Unclear(SALE, 41, 41, midnight, inquired_at=midnight)
    assert RESOLVER.conclude(doubt, [last(at=midnight + timedelta(minutes=2))]).found is BookingProof.BOOKED


@pytest.mark.parametrize(
    ("total", "inquired_at", "found"),
    [
        (0, EARLY, BookingProof.BOOKED),
        (2500, EARLY, BookingProof.UNPROVEN),
        (2500, LATE, BookingProof.NOT_BOOKED),
        (2600, LATE, BookingProof.UNPROVEN),
    ],
)
def test_a_close_shows_in_the_total(total: int, inquired_at: datetime, found: BookingProof) -> None:
    said = Result(ResultStatus.APPROVED, 0, totals=(DayTotal("terminal", 0, total),))
    assert RESOLVER.conclude(unclear(judged=inquired_at, command=CLOSE), [said]).found is found


def test_a_close_of_an_empty_day_cannot_be_seen() -> None:
    said = Result(ResultStatus.APPROVED, 0, totals=(DayTotal("terminal", 0, 0),))
    doubt = Unclear(CLOSE, None, None, ASKED, inquired_at=LATE)
    assert RESOLVER.conclude(doubt, [said]).found is BookingProof.UNPROVEN
    assert RESOLVER.conclude(unclear(command=CLOSE), [None]).found is BookingProof.UNPROVEN


def test_a_late_approval_belongs_only_when_it_is_new_and_in_time() -> None:
    assert RESOLVER.belongs(unclear(), last())
    assert not RESOLVER.belongs(unclear(), last(41))
    assert not RESOLVER.belongs(unclear(None), last())
    assert not RESOLVER.belongs(unclear(), last(at=ASKED - timedelta(hours=1)))


def test_to_acknowledge_commits_to_nothing() -> None:
    """The host's word stands whether the till answers or not, so no terminal is left waiting."""
    assert not RESOLVER.ack_would_book(unclear(), last())


def test_a_terminal_remembers_its_last_result_over_a_power_cut() -> None:
    counter = Counter('[[payment]]\nreboot = { seconds = 5, at = "status" }\n')
    counter.perform(STATUS)
    assert isinstance(counter.perform(SALE), ConnectionLost)
    counter.perform(STATUS)
    counter.perform(RESOLVER.questions(unclear())[0])
    doubt = Unclear(SALE, 0, 0, ASKED, inquired_at=ASKED)
    finding = RESOLVER.conclude(doubt, [counter.outcomes()[0].result])
    assert finding.found is BookingProof.BOOKED
    assert counter.bank.balance() == 1010


def test_a_day_that_the_journal_knows_in_part_proves_no_close() -> None:
    closing = replace(unclear(judged=LATE, command=CLOSE), day=Day(2, 2500))
    for total in (0, 2500):
        said = Result(ResultStatus.APPROVED, 0, totals=(DayTotal("", 0, total),))
        assert RESOLVER.conclude(closing, [said]).found is BookingProof.UNPROVEN
