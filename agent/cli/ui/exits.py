"""How `tillgate` leaves: by what is known about the money."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from agent.api.v1.bodies import PaymentView


class Exit(IntEnum):
    """Exit codes. 0 to 3 and 10 to 12 speak of one payment's money; the rest follow sysexits.h."""

    OK = 0
    NO = 1
    NOT_SENT = 2
    UNCLEAR = 3
    OTHER_AMOUNT = 10
    HELD = 11
    EARLIER = 12
    USAGE = 64
    UNAVAILABLE = 69
    BROKEN = 70
    NO_PERMISSION = 77
    CONFIG = 78
    INTERRUPTED = 130


# What a verdict says where it says all. An approval does not: `exit_of` looks at more.
NO_APPROVAL: Final = {
    "declined": Exit.NO,
    "cancelled": Exit.NO,
    "refused": Exit.NO,
    "not_sent": Exit.NOT_SENT,
    "unclear": Exit.UNCLEAR,
}
# The fields that an approval may contradict with its money still being what was asked for.
NOT_MONEY: Final = frozenset({"terminal id"})


def exit_of(view: PaymentView) -> Exit:
    """The exit code of a payment. What is not known is 3; only goods that may go are 0.

    What keeps the goods back is told before another amount, and another amount before the repeat.
    """
    if view.phase != "done" or view.verdict is None:
        return Exit.UNCLEAR
    if view.verdict != "approved":
        return NO_APPROVAL.get(view.verdict, Exit.UNCLEAR)
    if view.release != "released":
        return Exit.HELD
    if is_another_amount(view) or view.refunded or view.reversed_by:
        return Exit.OTHER_AMOUNT
    return Exit.EARLIER if view.repeated else Exit.OK


def is_another_amount(view: PaymentView) -> bool:
    """Whether other money moved than was asked for. An ordinary tip is no difference; 0.00 is an amount."""
    if view.remaining or set(view.differs) - NOT_MONEY:
        return True
    if view.amount is None or view.terminal_amount is None:
        return False
    return view.terminal_amount not in {view.amount, view.amount + (view.tip or 0)}


class CommandError(Exception):
    """A command ends here. The message is for the person at the keyboard."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.exit = code
