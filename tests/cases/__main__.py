"""Runs the tests of the field's own cases: `python -m tests.cases [what pytest takes]`.

It ends with 1 if a test fails or is skipped, or if a case of `cases.txt` has no test.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
LIST = Path(__file__).parent / "cases.txt"


def listed() -> dict[str, str]:
    """Every case by its id, and its condition in words."""
    lines = LIST.read_text("utf-8").splitlines()
    return dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))


def ids_of(item: pytest.Item) -> set[str]:
    """The cases that a test is for."""
    return {str(mark.args[0]) for mark in item.iter_markers("case")}


class Ledger:
    """A plugin of pytest: which tests each case has, and which of them did not pass."""

    def __init__(self) -> None:
        self.tests: dict[str, set[str]] = {}
        self.passed: set[str] = set()
        self.failed: set[str] = set()
        self.skipped: set[str] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            for case in ids_of(item):
                self.tests.setdefault(case, set()).add(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.skipped:
            self.skipped.add(report.nodeid)
        elif report.when == "call":
            self.passed.add(report.nodeid)

    def shown(self, case: str) -> bool:
        """Whether the case has tests, and all of them ran and passed."""
        tests = self.tests.get(case, set())
        return bool(tests) and tests <= self.passed - self.failed - self.skipped

    def _missed(self, case: str) -> bool:
        return bool(self.tests[case] - self.passed - self.failed - self.skipped)

    def complaints(self) -> list[str]:
        """Why the cases are not all shown; empty if they are."""
        known = listed()
        return [
            *(f"{case}: no test ({known[case]})" for case in known if case not in self.tests),
            *(f"{case}: not in {LIST.name}" for case in sorted(self.tests.keys() - known.keys())),
            *(f"{test}: failed" for test in sorted(self.failed)),
            *(f"{test}: skipped" for test in sorted(self.skipped)),
            *(
                f"{case}: its tests did not all run"
                for case in known
                if case in self.tests and self._missed(case)
            ),
        ]


def main(arguments: list[str]) -> int:
    """Run them, print how many cases they show, and say what is missing."""
    ledger = Ledger()
    code = pytest.main(["-q", "-m", "case", str(TESTS), *arguments], plugins=[ledger])
    known = listed()
    told = [f"{sum(map(ledger.shown, known))} of {len(known)} cases are shown", *ledger.complaints()]
    print("\n  ".join(told))  # noqa: T201 - a program
    return 1 if code or ledger.complaints() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
