"""A refusal of the payment service, by its code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agent.payments.refusal import Refusal


@contextmanager
def refused(code: str, **figures: int | str) -> Iterator[pytest.ExceptionInfo[Refusal]]:
    """What stands below is refused with this code, and with these figures among others."""
    with pytest.raises(Refusal) as told:
        yield told
    assert told.value.code == code
    assert told.value.figures | figures == told.value.figures
