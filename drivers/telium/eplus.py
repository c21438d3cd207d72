"""The messages of E+ (reference 4, 5): fixed fields, no tags.

The till asks with A010, the answer at the end: A011 is answered before there is a result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from drivers.card.card import Card
from drivers.operation import FINANCIAL, unsupported
from drivers.telium.config import TeliumSettings
from drivers.telium.packet import (
    BY_SESSION,
    MARK_CHARS,
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
    number,
)
from drivers.telium.quirks import TeliumQuirk
from drivers.telium.texts import E_PLUS_RESULTS, plain, result_fact
from drivers.terminal import Command, DriverFact, Operation, ProtocolError, Result, ResultStatus, SealedCard

REQUEST_CHARS: Final = 34
SHORT_ANSWER_CHARS: Final = 25  # 28 bytes with STX, ETX and LRC
PAYMENT_FIELD_CHARS: Final = 55
LONG_ANSWER_CHARS: Final = SHORT_ANSWER_CHARS + PAYMENT_FIELD_CHARS

MOST: Final = 99_999_999  # minor units: 8 digits
DEBIT: Final = "0"
REFUND: Final = "2"
# Payment mode 1, card; "other" (0) would let the terminal choose a cheque.
_CARD: Final = "1"
_WAIT_FOR_THE_END: Final = "A010"
_NORMAL_AUTHORISATION: Final = "B010"
# ISO/IEC 7812-1: the longest card number; a longer run of digits is not only a number.
_LONGEST_NUMBER: Final = 19

NO_REFUND: Final = DriverFact("telium.no_refund")
NO_REVERSAL: Final = DriverFact("telium.no_reversal")
NO_CLOSE_DAY: Final = DriverFact("telium.no_close_day")
NO_AMOUNT: Final = DriverFact("telium.no_amount")
_REFUSALS: Final = {Operation.REVERSAL: NO_REVERSAL, Operation.CLOSE_DAY: NO_CLOSE_DAY}


@dataclass(frozen=True, slots=True)
class EPlusRequest:
    """The 34 characters of a request; `amount` in minor units, `long` asks for the payment field."""

    till: int
    amount: int
    action: str
    currency: int
    mark: str = ""
    long: bool = False

    def encode(self) -> bytes:
        """The message without its frame."""
        flag = int(self.long)
        text = f"{self.till:02}{self.amount:08}{flag}{_CARD}{self.action}{self.currency:03}"
        return f"{text}{self.mark:<{MARK_CHARS}}{_WAIT_FOR_THE_END}{_NORMAL_AUTHORISATION}".encode("ascii")


def read_request(message: bytes) -> EPlusRequest:
    """The terminal's side of `EPlusRequest.encode`. Raises `ProtocolError`."""
    if len(message) != REQUEST_CHARS:
        raise ProtocolError(WRONG_LENGTH)
    view = memoryview(bytearray(message))
    till, amount, currency = number(view[:2]), number(view[2:10]), number(view[13:16])
    return EPlusRequest(till, amount, chr(view[12]), currency, plain(view[16:26]), long=view[10] == 0x31)


def encode_answer(asked: EPlusRequest, code: int, amount: int, payment_field: bytes = b"") -> bytes:
    """The terminal's answer; `payment_field` are the 55 characters of a long one."""
    head = f"{asked.till:02}{code}{amount:08}{_CARD}".encode("ascii")
    tail = f"{asked.currency:03}{asked.mark:<{MARK_CHARS}}".encode("ascii")
    return head + payment_field + tail


class EPlus:
    """`drivers.telium.packet.Dialect` for E+."""

    actions = {Operation.SALE: DEBIT, Operation.REFUND: REFUND}  # noqa: RUF012 - a table, as Dialect has it

    def __init__(self, settings: TeliumSettings) -> None:
        self._settings = settings

    def refusal_reason(self, command: Command) -> DriverFact | None:
        if command.operation in _REFUSALS:
            return _REFUSALS[command.operation]
        if (
            command.operation is Operation.REFUND
            and TeliumQuirk.REFUNDS_BY_TYPE_2 not in self._settings.quirks
        ):
            return NO_REFUND
        if why := unsupported(command.operation, BY_SESSION | self.actions.keys()):
            return why
        payable = command.amount is not None and 0 < command.amount <= MOST
        return NO_AMOUNT if command.operation in FINANCIAL and not payable else None

    def request(self, command: Command) -> bytes:
        return EPlusRequest(
            till=self._settings.till,
            amount=command.amount or 0,
            action=self.actions[command.operation],
            currency=self._currency(command),
            mark=mark_of(command),
            long=TeliumQuirk.LONG_ANSWER in self._settings.quirks,
        ).encode()

    def read(self, view: memoryview, binding: TeliumCardBinding) -> TeliumAnswer:
        """Short or long by its length, not by what was asked (checklist 4)."""
        if len(view) not in {SHORT_ANSWER_CHARS, LONG_ANSWER_CHARS}:
            raise ProtocolError(WRONG_LENGTH)
        ignored = TeliumQuirk.PRIVATE_NOT_RETURNED in self._settings.quirks
        mark = "" if ignored else mark_told(plain(view[-MARK_CHARS:]))
        card = _seal(view[12:-13], binding, mark) if len(view) == LONG_ANSWER_CHARS else None
        code, amount = number(view[2:3]), digits(view[3:11])
        if code not in E_PLUS_RESULTS:
            raise ProtocolError(UNKNOWN_RESULT)
        if code == 0 and amount is None:
            raise ProtocolError(WRONG_FIELD)
        result = Result(
            ResultStatus.DECLINED if code else ResultStatus.APPROVED,
            code,
            order=mark,
            amount=amount,
            currency=digits(view[-13:-MARK_CHARS]),
            card=card,
            reason=result_fact(code) if code else None,
        )
        return TeliumAnswer(result, till=number(view[:2]))

    def whose(self, command: Command, answer: TeliumAnswer) -> Whose:
        """The mark decides; a terminal that does not return it is known by what else it repeats."""
        if answer.till != self._settings.till:
            return Whose.OTHERS
        if answer.result.order:
            return Whose.OURS if answer.result.order == mark_of(command) else Whose.OTHERS
        return by_fields(command, self._currency(command), answer.result)

    def _currency(self, command: Command) -> int:
        return self._settings.currency if command.currency is None else command.currency


def _seal(field: memoryview, binding: TeliumCardBinding, mark: str) -> SealedCard | None:
    """The number that the payment field begins with; all of the field is wiped (reference 5, checklist 6)."""
    count = next((place for place, byte in enumerate(field) if byte not in b"0123456789*"), len(field))
    try:
        if not 0 < count <= _LONGEST_NUMBER:
            return None
        return binding.seal(Card.from_ascii(field[:count], None), mark)
    finally:
        field[:] = bytes(len(field))
