"""The state table: every state says what every event does."""

from __future__ import annotations

from typing import cast

import pytest

from drivers.terminal import DriverFact
from drivers.transbank.packet import TransbankFunction, TransbankResponse
from drivers.transbank.session import TransbankEvent, TransbankSession, TransbankState
from tests.drivers.transbank.stage import ByHand
from tests.support.tables import deciding_nothing, ended, unnamed

TABLE, NOTHING = TransbankSession.TABLE, TransbankSession.DECIDES_NOTHING
RESPONSE = TransbankResponse(TransbankFunction.STATUS, 80, ("0900", "80"))
WHAT = {
    TransbankEvent.UNANSWERED: DriverFact("transbank.silent"),
    TransbankEvent.UNREADABLE: DriverFact("unreadable"),
    TransbankEvent.ARRIVED: None,
    TransbankEvent.TIME: None,
}


def test_every_state_says_what_every_event_does() -> None:
    assert unnamed(TABLE, TransbankState, TransbankEvent) == set()


@pytest.mark.parametrize(("state", "event"), deciding_nothing(TABLE, NOTHING))
def test_what_decides_nothing_ends_nothing(state: TransbankState, event: TransbankEvent) -> None:
    session = cast("TransbankSession", ByHand().session)
    what = WHAT.get(event, RESPONSE)
    assert not ended(session, state, lambda: TABLE[state][event](session, what, 0.0))


@pytest.mark.parametrize("state", [TransbankState.IDLE, TransbankState.POLLING])
def test_nothing_answers_a_command_that_has_not_left(state: TransbankState) -> None:
    assert TABLE[state][TransbankEvent.ANSWER] in NOTHING
    assert TABLE[state][TransbankEvent.UNREADABLE] in NOTHING
