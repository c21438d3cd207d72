"""The timers of the application level (reference 4): T3, T4 and how long the end may take."""

from __future__ import annotations

from typing import Final

from drivers.operation import Operation
from drivers.terminal import Result, ResultStatus
from drivers.zvt import codes
from drivers.zvt.config import ZvtSettings
from drivers.zvt.quirks import ZvtQuirk

# After a failing result 06 1E follows at once or, on some terminals, never (reference 11.2).
FAILURE_WAIT_S: Final = 5.0
# After a stored payment some terminals leave out 06 0F (reference 1, rule 5). Each message starts
# this wait anew; a minute is for a cardholder who leaves the card in.
COMPLETION_WAIT_S: Final = 60.0
MINUTE_S: Final = 60.0
# Some terminals look up their last payment for up to ten seconds before they answer at all.
QUESTION_T3_S: Final = 15.0
# A registration that is acknowledged and never completed counts as done: the status enquiry behind it shows
# whether the terminal works.
REGISTRATION_WAIT_S: Final = 30.0
# The terminal may ask for as many minutes as it likes. A till is told after these that nobody knows yet.
LONGEST_WAIT_S: Final = 30 * MINUTE_S

# The cashier compares the signature and may still say no on the terminal: full T4.
_SIGNATURES: Final = frozenset(codes.VERIFICATIONS[code] for code in (0x01, 0x05, 0x06, 0x07))


class ZvtTimers:
    """How long one command may take; `deadline` is absolute, in seconds of the caller's clock."""

    def __init__(self, settings: ZvtSettings) -> None:
        self.deadline: float | None = None
        self.left_open_at: float | None = None
        self._settings = settings
        self._announced_s = 0.0

    @property
    def deadlines(self) -> tuple[float | None, ...]:
        """When the terminal has been silent for too long, and when the dialogue has lasted for too long."""
        return self.deadline, self.left_open_at

    @property
    def t4_s(self) -> float:
        """T4 as it is set, or as the terminal announced it for this command if that is longer.

        A shorter one is not taken: card complete announces one minute and is then
        silent for two, at the PIN.
        """
        return max(self._settings.t4_s, self._announced_s)

    def command_sent(self, now: float, operation: Operation) -> None:
        """T3 starts; what an earlier command announced is over."""
        self._announced_s = 0.0
        question = operation in {Operation.REPEAT_RECEIPT, Operation.TURNOVER_TOTALS}
        self.deadline = now + (max(self._settings.t3_s, QUESTION_T3_S) if question else self._settings.t3_s)
        self.left_open_at = now + LONGEST_WAIT_S

    def still_sending(self, now: float) -> None:
        """The line repeats the command (T2 is as long as T3); it gives up by itself after the third time."""
        self.deadline = now + self._settings.t3_s

    def announced(self, minutes: int | None) -> None:
        """04 FF carried a new T4; 00 is none."""
        if minutes:
            self._announced_s = minutes * MINUTE_S

    def message_came(self, now: float) -> None:
        """T4 starts anew."""
        self.deadline = now + self.t4_s

    def registration_answered(self, now: float) -> None:
        """Only its completion is missing."""
        self.deadline = now + REGISTRATION_WAIT_S

    def result_stored(self, result: Result, now: float, *, financial: bool) -> None:
        """From here only the end is missing."""
        if result.status is not ResultStatus.APPROVED:
            ends_here = ZvtQuirk.NO_COMPLETION_AFTER_FAILURE in self._settings.quirks
            self.deadline = now + (0.0 if ends_here else FAILURE_WAIT_S)
        elif financial and result.cardholder_verification not in _SIGNATURES:
            self.deadline = now + max(COMPLETION_WAIT_S, self._announced_s)
        else:
            self.message_came(now)

    def stop(self) -> None:
        """Nothing is waited for."""
        self.deadline = self.left_open_at = None
