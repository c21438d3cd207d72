"""Reads the body of one APDU into plain values; card data is sealed or left unread on the way.

Texts are scrubbed where they lie before they become `str`. Whatever the table
of a message does not name is never looked at, and `decode` wipes the whole
APDU at its end. What to do with each field of each message is worked out once,
when this module is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from drivers.card.card import Card, CardSealer, scrub_text
from drivers.card.scrub import MIN_CARD_DIGITS, may_hold_card
from drivers.terminal import ProtocolError, UnknownBytes
from drivers.unknown import unknown_piece
from drivers.zvt import bmp, fields, tlv
from drivers.zvt.apdu import ZvtMalformed
from drivers.zvt.fields import FieldKind
from drivers.zvt.layouts import BY_CONTROL, REPEATED, HeadField, Layout
from drivers.zvt.texts import Charset, blank_controls, decode_plain, decode_text

# Between the values of two elements side by side: a tag of three bytes and a length of three.
LONGEST_HEAD_BYTES: Final = 6


class ZvtCardBinding(NamedTuple):
    """Where card data of one APDU goes: the card sealer, and the payment it is bound to."""

    card_sealer: CardSealer
    context: str


class ZvtBodyReader:
    """One body on its way to a message: `values` by attribute, and counts of what was not kept."""

    __slots__ = (
        "_card",
        "_expiry",
        "at",
        "body",
        "charset",
        "collected",
        "dropped",
        "layout",
        "scrubbed",
        "unknown",
        "values",
    )

    def __init__(self, body: memoryview, layout: Layout, charset: Charset) -> None:
        self.body = body
        self.layout = layout
        self.values: dict[str, Any] = {}
        self.collected: dict[str, list[Any]] = {}  # on their way to `values`
        self.unknown: list[UnknownBytes] = []
        self.at = self.scrubbed = self.dropped = 0
        self.charset = charset
        self._card: memoryview | None = None
        self._expiry: memoryview | None = None

    def read_head(self) -> None:
        """Take the untagged fields. Raises `ProtocolError` for a mandatory one that is not there."""
        for field in self.layout.head:
            end = self.at + field.width
            if end > len(self.body):
                if field.mandatory:
                    raise ProtocolError(ZvtMalformed.MISSING, field.name)
                return
            self._take_head(field, end)
            self.at = end

    def read_fields(self) -> None:
        """Take the BMPs and the TLV container from here to the end, by the rules of `bmp.walk`."""
        body, values, steps = self.body, self.values, _BMPS[self.layout.control]
        at, size = self.at, len(body)
        while at < size:
            step = steps[body[at]]
            if step is None:
                break
            length, value_of, read, name = step
            start = at + 1
            if length < 0:
                start, length = bmp.variable_length(body, start, length)
            end = start + length
            if length < 0 or end > size:
                break
            self.at = at = end
            value = read(self, body[start:end]) if value_of is None else value_of(body[start:end])
            if value is None:
                if name and length:
                    self.note(start, end, f"{body[start - 1]:02X}")
            elif name not in values:
                values[name] = value
        for name, contents in self.collected.items():
            values[name] = tuple(contents)
        if at < size:
            self.note(at, size)
        self.at = size

    def note(self, start: int, end: int, tag: str = "") -> None:
        """Keep what may be kept of unknown bytes. Close behind others no byte: both could be one number."""
        last = self.unknown[-1] if self.unknown else None
        joined = last is not None and (last.offset or 0) + last.length >= start - LONGEST_HEAD_BYTES
        self.unknown.append(unknown_piece(self.body[start:end], start, tag, show=not joined))

    def text(self, value: memoryview) -> str:
        """A text without card numbers."""
        if len(value) < MIN_CARD_DIGITS or not may_hold_card(value):
            plain = decode_plain(value, self.charset)
            if plain is not None:
                return plain
        text = blank_controls(value, self.charset)
        if len(text) >= MIN_CARD_DIGITS:
            self.scrubbed += scrub_text(text)
        return decode_text(text, self.charset)

    def seal_card(self, binding: ZvtCardBinding) -> None:
        """Give a number that was there to the card sealer, which wipes it. A field of padding is none."""
        if self._card is not None:
            card = binding.card_sealer.seal_card(Card.from_bcd(self._card, self._expiry), binding.context)
            if card.masked:
                self.values["card"] = card

    def _take_head(self, field: HeadField, end: int) -> None:
        value = _VALUES[field.kind](self.body[self.at : end])
        if value is not None:
            self.values[field.name] = value
        elif field.mandatory:
            raise ProtocolError(ZvtMalformed.BCD, field.name)
        else:
            self.note(self.at, end, field.name)

    # ---- fields that are more than a value of their own ----

    def padded_text(self, value: memoryview) -> str:
        """A text without card numbers and without the blanks that fill it."""
        return self.text(value).rstrip()

    def card_number(self, value: memoryview) -> None:
        """The first one is sealed, of others only the count is kept."""
        if value and self._card is None:
            self._card = value
        else:
            self.secret(value)

    def card_expiry(self, value: memoryview) -> None:
        """Sealed with the number."""
        self._expiry = value

    def secret(self, value: memoryview) -> None:
        """Counted, and not looked at."""
        self.dropped += len(value) > 0

    def tags(self, container: memoryview) -> None:
        """All that the message has a place for, at any depth."""
        found, unread = tlv.elements(container, 0, len(container))
        base = self.at - len(container)
        values, steps = self.values, _TAGS[self.layout.control]
        for inside, tag, start, end in found:
            step = steps.get(tag)
            if step is None:
                if tag not in tlv.OF_NO_USE:
                    self.note(base + start, base + end, f"{tag:02X}")
                continue
            only_inside, value_of, read, name = step
            if only_inside and only_inside != inside:
                continue
            value = read(self, container[start:end]) if value_of is None else value_of(container[start:end])
            if value is None:
                if name and end > start:
                    self.note(base + start, base + end, f"{tag:02X}")
            elif name not in values:
                values[name] = value
        for start, end in unread:
            self.note(base + start, base + end)


# What a field holds; None if it holds nothing of its kind. `_Read` keeps what is no plain value itself.
_ValueOf = Callable[[memoryview], Any]
_Read = Callable[[ZvtBodyReader, memoryview], Any]
# A BMP's length or the container that a tag counts in, the one or the other reading, the attribute to fill.
_Step = tuple[int, _ValueOf | None, _Read, str]


_VALUES: Final[Mapping[FieldKind, _ValueOf]] = {
    FieldKind.BYTE: fields.byte,
    FieldKind.INTEGER: fields.integer,
    FieldKind.NUMBER: fields.number,
    FieldKind.DIGITS: fields.digits,
    FieldKind.TOTALS: fields.totals,
    FieldKind.SERIAL: fields.serial,
}
_READS: Final[Mapping[FieldKind, _Read]] = {
    FieldKind.TEXT: ZvtBodyReader.text,
    FieldKind.PADDED_TEXT: ZvtBodyReader.padded_text,
    FieldKind.CARD: ZvtBodyReader.card_number,
    FieldKind.EXPIRY: ZvtBodyReader.card_expiry,
    FieldKind.SECRET: ZvtBodyReader.secret,
    FieldKind.TLV: ZvtBodyReader.tags,
}
# In a message without a place for them. What is not listed is skipped.
_WITHOUT_PLACE: Final = {
    FieldKind.CARD: FieldKind.SECRET,
    FieldKind.SECRET: FieldKind.SECRET,
    FieldKind.EXPIRY: FieldKind.EXPIRY,
    FieldKind.TLV: FieldKind.TLV,
}


def _skipped(_reader: ZvtBodyReader, _value: memoryview) -> None:
    """A field that the message has no place for."""


def _collected(name: str, kind: FieldKind) -> _Read:
    """An attribute that collects every occurrence."""
    value_of, read = _VALUES.get(kind), _READS.get(kind, _skipped)

    def collect(reader: ZvtBodyReader, value: memoryview) -> None:
        content = read(reader, value) if value_of is None else value_of(value)
        if content is None:
            reader.note(reader.at - len(value), reader.at, name)
        else:
            reader.collected.setdefault(name, []).append(content)

    return collect


def _step(first: int, kind: FieldKind, name: str) -> _Step:
    if not name:
        kind = _WITHOUT_PLACE.get(kind, FieldKind.UNUSED)
    if name in REPEATED:
        return first, None, _collected(name, kind), ""
    return first, _VALUES.get(kind), _READS.get(kind, _skipped), "" if kind is FieldKind.CARD else name


def _bmp_steps(layout: Layout) -> list[_Step | None]:
    """For each of 256 first bytes; None where no BMP begins with it."""
    steps: list[_Step | None] = [None] * 256
    for row in bmp.TABLE.values():
        steps[row.number] = _step(int(row.length), row.kind, layout.bmps.get(row.number, ""))
    return steps


def _tag_steps(layout: Layout) -> dict[int, _Step]:
    return {
        tag.number: _step(tag.inside, tag.kind, layout.tags.get(tag.number, "")) for tag in tlv.TAGS.values()
    }


_BMPS: Final = {layout.control: _bmp_steps(layout) for layout in BY_CONTROL.values()}
_TAGS: Final = {layout.control: _tag_steps(layout) for layout in BY_CONTROL.values()}
