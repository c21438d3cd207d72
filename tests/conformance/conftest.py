"""The table's rows as parameters: `case` is each of them, `dialect` those that differ in more than a plug."""

from __future__ import annotations

import pytest

from tests.conformance.table import cases, dialects


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name, rows in (("case", cases), ("dialect", dialects)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, rows(), ids=str)
