"""Fuzz Telium: any bytes are signals, whole messages, named faults or noise; any message a named refusal.

    python -m tests.fuzz.fuzz_telium --runs 1000000 [--seed N]

The frame reader finds the same however the bytes are cut, and leaves nothing behind. Both
dialects raise nothing but `ProtocolError`, leave no planted card number and no payment
field, and say "approved" only where the terminal did.
"""

from __future__ import annotations

from drivers.card.card import Card, SecretBuffer
from drivers.driver import Options
from drivers.telium.concert import ConcertV3, encode_groups
from drivers.telium.config import telium_settings
from drivers.telium.eplus import LONG_ANSWER_CHARS, EPlus, EPlusRequest, encode_answer
from drivers.telium.frame import BUFFER_BYTES, TeliumFrameReader, encode_frame, lrc
from drivers.telium.packet import (
    CONTRADICTION,
    UNKNOWN_RESULT,
    WRONG_FIELD,
    WRONG_LENGTH,
    Dialect,
    TeliumAnswer,
    TeliumCardBinding,
    mark_of,
)
from drivers.terminal import Command, Operation, ProtocolError, ResultStatus, SealedCard
from tests.fuzz.zvt_search import search
from tests.support import cards

CUTS = (1, 3, BUFFER_BYTES)
NUMBER = cards.PUBLISHED[0]
SALE = Command(Operation.SALE, "A-1", 1010, 978, sequence=7)
ASKED = EPlusRequest(1, 1010, "0", 978, mark_of(SALE))
FIELD = f"{NUMBER};{NUMBER}=30122010000012345".ljust(55).encode()
V3_ANSWER = {
    "CZ": "0320", "CA": "01", "CD": "0", "CB": "1010", "CE": "978", "CF": mark_of(SALE), "AE": "10",
    "AA": NUMBER, "AB": "3012", "AC": "A00395", "AF": "01", "CI": "2", "ZT": f"AK016{NUMBER}",
}  # fmt: skip
MESSAGES = (
    encode_answer(ASKED, 0, 1010),
    encode_answer(ASKED, 7, 1010),
    encode_answer(ASKED, 0, 1010, FIELD),
    encode_groups(V3_ANSWER),
    encode_groups(V3_ANSWER | {"AE": "01", "AF": "06"}),
    b"TILLGATE-SIM 1",
)
FRAMES = tuple(encode_frame(message) for message in MESSAGES)
GOOD = (
    *FRAMES, *MESSAGES, b"\x06\x05" + FRAMES[0] + b"\x04", FRAMES[0] + FRAMES[3], b"AT\r\n\x05" + FRAMES[2],
)  # fmt: skip
PIECES = (
    b"\x02", b"\x03", b"\x05", b"\x06", b"\x15", b"\x04", b"\x03\x05", NUMBER.encode(), b"AE00210",
    b"AA019", b"CF010", b"000", b"999", FRAMES[1], b"\xff" * 30,
)  # fmt: skip
REASONS = {WRONG_LENGTH, WRONG_FIELD, UNKNOWN_RESULT, CONTRADICTION}


class MaskingSealer:
    """Masks and wipes as the card sealer does; sealing would make each input a thousand times slower."""

    def seal_card(self, card: Card, context: str) -> SealedCard:  # noqa: ARG002 - the card sealer's own call
        masked = card.masked()
        card.wipe()
        return SealedCard(masked)


BINDING = TeliumCardBinding(MaskingSealer())  # type: ignore[arg-type]  # the one call that the binding makes
E_PLUS = EPlus(telium_settings(Options()))
DIALECTS = (E_PLUS, ConcertV3(telium_settings(Options(variant="v3"))))


class Target:
    """One reader on one buffer, made new for each cut by `reset`."""

    def __init__(self) -> None:
        self._buffer = SecretBuffer(BUFFER_BYTES)
        self._reader = TeliumFrameReader(self._buffer)

    def one_input(self, data: bytes) -> None:
        """Raises `AssertionError` on a finding."""
        seen = [self._events(data, cut) for cut in CUTS]
        assert seen[0] == seen[1] == seen[2], "the cuts changed what was read"
        for message in (data, *(event for event in seen[0] if isinstance(event, bytes))):
            check(message)

    def _events(self, data: bytes, cut: int) -> list[object]:
        self._reader.reset()
        events: list[object] = []
        for at in range(0, len(data), cut):
            part = data[at : at + cut]
            self._buffer.space()[: len(part)] = part
            self._buffer.filled(len(part))
            for event in self._reader.read():
                if isinstance(event, memoryview):
                    self._true(event)
                    events.append(bytes(event))
                else:
                    events.append(event)
        events.append(self._reader.silence())
        assert not any(self._buffer.view), "bytes were left behind"
        return events

    def _true(self, message: memoryview) -> None:
        after = self._buffer.view[self._buffer.start + len(message) + 2]
        assert lrc((*message, 3)) == after, "a wrong LRC was handed up"


def check(data: bytes) -> None:
    """One message in both dialects."""
    for dialect in DIALECTS:
        view = memoryview(bytearray(data))
        answer, reason = read(dialect, view)
        if answer is None:
            assert reason in REASONS, reason
            continue
        assert NUMBER not in repr(answer), "a card number was left in the answer"
        if dialect is E_PLUS and len(view) == LONG_ANSWER_CHARS:
            assert not any(view[12:67]), "the payment field was left behind"
        if answer.result.status is ResultStatus.APPROVED and dialect is E_PLUS:
            assert data[2:3] == b"0", "approved without the terminal's word"


def read(dialect: Dialect, view: memoryview) -> tuple[TeliumAnswer | None, str]:
    """The answer, or the reason for which it was refused."""
    try:
        return dialect.read(view, BINDING), ""
    except ProtocolError as refused:
        return None, refused.reason


if __name__ == "__main__":
    search(Target().one_input, GOOD, PIECES)
