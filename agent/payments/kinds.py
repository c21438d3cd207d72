"""What the agent knows of each payment kind: the table of the journal, and the drivers' operation for it.

The table itself is `agent/journal/schema/kinds.py`, since rules may import no driver. A driver's row
(`drivers/driver.py`) says which operations it can do, and `drivers/operation.py` which question
resolves one whose end nobody knows.
"""

from __future__ import annotations

from typing import Final

from agent.journal.schema.kinds import KINDS, Kind, UnknownKindError, kind_of
from drivers.operation import Operation

__all__ = ["KINDS", "OPERATIONS", "Kind", "UnknownKindError", "kind_of", "operation_of"]

# A kind without an operation of its name keeps the agent from starting.
OPERATIONS: Final[dict[str, Operation]] = {name: Operation(name) for name in KINDS}


def operation_of(name: str) -> Operation:
    """What a driver is asked to do. Raises `UnknownKindError`."""
    return OPERATIONS[kind_of(name).name]
