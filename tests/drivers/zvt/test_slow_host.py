"""A host that stood still reads at once what came over many seconds, repeats and signals among it."""

from __future__ import annotations

from drivers.terminal import Command, DisplayText, Operation
from drivers.zvt.frame import ZvtSignal, encode_frame
from drivers.zvt.packet import POSITIVE, IntermediateStatus, encode
from tests.drivers.zvt.stage import Till

WAIT = encode_frame(encode(IntermediateStatus(0x0E)))
ACK = bytes((ZvtSignal.ACK.value,))
YES = encode_frame(encode(POSITIVE))


def test_a_message_and_its_repeat_in_one_read_are_answered_once() -> None:
    """The second answer would be taken for the one to the terminal's next message, perhaps its result."""
    till = Till("serial")
    till.start(Command(Operation.SALE, "payment 1", 1010, 978))
    till.says(POSITIVE)
    events = till.noise(WAIT + ACK + WAIT)
    assert [type(event) for event in events] == [DisplayText]
    assert till.session.bytes_to_send().count(YES) == 1
