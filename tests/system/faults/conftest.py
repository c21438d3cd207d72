"""The shop that others are copied from."""

from __future__ import annotations

import pytest

from tests.system.faults.stage import Shop


@pytest.fixture(scope="session")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop.founded(tmp_path_factory.mktemp("first-day-"))
