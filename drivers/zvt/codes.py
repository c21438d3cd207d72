"""What the terminal's one-byte codes mean (reference 9 and 10)."""

from __future__ import annotations

from typing import Final

from drivers.fact import CLOSE_DUE, NOT_REGISTERED, TERMINAL_BLOCKED, TERMINAL_BUSY, DriverFact

APPROVED: Final = 0x00
ABORTED: Final = 0x6C  # by the cardholder's stop key, or by the terminal's own time-out
BUSY: Final = 0x9C  # also as the terminal's state
HIGHEST_HOST_CODE: Final = 0x63  # 01 to 63 come from the host and are spoken of in decimal

# Their words stand in the text catalogue: `drivers.zvt.result_6c`, `drivers.zvt.state_51`.
RESULTS: Final = frozenset(
    {
        0x64,
        0x65,
        0x66,
        0x67,
        0x68,
        0x6A,
        0x6C,
        0x6E,
        0x6F,
        0x71,
        0x72,
        0x73,
        0x74,
        0x75,
        0x76,
        0x77,
        0x78,
        0x79,
        0x7A,
        0x7B,
        0x7C,
        0x7D,
        0x7E,
        0x83,
        0x85,
        0x89,
        0x9A,
        0x9B,
        0xA0,
        0xA1,
        0xA3,
        0xA4,
        0xA5,
        0xB1,
        0xB2,
        0xB4,
        0xB5,
        0xB7,
        0xB8,
        0xBF,
        0xC0,
        0xC1,
        0xC2,
        0xC3,
        0xC4,
        0xC5,
        0xC6,
        0xC8,
        0xC9,
        0xCB,
        0xCC,
        0xCD,
        0xD2,
        0xDC,
        0xDD,
        0xDE,
        0xE0,
        0xE2,
        0xE3,
        0xE4,
        0xE7,
        0xE8,
        0xE9,
        0xEA,
        0xEB,
        0xEC,
        0xED,
        0xF1,
        0xF5,
        0xF6,
        0xFA,
        0xFB,
        0xFC,
        0xFD,
        0xFE,
        0xFF,
    }
)
STATES: Final = frozenset(
    {
        0x51,
        0x62,
        0x9C,
        0x9D,
        0xB1,
        0xB2,
        0xBF,
        0xC0,
        0xC1,
        0xC2,
        0xC4,
        0xCC,
        0xDC,
        0xDF,
        0xE0,
        0xE1,
        0xE2,
        0xE3,
        0xE4,
        0xF0,
        0xF6,
    }
)
HOST_DECLINED: Final = DriverFact("zvt.host_declined")
NO_CODE: Final = DriverFact("zvt.aborted_without_code")
OTHER_RESULT: Final = DriverFact("zvt.result_other")
OTHER_STATE: Final = DriverFact("zvt.state_other")


# Codes of a terminal that has not begun: its own state is in the way, not the card (reference 9).
NOT_BEGUN: Final = frozenset(
    {0x6B, BUSY, 0xB1, 0xB2, 0xBF, 0xC0, 0xC1, 0xC2, 0xC4, 0xDF, 0xE0, 0xE2, 0xE3, 0xE4, 0xF0, 0xF6}
)
UNREGISTERED: Final = 0x6B
_CAUSES: Final = {UNREGISTERED: NOT_REGISTERED, BUSY: TERMINAL_BUSY, 0xDF: TERMINAL_BLOCKED, 0xF0: CLOSE_DUE}


def result_fact(code: int) -> DriverFact:
    """What a result code of BMP 27, 06 1E or 84 xx means."""
    if code in _CAUSES:
        return _CAUSES[code]
    if code in RESULTS:
        return DriverFact(f"zvt.result_{code:02x}")
    if 0 < code <= HIGHEST_HOST_CODE:
        return HOST_DECLINED.about(code=code)
    return OTHER_RESULT.about(code=f"{code:02X}")


def state_fact(state: int) -> DriverFact:
    """What the last byte of a status enquiry's completion means; it is not zero."""
    return DriverFact(f"zvt.state_{state:02x}") if state in STATES else OTHER_STATE.about(code=f"{state:02X}")


_INTERMEDIATE: Final = {
    0x00: "waiting for amount confirmation",
    0x01: "look at the PIN pad",
    0x02: "look at the PIN pad",
    0x03: "not accepted",
    0x04: "waiting for the host",
    0x05: "sending an automatic reversal",
    0x06: "sending stored bookings",
    0x07: "card not admitted",
    0x08: "card unknown",
    0x09: "card expired",
    0x0A: "insert card",
    0x0B: "remove card",
    0x0C: "card not readable",
    0x0D: "processing error",
    0x0E: "please wait",
    0x0F: "automatic end of day starts",
    0x10: "invalid card",
    0x11: "balance",
    0x12: "system malfunction",
    0x13: "payment not possible",
    0x14: "credit too low",
    0x15: "wrong PIN",
    0x16: "limit too low",
    0x17: "please wait",
    0x18: "PIN tries used up",
    0x19: "card data wrong",
    0x1A: "service mode",
    0x1B: "approved, please fill up",
    0x1C: "approved, take the goods",
    0x1D: "declined",
    0x26: "enter mobile number",
    0x27: "repeat mobile number",
    0x28: "choose currency",
    0x29: "choose language",
    0x2A: "insert card for loading",
    0x2B: "emergency transaction",
    0x2C: "choose application",
    0x68: "card insertion seen",
    0x69: "choose currency conversion",
    0xC7: "mileage",
    0xC8: "waiting for the cashier",
    0xC9: "automatic diagnosis",
    0xCA: "automatic initialisation",
    0xCB: "merchant journal full",
    0xCC: "debit advice impossible, PIN needed",
    0xD2: "dialling",
    0xD3: "connected",
    0xE0: "choose application",
    0xE1: "choose language",
    0xE2: "cleaning card",
    0xF1: "offline",
    0xF2: "online",
    0xF3: "offline transaction",
}

_REMOVE_CARD: Final = 0x40  # added to a code: the same text, and "please remove card"
_WITH_REMOVE_CARD: Final = frozenset({*range(0x41, 0x5E), 0x66, 0x67})


def intermediate_text(status: int) -> str:
    """An intermediate status of 04 FF in words, for terminals that send no text of their own."""
    if status in _WITH_REMOVE_CARD:
        return f"{intermediate_text(status - _REMOVE_CARD)}, please remove card"
    return _INTERMEDIATE.get(status, f"status {status:02X}")


ENTRY_MODES: Final = {0x00: "stripe", 0x01: "chip", 0x02: "contactless"}  # tag 1F12

VERIFICATIONS: Final = {  # tag 1F10
    0x00: "none",
    0x01: "signature",
    0x02: "online PIN",
    0x03: "offline encrypted PIN",
    0x04: "offline plain PIN",
    0x05: "offline encrypted PIN and signature",
    0x06: "offline plain PIN and signature",
    0x07: "online PIN and signature",
    0xFF: "unknown",
}
