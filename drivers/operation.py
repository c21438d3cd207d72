"""The operations that the till's side can ask of a terminal: one row each, read by every protocol.

An operation that a protocol does not know is refused before anything is sent. It is never taken
for another one, and never reported as done.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from enum import Enum
from typing import Final

from drivers.fact import DriverFact


class Operation(Enum):
    """The name of one operation. Its properties are in its row."""

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
    """The properties of one operation. The defaults are those of a harmless one.

    `moves_money`: a lost answer leaves open whether money moved. `changes`: it changes the terminal or the
    bank, so it is never sent twice. `has_result`: a result that comes while it runs is its own; during other
    operations a result belongs to an earlier one. `question`: what to ask when its end is in doubt.
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

# The operations that share one property. An unknown operation is in none of these sets.
FINANCIAL: Final = frozenset(operation for operation, row in OPERATIONS.items() if row.moves_money)
CHANGING: Final = frozenset(operation for operation, row in OPERATIONS.items() if row.changes)
WITH_RESULT: Final = frozenset(operation for operation, row in OPERATIONS.items() if row.has_result)
WITH_AMOUNT: Final = frozenset(operation for operation, row in OPERATIONS.items() if row.has_amount)
WITH_ORIGINAL: Final = frozenset(operation for operation, row in OPERATIONS.items() if row.needs_original)

# These keep a terminal at work. A protocol without a message for one of them has nothing to do.
UPKEEP: Final = frozenset({Operation.REGISTER, Operation.LOG_OFF, Operation.DIAGNOSE, Operation.INITIALISE})

# The reason of a protocol that has no command for an operation: nothing is sent then.
UNSUPPORTED: Final = DriverFact("unsupported_operation")


def unsupported(operation: Operation, operations: Container[Operation]) -> DriverFact | None:
    """The reason why a protocol with these operations cannot do this one; None if it can or need not."""
    return None if operation in operations or operation in UPKEEP else UNSUPPORTED


def question_about(operation: Operation) -> Operation | None:
    """The question to the terminal about an operation in doubt; None if no question can tell."""
    row = OPERATIONS.get(operation)
    return row.question if row else None
