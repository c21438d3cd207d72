"""BER-style TLV inside BMP 06, and the tags we use, as data (reference 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from drivers.zvt.fields import FieldKind

DEEPEST_NESTING = 6  # the specification's own containers nest three deep
MOST_ELEMENTS = 4096  # a 64 KiB receipt of 16-byte lines; more is an attack on our time
LONGEST_TAG_BYTES = 3  # the specification's tags have one or two


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag. `inside` is the container that it counts in; 0 = wherever it stands."""

    number: int
    kind: FieldKind
    name: str
    inside: int = 0


DISPLAY_TEXTS, PRINT_TEXTS, PERMITTED_COMMANDS = 0x24, 0x25, 0x26
DEVICE = 0xE4
TEXT_LINE, PRINT_ATTRIBUTE, CHARACTER_SET = 0x07, 0x09, 0x14

# Tags outside of this table are skipped, never an error.
TAGS: Final[dict[int, Tag]] = {
    tag.number: tag
    for tag in (
        Tag(TEXT_LINE, FieldKind.TEXT, "text line", DISPLAY_TEXTS),
        Tag(PRINT_ATTRIBUTE, FieldKind.BYTE, "print attribute", PRINT_TEXTS),
        Tag(0x0A, FieldKind.INTEGER, "ZVT command", PERMITTED_COMMANDS),
        Tag(CHARACTER_SET, FieldKind.BYTE, "character set"),
        Tag(0x1B, FieldKind.BYTE, "diagnosis type"),
        Tag(0x41, FieldKind.INTEGER, "card type id"),
        Tag(0x44, FieldKind.TEXT, "preferred application name"),
        Tag(0x46, FieldKind.UNUSED, "EMV print data, customer"),
        Tag(0x47, FieldKind.UNUSED, "EMV print data, merchant"),
        Tag(0x4C, FieldKind.SECRET, "UID of a contactless card"),
        Tag(0x1F07, FieldKind.BYTE, "receipt type"),
        Tag(0x1F08, FieldKind.SECRET, "track 1"),
        Tag(0x1F09, FieldKind.SECRET, "track 2"),
        Tag(0x1F0A, FieldKind.SECRET, "track 3"),
        Tag(0x1F10, FieldKind.BYTE, "cardholder verification"),
        Tag(0x1F11, FieldKind.BYTE, "online"),
        Tag(0x1F12, FieldKind.BYTE, "entry mode"),
        Tag(0x1F14, FieldKind.SECRET, "card identification value"),
        Tag(0x1F17, FieldKind.TEXT, "extended error text"),
        Tag(0x1F25, FieldKind.NUMBER, "cashback amount"),
        Tag(0x1F2B, FieldKind.NUMBER, "long trace number"),
        Tag(0x1F36, FieldKind.NUMBER, "tip amount"),
        Tag(0x1F40, FieldKind.TEXT, "device name", DEVICE),
        Tag(0x1F41, FieldKind.TEXT, "software version", DEVICE),
        Tag(0x1F42, FieldKind.SERIAL, "serial number", DEVICE),
        Tag(0x1F44, FieldKind.DIGITS, "terminal identifier"),
        Tag(0x1F6A, FieldKind.NUMBER, "remaining amount"),
    )
}

# Containers whose content is read. Any other constructed tag is skipped whole.
CONTAINERS = frozenset(
    {0x23, DISPLAY_TEXTS, PRINT_TEXTS, PERMITTED_COMMANDS, 0x27, 0x2F, 0x60, 0x61, 0x62, DEVICE}
)


# Tags of the reference and of recorded terminals that we skip. A note is kept of any other tag.
OF_NO_USE: Final = frozenset(
    {
        *(
            0x08,
            0x10,
            0x12,
            0x13,
            0x15,
            0x1A,
            0x20,
            0x21,
            0x22,
            0x23,
            0x28,
            0x31,
            0x40,
            0x42,
            0x43,
            0x45,
            0x49,
        ),
        *(
            0x34,
            0x35,
            0x4A,
            0xE1,
            0xE2,
            0xE3,
            0xE8,
            *range(0x1F01, 0x1F07),
            0x1F0B,
            0x1F0E,
            0x1F0F,
            0x1F15,
            0x1F16,
            0x1F1D,
        ),
        *(
            0x1F1E,
            0x1F1F,
            0x1F20,
            0x1F21,
            0x1F37,
            0x1F3B,
            0x1F43,
            *range(0x1F45, 0x1F51),
            0x1F60,
            0x1F70,
            0x1F71,
        ),
        *(0x1F72, 0x1F73, 0x1F74, 0x1F82, 0x1F83),
    }
)

# Some terminals put such bytes between two elements. No tag of the reference begins with one of them.
PADDING: Final = frozenset({0x00, 0xFF})

# One primitive element: its container (0 = top), its tag, where its value starts and ends.
Element = tuple[int, int, int, int]
# Where bytes start and end.
Span = tuple[int, int]


def elements(data: memoryview, start: int, end: int) -> tuple[list[Element], list[Span]]:
    """All primitive elements between `start` and `end`, and the spans that could not be read.

    Never raises: a length that lies ends its own container, what stands behind
    that container is read on.
    """
    found: list[Element] = []
    unread: list[Span] = []
    _read(data, start, end, 0, 0, found, unread)
    return found, unread


def _read(
    data: memoryview, at: int, end: int, container: int, depth: int, found: list[Element], unread: list[Span]
) -> None:
    while at < end:
        if data[at] in PADDING:
            at += 1
            continue
        tag, start = data[at], at + 1
        if tag & 0x1F == 0x1F:
            tag, start = _long_tag(data, at, end)
        if start < end and (size := data[start]) < 0x80:
            start += 1
        else:
            start, size = length(data, start, end)
        stop = start + size
        if tag < 0 or size < 0 or stop > end or len(found) >= MOST_ELEMENTS:
            unread.append((at, end))
            return
        if tag not in CONTAINERS:
            found.append((container, tag, start, stop))
        elif depth < DEEPEST_NESTING:
            _read(data, start, stop, tag, depth + 1, found, unread)
        else:
            unread.append((start, stop))
        at = stop


def _long_tag(data: memoryview, at: int, end: int) -> tuple[int, int]:
    """The tag of two or more bytes at `at` and what follows it; a tag of -1 cannot be read."""
    tag = data[at]
    for place in range(at + 1, at + LONGEST_TAG_BYTES):
        if place == end:
            break
        tag = tag << 8 | data[place]
        if data[place] < 0x80:
            return tag, place + 1
    return -1, end


def length(data: memoryview, at: int, end: int) -> tuple[int, int]:
    """Start of the value and its length; a length of -1 cannot be read."""
    if at >= end:
        return at, -1
    first = data[at]
    if first < 0x80:
        return at + 1, first
    if first == 0x81 and at + 1 < end:
        return at + 2, data[at + 1]
    if first == 0x82 and at + 2 < end:
        return at + 3, data[at + 1] << 8 | data[at + 2]
    return at, -1


def length_bytes(size: int) -> bytes:
    """A length as one, two or three bytes. Raises ValueError above 65535."""
    if size < 0x80:
        return bytes((size,))
    if size <= 0xFF:
        return bytes((0x81, size))
    if size <= 0xFFFF:
        return b"\x82" + size.to_bytes(2, "big")
    raise ValueError(f"a TLV value of {size} bytes has no length")


def element(tag: int, value: bytes) -> bytes:
    """One element with its tag and length."""
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big") + length_bytes(len(value)) + value
