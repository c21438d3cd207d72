"""What counts towards a day, and when it stops counting."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.journal.schema.entry import (
    BecameUnclear,
    ClockDeclared,
    Fact,
    Refused,
    Requested,
    Resolved,
    Started,
    TerminalResult,
    Undone,
    UnsolicitedResult,
    Verdict,
)
from agent.rules import DayTotals, business_day
from agent.rules.totals import KEPT_BUSINESS_DAYS, KEPT_WALL_DAYS
from tests.rules.shop import A_MINUTE, BERLIN, CUT_OVER, NOON, Till

NO_MONEY: tuple[Verdict, ...] = ("declined", "cancelled", "not_sent", "refused")


def test_a_payment_counts_from_submitted_on() -> None:
    till = Till()
    till.request(1000)
    assert till.total() == (0, 0)
    till.submit(2000)
    assert till.total() == (1, 2000)


@pytest.mark.parametrize("verdict", NO_MONEY)
def test_what_moved_no_money_does_not_count(verdict: Verdict) -> None:
    till = Till()
    till.pay(1000, verdict=verdict)
    assert till.total() == (0, 0)


def test_what_nobody_knows_counts_until_it_is_resolved() -> None:
    till = Till()
    first, second = till.submit(1000), till.submit(2000)
    till.apply(BecameUnclear(payment_id=first, why=Fact("test.lost")))
    assert till.total() == (2, 3000)
    till.apply(Resolved(payment_id=first, verdict="approved", proof=Fact("test.proof")))
    till.apply(Resolved(payment_id=second, verdict="not_sent", proof=Fact("test.proof")))
    assert till.total() == (1, 1000)


def test_the_amount_that_the_terminal_says_counts() -> None:
    till = Till()
    till.apply(TerminalResult(payment_id=till.submit(1000), verdict="approved", amount=1100, currency="EUR"))
    till.apply(TerminalResult(payment_id=till.submit(1000), verdict="approved", amount=400))
    assert till.total() == (2, 1500)


def test_an_amount_in_another_currency_is_not_mixed_in() -> None:
    till = Till()
    till.apply(TerminalResult(payment_id=till.submit(1000), verdict="approved", amount=5, currency="USD"))
    assert till.total() == (1, 1000)


def test_an_approval_that_was_undone_goes_on_counting_until_it_is_resolved() -> None:
    till = Till()
    payment_id = till.submit(1000)
    till.apply(TerminalResult(payment_id=payment_id, verdict="approved"))
    till.apply(Undone(payment_id=payment_id, code=0))
    assert till.total() == (1, 1000)
    till.apply(Resolved(payment_id=payment_id, verdict="declined", proof=Fact("test.proof")))
    assert till.total() == (0, 0)


def test_a_late_approval_counts_after_all() -> None:
    till = Till()
    payment_id = till.submit(1000)
    till.apply(TerminalResult(payment_id=payment_id, verdict="declined"))
    till.apply(
        UnsolicitedResult(terminal="front", result=TerminalResult(payment_id=payment_id, verdict="approved"))
    )
    assert till.total() == (1, 1000)


def test_a_late_refusal_frees_nothing() -> None:
    till = Till()
    payment_id = till.submit(1000)
    till.apply(BecameUnclear(payment_id=payment_id, why=Fact("test.lost")))
    till.apply(
        UnsolicitedResult(terminal="front", result=TerminalResult(payment_id=payment_id, verdict="declined"))
    )
    assert till.total() == (1, 1000)


def test_a_reversal_frees_nothing() -> None:
    till = Till()
    till.pay(1000)
    till.pay(1000, kind="reversal")
    assert till.total() == (1, 1000)


def test_sales_refunds_and_currencies_are_counted_apart() -> None:
    till = Till()
    till.pay(1000)
    till.pay(300, kind="refund")
    till.submit(700, currency="USD")
    assert till.total() == (1, 1000)
    assert till.total(kind="refund") == (1, 300)
    assert till.total(currency="USD") == (1, 700)


def test_the_business_day_turns_at_the_cut_over_and_not_at_midnight() -> None:
    till = Till()
    till.pay(1000, NOON)
    night = datetime(2026, 11, 5, 3, 59, tzinfo=BERLIN)
    assert till.total(night) == (1, 1000)
    assert till.total(night + A_MINUTE) == (0, 0)


@pytest.mark.parametrize("back", [timedelta(hours=2), timedelta(days=1), timedelta(days=400)])
def test_a_clock_set_back_frees_no_window(back: timedelta) -> None:
    till = Till()
    till.pay(1000)
    assert till.total(NOON - back) == (1, 1000)
    till.pay(500, NOON - back)
    assert till.total(NOON - back) == till.total() == (2, 1500)


def test_another_time_zone_does_not_turn_the_day_back() -> None:
    till = Till()
    till.pay(1000, datetime(2026, 11, 5, 4, 30, tzinfo=BERLIN))
    west = datetime(2026, 11, 5, 5, tzinfo=BERLIN).astimezone(ZoneInfo("America/New_York"))
    assert till.total(west) == (1, 1000)


@pytest.mark.parametrize(
    ("now", "starts", "day"),
    [
        # Summer time begins at 02:00 on 29 March 2026: 02:30 does not exist.
        ("2026-03-29T01:59:00+01:00", time(2, 30), date(2026, 3, 28)),
        ("2026-03-29T03:00:00+02:00", time(2, 30), date(2026, 3, 29)),
        ("2026-03-29T03:59:00+02:00", time(4), date(2026, 3, 28)),
        ("2026-03-29T04:00:00+02:00", time(4), date(2026, 3, 29)),
        # It ends at 03:00 on 25 October 2026: 02:00 to 03:00 comes twice.
        ("2026-10-25T03:59:00+01:00", time(4), date(2026, 10, 24)),
        ("2026-10-25T04:00:00+01:00", time(4), date(2026, 10, 25)),
        ("2026-10-25T00:00:00+02:00", time(0), date(2026, 10, 25)),
    ],
)
def test_the_business_day_on_the_days_when_the_clocks_change(now: str, starts: time, day: date) -> None:
    assert business_day(datetime.fromisoformat(now), starts) == day


def test_the_hour_that_comes_twice_does_not_bring_the_day_back() -> None:
    till = Till(DayTotals(time(2, 30)))
    till.pay(1000, datetime(2026, 10, 25, 2, 40, tzinfo=BERLIN))
    again = datetime(2026, 10, 25, 2, 10, fold=1, tzinfo=BERLIN)
    assert till.totals.logical(again) == again
    assert till.total(again) == (1, 1000)


@given(minutes=st.integers(0, 3 * 366 * 24 * 60), step=st.integers(0, 26 * 60), starts=st.times())
def test_a_business_day_never_turns_back_while_time_goes_on(minutes: int, step: int, starts: time) -> None:
    till = Till(DayTotals(starts))
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    before = till.totals.business_day(now.astimezone(BERLIN))
    till.pay(1, now.astimezone(BERLIN))
    after = till.totals.business_day((now + timedelta(minutes=step)).astimezone(BERLIN))
    assert before <= after <= before + timedelta(days=3)


@given(st.lists(st.tuples(st.integers(1, 999), st.sampled_from((*NO_MONEY, "approved", "unclear")))))
def test_the_sum_is_that_of_what_may_have_been_charged(payments: list[tuple[int, Verdict]]) -> None:
    till = Till()
    for amount, verdict in payments:
        till.pay(amount, verdict=verdict)
    counted = [amount for amount, verdict in payments if verdict not in NO_MONEY]
    assert till.total() == (len(counted), sum(counted))


def test_a_snapshot_goes_on_where_it_left_off() -> None:
    till = Till()
    till.pay(1000)
    payment_id = till.submit(2000)
    copy = DayTotals(CUT_OVER)
    copy.from_bytes(till.totals.to_bytes())
    till.totals = copy
    assert till.total(NOON - timedelta(hours=1)) == (2, 3000)
    till.apply(TerminalResult(payment_id=payment_id, verdict="declined"))
    assert till.total() == (1, 1000)


def test_old_days_and_old_payments_are_forgotten() -> None:
    till = Till()
    sizes = []
    for day in range(20):
        for _ in range(20):
            till.submit(1000, NOON + timedelta(days=day))
        sizes.append(len(till.totals.to_bytes()))
    assert sizes[-1] <= sizes[KEPT_BUSINESS_DAYS + KEPT_WALL_DAYS] + 100


def test_what_was_counted_yesterday_is_taken_off_yesterday() -> None:
    till = Till()
    payment_id = till.submit(1000)
    tomorrow = NOON + timedelta(days=1)
    till.pay(500, tomorrow)
    till.apply(Resolved(payment_id=payment_id, verdict="not_sent", proof=Fact("test.proof")), tomorrow)
    assert till.total(tomorrow) == (1, 500)


# A flat battery: the host starts in a year far away.
FAR = NOON.replace(year=2036)


def test_a_boot_with_a_wrong_clock_moves_no_day() -> None:
    till = Till()
    till.pay(1000)
    till.apply(Started(format=1, terminals=[], acquirer_key=""), FAR)
    till.apply(Requested(payment_id="F-1", payment="sale", terminal="front", till="1", amount=5), FAR)
    till.apply(Refused(payment_id="F-1"), FAR)
    assert till.totals.logical(NOON + A_MINUTE) == NOON + A_MINUTE
    tomorrow = NOON + timedelta(days=1)
    till.pay(500, tomorrow)
    assert (till.total(), till.total(tomorrow)) == ((1, 500), (1, 500))


def declare(till: Till, at: datetime) -> None:
    till.apply(ClockDeclared(words="The battery was flat.", person="anna", witness="boss"), at)


def test_after_two_persons_declared_the_clock_right_each_payment_counts_on_its_own_day() -> None:
    till = Till()
    till.pay(1000)
    till.pay(7000, FAR)
    tomorrow = NOON + timedelta(days=1)
    for now in (NOON + A_MINUTE, tomorrow, tomorrow):
        till.pay(100, now)
    assert till.total(tomorrow) == (4, 7300)  # all on one day, that of the far year
    declare(till, tomorrow + A_MINUTE)
    assert till.totals.logical(tomorrow + 2 * A_MINUTE) == tomorrow + 2 * A_MINUTE
    assert till.total(tomorrow + 2 * A_MINUTE) == (2, 200)
    assert till.total(tomorrow + timedelta(days=1)) == (0, 0)


def test_what_was_sold_before_the_wrong_clock_still_counts_today() -> None:
    till = Till()
    till.pay(1000)
    till.pay(7000, FAR)
    declare(till, NOON + A_MINUTE)
    assert till.total(NOON + A_MINUTE) == (1, 1000)


def test_a_declaration_with_a_right_clock_frees_no_limit() -> None:
    till = Till()
    for _ in range(3):
        till.pay(1000)
    declare(till, NOON + A_MINUTE)
    assert till.total(NOON + 2 * A_MINUTE) == (3, 3000)


def test_what_was_pending_with_a_wrong_clock_is_taken_off_where_it_counts() -> None:
    till = Till()
    till.submit(7000, FAR)
    held = till.submit(100, NOON)
    declare(till, NOON + A_MINUTE)
    assert till.total(NOON + A_MINUTE) == (1, 100)
    till.apply(Resolved(payment_id=held, verdict="not_sent", proof=Fact("test.proof")), NOON + A_MINUTE)
    assert till.total(NOON + A_MINUTE) == (0, 0)


def test_a_snapshot_knows_what_a_declaration_goes_back_to() -> None:
    till = Till()
    till.pay(7000, FAR)
    till.pay(100, NOON)
    other = Till(DayTotals(CUT_OVER))
    other.totals.from_bytes(till.totals.to_bytes())
    declare(other, NOON + A_MINUTE)
    assert other.total(NOON + A_MINUTE) == (1, 100)
