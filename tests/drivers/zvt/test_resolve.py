"""What a terminal's last stored transaction proves about a payment that nobody knows the end of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drivers.terminal import (
    BookingProof,
    Command,
    Day,
    DayTotal,
    DriverFact,
    Operation,
    Result,
    ResultStatus,
    Unclear,
)
from drivers.zvt.resolve import ZvtResolver

ASKED_AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SALE = Command(Operation.SALE, "A-1", 1010, 978)
BEFORE = Result(
    ResultStatus.APPROVED, 0, amount=1010, currency=978, trace=7, receipt_number=7, time="115950", date="1122"
)
OURS = replace(BEFORE, trace=8, receipt_number=8, time="120003")
DECLINED = Result(ResultStatus.DECLINED, 5)
EMPTY = Result(ResultStatus.APPROVED, 0, totals=(DayTotal("VISA", 0, 0),))
RESOLVER = ZvtResolver()


def unclear(command: Command = SALE, trace: int | None = 7, receipt: int | None = 7) -> Unclear:
    return Unclear(command, trace, receipt, ASKED_AT)


def found(last: Result | None, what: Unclear | None = None) -> BookingProof:
    return RESOLVER.conclude(what or unclear(), [last]).found


def test_it_asks_for_the_last_stored_transaction_and_moves_no_money() -> None:
    assert RESOLVER.questions(unclear()) == (Command(Operation.REPEAT_RECEIPT),)


def test_the_same_transaction_again_proves_that_ours_was_not_stored() -> None:
    assert found(BEFORE) is BookingProof.NOT_BOOKED


def test_a_newer_one_that_fits_in_everything_is_ours() -> None:
    finding = RESOLVER.conclude(unclear(), [OURS])
    assert (finding.found, finding.result) == (BookingProof.BOOKED, OURS)
    assert finding.proof == DriverFact("zvt.stored", {"receipt": 8, "trace": OURS.trace or 0})


def test_a_tip_on_top_is_still_ours() -> None:
    assert found(replace(OURS, amount=1110, tip=100)) is BookingProof.BOOKED


@pytest.mark.parametrize(
    "other",
    [
        replace(OURS, amount=1011),
        replace(OURS, amount=1110),
        replace(OURS, currency=756),
        replace(OURS, original_trace=7),
        replace(OURS, time="093000"),
        replace(OURS, date="1121"),
    ],
    ids=["amount", "amount without its tip", "currency", "a reversal", "time", "date"],
)
def test_a_newer_one_that_differs_is_a_persons_matter(other: Result) -> None:
    assert found(other) is BookingProof.UNPROVEN


@pytest.mark.parametrize(
    "other",
    [replace(OURS, amount=1011), replace(OURS, currency=756), replace(OURS, original_trace=7)],
    ids=["amount", "currency", "a reversal"],
)
def test_a_late_result_of_another_command_does_not_belong(other: Result) -> None:
    assert not RESOLVER.belongs(unclear(), other)
    assert RESOLVER.ack_would_book(unclear(), other)


def test_what_was_asked_for_is_not_left_waiting_for_a_clock_or_for_want_of_numbers() -> None:
    for asked, result in (
        (unclear(), replace(OURS, time="093000")),
        (unclear(trace=None, receipt=None), OURS),
    ):
        assert not RESOLVER.ack_would_book(asked, result)
        assert not RESOLVER.belongs(asked, result)  # and it proves nothing


def test_when_nothing_is_unclear_a_new_approval_commits_what_nobody_asked_for() -> None:
    nothing = unclear(Command(Operation.STATUS))
    assert RESOLVER.ack_would_book(nothing, OURS)
    assert not RESOLVER.ack_would_book(nothing, BEFORE)


def test_the_last_one_before_again_commits_nothing() -> None:
    assert not RESOLVER.ack_would_book(unclear(), BEFORE)
    assert not RESOLVER.ack_would_book(unclear(), DECLINED)


def test_what_is_stored_under_the_numbers_it_was_approved_with_is_ours() -> None:
    said = replace(unclear(), trace_said=8, receipt_said=8)
    odd = replace(OURS, amount=1500, time="093000")
    assert RESOLVER.conclude(said, [odd]).found is BookingProof.BOOKED
    assert RESOLVER.conclude(replace(said, receipt_said=9), [odd]).found is BookingProof.UNPROVEN
    assert RESOLVER.conclude(said, [BEFORE]).found is BookingProof.NOT_BOOKED


def test_a_part_is_ours_when_the_rest_is_named() -> None:
    part = replace(OURS, amount=500, remaining=510)
    assert RESOLVER.belongs(unclear(), part)
    assert not RESOLVER.belongs(unclear(), replace(part, remaining=500))


@pytest.mark.parametrize("silence", [None, DECLINED])
def test_a_terminal_that_does_not_tell_proves_nothing(silence: Result | None) -> None:
    assert found(silence) is BookingProof.UNPROVEN


def test_without_anything_known_before_an_equal_amount_proves_nothing() -> None:
    assert found(OURS, unclear(trace=None, receipt=None)) is BookingProof.UNPROVEN


def test_a_reversal_is_proven_by_a_reversal_only() -> None:
    reversal = unclear(Command(Operation.REVERSAL, "A-2", original_receipt=7))
    assert found(replace(OURS, original_trace=7), reversal) is BookingProof.BOOKED
    assert found(OURS, reversal) is BookingProof.UNPROVEN


@pytest.mark.parametrize(
    ("other", "proof"),
    [
        ({}, BookingProof.BOOKED),
        ({"original_trace": 5}, BookingProof.UNPROVEN),
        ({"amount": 1}, BookingProof.UNPROVEN),
        ({"amount": None}, BookingProof.BOOKED),
        ({"original_trace": None}, BookingProof.UNPROVEN),
    ],
)
def test_a_reversal_of_another_payment_or_amount_is_not_ours(
    other: dict[str, Any], proof: BookingProof
) -> None:
    ours = Command(Operation.REVERSAL, "A-2", original_receipt=7, original_trace=7, original_amount=1010)
    told = replace(OURS, original_trace=7, amount=1010)
    assert found(replace(told, **other), unclear(ours)) is proof


def test_clocks_may_be_minutes_apart_and_the_year_is_missing() -> None:
    new_year = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    asked = Unclear(SALE, 7, 7, new_year)
    assert found(replace(OURS, time="000400", date="0101"), asked) is BookingProof.BOOKED
    assert found(replace(OURS, time="235100", date="1231"), asked) is BookingProof.BOOKED
    assert found(replace(OURS, time="233000", date="1231"), asked) is BookingProof.UNPROVEN


def test_a_time_that_is_no_time_proves_nothing() -> None:
    assert found(replace(OURS, time="996161")) is BookingProof.UNPROVEN


def test_a_late_result_belongs_when_it_fits_and_a_late_no_commits_nothing() -> None:
    assert RESOLVER.belongs(unclear(), OURS)
    assert not RESOLVER.belongs(unclear(), BEFORE)
    assert RESOLVER.belongs(unclear(), DECLINED)


@pytest.mark.parametrize(
    ("count", "total", "expected"),
    [
        (0, 0, BookingProof.BOOKED),
        (2, 3010, BookingProof.NOT_BOOKED),
        (2, 3000, BookingProof.UNPROVEN),
        (1, 3010, BookingProof.UNPROVEN),
    ],
)
def test_totals_show_whether_a_day_with_payments_is_closed(
    count: int, total: int, expected: BookingProof
) -> None:
    closing = replace(unclear(Command(Operation.CLOSE_DAY, "Z-1")), day=Day(2, 3010))
    said = Result(ResultStatus.APPROVED, 0, totals=(DayTotal("VISA", count, total), DayTotal("JCB", 0, 0)))
    assert RESOLVER.questions(closing) == (Command(Operation.TURNOVER_TOTALS),)
    assert RESOLVER.conclude(closing, [said]).found is expected


@pytest.mark.parametrize("said", [None, DECLINED, Result(ResultStatus.APPROVED, 0), EMPTY])
def test_without_totals_or_without_payments_a_close_stays_unproven(said: Result | None) -> None:
    closing = unclear(Command(Operation.CLOSE_DAY, "Z-1"))
    assert RESOLVER.conclude(closing, [said]).found is BookingProof.UNPROVEN
    with_payments = replace(closing, day=Day(2, 3010))
    if said is not EMPTY:
        assert RESOLVER.conclude(with_payments, [said]).found is BookingProof.UNPROVEN


def test_an_hour_later_an_equal_payment_is_not_taken_for_ours() -> None:
    late = ASKED_AT + timedelta(hours=1)
    assert found(replace(OURS, time=f"{late:%H%M%S}")) is BookingProof.UNPROVEN


@pytest.mark.parametrize(("waited_s", "proof"), [(11, "unproven"), (179, "unproven"), (180, "not_booked")])
def test_ready_in_the_middle_of_a_dialogue_is_no_proof_that_it_is_over(waited_s: int, proof: str) -> None:
    lost_at = ASKED_AT + timedelta(seconds=30)
    doubt = replace(unclear(), lost_at=lost_at, inquired_at=lost_at + timedelta(seconds=waited_s))
    assert found(BEFORE, doubt).value == proof
    assert found(OURS, doubt) is BookingProof.BOOKED


def test_a_dialogue_that_the_terminal_has_ended_needs_no_waiting() -> None:
    doubt = replace(unclear(), lost_at=None, inquired_at=ASKED_AT)
    assert found(BEFORE, doubt) is BookingProof.NOT_BOOKED
