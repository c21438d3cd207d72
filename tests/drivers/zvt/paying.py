"""A till over a payment, for the tests of sessions."""

from __future__ import annotations

from drivers.terminal import Command, Operation
from drivers.zvt.packet import POSITIVE, StatusInformation
from tests.drivers.zvt.stage import Till

YES, NOT_KNOWN = "800000", "848300"
PAY = "06010a04000000001010490978"
APPROVED = StatusInformation(result_code=0x00, amount=1010, currency=978, trace=163, receipt_number=163)
DECLINED = StatusInformation(result_code=0x05, additional_text="Ablehnung")
STOPPED = StatusInformation(result_code=0x6C, additional_text="Abbruch durch Kunde")


def sale(amount: int | None = 1010) -> Command:
    return Command(Operation.SALE, "payment 1", amount, 978)


def running(till: Till, command: Command | None = None) -> Till:
    """The terminal has taken the command up."""
    till.start(command or sale())
    assert till.says(POSITIVE) == []
    return till


def stored(till: Till, result: StatusInformation = APPROVED) -> Till:
    """The result is accepted."""
    running(till)
    till.says(result)
    assert till.acknowledge() == [YES]
    return till
