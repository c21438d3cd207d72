"""The table's rows as parameters: `case` is every row, `dialect` each but those that differ in the plug only."""

from __future__ import annotations

import pytest

from tests.drivers.suite.table import cases, dialects


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name, rows in (("case", cases), ("dialect", dialects)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, rows(), ids=str)
