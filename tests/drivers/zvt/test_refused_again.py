"""A command that the line had to send twice: what the terminal says to the second copy proves nothing."""

from __future__ import annotations

from drivers.dialogue import REFUSED_AGAIN
from drivers.terminal import Command, ConnectionLost, Delivery, DialogueEnded, EndReason, Operation
from drivers.zvt.packet import ZvtAnswer
from drivers.zvt.sender import T2_S
from tests.drivers.zvt.stage import Till

SALE = Command(Operation.SALE, "payment 1", 1010, 978)
NOT_REGISTERED = ZvtAnswer(0x84, 0x6B)
NAK = b"\x15"


def unheard(command: Command) -> Till:
    """Its first copy went out, and no ACK came."""
    till = Till("serial")
    till.session.start(command, till.now)
    assert till.session.bytes_to_send()
    return till


def test_a_payment_refused_at_its_second_coming_may_have_begun_at_its_first() -> None:
    till = unheard(SALE)
    till.wait(T2_S + 0.1)
    assert till.says(NOT_REGISTERED) == [ConnectionLost(REFUSED_AGAIN, Delivery.PERHAPS)]


def test_what_the_terminal_asked_for_again_it_had_not_understood() -> None:
    till = unheard(SALE)
    till.noise(NAK)
    (ended,) = till.says(NOT_REGISTERED)
    assert isinstance(ended, DialogueEnded)
    assert ended.end_reason is EndReason.REFUSED


def test_what_moves_no_money_may_be_refused_at_any_time() -> None:
    till = unheard(Command(Operation.STATUS))
    till.wait(T2_S + 0.1)
    (ended,) = till.says(NOT_REGISTERED)
    assert isinstance(ended, DialogueEnded)
    assert ended.end_reason is EndReason.REFUSED
