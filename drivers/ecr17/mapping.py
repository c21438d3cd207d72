"""From ECR17's answers to the words that all protocols share."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from drivers.ecr17.packet import Ecr17Result, Status, Strange, Totals
from drivers.ecr17.texts import BUSY_STATES, DONE, LEARNT, OPERATIVE, RESULTS, result_fact, state_fact
from drivers.terminal import SIMULATOR_SOFTWARE, Copy, DialogueEnded, EndReason, Receipt, Result, ResultStatus

STRANGE: Final = "The terminal sent a message of kind {code} with {length} characters; it was not read."
# Reference 5; what "other cards" are is not told.
CARD_NAMES: Final = {1: "debit card", 2: "credit card", 3: "other card"}
_DAYS_OF_A_LEAP_YEAR: Final = 366


def result(answer: Ecr17Result | Totals, today: date | None) -> Result | None:
    """The result; None for a code that the reference does not have, which proves nothing."""
    if answer.result not in RESULTS:
        return None
    done = answer.result == DONE
    said = ResultStatus.APPROVED if done else ResultStatus.DECLINED
    text = "" if done else answer.text
    reason = None if done or text else result_fact(answer.result or 0)
    if isinstance(answer, Totals):
        return Result(
            said,
            answer.result,
            text,
            terminal_id=answer.terminal_id,
            totals=answer.totals,
            reason=reason,
        )
    return Result(
        said,
        answer.result,
        text,
        amount=answer.amount,
        trace=answer.stan,
        receipt_number=answer.online_id,
        terminal_id=answer.terminal_id,
        approval_code=answer.approval_code if answer.approval_code.strip("0") else "",  # zeros: there is none
        time=_time(answer.clock),
        date=_date(answer.day, today),
        card=answer.card,
        card_name=CARD_NAMES.get(answer.card_type or 0, "") if answer.card else "",
        card_type=answer.card_type,
        entry_mode=answer.entry_mode,
        reason=reason,
    )


def ended(result: Result) -> DialogueEnded:
    """How a dialogue with this result ends."""
    how = EndReason.COMPLETED if result.status is ResultStatus.APPROVED else EndReason.ABORTED
    return DialogueEnded(how, result.code, result.text, terminal_id=result.terminal_id, reason=result.reason)


def status(answer: Status, learnt_scope: str) -> DialogueEnded:
    """The terminal's state; names the checksum's variant where it was learnt."""
    reason = state_fact(answer.state)
    operative = answer.state == OPERATIVE
    return DialogueEnded(
        EndReason.COMPLETED if operative else EndReason.ABORTED,
        reason=LEARNT.about(scope=learnt_scope) if operative and learnt_scope else reason,
        status=answer.state,
        busy=answer.state in BUSY_STATES,
        simulator=answer.software.startswith(SIMULATOR_SOFTWARE),
        terminal_id=answer.terminal_id,
        software=answer.software,
    )


def note(answer: Strange) -> Receipt:
    """What is kept of a message that nobody reads: that it came (reference 8.2)."""
    words = STRANGE.format(code=answer.code, length=answer.length)
    return Receipt(Copy.ADMINISTRATION, (words,), last=True)


def _time(clock: str) -> str:
    """Four digits as six: the terminal tells no seconds."""
    return clock + "00" if len(clock) == 4 else ""


def _date(day: int | None, today: date | None) -> str:
    """Month and day. The year is not told: the one that brings the day nearest to today is meant.

    Empty when the terminal has told no date of its own yet, in its status.
    """
    if day is None or today is None or not 0 < day <= _DAYS_OF_A_LEAP_YEAR:
        return ""
    years = (today.year - 1, today.year, today.year + 1)
    days = [date(year, 1, 1) + timedelta(days=day - 1) for year in years]
    return min(days, key=lambda one: abs(one - today)).strftime("%m%d")
