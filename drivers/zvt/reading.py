"""Reads the body of one APDU into plain values; card data is sealed or left unread on the way.

Texts are scrubbed where they lie before they become `str`. Whatever the table
of a message does not name is never looked at, and `decode` wipes the whole
APDU at its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from drivers.card import Card, scrub_text
from drivers.terminal import ProtocolError
from drivers.zvt import bmp, fields, tlv
from drivers.zvt.apdu import Malformed
from drivers.zvt.fields import Kind
from drivers.zvt.layouts import REPEATED, Head, Layout
from drivers.zvt.texts import Charset, decode_text

if TYPE_CHECKING:
    from drivers.card import Vault

# A shorter text has no room for a card number: 13 digits are the shortest.
SHORTEST_NUMBER_BYTES: Final = 13
LONGEST_INTEGER_BYTES: Final = 4  # tags with binary numbers have one or two bytes


class CardDesk(NamedTuple):
    """Where card data of one APDU goes: the vault, and the payment it is bound to."""

    vault: Vault
    context: str


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

    def _take_head(self, field: Head, end: int) -> None:
        value = self._value(field.kind, self.at, end)
        if value is None and field.mandatory:
            raise ProtocolError(Malformed.BCD, field.name)
        self.values[field.name] = value

    def read_fields(self) -> None:
        """Take the BMPs and the TLV container from here to the end."""
        found, stopped = bmp.walk(self.body, self.at)
        names = self.layout.bmps
        for row, start, end in found:
            if row.kind is Kind.TLV:
                self.read_tags(start, end)
            elif row.kind in _CARD_KINDS:
                self._set_aside(row, start, end)
            elif row.number in names:
                value = self._value(row.kind, start, end)
                if row.tail == b" " and value is not None:
                    value = value.rstrip()
                self._keep(names[row.number], value, end - start)
        self.unparsed += len(self.body) - stopped
        self.at = len(self.body)

    def read_tags(self, start: int, end: int) -> None:
        """Take the tags of one container that the message has a place for."""
        found, unread = tlv.elements(self.body, start, end)
        self.unparsed += unread
        names = self.layout.tags
        for container, tag, at, stop in found:
            row = tlv.TAGS.get(tag)
            if row is None or (row.inside and row.inside != container):
                continue
            if row.kind is Kind.SECRET:
                self.dropped += 1
            elif tag in names:
                self._keep(names[tag], self._value(row.kind, at, stop), stop - at)

    def text(self, start: int, end: int) -> str:
        """A text without card numbers."""
        view = self.body[start:end]
        if end - start >= SHORTEST_NUMBER_BYTES:
            self.scrubbed += scrub_text(view)
        return decode_text(view, self._charset)

    def seal_card(self, desk: CardDesk) -> None:
        """Give the number, if there was one, to the vault, which wipes it."""
        if self._card is not None:
            self.values["card"] = desk.vault.take(Card.from_bcd(self._card, self._expiry), desk.context)

    def _set_aside(self, row: bmp.Bmp, start: int, end: int) -> None:
        if start == end:
            return
        if row.kind is Kind.EXPIRY:
            self._expiry = self.body[start:end]
        elif row.kind is Kind.CARD and self._card is None and row.number in self.layout.bmps:
            self._card = self.body[start:end]
        else:
            self.dropped += 1

    def _keep(self, name: str, value: Any, size: int) -> None:
        if value is None:
            self.unparsed += size
        elif name in REPEATED:
            self.values[name] = (*self.values.get(name, ()), value)
        else:
            self.values.setdefault(name, value)

    def _value(self, kind: Kind, start: int, end: int) -> Any:
        """The value as `kind` says, or None where the bytes are no such value."""
        if kind is Kind.TEXT:
            return self.text(start, end)
        view = self.body[start:end]
        if kind is Kind.NUMBER:
            return fields.number(view)
        if kind is Kind.DIGITS:
            return fields.digits(view)
        if kind is Kind.TOTALS:
            return fields.totals(view)
        longest = 1 if kind is Kind.BYTE else LONGEST_INTEGER_BYTES
        return int.from_bytes(view, "big") if 0 < end - start <= longest else None


_CARD_KINDS: Final = frozenset({Kind.CARD, Kind.EXPIRY, Kind.SECRET})
