"""The messages of Concert V3 (reference 6): groups of a two-letter tag, a length of three digits, a value.

Beyond the reference, from PayXpert's public pages: CF is a private field that comes back,
AF's first two characters are the reason, BA 0 asks for the answer at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from drivers.card.card import Card
from drivers.operation import FINANCIAL, unsupported
from drivers.telium.config import TeliumSettings
from drivers.telium.packet import (
    BY_SESSION,
    CONTRADICTION,
    UNKNOWN_RESULT,
    WRONG_FIELD,
    WRONG_LENGTH,
    TeliumAnswer,
    TeliumCardBinding,
    Whose,
    by_fields,
    digits,
    mark_of,
    mark_told,
)
from drivers.telium.texts import V3_CANCELLED, V3_REFUSALS, plain, reason_fact
from drivers.terminal import Command, DriverFact, Operation, ProtocolError, Result, ResultStatus, SealedCard
from drivers.unknown import bounded, unknown_piece

VERSION: Final = "0320"
# Group CJ, 12 characters; for information only.
TILL_SOLUTION: Final = "TILLGATE0001"
DUPLICATE: Final = "3"
DONE: Final = 10
NOT_DONE: Final = 1

MOST: Final = 999_999_999_999  # minor units: CB has 12 digits
_AT_THE_END: Final = "0"
HEAD_CHARS: Final = 5
# A terminal sends some twenty groups; a message of nothing but empty ones is refused early.
MOST_GROUPS: Final = 64
# AA may have 64 characters; what is longer than a card number is none.
_LONGEST_NUMBER: Final = 19
_LONGEST_APPROVAL: Final = 10
_REASON_CHARS: Final = 2
_ENTRY_MODES: Final = {1: "chip", 2: "contactless", 3: "magnetic stripe", 4: "manual entry"}
# Terminals fill the private field up to this; what is longer holds no mark of a till like ours.
_LONGEST_PRIVATE: Final = 64
# What is read, or means nothing to the money.
_TILL_GROUPS: Final = ("CZ", "CJ", "CA", "CB", "CC", "CD", "CE", "CF", "CI", "CK", "BA")
_TERMINAL_GROUPS: Final = ("AA", "AB", "AC", "AE", "AF", "AI", "AL", "ZT")
_KNOWN: Final = frozenset((*_TILL_GROUPS, *_TERMINAL_GROUPS))

NO_CLOSE_DAY: Final = DriverFact("telium.v3_no_close_day")
NO_AMOUNT: Final = DriverFact("telium.v3_no_amount")


def encode_groups(groups: Mapping[str, str]) -> bytes:
    """One message; CZ is to be the first group."""
    return "".join(f"{tag}{len(value):03}{value}" for tag, value in groups.items()).encode("ascii")


def read_groups(view: memoryview) -> dict[str, memoryview]:
    """The values where they lie, by tag. Raises `ProtocolError`."""
    groups: dict[str, memoryview] = {}
    at = 0
    while at < len(view):
        head = view[at : at + HEAD_CHARS]
        length = digits(head[2:]) if len(head) == HEAD_CHARS else None
        if length is None or not all(0x41 <= letter <= 0x5A for letter in head[:2]):
            raise ProtocolError(WRONG_FIELD)
        at += HEAD_CHARS + length
        tag = str(head[:2], "ascii")
        if at > len(view) or tag in groups or len(groups) >= MOST_GROUPS:
            raise ProtocolError(WRONG_LENGTH)
        groups[tag] = view[at - length : at]
    return groups


class ConcertV3:
    """`drivers.telium.packet.Dialect` for Concert V3."""

    actions = {  # noqa: RUF012 - a table, as Dialect has it
        Operation.SALE: "0",
        Operation.REFUND: "1",
        Operation.REVERSAL: "2",
        Operation.REPEAT_RECEIPT: DUPLICATE,
    }

    def __init__(self, settings: TeliumSettings) -> None:
        self._settings = settings

    def refusal_reason(self, command: Command) -> DriverFact | None:
        if command.operation is Operation.CLOSE_DAY:
            return NO_CLOSE_DAY
        if why := unsupported(command.operation, BY_SESSION | self.actions.keys()):
            return why
        payable = command.amount is not None and 0 < command.amount <= MOST
        return NO_AMOUNT if command.operation in FINANCIAL and not payable else None

    def request(self, command: Command) -> bytes:
        """A duplicate is asked for without a mark: one that comes back is that of the payment itself."""
        groups = {
            "CZ": VERSION,
            "CJ": TILL_SOLUTION,
            "CA": f"{self._settings.till:02}",
            "CD": self.actions[command.operation],
            "BA": _AT_THE_END,
        }
        if command.operation in FINANCIAL:
            groups["CB"] = f"{command.amount:02}"
            groups["CE"] = f"{self._currency(command):03}"
            groups["CF"] = mark_of(command)
        return encode_groups(groups)

    def read(self, view: memoryview, binding: TeliumCardBinding) -> TeliumAnswer:
        groups = read_groups(view)
        action = plain(groups["CD"][:1]) if "CD" in groups else ""
        said, code = _state(groups, action)
        mark = _mark(groups.get("CF"))
        result = Result(
            said,
            code,
            order=mark,
            amount=_number(groups, "CB"),
            currency=_number(groups, "CE"),
            approval_code=_approval(groups.get("AC")),
            card=_seal(groups, binding, mark),
            entry_mode=_ENTRY_MODES.get(_number(groups, "CI") or 0, ""),
            reason=None if said is ResultStatus.APPROVED else reason_fact(code),
            unknown=bounded(
                unknown_piece(value, tag=tag) for tag, value in groups.items() if tag not in _KNOWN
            ),
        )
        if said is ResultStatus.APPROVED and result.amount is None and action != DUPLICATE:
            raise ProtocolError(WRONG_FIELD)
        return TeliumAnswer(result, _number(groups, "CA"), action)

    def whose(self, command: Command, answer: TeliumAnswer) -> Whose:
        """What it repeats must fit. The mark is optional, and a refusal may repeat nothing at all."""
        if answer.till not in {None, self._settings.till}:
            return Whose.OTHERS
        if answer.action not in {"", self.actions[command.operation]}:
            return Whose.OTHERS
        if command.operation is Operation.REPEAT_RECEIPT:
            return Whose.OURS if answer.action == DUPLICATE else Whose.OTHERS
        if answer.result.order:
            return Whose.OURS if answer.result.order == mark_of(command) else Whose.OTHERS
        return by_fields(command, self._currency(command), answer.result)

    def _currency(self, command: Command) -> int:
        return self._settings.currency if command.currency is None else command.currency


def _state(groups: Mapping[str, memoryview], action: str) -> tuple[ResultStatus, int]:
    """AE decides, AF says why; a refusal beside "done" is neither, but for the duplicate of a refusal."""
    state = _number(groups, "AE")
    reason = digits(groups["AF"][:_REASON_CHARS]) if "AF" in groups else None
    if state == DONE and reason not in V3_REFUSALS:
        return ResultStatus.APPROVED, 0
    if state == DONE and action != DUPLICATE:
        raise ProtocolError(CONTRADICTION)
    if state not in {DONE, NOT_DONE}:
        raise ProtocolError(UNKNOWN_RESULT)
    return (ResultStatus.CANCELLED if reason in V3_CANCELLED else ResultStatus.DECLINED), reason or 0


def _number(groups: Mapping[str, memoryview], tag: str) -> int | None:
    return digits(groups[tag]) if tag in groups else None


def _mark(value: memoryview | None) -> str:
    if value is None or len(value) > _LONGEST_PRIVATE:
        return ""
    return mark_told(plain(value))


def _approval(value: memoryview | None) -> str:
    return plain(value) if value is not None and len(value) <= _LONGEST_APPROVAL else ""


def _seal(groups: Mapping[str, memoryview], binding: TeliumCardBinding, mark: str) -> SealedCard | None:
    """AA is masked as a rule; a clear one is sealed with AB."""
    value = groups.get("AA")
    if value is None or not 0 < len(value) <= _LONGEST_NUMBER:
        return None
    return binding.seal(Card.from_ascii(value, groups.get("AB")), mark)
