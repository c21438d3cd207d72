"""Each limit: the action on either side of it, and the sentence with its figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.base.money import CURRENCIES, MAX_MINOR
from agent.rules import RULES, Action, Hours, Opening, Original, Policy, RuleRequest
from agent.rules.decide import decide
from tests.rules.shop import (
    A_MINUTE,
    BERLIN,
    NOON,
    Till,
    can_be_told,
    day_totals,
    judged,
    policy,
    refund,
    reversal,
    sale,
)

SOLD = Original(approved=True, reversed=False, left=1000, currency="EUR", kind="sale")


Seen = tuple[str, str, dict[str, int | str]]


def eur(**figures: int) -> dict[str, int | str]:
    return {**figures, "currency": "EUR"}


def seen(request: RuleRequest, limits: Policy, **other: Any) -> list[Seen]:
    return [
        (reason.code, reason.action, reason.figures) for reason in judged(request, limits, **other).reasons
    ]


@pytest.mark.parametrize(
    ("limits", "amount", "expected"),
    [
        ({"min": 100}, 100, []),
        ({"min": 100}, 99, [("min", "confirm", eur(amount=99, limit=100))]),
        ({"soft": 5000}, 5000, []),
        ({"soft": 5000}, 7400, [("soft", "confirm", eur(amount=7400, limit=5000))]),
        (
            {"soft": 5000, "soft_action": "verify"},
            5001,
            [("soft", "verify", eur(amount=5001, limit=5000))],
        ),
        (
            {"soft": 5000, "soft_action": "supervisor"},
            5001,
            [("soft", "supervisor", eur(amount=5001, limit=5000))],
        ),
        ({"hard": 9000}, 9000, []),
        ({"hard": 9000}, 9001, [("hard", "block", eur(amount=9001, limit=9000))]),
        (
            {"hard": None},
            1,
            [("hard_unset", "block", {})],
        ),
    ],
)
def test_the_limits_of_one_payment(limits: dict[str, Any], amount: int, expected: list[Seen]) -> None:
    assert seen(sale(amount), policy(**limits)) == expected


@pytest.mark.parametrize("amount", [0, -1, None, MAX_MINOR + 1, True, 1.0, float("nan"), float("inf"), "10"])
def test_what_is_not_a_whole_amount_is_blocked(amount: Any) -> None:
    assert judged(sale(amount), policy()).action == "block"


@pytest.mark.parametrize("letters", ["USD", "CNY", "eur", "", None])
def test_another_currency_is_blocked_and_not_compared(letters: str | None) -> None:
    reasons = judged(sale(99_999_999, letters), policy(soft=1)).reasons
    code = "currency" if letters else "currency_missing"
    assert [(reason.rule, reason.code) for reason in reasons] == [("currency", code)]
    assert reasons[0].figures["shop"] == "EUR"


LEVELS = {"note": 2, "supervisor": 3, "block": 4}


@pytest.mark.parametrize(("before", "action"), [(1, "allow"), (2, "note"), (3, "supervisor"), (4, "block")])
@pytest.mark.parametrize("measure", ["count", "sum"])
def test_a_day_s_sales_grow_stricter(measure: str, before: int, action: str) -> None:
    till = Till()
    for _ in range(before):
        till.pay(1000)
    factor = 1 if measure == "count" else 1000
    limits = policy(**{f"day_{measure}_{name}": level * factor for name, level in LEVELS.items()})
    assert judged(sale(), limits, till.totals).action == action


@pytest.mark.parametrize(("before", "action"), [(1, "allow"), (2, "supervisor"), (3, "block")])
@pytest.mark.parametrize("measure", ["count", "sum"])
def test_a_day_s_refunds_grow_stricter(measure: str, before: int, action: str) -> None:
    till = Till()
    for _ in range(before):
        till.pay(1000, kind="refund")
        till.pay(1000)
    factor = 1 if measure == "count" else 1000
    limits = policy(**{f"refund_{measure}_supervisor": 2 * factor, f"refund_{measure}_block": 3 * factor})
    assert judged(refund(1000, SOLD), limits, till.totals).action == action


def test_sums_and_counts_say_their_figures() -> None:
    till = Till()
    till.pay(6000)
    limits = policy(day_count_note=1, day_sum_note=10_000)
    assert seen(sale(7400), limits, totals=till.totals) == [
        ("day_count", "note", {"number": 2, "limit": 1}),
        (
            "day_sum",
            "note",
            eur(amount=7400, sum=13_400, limit=10_000),
        ),
    ]


def test_another_till_has_its_own_day() -> None:
    """As long as its terminal and its shop have room: a till's name is what it says of itself."""
    till = Till(name="2")
    till.pay(9000)
    asked = sale(2000, terminal="back", terminals=2)
    assert judged(asked, policy(day_sum_block=10_000), till.totals).action == "allow"


