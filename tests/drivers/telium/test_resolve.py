"""What proves an interrupted payment, and what only a person can tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.driver import Options
from drivers.telium.driver import resolver
from drivers.telium.packet import mark_of
from drivers.telium.resolve import NO_QUESTION
from drivers.terminal import (
    BookingProof,
    Command,
    Operation,
    Result,
    ResultStatus,
    TransactionResult,
    Unclear,
)
from tests.drivers.telium.stage import E_PLUS, SALE, STARTED, V3, Counter

E_RESOLVER = resolver(Options())
V3_RESOLVER = resolver(Options(variant="v3"))
UNCLEAR = Unclear(SALE, None, None, STARTED)
OURS = Result(ResultStatus.APPROVED, 0, order=mark_of(SALE), amount=1010, currency=978)
OTHER = replace(OURS, order="T234567ABC")

CABLE_OUT = 'unplug = { seconds = 5, at = "status", when = "after" }\n'
REBOOT = 'reboot = { seconds = 400, at = "status", when = "before" }\n'


@pytest.mark.parametrize("answers", [[], [None], [OTHER], [replace(OURS, order="")]])
def test_e_plus_without_a_marked_answer_is_a_persons_matter(answers: list[Result | None]) -> None:
    finding = E_RESOLVER.conclude(UNCLEAR, answers)
    assert finding.found is BookingProof.UNPROVEN
    assert finding.proof == NO_QUESTION


@pytest.mark.parametrize(
    "answer", [None, OTHER, replace(OURS, order=""), replace(OURS, order="", amount=500)]
)
def test_a_duplicate_without_our_mark_proves_nothing(answer: Result | None) -> None:
    assert V3_RESOLVER.conclude(UNCLEAR, [answer]).found is BookingProof.UNPROVEN


@pytest.mark.parametrize("rules", [E_RESOLVER, V3_RESOLVER])
def test_an_answer_under_our_mark_is_proof_both_ways(rules: object) -> None:
    for result, found in (
        (OURS, BookingProof.BOOKED),
        (replace(OURS, status=ResultStatus.DECLINED), BookingProof.NOT_BOOKED),
    ):
        finding = rules.conclude(UNCLEAR, [result])  # type: ignore[attr-defined]  # one of the two above
        assert (finding.found, finding.result) == (found, result)


def test_a_late_result_belongs_by_its_mark_and_without_one_by_its_amount() -> None:
    assert E_RESOLVER.belongs(UNCLEAR, replace(OURS, amount=500))
    assert not E_RESOLVER.belongs(UNCLEAR, OTHER)
    assert E_RESOLVER.belongs(UNCLEAR, replace(OURS, order=""))
    assert not E_RESOLVER.belongs(UNCLEAR, replace(OURS, order="", amount=500))


def test_nothing_belongs_to_a_command_without_money() -> None:
    poll = Unclear(Command(Operation.STATUS), None, None, STARTED)
    assert not E_RESOLVER.belongs(poll, OURS)
    assert E_RESOLVER.questions(poll) == ()


def test_acknowledging_an_answer_makes_nothing_stand() -> None:
    assert not E_RESOLVER.ack_would_book(UNCLEAR, OTHER)


def asked(counter: Counter) -> BookingProof:
    """What the agent does: each question, then the judgement."""
    results: list[Result | None] = []
    for question in counter.resolver.questions(UNCLEAR):
        counter.perform(question)
        results.append(next((one.result for one in counter.outcomes() if not one.late), None))
    return counter.resolver.conclude(UNCLEAR, results).found


@pytest.mark.parametrize("variant", [E_PLUS, V3])
def test_an_answer_that_came_late_resolves_the_payment(variant: str) -> None:
    counter = Counter(f"[[payment]]\n{CABLE_OUT}", variant)
    counter.acknowledges = False
    counter.perform()
    counter.acknowledges = True
    counter.idle(60)
    late = [event for event in counter.heard if isinstance(event, TransactionResult) and event.late]
    assert [event.result.status for event in late] == [ResultStatus.APPROVED]
    assert asked(counter) is BookingProof.BOOKED


def test_a_terminal_that_forgot_its_answer_proves_it_by_the_duplicate_or_not_at_all() -> None:
    for variant, found in ((E_PLUS, BookingProof.UNPROVEN), (V3, BookingProof.BOOKED)):
        counter = Counter(f"[[payment]]\n{REBOOT}", variant)
        counter.perform()
        counter.idle(500)
        assert counter.bank.balance() == 1010
        assert asked(counter) is found


def test_the_duplicate_of_an_older_payment_is_printed_once_and_proves_nothing() -> None:
    counter = Counter('[[payment]]\n[[payment]]\noutcome = "decline"\nskip = ["status"]\n', V3)
    counter.perform(Command(Operation.SALE, "A-0", 1010, 978, sequence=3))
    counter.perform()
    assert [asked(counter) for _ in range(5)] == [BookingProof.UNPROVEN] * 5
    assert counter.terminal.duplicates == 1


def test_a_mark_beside_another_amount_is_not_that_of_the_receipt() -> None:
    counter = Counter('[[payment]]\nsays_amount = 500\nskip = ["status"]\n', V3)
    counter.perform()
    counter.bank.reduce(1, 500)
    assert asked(counter) is BookingProof.UNPROVEN
