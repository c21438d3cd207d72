"""What the tests of the session begin with."""

from __future__ import annotations

import pytest

from tests.drivers.ecrhub.stage import FORMS, SALE, ByHand


@pytest.fixture(params=FORMS)
def by_hand(request: pytest.FixtureRequest) -> ByHand:
    """Registered, in each form."""
    return ByHand(request.param).registered()


@pytest.fixture
def paying() -> ByHand:
    """A sale that the terminal has acknowledged, in the usual form."""
    made = ByHand().registered().start(SALE)
    made.say(made.ack())
    return made
