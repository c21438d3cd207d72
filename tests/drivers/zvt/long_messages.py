"""The longest messages that a terminal may send, full of what costs most to read."""

from __future__ import annotations

from drivers.zvt import bmp, tlv
from drivers.zvt.apdu import join


def texts(size: int) -> bytes:
    """As many texts as there is room for, in containers that each keep to the limit of elements."""
    container = bmp.field(0x06, tlv.element(0x24, tlv.element(0x07, b"") * 500))
    return join(0x040F, container * (size // len(container)))


def display_lines(size: int) -> bytes:
    return join(0x06E0, bmp.field(0xF1, b"") * (size // 3))
