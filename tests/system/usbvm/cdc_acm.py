"""A USB card terminal of class CDC-ACM, down to its descriptors: what a host can ask, and its bytes.

Numbers and layouts: USB 2.0, chapter 9; USB CDC 1.2; CDC PSTN 1.2 (ACM).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

# Ingenico's vendor number, one of those in config/udev; any product would do.
VENDOR: Final = 0x0B00
PRODUCT: Final = 0x0084
# Full speed: the largest bulk packet, and the only size of endpoint 0 in common use.
PACKET_BYTES: Final = 64

DATA_IN: Final = 0x82
DATA_OUT: Final = 0x02
NOTIFY_IN: Final = 0x81

# bRequest, USB 2.0 table 9-4 and CDC PSTN table 13, with bmRequestType before it.
_GET_STATUS: Final = 0x00
_GET_DESCRIPTOR: Final = (0x80, 0x06)
_GET_CONFIGURATION: Final = (0x80, 0x08)
_GET_LINE_CODING: Final = (0xA1, 0x21)
_SET_LINE_CODING: Final = (0x21, 0x20)
_SET_CONTROL_LINE_STATE: Final = (0x21, 0x22)
# SET_CONFIGURATION, SET_INTERFACE, CLEAR_FEATURE of an endpoint, SEND_BREAK: agreed to and without effect.
_AGREED: Final = frozenset({(0x00, 0x09), (0x01, 0x0B), (0x02, 0x01), (0x21, 0x23)})

_LANGUAGES: Final = b"\x04\x03\x09\x04"  # US English


@dataclass
class CdcAcm:
    """One device. `written` is what the host sent it; `coding` the last line coding, `dtr` a control line."""

    serial: str
    coding: bytes = bytes(7)
    dtr: bool = False
    written: bytearray = field(default_factory=bytearray)

    @property
    def line_told(self) -> str:
        """What the host has set the line to, such as "9600 8N1, DTR on"."""
        rate, stop, parity, bits = struct.unpack("<IBBB", self.coding)
        lines = "on" if self.dtr else "off"
        return f"{rate} {bits}{'NOEMS'[parity]}{('1', '1.5', '2')[stop]}, DTR {lines}"

    def control(self, setup: bytes, data: bytes) -> bytes | None:
        """Answer a control transfer; None is a stall."""
        kind, request, value, _index, length = struct.unpack("<BBHHH", setup)
        asked = (kind, request)
        if asked == _GET_DESCRIPTOR:
            found = self._descriptor(value >> 8, value & 0xFF)
            return None if found is None else found[:length]
        if asked == _GET_LINE_CODING:
            return self.coding
        if asked == _GET_CONFIGURATION:
            return b"\x01"
        if request == _GET_STATUS and kind & 0x80:
            return bytes(2)
        return b"" if self._told(asked, value, data) else None

    def _told(self, asked: tuple[int, int], value: int, data: bytes) -> bool:
        if asked == _SET_LINE_CODING:
            self.coding = data
        elif asked == _SET_CONTROL_LINE_STATE:
            self.dtr = bool(value & 1)
        else:
            return asked in _AGREED
        return True

    def _descriptor(self, kind: int, index: int) -> bytes | None:
        if kind == 1:
            return DEVICE
        if kind == 2:
            return CONFIGURATION
        if kind == 3 and index == 0:
            return _LANGUAGES
        strings = {1: "Tillgate", 2: "Simulated terminal", 3: self.serial}
        if kind == 3 and index in strings:
            text = strings[index].encode("utf-16-le")
            return bytes((2 + len(text), 3)) + text
        return None  # a full-speed device has no other


def _descriptor(kind: int, layout: str, *values: int) -> bytes:
    body = struct.pack("<" + layout, *values)
    return bytes((2 + len(body), kind)) + body


DEVICE: Final = _descriptor(
    1, "HBBBBHHHBBBB", 0x0200, 0x02, 0, 0, PACKET_BYTES, VENDOR, PRODUCT, 0x0100, 1, 2, 3, 1
)
_INTERFACES: Final = b"".join(
    (
        _descriptor(4, "BBBBBBB", 0, 0, 1, 0x02, 0x02, 0x01, 0),  # communication, abstract control model
        _descriptor(0x24, "BH", 0x00, 0x0120),  # header: CDC 1.2
        _descriptor(0x24, "BBB", 0x01, 0x00, 1),  # no call management
        _descriptor(0x24, "BB", 0x02, 0x02),  # line coding and control lines
        _descriptor(0x24, "BBB", 0x06, 0, 1),  # union of both interfaces
        _descriptor(5, "BBHB", NOTIFY_IN, 0x03, 16, 32),
        _descriptor(4, "BBBBBBB", 1, 0, 2, 0x0A, 0, 0, 0),  # data
        _descriptor(5, "BBHB", DATA_OUT, 0x02, PACKET_BYTES, 0),
        _descriptor(5, "BBHB", DATA_IN, 0x02, PACKET_BYTES, 0),
    )
)
# Self-powered, 100 mA.
CONFIGURATION: Final = _descriptor(2, "HBBBBB", 9 + len(_INTERFACES), 2, 1, 0, 0xC0, 50) + _INTERFACES
