"""APDUs to messages and back, card data replaced on the way (reference 4 to 8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from drivers.terminal import UnknownBytes
from drivers.unknown import bounded, unknown_piece
from drivers.zvt import apdu as outer
from drivers.zvt import bmp, tlv
from drivers.zvt.fields import number
from drivers.zvt.layouts import BY_CONTROL
from drivers.zvt.messages import (
    POSITIVE,
    UNKNOWN_COMMAND,
    Abort,
    AbortCommand,
    Authorisation,
    Completion,
    Diagnosis,
    DisplayTextCommand,
    EndOfDay,
    Initialisation,
    IntermediateStatus,
    LogOff,
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
    ZvtAnswer,
    ZvtPacket,
)
from drivers.zvt.reading import ZvtBodyReader, ZvtCardBinding
from drivers.zvt.texts import CHARSETS, Charset
from drivers.zvt.writing import encode

__all__ = [
    "POSITIVE",
    "UNKNOWN_COMMAND",
    "Abort",
    "AbortCommand",
    "Authorisation",
    "Charset",
    "Completion",
    "Diagnosis",
    "DisplayTextCommand",
    "EndOfDay",
    "Initialisation",
    "IntermediateStatus",
    "LogOff",
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
    "ZvtAnswer",
    "ZvtCardBinding",
    "ZvtPacket",
    "decode",
    "encode",
]


def decode(apdu: memoryview, binding: ZvtCardBinding, charset: Charset = Charset.CP437) -> ZvtPacket:
    """Read one whole APDU, a writable view into a `SecretBuffer`, and wipe it.

    A card number leaves sealed, bound to `binding.context`; tracks, CVV and PIN
    data leave as a count. Raises only `ProtocolError`, with a `Malformed` reason.
    """
    try:
        control, body = outer.split(apdu)
        if control >> 8 in {0x80, 0x84}:
            return _answer(control, body)
        layout = BY_CONTROL.get(control)
        if layout is None:
            return Unknown(control, _all(body))
        reader = ZvtBodyReader(body, layout, charset)
        reader.read_head()
        special = _UNTAGGED.get(layout.message)
        if special is not None:
            special(reader)
        reader.read_fields()
        if layout.message is StatusInformation:
            _finish_status(reader, binding)
        elif layout.message is Completion:
            _finish_completion(reader.values)
        if reader.unknown:
            reader.values["unknown"] = bounded(reader.unknown)
        return layout.message(**reader.values)
    finally:
        apdu[:] = bytes(len(apdu))


def _answer(control: int, body: memoryview) -> ZvtAnswer:
    ccrc, aprc = control >> 8, control & 0xFF
    if (ccrc, aprc) == (0x84, 0x1E) and body:
        return ZvtAnswer(ccrc, aprc, body[0], unknown=_all(body[1:], 1))
    if (ccrc, aprc) == (0x84, 0x9D) and len(body) == 7 and body[0] == 0x04:
        return ZvtAnswer(ccrc, aprc, amount=number(body[1:]))
    return ZvtAnswer(ccrc, aprc, unknown=_all(body))


def _all(rest: memoryview, offset: int = 0) -> tuple[UnknownBytes, ...]:
    """The note of what nobody reads on."""
    return (unknown_piece(rest, offset),) if rest else ()


def _finish_status(reader: ZvtBodyReader, binding: ZvtCardBinding) -> None:
    values = reader.values
    reader.seal_card(binding)
    if "long_trace" in values:
        long_trace = values.pop("long_trace")
        values["trace"] = values.get("trace") or long_trace
    if "card_type_id" in values:
        wide_type = values.pop("card_type_id")
        if values.get("card_type") == 0xFF:  # "FF: see tag 41"
            values["card_type"] = wide_type
    if "totals" in values:
        values["first_receipt"], values["last_receipt"], values["totals"] = values["totals"]
    if reader.dropped:
        values["dropped_card_fields"] = reader.dropped
    if reader.scrubbed:
        values["scrubbed_numbers"] = reader.scrubbed


def _finish_completion(values: dict[str, Any]) -> None:
    """The device's own words (container E4) where the older fields say nothing."""
    for name, other in (("software", "own_software"), ("terminal_id", "own_id")):
        told = values.pop(other, "")
        values[name] = values.get(name) or told


