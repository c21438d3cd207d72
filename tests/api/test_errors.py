"""What a refusal says of the money is true, and names the payment it speaks of."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from agent.api import errors
from agent.api.refusals import REFUSALS
from agent.api.v1.bodies import Verdict
from agent.journal.schema.kinds import KINDS
from agent.payments.refusal import Refusal
from agent.payments.state import PaymentState

WHEN = "2026-03-28T09:30:00.000+01:00"


def payment(**known: object) -> PaymentState:
    fields = {"payment": "sale", "terminal": "front", "till": "1", "phase": "done", "requested_at": WHEN}
    return PaymentState(payment_id="A-1", **(fields | known))  # type: ignore[arg-type]  # as each test has it


@pytest.mark.parametrize("code", REFUSALS)
def test_every_word_about_the_money_names_the_payment_where_there_is_one(code: str) -> None:
    assert "A-1" in errors.error_body(Refusal(code), "A-1").money
    assert "A-1" in errors.error_body(Refusal(code, payment_id="A-1")).money


@pytest.mark.parametrize("verdict", get_args(Verdict))
@pytest.mark.parametrize("code", ["already_used", "not_unclear"])
def test_a_known_payment_is_told_with_verdict_amount_and_time_first(code: str, verdict: str) -> None:
    known = payment(verdict=verdict, amount=1250, currency="EUR")
    body = errors.error_body(Refusal(code, known, payment_id="A-1"))
    first = re.split(r"(?<=[.]) ", body.message)[0]
    assert "A-1" in first
    assert "12.50 EUR" in first
    assert "2026-03-28 09:30" in first
    assert verdict.replace("_", " ") in first.lower()
    assert body.payment is not None
    assert body.payment.verdict == verdict


def test_an_approval_of_another_amount_is_told_with_what_the_terminal_says() -> None:
    known = payment(verdict="approved", amount=1250, terminal_amount=1340, currency="EUR")
    assert "13.40 EUR" in errors.error_body(Refusal("already_used", known)).message


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_told_also_without_an_amount_and_while_it_runs(kind: str) -> None:
    message = errors.error_body(Refusal("already_used", payment(payment=kind, phase="running"))).message
    assert "A-1 is under way" in message
    assert "{" not in message
    assert "None" not in message
    assert "verdict.kind" not in message


def test_a_used_id_is_never_told_that_no_money_has_moved() -> None:
    for verdict in get_args(Verdict):
        known = payment(verdict=verdict, amount=1250, currency="EUR")
        body = errors.error_body(Refusal("already_used", known, payment_id="A-1"))
        said = f"{body.message} {body.money} {body.next_step}".lower()
        assert "no money" not in said
        assert "new payment id" not in said


STATES = {
    **{verdict: {"verdict": verdict} for verdict in get_args(Verdict)},
    "approved, released": {"verdict": "approved", "release": "released"},
    "approved, held": {"verdict": "approved", "release": "held"},
    "approved, withheld": {"verdict": "approved", "release": "withheld"},
    "approved, reversed": {"verdict": "approved", "reversed_by": "R-1"},
    "approved, refunded": {"verdict": "approved", "refunded": 100, "left": 1150},
    "approved in training": {"verdict": "approved", "training": True},
    "deciding": {"phase": "deciding"},
    "asking": {"phase": "asking"},
    "running": {"phase": "running"},
}
SINCE = {
    "approved, held": "Its goods are held",
    "approved, withheld": "Its goods may not go.",
    "approved, reversed": "R-1",
    "approved, refunded": "1.00 EUR",
    "approved in training": "TRAINING, NO MONEY",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_about_a_known_payment_tells_its_verdict_and_never_that_it_was_not_begun(
    code: str, state: str, kind: str
) -> None:
    known = payment(payment=kind, amount=1250, currency="EUR", **STATES[state])
    body = errors.error_body(Refusal(code), "A-1", known)
    assert body.payment is not None
    assert body.payment.payment_id == "A-1"
    word = (known.verdict or "under way").replace("_", " ")
    assert re.match(rf"(TRAINING, NO MONEY: )?\S.* A-1 (is|was) {word}", body.message, re.IGNORECASE), (
        body.message
    )
    said = f"{body.message} {body.money}".lower()
    assert "no money has moved" not in said
    assert "not begun" not in said
    assert "no payment a-1" not in said
    assert ("may be running" in said) <= (known.phase != "done" or known.verdict == "unclear")
    assert SINCE.get(state, "") in body.message


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("code", ["terminal_busy", "terminal_unclear"])
def test_a_new_payment_that_another_keeps_out_was_not_begun_and_the_other_is_told(
    code: str, state: str
) -> None:
    other = payment(amount=7700, currency="EUR", **STATES[state])
    body = errors.error_body(Refusal(code, other, terminal="front", holder="A-1"), "B-2")
    assert body.money == "Payment B-2 was not begun: no money has moved for it."
    assert "A-1" in body.message.split(".")[0]
    assert "77.00 EUR" in body.message
