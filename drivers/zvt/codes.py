"""What the terminal's one-byte codes mean, in words for the cashier (reference 9 and 10)."""

from __future__ import annotations

from typing import Final

APPROVED: Final = 0x00
ABORTED: Final = 0x6C  # by the cardholder's stop key, or by the terminal's own time-out
BUSY: Final = 0x9C  # also as the terminal's state
HIGHEST_HOST_CODE: Final = 0x63  # 01 to 63 come from the host and are spoken of in decimal

_RESULTS: Final = {
    0x00: "approved",
    0x64: "card not readable",
    0x65: "no card data",
    0x66: "processing error",
    0x67: "not allowed for debit cards",
    0x68: "not allowed for credit cards",
    0x6A: "turnover store full",
    0x6B: "function off: terminal not registered",
    0x6C: "aborted: time-out or stop key",
    0x6E: "card on the blocked list",
    0x6F: "wrong currency",
    0x71: "credit too low",
    0x72: "chip error",
    0x73: "card data wrong",
    0x74: "terminal keys used up",
    0x75: "text not authentic",
    0x76: "card not on the list of allowed cards",
    0x77: "end of day not possible",
    0x78: "card expired",
    0x79: "card not yet valid",
    0x7A: "card unknown",
    0x7B: "stripe not possible for this card",
    0x7C: "stripe not possible for this card",
    0x7D: "communication error",
    0x7E: "stripe not possible for this card",
    0x83: "function not possible",
    0x85: "key missing",
    0x89: "PIN pad defective",
    0x9A: "protocol error",
    0x9B: "line error",
    0x9C: "please wait",
    0xA0: "receiver not ready",
    0xA1: "host does not answer",
    0xA3: "no connection to the host",
    0xA4: "Geldkarte submission not possible",
    0xA5: "not allowed by the card schemes' security rules",
    0xB1: "memory full: close the day",
    0xB2: "merchant journal full: close the day",
    0xB4: "already reversed",
    0xB5: "reversal not possible",
    0xB7: "reservation: wrong amount",
    0xB8: "reservation error",
    0xBF: "supply voltage low",
    0xC0: "lock defective",
    0xC1: "merchant card locked",
    0xC2: "diagnosis required",
    0xC3: "maximum amount exceeded",
    0xC4: "card profiles must be loaded",
    0xC5: "payment method not supported",
    0xC6: "currency not supported",
    0xC8: "amount too small",
    0xC9: "maximum amount too small",
    0xCB: "euro only",
    0xCC: "printer not ready",
    0xCD: "cashback not possible",
    0xD2: "not allowed for service cards",
    0xDC: "card inserted",
    0xDD: "card cannot be ejected",
    0xDE: "card cannot be inserted",
    0xE0: "remote maintenance on",
    0xE2: "card reader defective",
    0xE3: "shutter closed",
    0xE4: "terminal activation required",
    0xE7: "goods group error",
    0xE8: "goods group error",
    0xE9: "goods group error",
    0xEA: "card code not permitted",
    0xEB: "PIN algorithm unknown",
    0xEC: "PIN not possible",
    0xED: "PIN pad defective",
    0xF0: "end of day is due: close the day first",
    0xF1: "offline error",
    0xF5: "OPT error",
    0xF6: "OPT data missing",
    0xFA: "clearing error",
    0xFB: "data set defective",
    0xFC: "device missing",
    0xFD: "baud rate not supported",
    0xFE: "register unknown",
    0xFF: "system error",
}


def result_text(code: int) -> str:
    """A result code of BMP 27, 06 1E or 84 xx in words."""
    if code in _RESULTS:
        return _RESULTS[code]
    if 0 < code <= HIGHEST_HOST_CODE:
        return f"declined by the host, code {code}"
    return f"result code {code:02X}"


_TERMINAL: Final = {
    0x00: "ready",
    0x51: "must be initialised",
    0x62: "clock wrong",
    0x9C: "busy",
    0x9D: "waiting: goods partly issued",
    0xB1: "memory full: close the day",
    0xB2: "merchant journal full: close the day",
    0xBF: "supply voltage low",
    0xC0: "lock defective",
    0xC1: "merchant card locked",
    0xC2: "diagnosis required",
    0xC4: "card profiles must be loaded",
    0xCC: "printer not ready",
    0xDC: "a card is inserted",
    0xDF: "out of order",
    0xE0: "remote maintenance on",
    0xE1: "card not fully removed",
    0xE2: "card reader defective",
    0xE3: "shutter closed",
    0xE4: "terminal activation required",
    0xF0: "end of day is due: close the day first",
    0xF6: "OPT data missing",
}


def terminal_status_text(status: int) -> str:
    """The last byte of a status enquiry's completion in words."""
    return _TERMINAL.get(status, f"status {status:02X}")


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