def _new_t4(reader: ZvtBodyReader) -> None:
    """04 FF may carry T4 in minutes; some terminals send the TLV container without it."""
    body, at = reader.body, reader.at
    if at == len(body):
        return
    if body[at] == 0x06:
        start, size = tlv.length(body, at + 1, len(body))
        if size >= 0 and start + size == len(body):
            return
    reader.values["timeout_minutes"] = number(body[at : at + 1])
    reader.at += 1


def _currency_of_abort(reader: ZvtBodyReader) -> None:
    """06 1E with result 6F (wrong currency) may name the right one, without a BMP."""
    rest = reader.body[reader.at :]
    if reader.values.get("result_code") == 0x6F and len(rest) >= 2 and rest[0] not in bmp.TABLE:
        reader.values["currency"] = number(rest[:2])
        reader.at += 2


def _terminal_status(reader: ZvtBodyReader) -> None:
    """06 0F to a status enquiry: `[LLLVAR version] status [06 tlv]`, all without BMPs."""
    body = reader.body
    start, size = bmp.variable_length(body, 0, bmp.Rule.LLLVAR)
    status_at = start + size if size >= 0 else 0
    if status_at >= len(body):
        return
    begins_as_bmp = body[0] == 0x06 or body[0] in reader.layout.bmps
    if status_at == 0 and begins_as_bmp and len(body) > 1:
        return
    if status_at + 1 < len(body) and body[status_at + 1] != 0x06:
        return
    if status_at:
        reader.values["software"] = reader.text(body[start:status_at])
    reader.values["terminal_status"] = body[status_at]
    reader.at = status_at + 1


def _printed_line(reader: ZvtBodyReader) -> None:
    body, at = reader.body, reader.at
    end = _text_end(body, at)
    if reader.values.get("attribute") == 0xFF:
        reader.values["feeds"] = body[at] if at < end else 1
    else:
        reader.values["text"] = reader.text(body[at:end])
    reader.at = end


def _text_end(body: memoryview, at: int) -> int:
    """Where the text ends: at a whole TLV container that fills the rest, or at the end of the line."""
    for place in range(at, len(body)):
        if body[place] == 0x06:
            start, size = tlv.length(body, place + 1, len(body))
            if size >= 0 and start + size == len(body) and not tlv.elements(body, start, len(body))[1]:
                return place
    return len(body)


def _printed_block(reader: ZvtBodyReader) -> None:
    """06 D3: an attribute (tag 09) holds for the lines behind it; its bit 80 ends the receipt."""
    fields, _ = bmp.walk(reader.body, reader.at)
    lines: list[TextLine] = []
    attribute, last = 0, False
    for row, start, end in fields:
        if row.number != 0x06:
            continue
        found = tlv.elements(reader.body, start, end)[0]
        _take_character_set(reader, found)
        for container, tag, at, stop in found:
            if container != tlv.PRINT_TEXTS:
                continue
            if tag == tlv.TEXT_LINE:
                lines.append(TextLine(reader.text(reader.body[at:stop]), attribute))
            elif tag == tlv.PRINT_ATTRIBUTE and stop == at + 1:
                last = last or bool(reader.body[at] & 0x80)
                attribute = reader.body[at] & 0x7F
    reader.values["lines"], reader.values["last"] = tuple(lines), last


def _take_character_set(reader: ZvtBodyReader, found: list[tlv.Element]) -> None:
    """A print may name its own character set; it holds for this print alone."""
    for _, tag, at, stop in found:
        if tag == tlv.CHARACTER_SET and stop == at + 1 and reader.body[at] in CHARSETS:
            reader.charset = Charset(reader.body[at])


_UNTAGGED: Final[dict[Any, Callable[[ZvtBodyReader], None]]] = {
    IntermediateStatus: _new_t4,
    Abort: _currency_of_abort,
    Completion: _terminal_status,
    PrintLine: _printed_line,
    PrintTextBlock: _printed_block,
}
