"""The state table: every state says what every message does."""

from __future__ import annotations

from typing import get_args

import pytest

from drivers.zvt import messages as zvt
from drivers.zvt.session import ZvtSession, ZvtState
from tests.drivers.zvt.stage import Till
from tests.support.tables import deciding_nothing, ended, unnamed

TABLE, NOTHING = ZvtSession.TABLE, ZvtSession.DECIDES_NOTHING


def test_every_state_says_what_every_message_does() -> None:
    assert unnamed(TABLE, ZvtState, get_args(zvt.ZvtPacket)) == set()
    assert set(ZvtSession.OVERTIME) == set(ZvtState)


@pytest.mark.parametrize(("state", "message"), deciding_nothing(TABLE, NOTHING))
def test_what_decides_nothing_ends_nothing(state: ZvtState, message: type[zvt.ZvtPacket]) -> None:
    session = Till("tcp").session
    packet = zvt.IntermediateStatus(0x0A) if message is zvt.IntermediateStatus else zvt.POSITIVE
    assert not ended(session, state, lambda: TABLE[state][message](session, packet, 0.0))


@pytest.mark.parametrize("state", ZvtState)
def test_only_a_result_its_end_or_the_answer_to_the_command_decides(state: ZvtState) -> None:
    deciding = {message for message, action in TABLE[state].items() if action not in NOTHING}
    receipts = {zvt.PrintLine, zvt.PrintTextBlock}
    assert deciding <= {zvt.StatusInformation, zvt.Completion, zvt.Abort, zvt.ZvtAnswer} | receipts
