"""ECR17's messages: requests to bytes, answers to values; the card is sealed on the way (reference 4, 5).

Positions in the comments and tables are those of the reference: the first is 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from drivers.card.card import Card, CardSealer
from drivers.ecr17.texts import read_text
from drivers.terminal import DayTotal, ProtocolError, SealedCard

# Terminal id, a zero, the code.
HEAD_BYTES: Final = 10
HIGHEST_AMOUNT: Final = 99_999_999
HIGHEST_STAN: Final = 999_999


class Ecr17RequestCode(StrEnum):
    """What the till says. E and S mean another thing in each direction."""

    STATUS = "s"
    PAYMENT = "P"
    PAYMENT_EXTENDED = "X"
    REVERSAL = "S"
    CLOSE = "C"
    TOTALS = "T"
    LAST_RESULT = "G"
    PRINT_ON_TILL = "E"


class Ecr17AnswerCode(StrEnum):
    """What the terminal says, as far as it is read."""

    STATUS = "s"
    RESULT = "E"
    RESULT_EXCHANGED = "V"
    RESULT_PREAUTHORISED = "e"
    CLOSED = "C"
    TOTALS = "T"
    RECEIPT = "S"


class Ecr17Malformed(StrEnum):
    """Why a message was refused."""

    TOO_SHORT = "message without a code"


@dataclass(frozen=True, slots=True)
class Identity:
    """By which numbers terminal and till know each other: eight digits each."""

    terminal: str
    till: str


@dataclass(frozen=True, slots=True)
class Status:
    """The terminal's state, its own date, its software (`s`)."""

    terminal_id: str
    day: date | None
    state: int | None
    software: str


@dataclass(frozen=True, slots=True)
class Ecr17Result:
    """What became of a payment or a reversal (`E`, `V`, `e`). `day` is that of a year not told."""

    code: str
    terminal_id: str
    result: int | None
    text: str = ""
    card: SealedCard | None = None
    entry_mode: str = ""
    approval_code: str = ""
    day: int | None = None
    clock: str = ""
    card_type: int | None = None
    stan: int | None = None
    online_id: int | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """A closed session or just its totals (`C`, `T`). How many payments they hold is not told."""

    code: str
    terminal_id: str
    result: int | None
    text: str = ""
    totals: tuple[DayTotal, ...] = ()


@dataclass(frozen=True, slots=True)
class Strange:
    """A message that the reference does not have, or that only others ask for. Nothing of it is kept."""

    code: str
    length: int


Ecr17Answer = Status | Ecr17Result | Totals | Strange


class Ecr17CardBinding(NamedTuple):
    """Where the card of an answer goes: the card sealer, and the payment it is bound to."""

    card_sealer: CardSealer
    context: str


# ---- requests ----


def status(who: Identity) -> bytes:
    """`s`: moves nothing, prints nothing."""
    return _head(who, Ecr17RequestCode.STATUS)


def payment(who: Identity, amount: int, *, extended: bool = False) -> bytes:
    """`P`, or `X` whose answer names the amount. `amount` in cents; any kind of card."""
    code = Ecr17RequestCode.PAYMENT_EXTENDED if extended else Ecr17RequestCode.PAYMENT
    return b"%b%b00000%08d%128s00000000" % (_head(who, code), _ascii(who.till), amount, b"")


def reversal(who: Identity, stan: int) -> bytes:
    """`S`: undoes the payment with this number. 0 would undo whatever was last, so it is never sent."""
    if not 0 < stan <= HIGHEST_STAN:
        raise ValueError("a reversal names the STAN of its payment")
    return b"%b%b%06d00" % (_head(who, Ecr17RequestCode.REVERSAL), _ascii(who.till), stan)


def close(who: Identity) -> bytes:
    """`C`: the end of the day."""
    return b"%b%b00000000" % (_head(who, Ecr17RequestCode.CLOSE), _ascii(who.till))


def totals(who: Identity) -> bytes:
    """`T`."""
    return b"%b%b00000000" % (_head(who, Ecr17RequestCode.TOTALS), _ascii(who.till))


def last_result(who: Identity) -> bytes:
    """`G`."""
    return b"%b%b0000" % (_head(who, Ecr17RequestCode.LAST_RESULT), _ascii(who.till))


def print_on_till(who: Identity) -> bytes:
    """`E`: the next procedure's receipt comes to the till. Falls back after it."""
    return _head(who, Ecr17RequestCode.PRINT_ON_TILL) + b"1"


def _head(who: Identity, code: Ecr17RequestCode) -> bytes:
    return _ascii(who.terminal) + b"0" + _ascii(code.value)


def _ascii(text: str) -> bytes:
    return text.encode("ascii")


# ---- answers ----


class _Layout(NamedTuple):
    """Where the fields of an outcome lie, as 0-based slices."""

    card_type: slice
    stan: slice
    online_id: slice
    day: slice
    clock: slice
    amount: slice
    amount_from: int  # how long the message has to be for its amount to be one


def _at(first: int, last: int) -> slice:
    """Positions as in the reference to a slice."""
    return slice(first - 1, last)


