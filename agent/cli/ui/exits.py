"""How `tillgate` leaves: by what is known about the money."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes. 0 to 3 are verdicts. 11: approved, but the goods may not go. The rest follow sysexits.h."""

    OK = 0
    NO = 1
    NOT_SENT = 2
    UNCLEAR = 3
    HELD = 11
    USAGE = 64
    UNAVAILABLE = 69
    NO_PERMISSION = 77
    CONFIG = 78
    INTERRUPTED = 130


BY_VERDICT = {
    "approved": Exit.OK,
    "declined": Exit.NO,
    "cancelled": Exit.NO,
    "refused": Exit.NO,
    "not_sent": Exit.NOT_SENT,
    "unclear": Exit.UNCLEAR,
}


class CommandError(Exception):
    """A command ends here. The message is for the person at the keyboard."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.exit = code
