"""The state table: every state says what every event does."""

from __future__ import annotations

import pytest

from drivers.ecr17.frame import Ecr17DisplayText
from drivers.ecr17.inbox import REPORTS, Ecr17Event, Ecr17Message
from drivers.ecr17.line import Ecr17SendReport
from drivers.ecr17.session import Ecr17Session, Ecr17State
from tests.drivers.ecr17.till import Till
from tests.support.tables import deciding_nothing, ended, unnamed

TABLE, NOTHING = Ecr17Session.TABLE, Ecr17Session.DECIDES_NOTHING
MESSAGE = Ecr17Message((3, 4), 0.0, "E")
BEFORE_THE_ANSWER = [Ecr17State.IDLE, Ecr17State.PREPARING, Ecr17State.PRINTING]


def test_every_state_says_what_every_event_does() -> None:
    assert unnamed(TABLE, Ecr17State, Ecr17Event) == set()
    assert set(REPORTS) == set(Ecr17SendReport)


@pytest.mark.parametrize(("state", "event"), deciding_nothing(TABLE, NOTHING))
def test_what_decides_nothing_ends_nothing(state: Ecr17State, event: Ecr17Event) -> None:
    session = Till().session
    what = Ecr17DisplayText(memoryview(bytearray(b"WAIT"))) if event is Ecr17Event.TEXT else MESSAGE
    assert not ended(session, state, lambda: TABLE[state][event](session, what, 0.0))


@pytest.mark.parametrize("event", [Ecr17Event.TEXT, Ecr17Event.COPY])
def test_a_text_and_a_copy_decide_nothing_in_any_state(event: Ecr17Event) -> None:
    assert {TABLE[state][event] for state in Ecr17State} <= NOTHING


@pytest.mark.parametrize("state", Ecr17State)
def test_an_answer_of_another_kind_is_never_the_commands(state: Ecr17State) -> None:
    own = {TABLE[Ecr17State.RUNNING][Ecr17Event.ANSWER], TABLE[Ecr17State.SENT][Ecr17Event.ANSWER]}
    assert TABLE[state][Ecr17Event.OTHER_ANSWER] not in own
    if state in BEFORE_THE_ANSWER:
        assert TABLE[state][Ecr17Event.ANSWER] not in own
