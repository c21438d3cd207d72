"""How `tillgate` leaves: by what is known about the money."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes. 0 to 3 are verdicts; the rest follow sysexits.h and the shell."""

    OK = 0
    NO = 1
    NOT_SENT = 2
    UNCLEAR = 3
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

EXIT_CODES = """\
exit codes of a payment:
   0  approved
   1  declined, cancelled or refused: no money has moved
   2  not sent: the terminal never heard of it, it is safe to try again
   3  unclear: nobody knows yet, do not charge again
  64  the request was wrong, nothing was done
  69  the agent cannot be reached, nothing was done
  77  not allowed
  78  the settings are wrong
"""


class CommandError(Exception):
    """A command ends here. The message is for the person at the keyboard."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.exit = code
