"""The till's commands as Transbank's messages, and which of them move money (reference 3)."""

from __future__ import annotations

from typing import Final

from drivers.operation import unsupported
from drivers.terminal import Command, DriverFact, Operation
from drivers.transbank.packet import LEAST_PESOS, MOST_PESOS, TransbankFunction, message, ticket

PESO: Final = 152  # ISO 4217: CLP has no decimals, so a minor unit is a peso
# Reference 4: an operation number has six digits.
LAST_OPERATION: Final = 999_999

POLL: Final = message(TransbankFunction.POLL)
_SENDS_STATUS: Final = "1"

_RESPONSE: Final = {
    Operation.SALE: TransbankFunction.SALE_RESULT,
    Operation.REVERSAL: TransbankFunction.VOID_RESULT,
    Operation.CLOSE_DAY: TransbankFunction.CLOSE_RESULT,
    Operation.TURNOVER_TOTALS: TransbankFunction.TOTALS_RESULT,
    Operation.REPEAT_RECEIPT: TransbankFunction.LAST_SALE_RESULT,
    Operation.REGISTER: TransbankFunction.LAST_SALE_RESULT,
    Operation.INITIALISE: TransbankFunction.LOAD_KEYS_RESULT,
    Operation.DIAGNOSE: TransbankFunction.LOAD_KEYS_RESULT,
}
_FIXED: Final = {
    Operation.CLOSE_DAY: message(TransbankFunction.CLOSE, "", ""),
    Operation.TURNOVER_TOTALS: message(TransbankFunction.TOTALS, "", ""),
    Operation.REPEAT_RECEIPT: message(TransbankFunction.LAST_SALE, ""),
    Operation.REGISTER: message(TransbankFunction.LAST_SALE, ""),
    Operation.INITIALISE: message(TransbankFunction.LOAD_KEYS),
    Operation.DIAGNOSE: message(TransbankFunction.LOAD_KEYS),
}
OPERATIONS: Final = frozenset({Operation.SALE, Operation.REVERSAL, Operation.STATUS, *_FIXED})
# The terminal answers these questions at once, whatever was asked to get them.
_FROM_MEMORY: Final = frozenset({TransbankFunction.TOTALS_RESULT, TransbankFunction.LAST_SALE_RESULT})

NO_REFUND: Final = DriverFact("transbank.no_refund")
ONLY_PESOS: Final = DriverFact("transbank.only_pesos")
OUT_OF_RANGE: Final = DriverFact("transbank.out_of_range", {"least": LEAST_PESOS, "most": MOST_PESOS})
NO_OPERATION_NUMBER: Final = DriverFact("transbank.no_operation_number")


def refusal_reason(command: Command) -> DriverFact | None:
    """Why the protocol has no message for this, for the cashier; None if it has one."""
    match command.operation:
        case Operation.REFUND:
            return NO_REFUND
        case Operation.REVERSAL:
            return None if operation_number(command) else NO_OPERATION_NUMBER
        case Operation.SALE if command.currency not in {None, PESO}:
            return ONLY_PESOS
        case Operation.SALE if not LEAST_PESOS <= (command.amount or 0) <= MOST_PESOS:
            return OUT_OF_RANGE
        case Operation.SALE:
            return None
        case operation:
            return unsupported(operation, OPERATIONS)


def operation_number(command: Command) -> int | None:
    """The number that a void names its payment by; None when it has none that fits."""
    known = command.original_receipt if command.original_trace is None else command.original_trace
    return known if known is not None and 0 < known <= LAST_OPERATION else None


def data_of(command: Command) -> bytes:
    """The message of a command; empty where the poll says it all, or nothing has to be said."""
    match command.operation:
        case Operation.SALE:
            number = ticket(command.sequence)
            return message(TransbankFunction.SALE, str(command.amount), number, "", "", _SENDS_STATUS, "")
        case Operation.REVERSAL:
            return message(TransbankFunction.VOID, str(operation_number(command)), "")
        case other:
            return _FIXED.get(other, b"")


def response_to(operation: Operation) -> TransbankFunction | None:
    """The function of the response; None for commands that an ACK answers."""
    return _RESPONSE.get(operation)


def from_memory(operation: Operation) -> bool:
    """Whether the terminal answers it without a card, a person or the bank."""
    return _RESPONSE.get(operation) in _FROM_MEMORY
