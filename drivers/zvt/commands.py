"""What the till's side can ask, as ZVT commands (reference 8.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from drivers.operation import UNSUPPORTED
from drivers.terminal import Command, CommandRefusedError, DriverFact, Operation
from drivers.zvt import messages as zvt
from drivers.zvt.config import ZvtSettings
from drivers.zvt.quirks import ZvtQuirk
from drivers.zvt.texts import Charset
from drivers.zvt.writing import encode

PRINT_TEXT_BLOCK: Final = 0x06D3
TERMINAL_DECIDES: Final = 0x40  # payment type: "40 if the PT wants one"
STATUS_AND_NO_RECEIPT: Final = 0x03  # service byte of 06 20
BARE_STATUS: Final = 0x07  # service byte of 05 01
LINES_ON_DISPLAY: Final = 8  # BMP F1 to F8
LONGEST_DISPLAY_LINE: Final = 99  # what LLVAR can say; terminals cut at 16 to 40 themselves

NOT_WRITTEN: Final = DriverFact("zvt.not_written")
NEEDS_AMOUNT: Final = DriverFact("zvt.needs_amount")
NEEDS_RECEIPT: Final = DriverFact("zvt.needs_receipt")

# Commands that their answer ends.
ANSWER_ONLY: Final = frozenset({Operation.LOG_OFF, Operation.DISPLAY_TEXT})


def apdu_of(command: Command, settings: ZvtSettings, charset: Charset) -> bytes:
    """The APDU of a command, its texts in `charset`.

    Raises `CommandRefusedError` when there is none, or a field is missing or does not fit.
    """
    packet = _PACKETS.get(command.operation)
    if packet is None:
        raise CommandRefusedError(UNSUPPORTED)
    try:
        return encode(packet(command, settings), charset)
    except ValueError as error:
        name = command.operation.value
        raise CommandRefusedError(NOT_WRITTEN.about(operation=name, why=str(error))) from None


def _amount(command: Command) -> int:
    if command.amount is None or command.amount <= 0:
        raise CommandRefusedError(NEEDS_AMOUNT.about(operation=command.operation.value))
    return command.amount


def _payment_type(settings: ZvtSettings) -> int | None:
    if settings.payment_type is not None:
        return settings.payment_type
    return TERMINAL_DECIDES if ZvtQuirk.PAYMENT_TYPE_NEEDED in settings.quirks else None


def _registration(_: Command, settings: ZvtSettings) -> zvt.ZvtPacket:
    if not settings.tlv:
        return zvt.Registration(settings.password, settings.config_byte, settings.currency)
    return zvt.Registration(
        settings.password,
        settings.config_byte,
        settings.currency,
        permitted_commands=(PRINT_TEXT_BLOCK,),
        character_set=settings.charset.value,
    )


def _authorisation(command: Command, settings: ZvtSettings) -> zvt.ZvtPacket:
    currency = settings.currency if command.currency is None else command.currency
    return zvt.Authorisation(_amount(command), currency, _payment_type(settings))


def _reversal(command: Command, settings: ZvtSettings) -> zvt.ZvtPacket:
    if command.original_receipt is None:
        raise CommandRefusedError(NEEDS_RECEIPT.about(operation=command.operation.value))
    return zvt.Reversal(
        settings.password,
        command.original_receipt,
        command.amount,
        command.currency,
        _payment_type(settings),
    )


def _refund(command: Command, settings: ZvtSettings) -> zvt.ZvtPacket:
    currency = settings.currency if command.currency is None else command.currency
    return zvt.Refund(settings.password, _amount(command), currency, _payment_type(settings))


def _status_enquiry(_: Command, settings: ZvtSettings) -> zvt.ZvtPacket:
    password = None if ZvtQuirk.STATUS_WITHOUT_PASSWORD in settings.quirks else settings.password
    service = BARE_STATUS if ZvtQuirk.STATUS_ONLY in settings.quirks else None
    return zvt.StatusEnquiry(password, service)


def _display_text(command: Command, _: ZvtSettings) -> zvt.ZvtPacket:
    lines = command.lines[:LINES_ON_DISPLAY]
    return zvt.DisplayTextCommand(tuple(line[:LONGEST_DISPLAY_LINE] for line in lines))


_PACKETS: Final[dict[Operation, Callable[[Command, ZvtSettings], zvt.ZvtPacket]]] = {
    Operation.REGISTER: _registration,
    Operation.SALE: _authorisation,
    Operation.REVERSAL: _reversal,
    Operation.REFUND: _refund,
    Operation.LOG_OFF: lambda _, __: zvt.LogOff(),
    Operation.CLOSE_DAY: lambda _, settings: zvt.EndOfDay(settings.password),
    Operation.TURNOVER_TOTALS: lambda _, settings: zvt.TurnoverTotals(settings.password),
    Operation.REPEAT_RECEIPT: lambda _, settings: zvt.RepeatReceipt(settings.password, STATUS_AND_NO_RECEIPT),
    Operation.STATUS: _status_enquiry,
    Operation.DIAGNOSE: lambda _, __: zvt.Diagnosis(),
    Operation.INITIALISE: lambda _, settings: zvt.Initialisation(settings.password),
    Operation.DISPLAY_TEXT: _display_text,
}

OPERATIONS: Final = frozenset(_PACKETS)
