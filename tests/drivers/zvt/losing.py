"""A till that loses a payment, for the tests of sessions."""

from __future__ import annotations

from drivers.terminal import Command, DriverFact, Operation
from drivers.zvt.packet import POSITIVE, StatusInformation
from drivers.zvt.session import ZvtSettings
from tests.drivers.zvt.stage import Till

YES, NOT_KNOWN = "800000", "848300"
APPROVED = StatusInformation(result_code=0x00, amount=1010, currency=978, trace=163)
DECLINED = StatusInformation(result_code=0x05)
SALE = Command(Operation.SALE, "payment 1", 1010, 978)
STATUS = Command(Operation.STATUS)
PULLED = DriverFact("wires.unplugged")
# The terminal prints by itself: nothing but the answer to the result belongs to the commit.
PRINTS_ITSELF = ZvtSettings(config_byte=0x08)


def running(till: Till, command: Command = SALE) -> Till:
    till.start(command)
    till.says(POSITIVE)
    return till


def stored(till: Till, result: StatusInformation = APPROVED) -> Till:
    """The result is accepted."""
    running(till).says(result)
    till.acknowledge()
    return till
