"""What the payment index knows of a terminal's clock, which resolving by the time stands on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent.journal.schema.entry import AnyBody, ClockMoved, Entry, Requested, Submitted, TerminalResult
from agent.payments.index import PaymentIndex
from agent.payments.rows import RowChecks
from agent.payments.store import PaymentStore
from agent.terminals.clocks import MEASURED_TOLERANCE
from drivers.terminal import CLOCKS_APART

NOON = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Shop:
    """A payment index that follows a shop whose terminal is `ahead` of it."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self.payments = PaymentIndex(PaymentStore(":memory:"))
        self._ahead = ahead

    def sale(self, payment_id: str, at: datetime) -> None:
        """It is asked for at `at`, by the host's clock."""
        request = Requested(payment_id=payment_id, payment="sale", terminal="front", till="", amount=1250)
        self.write(request, at)
        self.write(Submitted(payment_id=payment_id, receipts="till"), at)

    def answered(self, payment_id: str, at: datetime, *, jumped: timedelta = timedelta()) -> None:
        """The terminal tells its time with the result; the host's clock has `jumped` since the beginning."""
        told = at - jumped + self._ahead
        said = TerminalResult(
            payment_id=payment_id,
            verdict="approved",
            terminal_date=f"{told:%m%d}",
            terminal_time=f"{told:%H%M%S}",
        )
        self.write(said, at)

    def write(self, body: AnyBody, at: datetime) -> None:
        self.payments.apply(Entry(index=0, at=at, boot_ms=0, body=body))

    def asked_at(self, payment_id: str) -> datetime | None:
        record = self.payments.get(payment_id)
        assert record is not None
        return record.asked_at


def test_a_terminal_that_was_never_heard_is_taken_to_be_right_and_not_believed_closely() -> None:
    shop = Shop(HOUR)
    shop.sale("A-1", NOON)
    assert shop.asked_at("A-1") == NOON
    assert shop.payments.clock_offsets.tolerance("front") == CLOCKS_APART
    assert shop.payments.clock_offsets.offset_s("front") is None


def test_after_its_first_result_its_own_time_is_known() -> None:
    shop = Shop(HOUR)
    shop.sale("A-1", NOON)
    shop.answered("A-1", NOON)
    shop.sale("A-2", NOON + HOUR)
    assert shop.asked_at("A-2") == NOON + 2 * HOUR
    assert shop.payments.clock_offsets.tolerance("front") == MEASURED_TOLERANCE
    assert shop.payments.clock_offsets.offset_s("front") == 3600


def test_what_it_told_with_a_payment_holds_for_that_payment_too() -> None:
    """Else the hour that its clock is ahead would count as an hour that has passed since it was asked."""
    shop = Shop(HOUR)
    shop.sale("A-1", NOON)
    shop.answered("A-1", NOON + timedelta(minutes=1))
    asked, now = (
        shop.asked_at("A-1"),
        shop.payments.clock_offsets.terminal_time("front", NOON + timedelta(minutes=1)),
    )
    assert asked == NOON + HOUR
    assert now - asked == timedelta(minutes=1)


def test_a_result_without_a_time_changes_nothing() -> None:
    shop = Shop(HOUR)
    shop.sale("A-1", NOON)
    shop.answered("A-1", NOON)
    shop.write(TerminalResult(payment_id="A-1", verdict="declined"), NOON + HOUR)
    assert shop.payments.clock_offsets.terminal_time("front", NOON) == NOON + HOUR


@pytest.mark.parametrize("date", ["99991231", "00010101"])
def test_a_time_that_is_none_of_this_world_changes_nothing(date: str) -> None:
    shop = Shop()
    shop.sale("A-1", NOON)
    absurd = TerminalResult(payment_id="A-1", verdict="approved", terminal_date=date, terminal_time="235959")
    shop.write(absurd, NOON)
    shop.sale("A-2", NOON + HOUR)
    assert shop.asked_at("A-2") == NOON + HOUR
    assert shop.payments.clock_offsets.tolerance("front") == CLOCKS_APART


def test_a_clock_that_lost_its_battery_is_believed() -> None:
    shop = Shop()
    shop.sale("A-1", NOON)
    said = TerminalResult(
        payment_id="A-1", verdict="approved", terminal_date="20000101", terminal_time="000500"
    )
    shop.write(said, NOON)
    shop.sale("A-2", NOON + HOUR)
    assert shop.asked_at("A-2") == datetime(2000, 1, 1, 1, 5, tzinfo=UTC)


def test_a_jump_of_the_hosts_clock_moves_no_terminals() -> None:
    shop = Shop()
    shop.sale("A-1", NOON)
    shop.answered("A-1", NOON)
    shop.write(ClockMoved(by_ms=7_200_000), NOON + 2 * HOUR)
    shop.sale("A-2", NOON + 2 * HOUR)
    assert shop.asked_at("A-2") == NOON


def test_a_jump_in_the_middle_of_a_payment_is_counted_once() -> None:
    shop = Shop()
    shop.sale("A-1", NOON)
    shop.write(ClockMoved(by_ms=-7_200_000), NOON - 2 * HOUR)
    shop.answered("A-1", NOON - 2 * HOUR, jumped=-2 * HOUR)
    shop.sale("A-2", NOON - HOUR)
    assert shop.asked_at("A-2") == NOON + HOUR


def test_a_jump_before_anything_was_heard_counts_from_the_first_question_on() -> None:
    shop = Shop()
    shop.sale("A-1", NOON)
    shop.write(ClockMoved(by_ms=7_200_000), NOON + 2 * HOUR)
    assert shop.payments.clock_offsets.terminal_time("front", NOON + 2 * HOUR) == NOON


def test_a_snapshot_keeps_it() -> None:
    shop = Shop(HOUR)
    shop.sale("A-1", NOON)
    shop.answered("A-1", NOON)
    other = PaymentIndex(PaymentStore(":memory:"))
    other.from_bytes(shop.payments.to_bytes(RowChecks()), b"")
    assert other.clock_offsets == shop.payments.clock_offsets
    record = other.get("A-1")
    assert record is not None
    assert record.asked_at == shop.asked_at("A-1") == NOON + HOUR
