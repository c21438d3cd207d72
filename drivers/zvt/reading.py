"""Reads the body of one APDU into plain values; card data is sealed or left unread on the way.

Texts are scrubbed where they lie before they become `str`. Whatever the table
of a message does not name is never looked at, and `decode` wipes the whole
APDU at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, NamedTuple

from drivers.card import Card, Vault, scrub_text
from drivers.terminal import ProtocolError
from drivers.zvt import bmp, fields, tlv
from drivers.zvt.apdu import Malformed
from drivers.zvt.fields import Kind
from drivers.zvt.layouts import BY_CONTROL, REPEATED, Head, Layout
from drivers.zvt.texts import Charset, blank_controls, decode_text

# A shorter text has no room for a card number: 13 digits are the shortest.
SHORTEST_NUMBER_BYTES: Final = 13
LONGEST_INTEGER_BYTES: Final = 4  # tags with binary numbers have one or two bytes


class CardDesk(NamedTuple):
    """Where card data of one APDU goes: the vault, and the payment it is bound to."""

    vault: Vault
    context: str


_Take = Callable[["Reader", str, int, int], None]
_Step = tuple[_Take, str, int]


class Reader:
    """One body on its way to a message: `values` by attribute, and counts of what was not kept."""

    __slots__ = (
        "_card",
        "_charset",
        "_expiry",
        "at",
        "body",
        "dropped",
        "layout",
        "scrubbed",
        "unparsed",
        "values",
    )

    def __init__(self, body: memoryview, layout: Layout, charset: Charset) -> None:
        self.body = body
        self.layout = layout
        self.values: dict[str, Any] = {}
        self.at = 0
        self.unparsed = 0
        self.scrubbed = 0
        self.dropped = 0
        self._charset = charset
        self._card: memoryview | None = None
        self._expiry: memoryview | None = None

    def read_head(self) -> None:
        """Take the untagged fields. Raises `ProtocolError` for a mandatory one that is not there."""
        for field in self.layout.head:
            end = self.at + field.width
            if end > len(self.body):
                if field.mandatory:
                    raise ProtocolError(Malformed.MISSING, field.name)
                return
            self._take_head(field, end)
            self.at = end

    def read_fields(self) -> None:
        """Take the BMPs and the TLV container from here to the end."""
        found, stopped = bmp.walk(self.body, self.at)
        plan = _BMPS[self.layout.control]
        for row, start, end in found:
            step = plan.get(row.number)
            if step is not None:
                step[0](self, step[1], start, end)
        self.unparsed += len(self.body) - stopped
        self.at = len(self.body)

    def text(self, start: int, end: int) -> str:
        """A text without card numbers."""
        text = blank_controls(self.body[start:end], self._charset)
        if len(text) >= SHORTEST_NUMBER_BYTES:
            self.scrubbed += scrub_text(text)
        return decode_text(text, self._charset)

    def seal_card(self, desk: CardDesk) -> None:
        """Give the number, if there was one, to the vault, which wipes it. A field of padding is none."""
        if self._card is not None:
            card = desk.vault.take(Card.from_bcd(self._card, self._expiry), desk.context)
            if card.masked:
                self.values["card"] = card

    def _take_head(self, field: Head, end: int) -> None:
        self.TAKES[field.kind](self, field.name, self.at, end)
        if field.mandatory and field.name not in self.values:
            raise ProtocolError(Malformed.BCD, field.name)

    # ---- one field; what is no value of its kind is counted as unparsed ----

    def _keep(self, name: str, value: Any, size: int) -> None:
        if value is None:
            self.unparsed += size
        elif name in REPEATED:
            self.values[name] = (*self.values.get(name, ()), value)
        else:
            self.values.setdefault(name, value)

    def _byte(self, name: str, start: int, end: int) -> None:
        self._keep(name, self.body[start] if end == start + 1 else None, end - start)

    def _integer(self, name: str, start: int, end: int) -> None:
        fits = 0 < end - start <= LONGEST_INTEGER_BYTES
        self._keep(name, int.from_bytes(self.body[start:end], "big") if fits else None, end - start)

    def _number(self, name: str, start: int, end: int) -> None:
        self._keep(name, fields.number(self.body[start:end]), end - start)

    def _digits(self, name: str, start: int, end: int) -> None:
        self._keep(name, fields.digits(self.body[start:end]), end - start)

    def _text(self, name: str, start: int, end: int) -> None:
        self._keep(name, self.text(start, end), end - start)

    def _padded_text(self, name: str, start: int, end: int) -> None:
        self._keep(name, self.text(start, end).rstrip(), end - start)

    def _totals(self, name: str, start: int, end: int) -> None:
        self._keep(name, fields.totals(self.body[start:end]), end - start)

    def _card_number(self, _: str, start: int, end: int) -> None:
        if start == end:
            return
        if self._card is None:
            self._card = self.body[start:end]
        else:
            self.dropped += 1

    def _card_expiry(self, _: str, start: int, end: int) -> None:
        self._expiry = self.body[start:end]

    def _secret(self, _: str, start: int, end: int) -> None:
        self.dropped += end > start

    def _tags(self, _: str, start: int, end: int) -> None:
        found, unread = tlv.elements(self.body, start, end)
        self.unparsed += unread
        plan = _TAGS[self.layout.control]
        for container, tag, at, stop in found:
            step = plan.get(tag)
            if step is not None and step[2] in {0, container}:
                step[0](self, step[1], at, stop)

    TAKES: ClassVar[Mapping[Kind, _Take]] = {
        Kind.BYTE: _byte,
        Kind.INTEGER: _integer,
        Kind.NUMBER: _number,
        Kind.DIGITS: _digits,
        Kind.TEXT: _text,
        Kind.PADDED_TEXT: _padded_text,
        Kind.TOTALS: _totals,
        Kind.CARD: _card_number,
        Kind.EXPIRY: _card_expiry,
        Kind.SECRET: _secret,
        Kind.TLV: _tags,
    }


# Looked at in every message, whether it has a place for them or not.
_ALWAYS: Final = frozenset({Kind.SECRET, Kind.EXPIRY, Kind.TLV})


def _bmp_steps(layout: Layout) -> dict[int, _Step]:
    """What to do with each BMP of a message; one without a step is skipped."""
    steps = {}
    for row in bmp.TABLE.values():
        name = layout.bmps.get(row.number, "")
        if name or row.kind in _ALWAYS:
            steps[row.number] = (Reader.TAKES[row.kind], name, 0)
        elif row.kind is Kind.CARD:
            steps[row.number] = (Reader.TAKES[Kind.SECRET], name, 0)
    return steps


def _tag_steps(layout: Layout) -> dict[int, _Step]:
    """What to do with each tag of a message; the last part is the container that it counts in."""
    return {
        tag.number: (Reader.TAKES[tag.kind], layout.tags.get(tag.number, ""), tag.inside)
        for tag in tlv.TAGS.values()
        if tag.number in layout.tags or tag.kind is Kind.SECRET
    }


_BMPS: Final = {layout.control: _bmp_steps(layout) for layout in BY_CONTROL.values()}
_TAGS: Final = {layout.control: _tag_steps(layout) for layout in BY_CONTROL.values()}
