"""The state tables of the line and of the session: every state says what every event does."""

from __future__ import annotations

from typing import cast

import pytest

from drivers.card.card import SecretBuffer
from drivers.telium.line import TeliumLine, TeliumLineEvent, TeliumPhase
from drivers.telium.session import TeliumEvent, TeliumSession, TeliumState
from tests.drivers.telium.stage import Solo
from tests.support.tables import deciding_nothing, ended, unnamed

TABLE, NOTHING = TeliumSession.TABLE, TeliumSession.DECIDES_NOTHING
LINE_TABLE, LINE_NOTHING = TeliumLine.TABLE, TeliumLine.DECIDES_NOTHING


def test_every_state_says_what_every_event_does() -> None:
    assert unnamed(TABLE, TeliumState, TeliumEvent) == set()
    assert unnamed(LINE_TABLE, TeliumPhase, TeliumLineEvent) == set()


@pytest.mark.parametrize(("state", "event"), deciding_nothing(TABLE, NOTHING))
def test_what_decides_nothing_ends_nothing(state: TeliumState, event: TeliumEvent) -> None:
    session = cast("TeliumSession", Solo().session)
    assert not ended(session, state, lambda: TABLE[state][event](session, None, 0.0))


@pytest.mark.parametrize(("phase", "event"), deciding_nothing(LINE_TABLE, LINE_NOTHING))
def test_what_decides_nothing_on_the_line_moves_nothing(phase: TeliumPhase, event: TeliumLineEvent) -> None:
    line = TeliumLine(SecretBuffer(64))
    line.phase = phase
    LINE_TABLE[phase][event](line, 0.0)
    assert (line.phase, line.bytes_to_send(), list(line.reports())) == (phase, b"", [])


@pytest.mark.parametrize("state", TeliumState)
def test_only_a_message_that_is_there_can_be_answered(state: TeliumState) -> None:
    answers = TABLE[state][TeliumEvent.ANSWER] is not TABLE[state][TeliumEvent.OTHER_ANSWER]
    assert answers is (state is TeliumState.WAITING)


@pytest.mark.parametrize("phase", TeliumPhase)
def test_only_a_held_message_is_acknowledged(phase: TeliumPhase) -> None:
    for event in (TeliumLineEvent.ACKNOWLEDGE, TeliumLineEvent.DROP):
        assert (LINE_TABLE[phase][event] in LINE_NOTHING) is (phase is not TeliumPhase.HOLDING)
