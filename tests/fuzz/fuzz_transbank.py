"""Fuzz Transbank's frames and messages: any bytes are signals, messages, named faults or noise.

    python -m tests.fuzz.fuzz_transbank --runs 1000000 [--seed N]

Nothing is raised but a named refusal, the same messages are found however the bytes are cut, none
of them is left behind, and no planted card number is in what was read. Whatever came
before, a frame after silence is read.
"""

from __future__ import annotations

from drivers.card.card import Card, SecretBuffer
from drivers.terminal import ProtocolError, SealedCard
from drivers.transbank.frame import BUFFER_BYTES, TransbankFault, TransbankFrameReader, encode_frame
from drivers.transbank.mapping import result
from drivers.transbank.packet import TransbankMalformed, decode
from tests.fuzz.zvt_search import search
from tests.support import cards

NUMBER = cards.PUBLISHED[0]
CUTS = (1, 3, BUFFER_BYTES // 2)
HEAD = b"00|597029414300|75001637|"
SALE = HEAD + b"0004Q7|252985|25000|0||0461|000123|CR||%s|VI|01032025|120100|0|0||"
MESSAGES = (
    b"0900|78|",
    b"0900|81|",
    b"0900|82|",
    b"0210|" + SALE % b"",
    b"0210|" + SALE % NUMBER.encode(),
    b"0260|" + SALE % b"0012345678",
    b"0210|07|597029414300|75001637|00ABCD|      |0|0||0461||CR|||||||0||",
    b"0260|11",
    b"0510|" + HEAD,
    b"0710|00|1|2000",
    b"0810|" + HEAD,
    b"1210|" + HEAD + b"252985|000123",
)
FRAMES = tuple(encode_frame(message) for message in MESSAGES)
LAST = encode_frame(b"0510|00|")
GOOD = (*FRAMES, b"\x06" + FRAMES[0], FRAMES[2] + FRAMES[4], b"\x15\x06" + FRAMES[6], FRAMES[1] * 3)
PIECES = (
    b"\x02", b"\x03", b"\x06", b"\x15", b"\x02\x02\x02", b"\x03\x03", b"|", b"||||||||||||||||",
    NUMBER.encode(), NUMBER[:8].encode() + b"\x01" + NUMBER[8:].encode(), b"%B" + NUMBER.encode() + b"^X^30",
    b"\x02" + b"7" * (BUFFER_BYTES // 2), b"\xe9", bytes(40), encode_frame(b"0210|00|" + b"|" * 40),
)  # fmt: skip


class MaskingSealer:
    """Masks and wipes as the card sealer does; sealing would make each input a thousand times slower."""

    def seal_card(self, card: Card, context: str) -> SealedCard:  # noqa: ARG002 - the card sealer's own call
        masked = card.masked()
        card.wipe()
        return SealedCard(masked)


class Target:
    """One reader on one buffer, made new for each input by `reset`."""

    def __init__(self) -> None:
        self._buffer = SecretBuffer(BUFFER_BYTES)
        self._reader = TransbankFrameReader(self._buffer)

    def one_input(self, data: bytes) -> None:
        """Raises `AssertionError` on a finding."""
        seen = [self._messages(data, cut) for cut in CUTS]
        assert seen[0] == seen[1] == seen[2], "the cuts changed what was read"
        read(data)  # most accidents would end at the checksum; here they go further

    def _messages(self, data: bytes, cut: int) -> list[str]:
        self._reader.reset()
        messages = []
        for at in range(0, len(data), cut):
            messages += self._feed(data[at : at + cut])
        self._reader.silence()
        assert self._feed(LAST) == [read(b"0510|00|")], "a good frame after silence was not read"
        assert not any(self._buffer.view), "bytes were left behind"
        return messages

    def _feed(self, data: bytes) -> list[str]:
        space = self._buffer.space()
        assert len(space) >= len(data), "the buffer stays full"
        space[: len(data)] = data
        self._buffer.filled(len(data))
        messages = []
        for event in self._reader.read():
            if isinstance(event, memoryview):
                messages.append(read(event))
            elif isinstance(event, TransbankFault):
                assert event in set(TransbankFault)
        return messages


def read(data: bytes | memoryview) -> str:
    """A message as it is told, or the reason for which it was refused."""
    view = memoryview(bytearray(data))
    try:
        response = decode(view, MaskingSealer(), "payment")  # type: ignore[arg-type]  # the one call that decode makes
    except ProtocolError as refused:
        return TransbankMalformed(refused.reason)
    told = repr((response, result(response)))
    assert NUMBER not in told, "a card number was left in the message"
    return told


if __name__ == "__main__":
    search(Target().one_input, GOOD, PIECES)
