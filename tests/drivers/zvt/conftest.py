"""A till with its session on each line."""

from __future__ import annotations

import pytest

from tests.drivers.zvt.stage import LINES, Till


@pytest.fixture(params=list(LINES))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def till(kind: str) -> Till:
    return Till(kind)
