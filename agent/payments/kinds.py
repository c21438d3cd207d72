"""From a payment kind to the drivers' operation.

The table of kinds is `agent/journal/schema/kinds.py`, since rules may import no driver. A driver's
row (`drivers/driver.py`) lists the operations it can do. `drivers/operation.py` says which question
resolves an operation in doubt.
"""

from __future__ import annotations

from typing import Final

from agent.journal.schema.kinds import KINDS, Kind, UnknownKindError, kind_of
from drivers.operation import Operation

__all__ = ["KINDS", "OPERATIONS", "Kind", "UnknownKindError", "kind_of", "operation_of"]

# The agent does not start if a kind has no operation of its name.
OPERATIONS: Final[dict[str, Operation]] = {name: Operation(name) for name in KINDS}


def operation_of(name: str) -> Operation:
    """The driver's operation for a kind. Raises `UnknownKindError`."""
    return OPERATIONS[kind_of(name).name]
