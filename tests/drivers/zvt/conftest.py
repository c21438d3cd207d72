"""A till with its session on each line, and the lines alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from drivers.zvt.line import ZvtSerialLine, ZvtTcpLine
from tests.drivers.zvt.line_end import End
from tests.drivers.zvt.stage import LINES, Till


@pytest.fixture(params=list(LINES))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def till(kind: str) -> Till:
    return Till(kind)


@pytest.fixture
def serial() -> Iterator[End]:
    end = End(ZvtSerialLine)
    yield end
    end.buffer.close()


@pytest.fixture
def tcp() -> Iterator[End]:
    end = End(ZvtTcpLine)
    yield end
    end.buffer.close()
