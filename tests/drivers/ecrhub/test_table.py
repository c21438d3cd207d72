"""The state table: every state says what every event does."""

from __future__ import annotations

from typing import cast

import pytest

from drivers.ecrhub.inbox import EcrHubMessage
from drivers.ecrhub.packet import EcrHubAnswer
from drivers.ecrhub.session import EcrHubEvent, EcrHubSession, EcrHubState
from tests.drivers.ecrhub.stage import ByHand
from tests.support.tables import deciding_nothing, ended, unnamed

TABLE, NOTHING = EcrHubSession.TABLE, EcrHubSession.DECIDES_NOTHING
MESSAGE = EcrHubMessage(EcrHubAnswer("", "", handled=True, code="000"), 1, b"mark")


def test_every_state_says_what_every_event_does() -> None:
    assert unnamed(TABLE, EcrHubState, EcrHubEvent) == set()


@pytest.mark.parametrize(("state", "event"), deciding_nothing(TABLE, NOTHING))
def test_what_decides_nothing_ends_nothing(state: EcrHubState, event: EcrHubEvent) -> None:
    session = cast("EcrHubSession", ByHand().session)
    assert not ended(session, state, lambda: TABLE[state][event](session, MESSAGE, 0.0))


@pytest.mark.parametrize("state", [EcrHubState.IDLE, EcrHubState.OPENING, EcrHubState.PROVING])
def test_before_the_order_is_out_its_result_is_that_of_an_older_one(state: EcrHubState) -> None:
    assert TABLE[state][EcrHubEvent.RESULT] is TABLE[state][EcrHubEvent.OTHER_RESULT]


@pytest.mark.parametrize("state", EcrHubState)
def test_the_result_of_another_order_never_ends_this_one(state: EcrHubState) -> None:
    assert TABLE[state][EcrHubEvent.OTHER_RESULT] is TABLE[EcrHubState.IDLE][EcrHubEvent.OTHER_RESULT]
