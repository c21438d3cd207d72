"""From what the till wants to ECR17's messages, and what it cannot say (reference 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from drivers.ecr17 import packet
from drivers.ecr17.config import Ecr17Settings
from drivers.operation import unsupported
from drivers.terminal import Command, DriverFact, Operation

NO_REFUND: Final = DriverFact("ecr17.no_refund")
NO_TRACE: Final = DriverFact("ecr17.no_trace")
NO_AMOUNT: Final = DriverFact("ecr17.no_amount")
OTHER_CURRENCY: Final = DriverFact("ecr17.other_currency")

_Message = Callable[[Command, Ecr17Settings], bytes]
_MESSAGES: Final[dict[Operation, _Message]] = {
    Operation.STATUS: lambda _, settings: packet.status(settings.who),
    Operation.REPEAT_RECEIPT: lambda _, settings: packet.last_result(settings.who),
    Operation.CLOSE_DAY: lambda _, settings: packet.close(settings.who),
    Operation.TURNOVER_TOTALS: lambda _, settings: packet.totals(settings.who),
    Operation.SALE: lambda command, settings: packet.payment(
        settings.who, command.amount or 0, extended=settings.extended_answer
    ),
    Operation.REVERSAL: lambda command, settings: packet.reversal(settings.who, command.original_trace or 0),
}

OPERATIONS: Final = frozenset(_MESSAGES)


def message_of(command: Command, settings: Ecr17Settings) -> bytes | None:
    """The message that says it; None for upkeep that ECR17 has no message for."""
    make = _MESSAGES.get(command.operation)
    return make(command, settings) if make else None


def refusal_reason(command: Command, currency: int) -> DriverFact | None:
    """Why the terminal cannot be told this, for the cashier; None if it can. `currency` is its own."""
    match command.operation:
        case Operation.REFUND:
            return NO_REFUND
        case Operation.REVERSAL:
            return None if 0 < (command.original_trace or 0) <= packet.HIGHEST_STAN else NO_TRACE
        case Operation.SALE if not 0 < (command.amount or 0) <= packet.HIGHEST_AMOUNT:
            return NO_AMOUNT
        case Operation.SALE if command.currency not in {None, currency}:
            return OTHER_CURRENCY
        case operation:
            return unsupported(operation, OPERATIONS)
