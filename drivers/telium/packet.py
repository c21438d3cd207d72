"""What both dialects have in common: the till's mark, an answer, and whose answer it is."""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final, Protocol

from drivers.card.card import Card, CardSealer
from drivers.terminal import (
    Command,
    DriverFact,
    Operation,
    ProtocolError,
    Result,
    ResultStatus,
    SealedCard,
)

# Reference 4: the private field.
MARK_CHARS: Final = 10
# A mark begins with a letter, so that with the digits before it it never looks like a card number.
_MARK_LEAD: Final = "T"
_OUR_FORM: Final = re.compile(r"T[A-Z2-7]{9}")

# What the session does in both dialects: by the poll of the line, or from what it remembers.
BY_SESSION: Final = frozenset({Operation.STATUS, Operation.REPEAT_RECEIPT})

# Payments whose answers may still come: a terminal has one that it did not get rid of, hardly two.
MOST_REMEMBERED: Final = 8

# The words of this driver's `ProtocolError`.
WRONG_LENGTH: Final = "wrong length"
WRONG_FIELD: Final = "wrong field"
UNKNOWN_RESULT: Final = "unknown result"
CONTRADICTION: Final = "contradicting fields"


def mark_of(command: Command) -> str:
    """The mark of one payment; the same payment has the same mark after a restart."""
    digest = hashlib.sha256(f"{command.payment_id}\0{command.sequence}".encode()).digest()
    return _MARK_LEAD + b32encode(digest).decode("ascii")[: MARK_CHARS - 1]


def mark_told(text: str) -> str:
    """The mark in a private field; empty if what stands there names no payment of a till like ours.

    Terminals fill the field up, or put a text of their own there.
    """
    mark = text.strip()
    return mark if _OUR_FORM.fullmatch(mark) else ""


class Whose(Enum):
    """Whose answer it is, as far as it says."""

    OURS = auto()  # it repeats the mark of this command
    OTHERS = auto()  # it names another payment, till or action
    NAMELESS = auto()  # it names no payment, and contradicts nothing
    CONTRADICTS = auto()  # it names no payment, and tells another amount or currency


@dataclass(frozen=True, slots=True)
class TeliumAnswer:
    """A terminal's answer. `till` and `action` are what it repeats of the request, where it does.

    The mark that came back is the result's `order`.
    """

    result: Result
    till: int | None = None
    action: str = ""

    def same_as(self, other: TeliumAnswer | None) -> bool:
        """Whether it says the same; a sealed card is another one each time and is left out."""
        return other is not None and _bare(self) == _bare(other)


def _bare(answer: TeliumAnswer) -> TeliumAnswer:
    card = answer.result.card
    masked = None if card is None else replace(card, sealed=b"")
    return replace(answer, result=replace(answer.result, card=masked))


class TeliumCardBinding:
    """Seals a card for the payment that the answer is about, also when that is an older one."""

    def __init__(self, card_sealer: CardSealer) -> None:
        self._card_sealer = card_sealer
        self._payment_ids: dict[str, str] = {}
        self._last = ""

    def asked(self, command: Command) -> None:
        """From now on answers may be about this payment."""
        self._last = command.payment_id
        self._payment_ids[mark_of(command)] = command.payment_id
        while len(self._payment_ids) > MOST_REMEMBERED:
            del self._payment_ids[next(iter(self._payment_ids))]

    def seal(self, card: Card, mark: str) -> SealedCard:
        """For the payment with this mark, or the last one when the answer names none that is known."""
        return self._card_sealer.seal_card(card, self._payment_ids.get(mark, self._last))


class Dialect(Protocol):
    """How one variant words its messages."""

    @property
    def actions(self) -> Mapping[Operation, str]:
        """The protocol's own code for each command that it has."""

    def refusal_reason(self, command: Command) -> DriverFact | None:
        """Why this command cannot be asked, for the cashier; None if it can."""

    def request(self, command: Command) -> bytes:
        """The message for a command that `refusal_reason` does not object to."""

    def read(self, view: memoryview, binding: TeliumCardBinding) -> TeliumAnswer:
        """An answer; card data is sealed or wiped where it lies. Raises `ProtocolError`."""

    def whose(self, command: Command, answer: TeliumAnswer) -> Whose:
        """Whose answer it is, told while this command runs."""


def by_fields(command: Command, currency: int, result: Result) -> Whose:
    """Whose a result without a mark is. A refusal may leave the amount out, or tell 0."""
    approved = result.status is ResultStatus.APPROVED
    told = result.amount if approved else result.amount or command.amount
    fits = told == command.amount and result.currency in {None, currency}
    return Whose.NAMELESS if fits else Whose.CONTRADICTS


def digits(view: memoryview) -> int | None:
    """A number of at most 12 digits; None for anything else. Longer ones could be card numbers."""
    if not 0 < len(view) <= 12 or not all(0x30 <= byte <= 0x39 for byte in view):
        return None
    return int(bytes(view))


def number(view: memoryview) -> int:
    """A number that must be one. Raises `ProtocolError`."""
    value = digits(view)
    if value is None:
        raise ProtocolError(WRONG_FIELD)
    return value