@pytest.mark.parametrize(
    ("amount", "original", "code"),
    [
        (1000, SOLD, None),
        (1001, SOLD, "original_left"),
        (1000, None, "original_unknown"),
        (1, Original(False, False, 0, "EUR", kind="sale"), "original_not_a_sale"),
        (1, Original(True, True, 0, "EUR", kind="sale"), "original_reversed"),
        (1, Original(True, False, 1000, "USD", kind="sale"), "original_currency"),
        (1, Original(True, False, 1000, "EUR", kind="refund"), "original_not_a_sale"),
        (1, Original(True, False, 0, "EUR", refunded=1000, kind="sale"), "original_left"),
    ],
)
def test_a_refund_takes_back_an_approved_sale_and_no_more(
    amount: int, original: Original | None, code: str | None
) -> None:
    decision = judged(refund(amount, original), policy())
    assert decision.action == ("block" if code else "allow")
    assert [reason.code for reason in decision.reasons] == ([code] if code else [])


@pytest.mark.parametrize(
    ("original", "code"),
    [
        (SOLD, None),
        (None, "original_unknown"),
        (Original(False, False, 0, "EUR", kind="sale"), "original_not_a_sale"),
        (Original(True, True, 0, "EUR", kind="sale"), "original_reversed"),
        (Original(True, False, 900, "EUR", refunded=100, kind="sale"), "original_refunded"),
        (Original(True, False, 900, "EUR", kind="reversal"), "original_not_a_sale"),
    ],
)
def test_a_reversal_takes_back_a_whole_sale_once(original: Original | None, code: str | None) -> None:
    decision = judged(reversal(original), policy())
    assert decision.action == ("block" if code else "allow")
    assert [reason.code for reason in decision.reasons] == ([code] if code else [])


@pytest.mark.parametrize(("amount", "action"), [(1000, "allow"), (1001, "supervisor"), (2001, "block")])
def test_one_refund_has_limits_of_its_own(amount: int, action: str) -> None:
    original = Original(True, False, 9000, "EUR", kind="sale")
    limits = policy(refund_supervisor=1000, refund_block=2000)
    assert judged(refund(amount, original), limits).action == action


HOURS = Hours(wed=Opening.parse("09:00-12:30, 14:00-18:00"), thu=Opening.parse("closed"))
LATE_HOURS = Hours(wed=Opening.parse("22:00-02:00"), thu=Opening.parse("closed"))


@pytest.mark.parametrize(
    ("hours", "day", "clock", "action"),
    [
        (HOURS, 4, "08:29", "confirm"),
        (HOURS, 4, "08:30", "allow"),
        (HOURS, 4, "12:59", "allow"),
        (HOURS, 4, "13:00", "confirm"),
        (HOURS, 4, "13:30", "allow"),
        (HOURS, 4, "18:30", "confirm"),
        (HOURS, 5, "12:00", "confirm"),
        (LATE_HOURS, 4, "21:29", "confirm"),
        (LATE_HOURS, 4, "23:59", "allow"),
        (LATE_HOURS, 5, "02:29", "allow"),
        (LATE_HOURS, 5, "02:30", "confirm"),
        (Hours(), 5, "03:00", "allow"),
    ],
)
def test_outside_the_opening_hours_with_grace_the_cashier_confirms(
    hours: Hours, day: int, clock: str, action: str
) -> None:
    hour, minute = clock.split(":")
    now = datetime(2026, 11, day, int(hour), int(minute), tzinfo=BERLIN)
    assert judged(sale(), policy(hours=hours), now=now).action == action


def test_the_day_can_be_closed_after_hours() -> None:
    closing = RuleRequest(kind="close_day", amount=None, currency=None, till="")
    night = NOON.replace(hour=23)
    assert judged(closing, policy(hours=HOURS, hard=None), now=night).reasons == ()


