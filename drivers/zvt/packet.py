"""APDUs to messages and back, card data replaced on the way (reference 4 to 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drivers.terminal import ProtocolError
from drivers.zvt.messages import (
    POSITIVE,
    UNKNOWN_COMMAND,
    Abort,
    AbortCommand,
    Answer,
    Authorisation,
    Completion,
    Diagnosis,
    DisplayText,
    EndOfDay,
    Initialisation,
    IntermediateStatus,
    LogOff,
    Packet,
    PrintLine,
    PrintTextBlock,
    Refund,
    Registration,
    RepeatReceipt,
    Reversal,
    SetClock,
    StatusEnquiry,
    StatusInformation,
    TextLine,
    TurnoverTotals,
    Unknown,
)
from drivers.zvt.texts import Charset

if TYPE_CHECKING:
    from drivers.card import Vault

__all__ = [
    "POSITIVE",
    "UNKNOWN_COMMAND",
    "Abort",
    "AbortCommand",
    "Answer",
    "Authorisation",
    "CardDesk",
    "Charset",
    "Completion",
    "Diagnosis",
    "DisplayText",
    "EndOfDay",
    "Initialisation",
    "IntermediateStatus",
    "LogOff",
    "Packet",
    "PrintLine",
    "PrintTextBlock",
    "Refund",
    "Registration",
    "RepeatReceipt",
    "Reversal",
    "SetClock",
    "StatusEnquiry",
    "StatusInformation",
    "TextLine",
    "TurnoverTotals",
    "Unknown",
    "decode",
    "encode",
]


class CardDesk(NamedTuple):
    """Where card data of one APDU goes: the vault, and the payment it is bound to."""

    vault: Vault
    context: str


def decode(apdu: memoryview, desk: CardDesk, charset: Charset = Charset.CP437) -> Packet:
    """Read one whole APDU, a writable view into a `SecretBuffer`.

    Raises only `ProtocolError`. Card fields are sealed or wiped in place first.
    """
    raise ProtocolError("unwritten")


def encode(packet: Packet, charset: Charset = Charset.CP437, clear_card_fields: bytes = b"") -> bytes:
    """Write one APDU.

    `clear_card_fields` are ready BMPs that only a simulated terminal has: a
    message itself cannot hold them. They follow BMP 27 of a status information.
    Raises ValueError where a value does not fit its field.
    """
    raise ValueError(type(packet).__name__)
