"""Which fields each message has, as data (reference 8). Reading and writing both walk this table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from drivers.zvt import messages as zvt
from drivers.zvt.fields import FieldKind


@dataclass(frozen=True, slots=True)
class HeadField:
    """A field without a tag at the start of the body; `width` in bytes."""

    name: str
    kind: FieldKind
    width: int
    mandatory: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """One command: its control field, untagged fields, BMPs and tags with the attribute each fills.

    BMPs and tags are written in this order.
    """

    control: int
    message: type[zvt.ZvtPacket]
    head: tuple[HeadField, ...] = ()
    bmps: Mapping[int, str] = field(default_factory=dict)
    tags: Mapping[int, str] = field(default_factory=dict)


_PASSWORD: Final = HeadField("password", FieldKind.NUMBER, 3)
_AMOUNT: Final = {0x04: "amount", 0x49: "currency", 0x19: "payment_type"}
_TEXTS: Final = {0x07: "texts"}

_STATUS_BMPS: Final = {
    0x27: "result_code",
    0x04: "amount",
    0x0B: "trace",
    0x37: "original_trace",
    0x0C: "time",
    0x0D: "date",
    0x17: "card_sequence",
    0x19: "payment_type",
    0x22: "card",
    0x29: "terminal_id",
    0x2A: "merchant_id",
    0x3B: "approval_code",
    0x3C: "additional_text",
    0x49: "currency",
    0x60: "totals",
    0x87: "receipt_number",
    0x88: "turnover_number",
    0x8A: "card_type",
    0x8B: "card_name",
    0x8C: "network_card_type",
    0xA0: "host_result_code",
    0x01: "timeout",
}
_STATUS_TAGS: Final = _TEXTS | {
    0x1F10: "cardholder_verification",
    0x1F11: "online",
    0x1F12: "entry_mode",
    0x1F17: "extended_error_text",
    0x1F25: "cashback",
    0x1F2B: "long_trace",
    0x1F36: "tip",
    0x1F6A: "remaining",
    0x41: "card_type_id",
    0x44: "application_name",
}

_LAYOUTS: Final = (
    Layout(
        0x0600,
        zvt.Registration,
        (
            _PASSWORD,
            HeadField("config", FieldKind.BYTE, 1),
            HeadField("currency", FieldKind.NUMBER, 2, mandatory=False),
        ),
        {0x03: "service"},
        {0x14: "character_set", 0x0A: "permitted_commands"},
    ),
    Layout(0x0601, zvt.Authorisation, (), _AMOUNT | {0x01: "timeout", 0x02: "max_status"}),
    Layout(0x0602, zvt.LogOff),
    Layout(0x0610, zvt.TurnoverTotals, (_PASSWORD,)),
    Layout(0x0620, zvt.RepeatReceipt, (_PASSWORD,), {0x03: "service"}),
    Layout(0x0630, zvt.Reversal, (_PASSWORD,), {0x87: "receipt_number"} | _AMOUNT),
    Layout(0x0631, zvt.Refund, (_PASSWORD,), _AMOUNT),
    Layout(0x0650, zvt.EndOfDay, (_PASSWORD,)),
    Layout(0x0670, zvt.Diagnosis, (), {}, {0x1B: "kind"}),
    Layout(0x0693, zvt.Initialisation, (_PASSWORD,)),
    Layout(0x06B0, zvt.AbortCommand),
    Layout(
        0x06E0,
        zvt.DisplayTextCommand,
        (),
        {0xF0: "seconds"} | dict.fromkeys(range(0xF1, 0xF9), "lines") | {0xF9: "beeps"},
    ),
    Layout(
        0x0501,
        zvt.StatusEnquiry,
        (HeadField("password", FieldKind.NUMBER, 3, mandatory=False),),
        {0x03: "service"},
    ),
    Layout(0x0401, zvt.SetClock, (), {0xAA: "date", 0x0C: "time"}),
    Layout(0x040F, zvt.StatusInformation, (), _STATUS_BMPS, _STATUS_TAGS),
    Layout(
        0x060F,
        zvt.Completion,
        (),
        {
            0x27: "result_code",
            0x19: "status_byte",
            0x29: "terminal_id",
            0x49: "currency",
            0x0C: "time",
            0xAA: "date",
        },
        {
            0x14: "character_set",
            0x1F44: "own_id",
            0x1F40: "device",
            0x1F41: "own_software",
            0x1F42: "serial_number",
        },
    ),
    Layout(
        0x061E,
        zvt.Abort,
        (HeadField("result_code", FieldKind.BYTE, 1, mandatory=False),),
        {0x87: "receipt_number"},
        _TEXTS | {0x1F17: "extended_error_text"},
    ),
    Layout(
        0x04FF, zvt.IntermediateStatus, (HeadField("status", FieldKind.BYTE, 1, mandatory=False),), {}, _TEXTS
    ),
    Layout(
        0x06D1,
        zvt.PrintLine,
        (HeadField("attribute", FieldKind.BYTE, 1, mandatory=False),),
        {},
        {0x1F07: "receipt_type"},
    ),
    Layout(0x06D3, zvt.PrintTextBlock, (), {}, {0x1F07: "receipt_type"}),
)

BY_CONTROL: Final = {layout.control: layout for layout in _LAYOUTS}
BY_MESSAGE: Final = {layout.message: layout for layout in _LAYOUTS}

# Attributes that collect every occurrence; of all others the first one counts.
REPEATED: Final = frozenset({"texts", "lines", "permitted_commands"})
