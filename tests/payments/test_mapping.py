"""An approval is compared with what was asked, field by field."""

from __future__ import annotations

import pytest

from agent.journal.schema.entry import Requested, Submitted
from agent.payments.mapping import result_of
from agent.payments.record import begin, change
from drivers.terminal import Result, ResultStatus
from tests.journal.conftest import MORNING

ASKED = Requested(payment_id="A-1", payment="sale", terminal="front", till="1", amount=1250, currency="EUR")
EURO, FRANC, NO_CURRENCY = 978, 756, 1


def differences(said: dict[str, object], status: ResultStatus = ResultStatus.APPROVED) -> list[str]:
    fields = {"amount": 1250, "currency": EURO, "terminal_id": "29001006"} | said
    result = Result(status=status, code=0, **fields)  # type: ignore[arg-type]  # fields by name
    return result_of(begin(ASKED, 0, MORNING), result, "29001006").differs


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({}, []),
        ({"amount": 1251}, ["amount"]),
        ({"amount": 0}, ["amount"]),
        ({"currency": FRANC}, ["currency"]),
        ({"currency": NO_CURRENCY}, ["currency"]),
        ({"terminal_id": "29001007"}, ["terminal id"]),
        ({"amount": 1, "currency": FRANC, "terminal_id": "1"}, ["amount", "currency", "terminal id"]),
    ],
)
def test_an_approval_that_says_something_else_is_seen(said: dict[str, object], fields: list[str]) -> None:
    assert differences(said) == fields


@pytest.mark.parametrize(
    ("amount", "tip", "fields"),
    [
        (1625, 375, []),  # 30 percent
        (1626, 376, ["tip"]),
        (1625, 374, ["amount"]),
        (1625, None, ["amount"]),
        (1000, -250, ["amount"]),
        (0, 0, ["amount"]),
    ],
)
def test_a_tip_is_no_other_amount_up_to_its_limit(amount: int, tip: int | None, fields: list[str]) -> None:
    assert differences({"amount": amount, "tip": tip}) == fields


@pytest.mark.parametrize("silent", [{"amount": None}, {"currency": None}, {"terminal_id": ""}])
def test_what_the_terminal_does_not_say_is_no_difference(silent: dict[str, object]) -> None:
    assert differences(silent) == []


def test_a_no_is_not_compared() -> None:
    assert differences({"amount": 1}, ResultStatus.DECLINED) == []


# ---- a reversal is judged by all that is known of what it takes back ----

UNDO = Requested(payment_id="S-1", payment="reversal", terminal="front", till="1", original="A-1")
SENT = Submitted(payment_id="S-1", receipts="till", amount=1250, currency="EUR", original_trace=7)


def differences_of_a_reversal(**said: object) -> list[str]:
    record = begin(UNDO, 0, MORNING)
    change(record, SENT, 1)
    result = Result(ResultStatus.APPROVED, 0, **said)  # type: ignore[arg-type]  # fields by name
    return result_of(record, result).differs


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"amount": 1250, "currency": EURO, "original_trace": 7}, []),
        ({}, []),
        ({"amount": 1, "original_trace": 7}, ["amount"]),
        ({"amount": 0}, ["amount"]),
        ({"amount": 1250, "currency": FRANC}, ["currency"]),
        ({"amount": 1250, "original_trace": 8}, ["original"]),
        ({"amount": 1300, "tip": 50}, ["amount"]),
    ],
)
def test_a_reversal_is_compared_with_what_it_takes_back(said: dict[str, object], fields: list[str]) -> None:
    assert differences_of_a_reversal(**said) == fields


def test_a_sale_that_takes_another_payment_back_is_none() -> None:
    assert differences({"original_trace": 42}) == ["kind"]
