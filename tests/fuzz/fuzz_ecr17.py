"""Fuzz ECR17: any bytes are controls, texts, messages or named faults, and any message is an answer.

    python -m tests.fuzz.fuzz_ecr17 --runs 1000000 [--seed N]

Nothing is raised but a named refusal, the same is read however the bytes are cut, a good message
after silence is read, no byte is left behind, no planted card number leaves a message or a receipt.
"""

from __future__ import annotations

from drivers.card.card import Card, SecretBuffer
from drivers.ecr17.frame import (
    BUFFER_BYTES,
    SCOPES,
    USUAL_SCOPE,
    Control,
    Ecr17DisplayText,
    Ecr17Fault,
    Ecr17FrameReader,
    Ecr17Signal,
    encode_control,
    encode_message,
    encode_progress,
    lrc,
)
from drivers.ecr17.packet import HEAD_BYTES, Ecr17Answer, Ecr17CardBinding, Ecr17Malformed, decode
from drivers.ecr17.receipt import ReceiptText
from drivers.terminal import ProtocolError, SealedCard
from tests.fuzz.zvt_search import search
from tests.support import cards

NUMBER = cards.PUBLISHED[0]
CARD = NUMBER.encode()
HEAD = b"123456780"
PAID = HEAD + b"E00000" + CARD + b"ICC1234562111520200000000001000042000007"
REFUSED = HEAD + b"E01" + b"CARTA SCADUTA".ljust(24) + b"0" * 11 + b"200000000001000043000008"
EXCHANGED = PAID.replace(b"E00", b"V00", 1) + b"00000001010100012345USD0000000012342" + b"0" * 10
STATUS = HEAD + b"s" + b"0" * 10 + b"29072515202TILLGATE-SIM 1  "
RECEIPT = HEAD + b"S\x7fEUR 10,10}PAN " + CARD + b"}}\x1b"
TOTAL = HEAD + b"C00" + b"0000000000002500" * 2
PAYLOADS = (PAID, REFUSED, EXCHANGED, STATUS, RECEIPT, TOTAL, HEAD + b"e" + PAID[10:], HEAD + b"K" + CARD)
FRAMES = tuple(encode_message(payload, USUAL_SCOPE) for payload in PAYLOADS)
CONTROLS = tuple(encode_control(signal, scope) for signal in Ecr17Signal for scope in SCOPES)
TEXT = encode_progress("ATTENDERE PREGO")
GOOD = (*FRAMES, *PAYLOADS, CONTROLS[0] + TEXT + FRAMES[0], FRAMES[4] * 3, CONTROLS[5] + FRAMES[3])
PIECES = (*CONTROLS, TEXT, CARD, b"\x02", b"\x03", b"\x01", b"\x04", b"}", b"\x1b", b"\x7f", b"\x02" * 30)
LAST = encode_message(STATUS, USUAL_SCOPE)
CUTS = (1, 3, BUFFER_BYTES)


class MaskingSealer:
    """Masks and wipes as the card sealer does; sealing would make each input a thousand times slower."""

    def seal_card(self, card: Card, context: str) -> SealedCard:  # noqa: ARG002 - the card sealer's own call
        masked = card.masked()
        card.wipe()
        return SealedCard(masked)


BINDING = Ecr17CardBinding(MaskingSealer(), "payment")  # type: ignore[arg-type]  # the one call that decode makes


class Target:
    """One reader and one receipt, made new for each input."""

    def __init__(self) -> None:
        self._buffer = SecretBuffer(BUFFER_BYTES)
        self._reader = Ecr17FrameReader(self._buffer, USUAL_SCOPE)
        self._receipt_text = ReceiptText()

    def one_input(self, data: bytes) -> None:
        """Raises `AssertionError` on a finding."""
        seen = [self._read(data, cut) for cut in CUTS]
        assert seen[0] == seen[1] == seen[2], "the cuts changed what was read"
        check_message(data)
        self._print(data)

    def _read(self, data: bytes, cut: int) -> list[object]:
        self._reader.reset()
        read = [one for at in range(0, len(data), cut) for one in self._feed(data[at : at + cut])]
        self._reader.silence()
        assert self._feed(LAST) == [STATUS], "a good message after silence was not read"
        assert not any(self._buffer.view), "bytes were left behind"
        return [one for one in read if not isinstance(one, Ecr17Fault)]

    def _feed(self, data: bytes) -> list[object]:
        read: list[object] = []
        while data:
            space = self._buffer.space()
            assert len(space), "the buffer stays full"
            part, data = data[: len(space)], data[len(space) :]
            space[: len(part)] = part
            self._buffer.filled(len(part))
            for one in self._reader.read():
                if isinstance(one, memoryview):
                    lrc(one, USUAL_SCOPE)
                    check_message(bytes(one))
                    read.append(bytes(one))
                elif isinstance(one, Ecr17DisplayText):
                    read.append(bytes(one.text))
                else:
                    assert isinstance(one, (Control, Ecr17Fault))
                    read.append(one)
        return read

    def _print(self, data: bytes) -> None:
        """The same receipt whole and in two pieces; the number must not come out of either."""
        for cut in (len(data), len(data) // 2):
            self._receipt_text.clear()
            lines: list[str] = []
            for piece in (data[:cut], data[cut:]):
                more, last = self._receipt_text.add(memoryview(bytearray(piece)))
                lines += more
                if last:
                    break
            lines += self._receipt_text.end()
            assert all(NUMBER not in line for line in lines), "a card number was left in a receipt"
            assert all(line.isprintable() for line in lines)


def check_message(data: bytes) -> None:
    """One payload."""
    view = memoryview(bytearray(data))
    answer, reason = decoded(view)
    assert not any(view), "bytes were left behind"
    assert NUMBER not in repr(answer), "a card number was left in the message"
    if answer is None:
        assert reason in set(Ecr17Malformed), reason
        assert len(data) < HEAD_BYTES


def decoded(view: memoryview) -> tuple[Ecr17Answer | None, str]:
    """The message, or the reason for which it was refused."""
    try:
        return decode(view, BINDING), ""
    except ProtocolError as refused:
        return None, refused.reason


if __name__ == "__main__":
    search(Target().one_input, GOOD, PIECES)
