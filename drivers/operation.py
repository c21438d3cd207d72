"""What the till's side can ask of a terminal: one row an operation, read by every protocol.

An operation that a protocol does not know is refused before anything is sent. It is never taken
for another, and never ended as if it had been done.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from enum import Enum
from typing import Final

from drivers.fact import DriverFact


class Operation(Enum):
    """The name of one operation. Its row says what depends on it."""

    SALE = "sale"
    REFUND = "refund"
    REVERSAL = "reversal"
    CLOSE_DAY = "close_day"
    TURNOVER_TOTALS = "turnover_totals"
    REPEAT_RECEIPT = "repeat_receipt"
    STATUS = "status"
    REGISTER = "register"
    LOG_OFF = "log_off"
    DIAGNOSE = "diagnose"
    INITIALISE = "initialise"
    DISPLAY_TEXT = "display_text"


@dataclass(frozen=True, slots=True)
class OperationRow:
    """What depends on an operation. The defaults are those of a harmless one.

    `moves_money`: a lost answer leaves open whether money moved. `changes`: terminal or bank are not as
    before, so it is never said twice. `has_result`: a result that comes while it runs is its own; in any
    other operation it is one of before. `question`: what to ask when nobody knows its end.
    """

    moves_money: bool = False
    changes: bool = False
    has_result: bool = False
    has_amount: bool = False
    needs_original: bool = False
    question: Operation | None = None


def _money(question: Operation, *, has_amount: bool = True, needs_original: bool = False) -> OperationRow:
    return OperationRow(
        moves_money=True,
        changes=True,
        has_result=True,
        has_amount=has_amount,
        needs_original=needs_original,
        question=question,
    )


OPERATIONS: Final = {
    Operation.SALE: _money(Operation.REPEAT_RECEIPT),
    Operation.REFUND: _money(Operation.REPEAT_RECEIPT, needs_original=True),
    Operation.REVERSAL: _money(Operation.REPEAT_RECEIPT, has_amount=False, needs_original=True),
    Operation.CLOSE_DAY: OperationRow(changes=True, has_result=True, question=Operation.TURNOVER_TOTALS),
    Operation.TURNOVER_TOTALS: OperationRow(has_result=True),
    Operation.REPEAT_RECEIPT: OperationRow(has_result=True),
    Operation.STATUS: OperationRow(),
    Operation.REGISTER: OperationRow(),
    Operation.LOG_OFF: OperationRow(),
    Operation.DIAGNOSE: OperationRow(),
    Operation.INITIALISE: OperationRow(),
    Operation.DISPLAY_TEXT: OperationRow(),
}

# The operations of which one thing is true. An operation that nobody knows is in none of them.
FINANCIAL: Final = frozenset(operation for operation, row in OPERATIONS.items() if row.moves_money)
CHANGING: Final = frozenset(operation for operation, row in OPERATIONS.items() if row.changes)
WITH_RESULT: Final = frozenset(operation for operation, row in OPERATIONS.items() if row.has_result)
WITH_AMOUNT: Final = frozenset(operation for operation, row in OPERATIONS.items() if row.has_amount)
WITH_ORIGINAL: Final = frozenset(operation for operation, row in OPERATIONS.items() if row.needs_original)

# What keeps a terminal at work. A protocol that has no message for one of these has nothing to do.
UPKEEP: Final = frozenset({Operation.REGISTER, Operation.LOG_OFF, Operation.DIAGNOSE, Operation.INITIALISE})

# Why a protocol refuses an operation that it has no command for: nothing is sent then.
UNSUPPORTED: Final = DriverFact("unsupported_operation")


def unsupported(operation: Operation, operations: Container[Operation]) -> DriverFact | None:
    """Why a protocol that has these operations cannot do this one; None if it can, or has nothing to do."""
    return None if operation in operations or operation in UPKEEP else UNSUPPORTED


def question_about(operation: Operation) -> Operation | None:
    """What to ask the terminal about an operation whose end nobody knows; None if nothing can tell."""
    row = OPERATIONS.get(operation)
    return row.question if row else None