_RESULT_CODE: Final = _at(11, 12)
_CARD: Final = _at(13, 31)
_ENTRY: Final = _at(32, 34)
_APPROVAL: Final = _at(35, 40)
_REFUSAL: Final = _at(13, 36)
_NO_TOTAL: Final = 4
# Reference 5 leaves the length open; a version's name is shorter.
_SOFTWARE: Final = slice(31, 31 + 64)
# An `E` has an amount only as the answer to `X`, which is 92 long; a reversal's has zeros up to 84.
_EXTENDED_LENGTH: Final = 92
_AS_E: Final = _Layout(
    card_type=_at(48, 48),
    stan=_at(60, 65),
    online_id=_at(66, 71),
    day=_at(41, 43),
    clock=_at(44, 47),
    amount=_at(75, 82),
    amount_from=_EXTENDED_LENGTH,
)
_LAYOUTS: Final = {
    Ecr17AnswerCode.RESULT: _AS_E,
    Ecr17AnswerCode.RESULT_EXCHANGED: _AS_E._replace(amount_from=82),
    Ecr17AnswerCode.RESULT_PREAUTHORISED: _Layout(
        card_type=_at(48, 48),
        stan=_at(83, 88),
        online_id=_at(89, 94),
        day=_at(61, 63),
        clock=_at(64, 67),
        amount=_at(41, 48),
        amount_from=48,
    ),
}


def code_of(payload: memoryview) -> str:
    """A message's letter. Raises `ProtocolError` when it is too short to have one."""
    if len(payload) < HEAD_BYTES:
        raise ProtocolError(Ecr17Malformed.TOO_SHORT)
    letter = payload[HEAD_BYTES - 1]
    return chr(letter) if 0x21 <= letter <= 0x7E else "?"


def decode(payload: memoryview, binding: Ecr17CardBinding) -> Ecr17Answer:
    """Read one whole answer, a writable view into a `SecretBuffer`, and wipe it.

    A field that is missing or no number is None or empty. Raises only `ProtocolError`.
    """
    try:
        code = code_of(payload)
        layout = _LAYOUTS.get(Ecr17AnswerCode(code)) if code in _OUTCOMES else None
        if layout is not None:
            return _outcome(payload, code, layout, binding)
        if code == Ecr17AnswerCode.STATUS:
            return _status(payload)
        if code in {Ecr17AnswerCode.CLOSED, Ecr17AnswerCode.TOTALS}:
            return _totals(payload, code)
        return Strange(code, len(payload))
    finally:
        payload[:] = bytes(len(payload))


_OUTCOMES: Final = frozenset(code.value for code in _LAYOUTS)


def _outcome(payload: memoryview, code: str, layout: _Layout, binding: Ecr17CardBinding) -> Ecr17Result:
    terminal_id, result = _terminal_id(payload), _number(payload, _RESULT_CODE)
    text, card, entry, approval, day, clock = "", None, "", "", None, ""
    if result == 0:
        card = _card(payload[_CARD], binding)
        entry, approval = read_text(payload[_ENTRY]), read_text(payload[_APPROVAL])
        day, clock = _number(payload, layout.day), _digits(payload, layout.clock)
    else:
        text = read_text(payload[_REFUSAL])
    long_enough = len(payload) >= layout.amount_from
    return Ecr17Result(
        code=code,
        terminal_id=terminal_id,
        result=result,
        text=text,
        card=card,
        entry_mode=entry,
        approval_code=approval,
        day=day,
        clock=clock,
        card_type=_number(payload, layout.card_type),
        stan=_number(payload, layout.stan),
        online_id=_number(payload, layout.online_id),
        amount=_number(payload, layout.amount) if long_enough and result == 0 else None,
    )


def _status(payload: memoryview) -> Status:
    day, month, year = (_number(payload, _at(first, first + 1)) for first in (21, 23, 25))
    return Status(
        terminal_id=_terminal_id(payload),
        day=_date(day, month, year),
        state=_number(payload, _at(31, 31)),
        software=read_text(payload[_SOFTWARE]),
    )


def _totals(payload: memoryview, code: str) -> Totals:
    result = _number(payload, _RESULT_CODE)
    if result != 0:
        return Totals(code, _terminal_id(payload), result, read_text(payload[_at(13, 31)]))
    places = {"terminal": _at(13, 28)}
    if code == Ecr17AnswerCode.CLOSED:
        places["host"] = _at(29, 44)
    said = [(name, _total(payload, place)) for name, place in places.items()]
    lines = tuple(DayTotal(name, 0, total) for name, total in said if total is not None)
    return Totals(code, _terminal_id(payload), result, totals=lines)


def _card(field: memoryview, binding: Ecr17CardBinding) -> SealedCard | None:
    """The number without the zeros that fill it on the left. None where there is none."""
    start, end = 0, len(field)
    while start < end and field[start] in b" 0":
        start += 1
    while end > start and field[end - 1] == 0x20:
        end -= 1
    return (
        binding.card_sealer.seal_card(Card.from_ascii(field[start:end], None), binding.context)
        if start < end
        else None
    )


def _terminal_id(payload: memoryview) -> str:
    return _digits(payload, _at(1, 8))


def _digits(payload: memoryview, place: slice) -> str:
    """A field of digits as it stands; empty when it is cut off or something else."""
    field = payload[place]
    whole = len(field) == place.stop - place.start and all(0x30 <= byte <= 0x39 for byte in field)
    return str(field, "ascii") if whole else ""


def _number(payload: memoryview, place: slice) -> int | None:
    digits = _digits(payload, place)
    return int(digits) if digits else None


def _total(payload: memoryview, place: slice) -> int | None:
    """Sixteen digits, of which no shop's day needs the first: what uses them may be a card number."""
    needed = place.start + _NO_TOTAL
    filled = _number(payload, slice(place.start, needed)) == 0
    return _number(payload, slice(needed, place.stop)) if filled else None


def _date(day: int | None, month: int | None, year: int | None) -> date | None:
    try:
        return date(2000 + (year or 0), month or 0, day or 0)
    except ValueError:
        return None
