"""Two results of a terminal beside each other: the same transaction, or a contradiction."""

from __future__ import annotations

from typing import Final

import msgspec

from agent.journal.schema.entry import TerminalResult

# One equal number alone may be chance: receipt numbers begin anew each day.
_ENOUGH_EQUAL: Final = 2
# What two results of one transaction cannot tell differently.
_FIXED: Final = ("amount", "currency", "trace", "receipt_number")


def same_transaction(one: TerminalResult, other: TerminalResult) -> bool:
    """Whether both tell of one transaction: its numbers and times are equal wherever both tell them."""
    if one.terminal_id and other.terminal_id and one.terminal_id != other.terminal_id:
        return False
    pairs = (
        (one.trace, other.trace),
        (one.receipt_number, other.receipt_number),
        (one.terminal_date, other.terminal_date),
        (one.terminal_time, other.terminal_time),
    )
    told = [(said, too) for said, too in pairs if said and too]
    return len(told) >= _ENOUGH_EQUAL and all(said == too for said, too in told)


def consistent(one: TerminalResult, other: TerminalResult) -> bool:
    """Whether both can be true of one payment."""
    if (one.verdict == "approved") != (other.verdict == "approved"):
        return False
    pairs = ((getattr(one, name), getattr(other, name)) for name in _FIXED)
    return all(said == too for said, too in pairs if None not in {said, too})


def merged(first: TerminalResult, second: TerminalResult) -> TerminalResult:
    """Two consistent results as one: what the second tells besides the first is added."""
    silent = TerminalResult(payment_id=first.payment_id, verdict=first.verdict)
    added = {
        name: getattr(second, name)
        for name in TerminalResult.__struct_fields__
        if getattr(first, name) == getattr(silent, name)
    }
    return msgspec.structs.replace(first, **added)
