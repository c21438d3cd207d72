"""Fuzz ECRHub: any bytes are frames or noise, any payload is a message or a named refusal.

    python -m tests.fuzz.fuzz_ecrhub --runs 1000000 [--seed N]

The reader raises nothing, finds the same frames however the bytes are cut, gives only
frames whose check is true, and leaves nothing behind. A payload is understood in one
form or refused with a fixed word; no planted card number is left in it or in the
message; its texts can be shown; a session on the same bytes ends or waits, and no more.
"""

from __future__ import annotations

from drivers.card.card import SecretBuffer
from drivers.driver import Options, driver
from drivers.ecrhub.codec import Variant
from drivers.ecrhub.commands import order_number
from drivers.ecrhub.frame import (
    BUFFER_BYTES,
    CONFIRM,
    HANDSHAKE,
    HEARTBEAT,
    EcrHubFrameKind,
    EcrHubFrameReader,
    acknowledgement,
    checksum,
    encode_frame,
)
from drivers.ecrhub.malformed import EcrHubMalformed
from drivers.ecrhub.mapping import is_final, result
from drivers.ecrhub.packet import Device, EcrHubAnswer, Topic, decode_answer, encode_answer
from drivers.terminal import Command, Operation, ProtocolError
from tests.drivers.simulator.conftest import Shredder
from tests.fuzz.zvt_search import search
from tests.support import cards

NUMBER = cards.PUBLISHED[0]
CUTS = (1, 5, BUFFER_BYTES)
SALE = Command(Operation.SALE, "A-17", 1010, 978, sequence=41)
ORDER = order_number(SALE.payment_id, SALE.sequence)
PAID = EcrHubAnswer(
    Topic.ORDER, "r1", handled=True, code="000", message=f"PAN {NUMBER}", order=ORDER, amount="10.10",
    paid="10.10", tip="0.10", currency="EUR", trans_type="1", status="2", method="VISA",
    device=Device("Cashier", "3.1", "P5-77"),
)  # fmt: skip
PAYLOADS = tuple(encode_answer(PAID, variant, account=NUMBER) for variant in Variant)
GOOD = (
    *PAYLOADS,
    *(encode_frame(EcrHubFrameKind.NORMAL, number=7, data=payload) for payload in PAYLOADS),
    CONFIRM
    + HEARTBEAT
    + acknowledgement(1)
    + encode_frame(EcrHubFrameKind.NORMAL, number=7, data=PAYLOADS[0]),
    HANDSHAKE + encode_frame(EcrHubFrameKind.NORMAL, number=255, data=b"\xcc\x33\x55\xaa"),
)
PIECES = (
    b"\x55", b"\x55\xaa", b"\xcc\x33", b"\x55\xaa\x00\x00\x01\x04\x00", b"\x55\xaa\x00\x00\x01\x04\x01",
    NUMBER.encode(), f";{NUMBER}=3012201?".encode(), b"\x0a\xff\xff\xff\xff\x0f", b"\x28\x01", b"\x22\x03000",
    b'"', b"\\u003", b"\\", b"{", b"}", b"[" * 200, b"NaN", b"1e999", b"\xff\xfe", b"\xed\xa0\x80", b"-1",
    b"\xf8\x06\x01", b"*",
)  # fmt: skip
ROW = driver("ecrhub")


class Target:
    """A reader and a session on one buffer each, made new for each input."""

    def __init__(self) -> None:
        self._buffer = SecretBuffer(BUFFER_BYTES)
        self._reader = EcrHubFrameReader(self._buffer)
        self._heard = SecretBuffer(BUFFER_BYTES)

    def one_input(self, data: bytes) -> None:
        """Raises `AssertionError` on a finding."""
        seen = [self._payloads(data, cut) for cut in CUTS]
        assert seen[0] == seen[1] == seen[2], "the cuts changed what was read"
        for payload in (data, *seen[0]):
            for variant in Variant:
                check(payload, variant)
        self._session(data)

    def _payloads(self, data: bytes, cut: int) -> list[bytes]:
        self._reader.reset()
        found: list[bytes] = []
        for at in range(0, len(data), cut):
            put(self._buffer, data[at : at + cut])
            for frame in self._reader.read():
                head = (frame.kind, frame.ack, frame.id, *len(frame.data).to_bytes(2, "big"))
                assert encode_checked(head, bytes(frame.data)) in data, "a frame that was not there"
                found.append(bytes(frame.data))
        found += [bytes(frame.data) for frame in self._reader.silence()]
        assert not any(self._buffer.view), "bytes were left behind"
        return found

    def _session(self, data: bytes) -> None:
        self._heard.wipe()
        session = ROW.session(self._heard, Shredder(), Options())
        session.connected(0.0)
        session.start(SALE, 0.0)
        put(self._heard, CONFIRM + data[: BUFFER_BYTES // 2])
        session.receive(0.0)
        session.acknowledge(0.1)
        session.deadline_passed(1.0)
        list(session.events())
        session.bytes_to_send()


def encode_checked(head: tuple[int, ...], data: bytes) -> bytes:
    """The frame with this head and data, whatever its kind."""
    body = bytes(head) + data
    return b"\x55\xaa" + body + bytes((checksum(body),)) + b"\xcc\x33"


def put(buffer: SecretBuffer, data: bytes) -> None:
    """As a wire does it."""
    space = buffer.space()
    assert len(space) >= len(data), "the buffer stays full"
    space[: len(data)] = data
    buffer.filled(len(data))


def check(payload: bytes, variant: Variant) -> None:
    """One payload where another variant, or none, may have been meant."""
    answer, reason = understood(memoryview(bytearray(payload)), variant)
    if answer is None:
        assert reason in set(EcrHubMalformed), reason
        return
    assert NUMBER not in repr(answer), "a card number was left in the message"
    assert (answer.message + answer.order + answer.status).isprintable(), "a text that cannot be shown"


def understood(view: memoryview, variant: Variant) -> tuple[EcrHubAnswer | None, str]:
    """The message, or the reason for which it was refused."""
    try:
        answer = decode_answer(view, variant)
        if is_final(answer):
            result(answer, 978)
    except ProtocolError as refused:
        return None, refused.reason
    return answer, ""


if __name__ == "__main__":
    search(Target().one_input, GOOD, PIECES)
