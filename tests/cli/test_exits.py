"""The exit code says what is known about the money, and nothing better than that."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from agent.api.v1.bodies import PaymentView, Verdict
from agent.cli.ui.exits import NO_APPROVAL, Exit, exit_of


def payment(**fields: Any) -> PaymentView:
    told = {"payment_id": "A-1", "payment": "sale", "terminal": "front", "till": "1", "phase": "done"}
    asked = {"amount": 2000, "currency": "EUR", "verdict": "approved", "release": "released"}
    return PaymentView(**{**told, **asked, **fields})


def test_every_verdict_has_a_code_and_only_an_approval_is_looked_at_further() -> None:
    assert {*NO_APPROVAL, "approved"} == set(get_args(Verdict))
    assert {verdict: exit_of(payment(verdict=verdict)) for verdict in get_args(Verdict)} == {
        "approved": 0,
        "declined": 1,
        "cancelled": 1,
        "refused": 1,
        "not_sent": 2,
        "unclear": 3,
    }


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, Exit.OK),
        ({"terminal_amount": 2000}, Exit.OK),
        ({"terminal_amount": 500, "remaining": 1500}, Exit.OTHER_AMOUNT),
        ({"terminal_amount": 500}, Exit.OTHER_AMOUNT),
        ({"terminal_amount": 0}, Exit.OTHER_AMOUNT),
        ({"remaining": 1}, Exit.OTHER_AMOUNT),
        ({"terminal_amount": 2001, "differs": ["amount"]}, Exit.OTHER_AMOUNT),
        ({"terminal_amount": 2000, "differs": ["currency"]}, Exit.OTHER_AMOUNT),
        ({"differs": ["something new"]}, Exit.OTHER_AMOUNT),
        ({"terminal_amount": 2200, "tip": 200}, Exit.OK),
        ({"terminal_amount": 2000, "tip": 200}, Exit.OK),
        ({"terminal_amount": 9000, "tip": 7000, "differs": ["tip"]}, Exit.OTHER_AMOUNT),
        ({"release": "held"}, Exit.HELD),
        ({"release": "withheld"}, Exit.HELD),
        ({"release": None}, Exit.HELD),
        ({"release": "held", "terminal_amount": 1, "repeated": True}, Exit.HELD),
        ({"repeated": True}, Exit.EARLIER),
        ({"repeated": True, "terminal_amount": 1}, Exit.OTHER_AMOUNT),
        ({"repeated": True, "verdict": "declined"}, Exit.NO),
        ({"repeated": True, "verdict": "unclear"}, Exit.UNCLEAR),
        ({"reversed_by": "R-1"}, Exit.OTHER_AMOUNT),
        ({"refunded": 1, "left": 1999}, Exit.OTHER_AMOUNT),
        ({"phase": "running", "verdict": None}, Exit.UNCLEAR),
        ({"phase": "running"}, Exit.UNCLEAR),
        ({"verdict": "a verdict of tomorrow"}, Exit.UNCLEAR),
        ({"amount": None, "payment": "close_day"}, Exit.OK),
    ],
)
def test_only_the_amount_asked_for_whose_goods_may_go_is_0(fields: dict[str, Any], code: Exit) -> None:
    assert exit_of(payment(**fields)) == code
