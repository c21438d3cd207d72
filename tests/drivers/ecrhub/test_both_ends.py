"""Our session against our terminal over a bad line: what the till believes is what the bank did."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.ecrhub.resolve import EcrHubResolver
from drivers.simulator.core.bank import BookingState
from drivers.terminal import (
    BookingFinding,
    BookingProof,
    Command,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DriverFact,
    EndReason,
    Operation,
    Result,
    ResultStatus,
    TransactionResult,
    Unclear,
)
from tests.drivers.ecrhub.stage import ASK, FORMS, NEVER_S, REGISTER, SALE, Counter

RESOLVER = EcrHubResolver()


def registered(script: str = "", variant: str = "", **more: object) -> Counter:
    counter = Counter(script, variant, **more)  # type: ignore[arg-type]  # fields by name
    assert isinstance(counter.perform(REGISTER), DialogueEnded)
    return counter


def results(counter: Counter) -> list[Result]:
    return [
        event.result for event in counter.heard if isinstance(event, TransactionResult) and not event.late
    ]


def resolved(counter: Counter, command: Command = SALE) -> BookingFinding:
    """As the agent does it: a fresh line, the questions, the judgement; once a minute until it is proven."""
    unclear = Unclear(command, None, None, datetime(2025, 3, 1, tzinfo=UTC))
    finding = BookingFinding(BookingProof.UNPROVEN, DriverFact("ecrhub.not_told"))
    counter.loss = 0.0
    for _ in range(3):
        counter.reconnected()
        counter.pass_time(RESOLVER.listen_s)
        answers: list[Result | None] = []
        for question in RESOLVER.questions(unclear):
            counter.perform(question)
            answers.append(next(iter(results(counter)), None))
        finding = RESOLVER.conclude(unclear, answers)
        if finding.found is not BookingProof.UNPROVEN:
            break
        counter.pass_time(60.0)
    return finding


@pytest.mark.parametrize("variant", FORMS)
def test_a_sale_is_booked_and_told(variant: str) -> None:
    counter = registered(variant=variant)
    assert counter.perform(SALE) == DialogueEnded(EndReason.COMPLETED)
    (result,) = results(counter)
    assert (result.status, result.amount, result.currency) == (ResultStatus.APPROVED, 1010, 978)
    assert counter.bank.balance() == 1010


@pytest.mark.parametrize("variant", FORMS)
def test_the_simulator_names_itself(variant: str) -> None:
    end = Counter(variant=variant).perform(REGISTER)
    assert isinstance(end, DialogueEnded)
    assert (end.simulator, end.terminal_id) == (True, "29001006")


@pytest.mark.parametrize("variant", FORMS)
@pytest.mark.parametrize("other", FORMS)
def test_a_terminal_of_another_form_is_never_paid_at(variant: str, other: str) -> None:
    if variant == other:
        return
    counter = Counter(variant=variant, terminal_variant=other)
    end = counter.perform(SALE)
    assert not isinstance(end, DialogueEnded) or end.end_reason is EndReason.REFUSED
    assert not isinstance(end, ConnectionLost) or end.delivery is Delivery.NEVER
    counter.pass_time(60.0)
    assert counter.bank.bookings == ()


@pytest.mark.parametrize("variant", FORMS)
def test_a_refund_and_a_reversal_reach_the_payment_that_they_are_for(variant: str) -> None:
    counter = registered(variant=variant)
    counter.perform(SALE)
    origin = {"original_payment_id": SALE.payment_id, "original_sequence": SALE.sequence}
    refund = Command(Operation.REFUND, "A-18", 400, 978, 42, **origin)  # type: ignore[arg-type]  # fields by name
    assert counter.perform(refund) == DialogueEnded(EndReason.COMPLETED)
    assert counter.bank.balance() == 610
    reversal = Command(Operation.REVERSAL, "A-19", None, 978, 43, **origin)  # type: ignore[arg-type]  # fields by name
    assert counter.perform(reversal) == DialogueEnded(EndReason.COMPLETED)
    assert counter.bank.bookings[0].state is BookingState.REVERSED


@pytest.mark.parametrize(
    ("script", "said"),
    [('outcome = "decline"', ResultStatus.DECLINED), ('outcome = "stop_key"', ResultStatus.CANCELLED)],
)
@pytest.mark.parametrize("variant", FORMS)
def test_what_was_not_paid_is_told_as_such(script: str, said: ResultStatus, variant: str) -> None:
    counter = registered(f"[[payment]]\n{script}\n", variant)
    end = counter.perform(SALE)
    assert isinstance(end, DialogueEnded)
    assert (end.end_reason, results(counter)[0].status) == (EndReason.ABORTED, said)
    assert counter.bank.balance() == 0


def test_an_order_that_the_app_refuses_and_does_not_have_is_a_no_in_its_own_words() -> None:
    counter = registered('[[payment]]\noutcome = "refuse"\ntext = "bad app id"\n')
    end = counter.perform(SALE)
    assert isinstance(end, DialogueEnded)
    (result,) = results(counter)
    assert (result.status, "bad app id" in result.text) == (ResultStatus.DECLINED, True)
    assert counter.bank.balance() == 0


@pytest.mark.parametrize(
    ("cancel", "balance"), [("accepted", 0), ("refused", 1010), ("ignored", 1010), ("too_late", 1010)]
)
def test_stopping_is_only_a_wish(cancel: str, balance: int) -> None:
    counter = registered(f'[[payment]]\ncancel = "{cancel}"\n')
    counter.session.start(SALE, counter.now)
    counter.pass_time(1.0)
    counter.session.abort(counter.now)
    counter.heard.clear()
    counter.pass_time(8.0)
    assert counter.bank.balance() == balance
    assert (results(counter)[0].status is ResultStatus.APPROVED) is bool(balance)


def test_the_same_order_again_is_not_booked_twice() -> None:
    counter = registered()
    counter.perform(SALE)
    counter.perform(SALE)
    assert len(counter.bank.bookings) == 1


@pytest.mark.parametrize("what", ["unplug", "reboot"])
@pytest.mark.parametrize("point", ["answer", "display", "status"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_terminal_that_goes_away_leaves_a_payment_that_a_query_resolves(
    what: str, point: str, when: str
) -> None:
    trouble = f'{what} = {{ seconds = 9, at = "{point}", when = "{when}" }}'
    counter = registered(f"[[payment]]\n{trouble}\n")
    end = counter.perform(SALE)
    if isinstance(end, ConnectionLost):
        assert end.delivery is Delivery.PERHAPS
        finding = resolved(counter)
        booked = counter.bank.balance() == 1010
        assert finding.found is BookingProof.BOOKED or not booked
        assert finding.found is not BookingProof.BOOKED or booked
        if what == "unplug" and (point, when) != ("answer", "before"):
            assert finding.found is not BookingProof.UNPROVEN
    else:
        assert counter.bank.balance() == 1010


def test_a_result_that_was_lost_with_the_cable_comes_late_and_is_acknowledged() -> None:
    counter = registered('[[payment]]\nunplug = { seconds = 9, at = "status", when = "after" }\n')
    counter.accept_after_s = NEVER_S
    end = counter.perform(SALE)
    assert isinstance(end, ConnectionLost)
    counter.accept_after_s = 0.0
    counter.reconnected()
    counter.pass_time(3.0)
    (late,) = [outcome for outcome in counter.accepted if outcome.late]
    unclear = Unclear(SALE, None, None, datetime(2025, 3, 1, tzinfo=UTC))
    assert RESOLVER.belongs(unclear, late.result)
    assert not RESOLVER.ack_would_book(unclear, late.result)
    counter.accepted.clear()
    counter.pass_time(60.0)
    assert counter.accepted == []


def test_an_accept_that_comes_late_costs_copies_and_nothing_else() -> None:
    counter = registered(accept_after_s=20.0)
    assert counter.perform(SALE) == DialogueEnded(EndReason.COMPLETED)
    assert len(results(counter)) == 1


def test_hours_at_rest_keep_the_link_up() -> None:
    counter = registered()
    counter.heard.clear()
    counter.pass_time(600.0)
    assert counter.heard == []


points = st.sampled_from(["answer", "display", "status"])
troubles = st.builds(
    '{} = {{ seconds = {}, at = "{}", when = "{}" }}\n'.format,
    st.sampled_from(["unplug", "reboot"]),
    st.sampled_from([1, 8, 40, 200]),
    points,
    st.sampled_from(["before", "after"]),
)
behaviours = st.one_of(
    st.just(""),
    st.sampled_from(['outcome = "decline"\n', 'outcome = "stop_key"\n', 'outcome = "refuse"\n']),
    st.sampled_from(["tip = 90\n", "partial = 400\n", "says_amount = 1111\n"]),
    st.builds('skip = ["{}"]\n'.format, points),
    st.builds('twice = ["{}"]\n'.format, points),
    st.builds('silence_s = {}\nsilence_before = "{}"\n'.format, st.sampled_from([3, 25, 100, 400]), points),
    troubles,
)


@given(
    behaviours,
    st.sampled_from(FORMS),
    st.sampled_from([0.0, 0.05, 0.2]),
    st.sampled_from([0.0, 2.0, 20.0, 50.0, NEVER_S]),
    st.integers(0, 10**6),
)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_what_the_till_believes_is_what_the_bank_did(
    behaviour: str, variant: str, loss: float, accept_after_s: float, seed: int
) -> None:
    counter = registered(f"[[payment]]\n{behaviour}", variant, seed=seed)
    counter.loss, counter.accept_after_s = loss, accept_after_s
    counter.heard.clear()
    counter.session.start(SALE, counter.now)
    counter.pass_time(500.0)
    ends = [event for event in counter.heard if isinstance(event, DialogueEnded | ConnectionLost)]
    end = ends[0] if ends else ConnectionLost(DriverFact("wires.unplugged"), Delivery.PERHAPS)
    money = counter.bank.balance()
    approved = [
        outcome.result for outcome in counter.accepted if outcome.result.status is ResultStatus.APPROVED
    ]

    assert len(counter.bank.bookings) <= 1
    if isinstance(end, DialogueEnded):
        assert (money > 0) is (end.end_reason is EndReason.COMPLETED)
        assert bool(approved) is (end.end_reason is EndReason.COMPLETED)
    elif end.delivery is Delivery.NEVER:
        assert counter.bank.bookings == ()
    else:
        counter.accept_after_s = 0.0  # the till came back
        found = resolved(counter).found
        assert found is not BookingProof.NOT_BOOKED or money == 0
        assert found is not BookingProof.BOOKED or money > 0


def test_asking_for_an_order_that_the_terminal_never_heard_of_gives_nothing() -> None:
    counter = registered()
    assert counter.perform(ASK) == DialogueEnded(EndReason.COMPLETED, text="E04 Order not found")
    assert results(counter) == []
