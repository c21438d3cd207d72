"""What counts as a case that is shown: it has tests, and each of them ran and passed."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.cases.__main__ import Ledger, ids_of, listed


def ledger(*outcomes: tuple[str, Literal["passed", "failed", "skipped"]]) -> Ledger:
    """A ledger in which each case has one test."""
    made = Ledger()
    for case, outcome in outcomes:
        made.tests[case] = {case}
        report = pytest.TestReport(case, ("", None, ""), {}, outcome, None, "call")
        made.pytest_runtest_logreport(report)
    return made


def test_every_case_passed_leaves_nothing_to_say() -> None:
    assert ledger(*((case, "passed") for case in listed())).complaints() == []


@pytest.mark.parametrize("outcome", ["failed", "skipped"])
def test_a_test_that_failed_or_was_skipped_shows_nothing(outcome: Literal["failed", "skipped"]) -> None:
    first, *others = listed()
    made = ledger((first, outcome), *((case, "passed") for case in others))
    assert not made.shown(first)
    assert made.complaints() == [f"{first}: {outcome}"]


def test_a_test_that_was_collected_and_never_ran_shows_nothing() -> None:
    first, *others = listed()
    made = ledger(*((case, "passed") for case in others))
    made.tests[first] = {first}
    assert not made.shown(first)
    assert made.complaints() == [f"{first}: its tests did not all run"]


def test_a_case_without_a_test_and_a_test_without_a_case_are_named() -> None:
    first, *others = listed()
    made = ledger(("zvt/none", "passed"), *((case, "passed") for case in others))
    assert made.complaints() == [f"{first}: no test ({listed()[first]})", "zvt/none: not in cases.txt"]


def test_the_marks_of_one_test_are_all_counted(request: pytest.FixtureRequest) -> None:
    request.node.add_marker(pytest.mark.case("other/04"))
    request.node.add_marker(pytest.mark.case("other/05"))
    assert ids_of(request.node) == {"other/04", "other/05"}
