"""Fuzz the ZVT messages: any bytes are a message or a named refusal.

    python -m tests.fuzz.fuzz_zvt_packet --runs 1000000 [--seed N]

Nothing else is raised, the bytes are gone afterwards, no planted card number is
in the message, and a message that was read whole can be written and read again.
"""

from __future__ import annotations

from drivers.card.card import Card
from drivers.terminal import ProtocolError, SealedCard
from drivers.zvt import bmp, tlv
from drivers.zvt.apdu import ZvtMalformed, join
from drivers.zvt.packet import Charset, DisplayTextCommand, Unknown, ZvtCardBinding, ZvtPacket, decode, encode
from tests.fuzz.zvt_search import search
from tests.support import cards

NUMBER = cards.PUBLISHED[0]
PACKED = bytes.fromhex(NUMBER)
MOST_DISPLAY_LINES = 8
TEXT = f"PAN {NUMBER}".encode()
CHARSETS = (Charset.CP437, Charset.UTF_8, Charset.ZVT_7BIT, Charset.ISO_8859_1)


class MaskingSealer:
    """Masks and wipes as the card sealer does; sealing would make each input a thousand times slower."""

    def seal_card(self, card: Card, context: str) -> SealedCard:  # noqa: ARG002 - the card sealer's own call
        masked = card.masked()
        card.wipe()
        return SealedCard(masked)


BINDING = ZvtCardBinding(MaskingSealer(), "payment")  # type: ignore[arg-type]  # the one call that decode makes

STATUS = b"".join(
    (
        bytes.fromhex("2700040000000050500b0001630c1235510d04170e271219702929001006"),
        bmp.field(0x22, PACKED),
        bmp.field(0x23, PACKED + b"\xd2\x51\x2f"),
        bmp.field(0x2D, b"B" + TEXT),
        bmp.field(0x3C, TEXT),
        bytes.fromhex("490978870163880001638a2e8bf0f84d41455354524f00"),
        bmp.field(0x60, bytes(53)),
        bmp.field(
            0x06, tlv.element(0x24, tlv.element(7, TEXT)) + bytes.fromhex("1f1001031f2b030123451f360301")
        ),
    )
)
PRINTED = tlv.element(0x1F07, b"\x02") + tlv.element(0x25, tlv.element(9, b"\x40") + tlv.element(7, TEXT))
GOOD = tuple(
    join(control, body)
    for control, body in (
        (0x040F, STATUS),
        (0x040F, STATUS[:40]),
        (0x04FF, b"\x0a\x01" + bmp.field(0x06, tlv.element(0x24, tlv.element(7, TEXT)))),
        (0x060F, bytes.fromhex("19102952523535490978")),
        (0x060F, bytes.fromhex("f0f0f3312e3200")),
        (0x061E, bytes.fromhex("6f0978")),
        (0x061E, b"\x6c" + bmp.field(0x06, tlv.element(0x1F17, TEXT))),
        (0x06D1, b"\x40" + TEXT),
        (0x06D3, bmp.field(0x06, PRINTED * 4)),
        (0x0600, bytes.fromhex("1234568e0978060626040a0206d3")),
        (0x0601, bytes.fromhex("04000000001010490978")),
        (0x0630, bytes.fromhex("12345687012304000000001010")),
        (0x0501, bytes.fromhex("1234560307")),
        (0x06E0, bmp.field(0xF1, TEXT)),
        (0x0401, bytes.fromhex("aa2504010c123551")),
        (0x8400, b""),
        (0x841E, b"\x6f"),
    )
)
PIECES = (
    PACKED, TEXT, NUMBER.encode(), bmp.field(0x22, PACKED), b"\x22\xf0\xf0", b"\x22\xf1\xf0",
    b"\x3c\xf9\xf9\xf9", b"\x06\x82\xff\xff", b"\x06\x00", b"\x1f\x10\x01\x03", b"\xff\x00\x00",
    b"\xff\xff\xff", b"\x60\xf0\xf5\xf3",
)  # fmt: skip


def one_input(data: bytes) -> None:
    """Raises `AssertionError` on a finding."""
    for length_made_true in (data, with_true_length(data)):
        for charset in CHARSETS:
            check(length_made_true, charset)


def with_true_length(data: bytes) -> bytes:
    """Most accidents would end at the length; here they go further."""
    return join(int.from_bytes(data[:2], "big"), data[3:])


def check(data: bytes, charset: Charset) -> None:
    """One APDU in one character set."""
    view = memoryview(bytearray(data))
    packet, reason = decoded(view, charset)
    assert not any(view), "bytes were left behind"
    if packet is None:
        assert reason in set(ZvtMalformed), reason
        return
    assert NUMBER not in repr(packet), "a card number was left in the message"
    if charset is Charset.CP437 and not isinstance(packet, Unknown) and not left_out(packet):
        again = decode(memoryview(bytearray(encode(packet))), BINDING, charset)
        assert again == packet, "the message changed when it was written and read again"


def decoded(view: memoryview, charset: Charset) -> tuple[ZvtPacket | None, str]:
    """The message, or the reason for which it was refused."""
    try:
        return decode(view, BINDING, charset), ""
    except ProtocolError as refused:
        return None, refused.reason


def left_out(packet: ZvtPacket) -> bool:
    """Whether the message holds less than the bytes did; then it cannot be written as it was."""
    counts = ("unknown", "dropped_card_fields")
    hidden = "*" in repr(packet)  # of a card, or inside of a text
    # Eight fields, F1 to F8, can be written; one that comes twice is read as a line of its own.
    twice = isinstance(packet, DisplayTextCommand) and len(packet.lines) > MOST_DISPLAY_LINES
    return hidden or twice or any(getattr(packet, name, 0) for name in counts)


if __name__ == "__main__":
    search(one_input, GOOD, PIECES)
