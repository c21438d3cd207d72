"""A limit is on the act: whatever a request calls itself, money that moves counts for terminal and shop."""

from __future__ import annotations

from typing import Any

import pytest

from agent.journal.schema.entry import Completed, Requested, Submitted, TerminalResult
from agent.rules import SHOP, DayTotals, Original, RuleRequest, terminal_place, till_place
from agent.rules.policy import DayLimits
from tests.rules.shop import NOON, day_totals, entry, judged, policy


def given_back(totals: DayTotals, name: str, *, till: str = "1", terminal: str = "front") -> None:
    """A reversal of 50.00 is approved."""
    bodies = (
        Requested(payment_id=name, payment="reversal", terminal=terminal, till=till, original="A-1"),
        Submitted(payment_id=name, receipts="till", amount=5000, currency="EUR"),
        TerminalResult(payment_id=name, verdict="approved"),
        Completed(payment_id=name),
    )
    for body in bodies:
        totals.apply(entry(body))


def back(left: int = 5000, kind: str = "reversal", **other: Any) -> RuleRequest:
    amount = None if kind == "reversal" else left
    original = Original(True, False, left, "EUR", kind="sale")
    where: dict[str, Any] = {"till": "1", "terminal": "front"} | other
    return RuleRequest(kind, amount, None if amount is None else "EUR", original=original, **where)  # type: ignore[arg-type]  # a kind by its name


@pytest.mark.parametrize("left", [1, 200, 201, 2000, 2001, 60_000, 100_001])
def test_a_reversal_is_asked_about_as_a_refund_of_the_same_amount(left: int) -> None:
    limits = policy(refund_supervisor=200, refund_block=2000, soft=50_000)
    by_refund = judged(back(left, "refund"), limits)
    assert judged(back(left), limits) == by_refund


@pytest.mark.parametrize("key", ["refund_sum_block", "refund_count_block"])
def test_reversals_count_as_money_given_back(key: str) -> None:
    totals = day_totals()
    limits = policy(**{key: 10_000 if "sum" in key else 2})
    for number in range(2):
        assert judged(back(), limits, totals).action == "allow"
        given_back(totals, f"S-{number}")
    assert judged(back(), limits, totals).action == "block"
    assert judged(back(1, "refund"), limits, totals).action == "block"


@pytest.mark.parametrize("key", ["refund_sum_block", "refund_count_block"])
def test_a_new_name_for_each_request_passes_no_limit(key: str) -> None:
    totals = day_totals()
    limits = policy(**{key: 10_000 if "sum" in key else 2})
    passed = 0
    for number in range(6):
        till = f"t{number}"
        if judged(back(till=till), limits, totals).action == "allow":
            given_back(totals, f"S-{number}", till=till)
            passed += 1
    assert passed == 2


def test_the_shop_s_limit_is_the_till_s_for_each_terminal() -> None:
    totals, limits = day_totals(), policy(refund_count_block=2)
    passed = 0
    for number in range(12):
        names: dict[str, Any] = {"till": f"t{number}", "terminal": f"terminal-{number}"}
        if judged(back(terminals=3, **names), limits, totals).action == "allow":
            given_back(totals, f"S-{number}", **names)
            passed += 1
    assert passed == 6


def test_what_is_written_for_a_terminal_or_the_shop_wins_over_what_is_derived() -> None:
    totals = day_totals()
    for number in range(3):
        given_back(totals, f"S-{number}", till=f"t{number}")
    wide = policy(refund_count_block=2, terminal=DayLimits(refund_count_block=9), shop=DayLimits())
    assert judged(back(till="new", terminals=9), wide, totals).action == "allow"
    narrow = policy(shop=DayLimits(refund_sum_block=15_000))
    (reason,) = judged(back(till="new"), narrow, totals).reasons
    assert (reason.code, reason.action) == ("shop_refund_sum", "block")


def test_money_back_in_small_steps_needs_a_second_person_above_what_one_payment_may_be() -> None:
    totals, limits = day_totals(), policy(hard=10_000)
    for number in range(2):
        assert judged(back(till=f"t{number}"), limits, totals).action == "allow"
        given_back(totals, f"S-{number}", till=f"t{number}")
    (reason,) = judged(back(till="other"), limits, totals).reasons
    assert (reason.code, reason.action) == ("shop_refund_sum", "supervisor")


def test_one_till_on_one_terminal_hears_a_limit_once() -> None:
    totals, limits = day_totals(), policy(refund_count_block=1)
    given_back(totals, "S-1")
    assert [reason.code for reason in judged(back(), limits, totals).reasons] == ["refund_count"]


def test_a_reversal_in_another_currency_than_the_shop_s_is_no_way_around_the_limits() -> None:
    other = Original(True, False, 5000, "USD", kind="sale")
    asked = RuleRequest("reversal", None, None, "1", other)
    assert [reason.code for reason in judged(asked, policy()).reasons] == ["original_currency"]


def test_without_a_hard_limit_nothing_is_given_back_either() -> None:
    assert [reason.code for reason in judged(back(), policy(hard=None)).reasons] == ["hard_unset"]


@pytest.mark.parametrize(
    ("told", "counted"), [({}, 5000), ({"amount": 1}, 5000), ({"amount": 1, "currency": "HUF"}, 5000)]
)
def test_a_number_without_its_currency_makes_no_less_of_what_was_given_back(
    told: dict[str, Any], counted: int
) -> None:
    totals = day_totals()
    totals.apply(
        entry(Requested(payment_id="S-1", payment="reversal", terminal="front", till="1", original="A-1"))
    )
    totals.apply(entry(Submitted(payment_id="S-1", receipts="till", amount=5000, currency="EUR")))
    totals.apply(entry(TerminalResult(payment_id="S-1", verdict="approved", **told)))
    for place in (till_place("1"), terminal_place("front"), SHOP):
        assert totals.total("refund", place, "EUR", NOON).sum == counted
