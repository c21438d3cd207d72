"""Our session against our terminal: payments from end to end, and what the till may believe."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from drivers.telium import texts
from drivers.terminal import (
    Command,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    EndReason,
    Operation,
    ResultStatus,
)
from tests.drivers.telium.stage import E_PLUS, REGISTER, SALE, STATUS, V3, Counter

both = pytest.mark.parametrize("variant", [E_PLUS, V3])


@both
@pytest.mark.parametrize("cut", [0, 1])
def test_a_sale_is_approved_and_booked_once(variant: str, cut: int) -> None:
    counter = Counter(variant=variant, cut=cut)
    assert counter.perform() == DialogueEnded(EndReason.COMPLETED)
    (outcome,) = counter.outcomes()
    assert (outcome.result.status, outcome.result.amount, outcome.late) == (
        ResultStatus.APPROVED,
        1010,
        False,
    )
    assert (len(counter.bank.bookings), counter.bank.balance()) == (1, 1010)


@both
def test_the_simulator_names_itself_at_each_poll(variant: str) -> None:
    counter = Counter(variant=variant)
    for command in (REGISTER, STATUS, STATUS):
        ended = counter.perform(command)
        assert isinstance(ended, DialogueEnded)
        assert (ended.simulator, ended.software) == (True, "TILLGATE-SIM 1")
    assert counter.perform().end_reason is EndReason.COMPLETED  # type: ignore[union-attr]  # not ConnectionLost


@both
@pytest.mark.parametrize("outcome", ["decline", "stop_key", "refuse"])
def test_a_refused_payment_is_never_reported_as_paid(variant: str, outcome: str) -> None:
    counter = Counter(f'[[payment]]\noutcome = "{outcome}"\n', variant)
    end = counter.perform()
    assert isinstance(end, DialogueEnded)
    assert end.end_reason is EndReason.ABORTED
    assert end.reason is not None
    assert counter.bank.balance() == 0


def test_concert_v3_tells_a_cancelled_payment_from_a_refused_one() -> None:
    ends = [
        Counter(f'[[payment]]\noutcome = "{outcome}"\n', V3).perform() for outcome in ("stop_key", "decline")
    ]
    assert [isinstance(end, DialogueEnded) and end.cancelled for end in ends] == [True, False]


@both
@pytest.mark.parametrize(("orders", "amount"), [("tip = 90\n", 1100), ("partial = 400\n", 400)])
def test_the_amount_is_the_one_really_paid(variant: str, orders: str, amount: int) -> None:
    counter = Counter(f"[[payment]]\n{orders}", variant)
    counter.perform()
    assert [one.result.amount for one in counter.outcomes()] == [amount]
    assert counter.bank.balance() == amount


@both
@pytest.mark.parametrize("shown", ["number", "track_2"])
def test_a_clear_card_on_the_line_leaves_only_its_masked_form(variant: str, shown: str) -> None:
    quirks = frozenset({"long_answer"}) if variant == E_PLUS else frozenset[str]()
    counter = Counter(f'[[payment]]\nshown = "{shown}"\ncard = "mastercard"\n', variant, quirks)
    counter.perform()
    card = counter.outcomes()[0].result.card
    assert card is not None
    assert (card.masked, card.sealed) == ("555555******4444", b"A-1")
    assert "5555555555554444" not in repr(counter.heard)
    assert not any(counter.buffer.view)


def test_refunds_and_cancellations_as_far_as_the_variant_has_them() -> None:
    refund, cancel = (
        Command(operation, "A-2", 1010, 978, sequence=9)
        for operation in (Operation.REFUND, Operation.REVERSAL)
    )
    e_plus = Counter(quirks=frozenset({"refunds_by_type_2"}))
    e_plus.perform()
    assert e_plus.perform(refund) == DialogueEnded(EndReason.COMPLETED)
    assert e_plus.bank.balance() == 0
    for command in (refund, cancel):
        v3 = Counter(variant=V3)
        v3.perform()
        assert v3.perform(command) == DialogueEnded(EndReason.COMPLETED)
        assert v3.bank.balance() == 0


@both
def test_an_answer_that_nobody_took_comes_first_and_does_not_decide_the_next_payment(
    variant: str,
) -> None:
    counter = Counter('[[payment]]\n[[payment]]\noutcome = "decline"\n', variant)
    counter.acknowledges = False
    assert counter.perform() == ConnectionLost(texts.NO_RESULT, Delivery.PERHAPS)
    counter.session.connected(counter.now)
    counter.acknowledges = True
    second = replace(SALE, payment_id="A-2", sequence=8)
    assert counter.perform(second).end_reason is EndReason.ABORTED  # type: ignore[union-attr]  # not ConnectionLost
    assert [(one.late, one.result.status) for one in counter.outcomes()] == [
        (True, ResultStatus.APPROVED),
        (False, ResultStatus.DECLINED),
    ]
    assert counter.bank.balance() == 1010


@both
def test_an_answer_after_more_than_the_payment_time_is_late_and_resolves(variant: str) -> None:
    counter = Counter('[[payment]]\nsilence_s = 400\nsilence_before = "status"\n', variant)
    assert counter.perform() == ConnectionLost(texts.NO_RESULT, Delivery.PERHAPS)
    counter.session.connected(counter.now)
    counter.heard.clear()
    counter.idle(200)
    assert [one.late for one in counter.outcomes()] == [True]


def test_a_flood_of_noise_takes_constant_memory_and_a_payment_works_after_it() -> None:
    counter = Counter()
    noise = random.Random(5).randbytes(4000)  # noqa: S311 - repeatable, not secret
    for _ in range(50):
        counter._give(noise)
        assert len(counter.session.bytes_to_send()) < 4000
        counter.session.deadline_passed(counter.now)
    counter.session.connected(counter.now)
    counter.heard.clear()
    list(counter.session.events())
    assert counter.perform() == DialogueEnded(EndReason.COMPLETED)