def test_the_hours_are_told_with_the_time() -> None:
    night = NOON.replace(hour=23, minute=5)
    assert seen(sale(), policy(hours=HOURS), now=night) == [
        ("hours", "confirm", {"time": "23:05", "usual": "09:00-12:30, 14:00-18:00"})
    ]


@pytest.mark.parametrize(
    "text", ["", "9-18", "09:00", "25:00-26:00", "09:60-10:00", "24:00-02:00", "closed, "]
)
def test_opening_hours_have_one_way_to_be_written(text: str) -> None:
    with pytest.raises(ValueError, match="not a "):
        Opening.parse(text)


def test_a_clock_set_back_asks_and_frees_nothing() -> None:
    till = Till()
    till.pay(9000)
    for back in (timedelta(hours=2), timedelta(days=3)):
        decision = judged(sale(2000), policy(day_sum_block=10_000), till.totals, NOON - back)
        assert {reason.rule: reason.action for reason in decision.reasons} == {
            "day_sum": "block",
            "clock": "confirm",
        }


def test_a_date_far_behind_the_last_payment_is_asked_about_once() -> None:
    till = Till()
    assert judged(sale(), policy(), till.totals, NOON).action == "allow"  # a new shop
    till.pay(1000)
    assert judged(sale(), policy(), till.totals, NOON + timedelta(days=8)).action == "allow"
    far = NOON + timedelta(days=8) + A_MINUTE
    assert seen(sale(), policy(), totals=till.totals, now=far) == [
        ("leap", "confirm", {"date": "2026-11-12"})
    ]
    till.pay(1000, far)
    assert judged(sale(), policy(), till.totals, far + A_MINUTE).action == "allow"


def test_a_clock_that_only_drifts_is_not_mentioned() -> None:
    till = Till()
    till.pay(1000)
    assert judged(sale(), policy(), till.totals, NOON - 5 * A_MINUTE).action == "allow"


def test_training_is_noted() -> None:
    assert seen(sale(training=True), policy()) == [("training", "note", {})]


def test_all_hits_are_kept_and_the_strictest_wins() -> None:
    decision = judged(sale(200_000, training=True), policy(soft=5000))
    assert decision.action == "block"
    assert [reason.rule for reason in decision.reasons] == ["soft", "hard", "training"]


def test_a_rule_that_fails_blocks() -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    decision = decide(sale(), day_totals(), policy(), NOON, (*RULES, ("broken", broken)))
    assert decision.action == "block"
    assert decision.reasons[-1].code == "failed"
    can_be_told(decision.reasons[-1])
    assert decision.reasons[-1].figures == {"rule": "broken", "error": "ZeroDivisionError"}


def test_a_shop_that_is_closed_says_so() -> None:
    assert seen(sale(), policy(hours=HOURS), now=NOON + timedelta(days=1)) == [
        ("closed", "confirm", {"time": "12:00"})
    ]


def test_a_time_without_an_offset_is_not_believed() -> None:
    assert judged(sale(), policy(day_sum_note=1), now=NOON.replace(tzinfo=None)).action == "block"


def test_the_ladder_is_the_journal_s() -> None:
    assert [action.label for action in Action] == [
        "allow",
        "note",
        "confirm",
        "verify",
        "supervisor",
        "block",
    ]
    assert [Action.of(action.label) for action in Action] == sorted(Action)


@given(
    amount=st.integers(-10, 20_000) | st.floats() | st.none(),
    currency=st.sampled_from(["EUR", "USD", None]),
    kind=st.sampled_from(["sale", "refund"]),
    hard=st.none() | st.integers(0, 10_000),
)
def test_nothing_above_the_hard_limit_ever_passes(
    amount: Any, currency: str | None, kind: Any, hard: int | None
) -> None:
    request = RuleRequest(kind=kind, amount=amount, currency=currency, till="1", original=SOLD)
    decision = judged(request, policy(hard=hard), now=NOON.astimezone(UTC))
    if decision.action != "block":
        assert hard is not None
        assert type(amount) is int
        assert 0 < amount <= hard
        assert currency == "EUR"


def test_figures_are_minor_units_of_the_shop_s_currency() -> None:
    yen = Policy(CURRENCIES["JPY"], hard=5000, soft=None)
    assert seen(sale(7400, "JPY"), yen) == [
        ("hard", "block", {"amount": 7400, "limit": 5000, "currency": "JPY"})
    ]
