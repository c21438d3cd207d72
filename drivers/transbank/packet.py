"""Transbank's messages: fields between `|`, the function first (reference 3 and 4).

Card fields are masked, sealed and wiped here, inside the buffer that the message came in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from drivers.card.card import Card, CardSealer, scrub_text
from drivers.terminal import ProtocolError, SealedCard
from drivers.transbank.texts import STATUS_CODES, blank_controls, decode_text

_BLANK: Final = 0x20
_SEPARATOR: Final = re.compile(rb"\|")
FUNCTION_CHARACTERS: Final = 4
# Reference 4 lists 19 fields; terminals of several merchants add four.
MOST_FIELDS: Final = 32
# Account numbers of debit cards are shorter and no card numbers; ISO/IEC 7812-1 ends at 19.
CARD_NUMBER_DIGITS: Final = range(13, 20)
LAST_DIGITS: Final = 4
# The longest number of reference 4 is the commerce code.
MOST_DIGITS: Final = 12
# Wire amounts are whole pesos (reference 3).
LEAST_PESOS: Final = 50
MOST_PESOS: Final = 999_999_999
# Reference 3: "up to 6 characters".
TICKET_CHARACTERS: Final = 6
_BASE36: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_CODE: Final = re.compile(r"[0-9]{2}")
_DIGITS: Final = re.compile(f"-?[0-9]{{1,{MOST_DIGITS}}}")


class TransbankMalformed(StrEnum):
    """Why a message was refused."""

    FUNCTION = "unknown function"
    CODE = "no response code"
    STATUS_CODE = "a status code as the response code"
    FIELDS = "too many fields"


class TransbankFunction(StrEnum):
    """What a message is, as its first field has it."""

    POLL = "0100"
    SALE = "0200"
    SALE_RESULT = "0210"
    LAST_SALE = "0250"
    LAST_SALE_RESULT = "0260"
    CLOSE = "0500"
    CLOSE_RESULT = "0510"
    TOTALS = "0700"
    TOTALS_RESULT = "0710"
    LOAD_KEYS = "0800"
    LOAD_KEYS_RESULT = "0810"
    STATUS = "0900"
    VOID = "1200"
    VOID_RESULT = "1210"


# Responses with the fields of a sale (reference 4).
SALE_LIKE: Final = frozenset({TransbankFunction.SALE_RESULT, TransbankFunction.LAST_SALE_RESULT})
# What a terminal sends; a till's own function is none of them.
RESPONSES: Final = {
    function.value: function
    for function in (
        TransbankFunction.SALE_RESULT,
        TransbankFunction.LAST_SALE_RESULT,
        TransbankFunction.CLOSE_RESULT,
        TransbankFunction.TOTALS_RESULT,
        TransbankFunction.LOAD_KEYS_RESULT,
        TransbankFunction.STATUS,
        TransbankFunction.VOID_RESULT,
    )
}
_LAST_FOUR_AT: Final = 9
_ACCOUNT_AT: Final = 13


@dataclass(frozen=True, slots=True)
class TransbankResponse:
    """One message of the terminal: the fields as text, by their place in reference 4.

    Card fields are empty among them; what may be known of the card is in `card`.
    """

    function: TransbankFunction
    code: int
    fields: tuple[str, ...]
    card: SealedCard | None = None

    def text(self, at: int) -> str:
        """A field; empty when it is missing, as fields at the end may be."""
        return self.fields[at] if at < len(self.fields) else ""

    def number(self, at: int) -> int | None:
        """A field of digits; None when it is missing or anything else."""
        text = self.text(at)
        return int(text) if _DIGITS.fullmatch(text) else None


def ticket(sequence: int) -> str:
    """The ticket of a payment: its place in the journal in base 36, six characters.

    No two payments of a till share one before the journal has two thousand million entries.
    """
    return "".join(_BASE36[sequence // 36**place % 36] for place in range(TICKET_CHARACTERS - 1, -1, -1))


def same_ticket(one: str, other: str) -> bool:
    """Whether two tickets are one; terminals fill short ones up with zeros (captured: 00ABCD)."""
    return one.upper().zfill(TICKET_CHARACTERS) == other.upper().zfill(TICKET_CHARACTERS)


def message(*fields: str) -> bytes:
    """The data of a frame."""
    return "|".join(fields).encode("ascii")


def decode(data: memoryview, card_sealer: CardSealer, context: str) -> TransbankResponse:
    """One message of the terminal, from where it lies in the buffer.

    Raises `ProtocolError` for what is no response of reference 4.
    """
    views = _split(data)
    function = _function(views[0])
    blank_controls(data)
    card = _seal_card(views, card_sealer, context) if function in SALE_LIKE else None
    for view in views:  # over all of them, the fields behind a track would be taken for its rest
        scrub_text(view)
    fields = tuple(decode_text(view) for view in views)
    code = fields[1] if len(fields) > 1 else ""
    if not _CODE.fullmatch(code):
        raise ProtocolError(TransbankMalformed.CODE)
    if function is not TransbankFunction.STATUS and int(code) in STATUS_CODES:
        raise ProtocolError(TransbankMalformed.STATUS_CODE)
    return TransbankResponse(function, int(code), fields, card)


def _split(data: memoryview) -> list[memoryview]:
    bounds = [-1, *(match.start() for match in _SEPARATOR.finditer(data)), len(data)]
    if len(bounds) > MOST_FIELDS:
        raise ProtocolError(TransbankMalformed.FIELDS)
    return [data[before + 1 : at] for before, at in pairwise(bounds)]


def _function(view: memoryview) -> TransbankFunction:
    function = RESPONSES.get(str(view[: FUNCTION_CHARACTERS + 1], "latin-1"))
    if function is None:
        raise ProtocolError(TransbankMalformed.FUNCTION)
    return function


def _seal_card(views: Sequence[memoryview], card_sealer: CardSealer, context: str) -> SealedCard | None:
    """Empty the card fields. The account is a card's whole number, a bank account's, or nothing."""
    last_four, account = (_trimmed(views, at) for at in (_LAST_FOUR_AT, _ACCOUNT_AT))
    card = None
    if len(account) in CARD_NUMBER_DIGITS:
        card = card_sealer.seal_card(Card.from_ascii(account, None), context)
    elif len(last_four) == LAST_DIGITS and bytes(last_four).isdigit():
        card = SealedCard("*" * LAST_DIGITS + str(last_four, "ascii"))
    for view in (last_four, account):
        view[:] = b" " * len(view)
    return card


def _trimmed(views: Sequence[memoryview], at: int) -> memoryview:
    """A field without the blanks around it; empty when it is missing."""
    view = views[at] if at < len(views) else views[0][:0]
    start, end = 0, len(view)
    while start < end and view[start] == _BLANK:
        start += 1
    while end > start and view[end - 1] == _BLANK:
        end -= 1
    return view[start:end]
