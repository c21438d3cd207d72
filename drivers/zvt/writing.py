"""Writes messages as APDUs, by the same tables that read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from drivers.terminal import SealedCard
from drivers.zvt import apdu, bmp, fields, tlv
from drivers.zvt.fields import FieldKind
from drivers.zvt.layouts import BY_MESSAGE, Layout
from drivers.zvt.messages import (
    Abort,
    Completion,
    IntermediateStatus,
    PrintLine,
    PrintTextBlock,
    StatusInformation,
    ZvtAnswer,
    ZvtPacket,
)
from drivers.zvt.texts import Charset, encode_text

HIGHEST_SHORT_TRACE: Final = 999_999  # BMP 0B; a longer one goes to tag 1F2B
HIGHEST_SHORT_CARD_TYPE: Final = 0xFE  # BMP 8A; FF points to tag 41
TAG_NUMBER_BYTES: Final = 6  # amounts and long trace numbers in tags
FIRST_TEXT_LINE: Final = 0xF1


def encode(packet: ZvtPacket, charset: Charset = Charset.CP437, clear_card_fields: bytes = b"") -> bytes:
    """Write one APDU.

    `clear_card_fields` are ready BMPs that only a simulated terminal has,
    because a message cannot hold them; they stand before the TLV container.
    Raises ValueError where a value does not fit its field.
    """
    if isinstance(packet, ZvtAnswer):
        code = b"" if packet.result_code is None else bytes((packet.result_code,))
        part = b"" if packet.amount is None else bmp.field(0x04, fields.bcd(packet.amount, 6))
        return apdu.join(packet.ccrc << 8 | packet.aprc, code + part)
    layout = BY_MESSAGE.get(type(packet))
    if layout is None:
        raise ValueError(f"{type(packet).__name__} cannot be written")
    values = _values(packet)
    body = _head(layout, values) + _untagged(packet, charset)
    body += b"".join(_bmps(layout, values, charset)) + clear_card_fields
    tags = b"".join(_tags(layout, values, charset))
    if isinstance(packet, PrintTextBlock):
        tags += _printed_block(packet, charset)
    return apdu.join(layout.control, body + (bmp.field(0x06, tags) if tags else b""))


def _values(packet: ZvtPacket) -> dict[str, Any]:
    """The attributes of a message, those of a status information as its fields hold them."""
    values = {name: getattr(packet, name) for name in packet.__struct_fields__}
    if isinstance(packet, StatusInformation):
        if packet.trace is not None and packet.trace > HIGHEST_SHORT_TRACE:
            values |= {"trace": 0, "long_trace": packet.trace}
        if packet.card_type is not None and packet.card_type > HIGHEST_SHORT_CARD_TYPE:
            values |= {"card_type": 0xFF, "card_type_id": packet.card_type}
        if packet.totals:
            values["totals"] = (packet.first_receipt or 0, packet.last_receipt or 0, packet.totals)
    return values


def _head(layout: Layout, values: Mapping[str, Any]) -> bytes:
    return b"".join(
        _value(field.kind, field.width, values[field.name])
        for field in layout.head
        if values[field.name] is not None
    )


def _bmps(layout: Layout, values: Mapping[str, Any], charset: Charset) -> Iterator[bytes]:
    for number, name in layout.bmps.items():
        value = values[name]
        if name == "lines":
            value = next(iter(value[number - FIRST_TEXT_LINE :]), None)
        if value is None or value in ("", ()):
            continue
        row = bmp.TABLE[number]
        yield bmp.field(number, _text(row, value, charset) or _value(row.kind, row.length, value))


def _text(row: bmp.Bmp, value: Any, charset: Charset) -> bytes:
    """The text of a BMP, padded or ended as its row says; empty for other kinds."""
    if row.kind not in {FieldKind.TEXT, FieldKind.PADDED_TEXT}:
        return b""
    text = encode_text(value, charset)
    return text.ljust(row.length, row.tail) if row.length > 0 else text + row.tail


def _tags(layout: Layout, values: Mapping[str, Any], charset: Charset) -> Iterator[bytes]:
    for number, name in layout.tags.items():
        value, row = values.get(name), tlv.TAGS[number]
        if value is None or value in ("", ()):
            continue
        each = value if isinstance(value, tuple) else (value,)
        content = b"".join(tlv.element(number, _tag_value(row, one, charset)) for one in each)
        yield tlv.element(row.inside, content) if row.inside else content


def _tag_value(row: tlv.Tag, value: Any, charset: Charset) -> bytes:
    if row.kind is FieldKind.TEXT:
        return encode_text(value, charset)
    return _value(row.kind, TAG_NUMBER_BYTES, value)


def _value(kind: FieldKind, width: int, value: Any) -> bytes:
    if kind is FieldKind.NUMBER:
        return fields.bcd(value, width)
    if kind is FieldKind.DIGITS:
        return bytes.fromhex(value)
    if kind is FieldKind.TOTALS:
        return fields.totals_bytes(*value)
    if kind is FieldKind.CARD:
        return _masked_number(value)
    return int(value).to_bytes(1 if kind is FieldKind.BYTE else 2, "big")


def _masked_number(card: SealedCard) -> bytes:
    """A masked number as BCD: E for a hidden digit, F at an odd end."""
    nibbles = card.masked.replace("*", "e")
    return bytes.fromhex(nibbles + "f" * (len(nibbles) % 2))


def _untagged(packet: ZvtPacket, charset: Charset) -> bytes:
    """What stands between the head and the BMPs, without a number of its own."""
    match packet:
        case IntermediateStatus(timeout_minutes=int(minutes)):
            return fields.bcd(minutes, 1)
        case Abort(currency=int(currency)):
            return fields.bcd(currency, 2)
        case Completion(terminal_status=int(status), software=software):
            version = encode_text(software, charset)
            size = f"{len(version):03d}"
            prefix = bytes(0xF0 | int(digit) for digit in size) if version else b""
            return prefix + version + bytes((status,))
        case PrintLine(attribute=0xFF, feeds=feeds):
            return bytes((feeds,))
        case PrintLine(text=text):
            return encode_text(text, charset)
        case _:
            return b""


def _printed_block(packet: PrintTextBlock, charset: Charset) -> bytes:
    content, attribute = b"", 0
    for line in packet.lines:
        if line.attribute != attribute:
            attribute = line.attribute
            content += tlv.element(tlv.PRINT_ATTRIBUTE, bytes((attribute,)))
        content += tlv.element(tlv.TEXT_LINE, encode_text(line.text, charset))
    if packet.last:
        content += tlv.element(tlv.PRINT_ATTRIBUTE, b"\x80")
    return tlv.element(tlv.PRINT_TEXTS, content) if content else b""
