"""How an ECR17 terminal is asked what became of a payment (reference 7).

All it can tell is the last result that it gave to a till, without amount and without any
link to the request. It survives other commands. So its numbers (STAN, online id) and its
host time decide. A result that is still the old one proves nothing while the payment may
be running; once the longest dialogue is over, and the terminal answers, it proves that
there was none. The same holds for a refusal: it has no time, and may be of a payment before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from drivers.clocks import in_time, told_at
from drivers.ecr17 import commands
from drivers.ecr17.line import ACK_S, SENDS
from drivers.operation import FINANCIAL, question_about
from drivers.terminal import (
    BookingFinding,
    BookingProof,
    Command,
    DriverFact,
    Operation,
    Result,
    ResultStatus,
    Unclear,
)

# From the request to the last word: 3 minutes for a question to the cashier, 2 for a card, 3 for as many
# attempts at the PIN, 3 for a slow host, and some to spare. Nothing can be sold on the terminal meanwhile.
LONGEST_DIALOGUE: Final = timedelta(minutes=15)

CLOSED: Final = DriverFact("ecr17.closed")
NOT_CLOSED: Final = DriverFact("ecr17.not_closed")
DAY_CLOSE: Final = DriverFact("ecr17.day_close")
SILENT: Final = DriverFact("ecr17.silent")
NOTHING_BEFORE: Final = DriverFact("ecr17.nothing_before")
AS_SAID: Final = DriverFact("ecr17.as_said")
BOOKED: Final = DriverFact("ecr17.booked")
BOOKED_WITH_AMOUNT: Final = DriverFact("ecr17.booked_with_amount")
REFUSED: Final = DriverFact("ecr17.last_refused")
SAME: Final = DriverFact("ecr17.same")
WAIT: Final = DriverFact("ecr17.wait")
OTHER_AMOUNT: Final = DriverFact("ecr17.other_amount")
NO_TIME: Final = DriverFact("ecr17.no_time")
OTHER_TIME: Final = DriverFact("ecr17.other_time")


class Ecr17Resolver:
    """`drivers.terminal.Resolver` for ECR17. `currency` is the terminal's, as ISO 4217 number."""

    # Reference 3: it repeats a result that was not acknowledged, up to three times.
    listen_s = SENDS * ACK_S

    def __init__(self, currency: int) -> None:
        self._currency = currency

    def refusal_reason(self, command: Command) -> DriverFact | None:
        return commands.refusal_reason(command, self._currency)

    def questions(self, unclear: Unclear) -> tuple[Command, ...]:
        """The status was asked before: the terminal works."""
        command = unclear.command
        question = question_about(command.operation)
        return (Command(question, command.payment_id, sequence=command.sequence),) if question else ()

    def belongs(self, unclear: Unclear, result: Result) -> bool:
        """An approval must be new and of the right time; of a refusal nothing depends."""
        return result.status is not ResultStatus.APPROVED or (
            _newer(unclear, result) is True and not _misfit(unclear, result)
        )

    def names(self, command: Command, result: Result) -> bool:  # noqa: ARG002 - the call that all have
        """A result has no name."""
        return False

    def fits(self, unclear: Unclear, result: Result) -> bool:
        """One without a time may be of any."""
        misfit = _misfit(unclear, result) if result.status is ResultStatus.APPROVED else None
        return _newer(unclear, result) is not False and (misfit is None or misfit == NO_TIME)

    def ack_would_book(self, unclear: Unclear, result: Result) -> bool:  # noqa: ARG002 - the call that all have
        """Never: what the host approved stands, whether the till acknowledges it or not."""
        return False

    def conclude(self, unclear: Unclear, answers: Sequence[Result | None]) -> BookingFinding:
        last = answers[-1] if answers else None
        if unclear.command.operation is Operation.CLOSE_DAY:
            return _day(unclear, last)
        if unclear.command.operation not in FINANCIAL or last is None:
            return BookingFinding(BookingProof.UNPROVEN, SILENT)
        if last.status is ResultStatus.APPROVED and _as_said(unclear, last):
            return BookingFinding(BookingProof.BOOKED, AS_SAID.about(stan=_stan(last)), last)
        return _approved(unclear, last) if last.status is ResultStatus.APPROVED else _refused(unclear, last)


def _day(unclear: Unclear, said: Result | None) -> BookingFinding:
    """A close sets the total to zero. How many payments are in it is not told: a part proves nothing."""
    expected = unclear.day.total if unclear.day.whole else 0
    if said is None or said.status is not ResultStatus.APPROVED or not said.totals or not expected:
        return BookingFinding(BookingProof.UNPROVEN, DAY_CLOSE)
    total = said.totals[0].total
    if total == 0:
        return BookingFinding(BookingProof.BOOKED, CLOSED)
    if total == expected and _over(unclear):
        return BookingFinding(BookingProof.NOT_BOOKED, NOT_CLOSED)
    return BookingFinding(BookingProof.UNPROVEN, DAY_CLOSE)


def _approved(unclear: Unclear, last: Result) -> BookingFinding:
    number, newer = _stan(last), _newer(unclear, last)
    if newer is None:
        return BookingFinding(BookingProof.UNPROVEN, NOTHING_BEFORE.about(stan=number))
    if not newer:
        return _not_booked(unclear, SAME, number)
    misfit = _misfit(unclear, last)
    if misfit is not None:
        return BookingFinding(BookingProof.UNPROVEN, misfit.about(stan=number))
    proof = BOOKED if last.amount is None else BOOKED_WITH_AMOUNT
    return BookingFinding(BookingProof.BOOKED, proof.about(stan=number), last)


def _refused(unclear: Unclear, last: Result) -> BookingFinding:
    """The till does not note the numbers of refusals: one that looks new may be older than this payment."""
    return _not_booked(unclear, REFUSED, _stan(last))


def _not_booked(unclear: Unclear, proof: DriverFact, stan: str) -> BookingFinding:
    """No approval of ours is there. That is proof as soon as none can come any more."""
    if not _over(unclear):
        minutes = int(LONGEST_DIALOGUE.total_seconds()) // 60
        return BookingFinding(BookingProof.UNPROVEN, WAIT.about(stan=stan, minutes=minutes))
    return BookingFinding(BookingProof.NOT_BOOKED, proof.about(stan=stan))


def _over(unclear: Unclear) -> bool:
    """Whether the longest dialogue has passed since it was asked."""
    judged = unclear.inquired_at
    return judged is not None and judged >= unclear.asked_at + LONGEST_DIALOGUE


def _as_said(unclear: Unclear, last: Result) -> bool:
    """Whether it has the numbers of the approval that was given for ours."""
    known = _pairs((unclear.trace_said, last.trace), (unclear.receipt_said, last.receipt_number))
    return bool(known) and all(said == now for said, now in known)


def _newer(unclear: Unclear, last: Result) -> bool | None:
    """Whether it came after the last one known before; None if nobody can tell."""
    known = _pairs((unclear.trace_before, last.trace), (unclear.receipt_before, last.receipt_number))
    return any(before != now for before, now in known) if known else None


def _pairs(*pairs: tuple[int | None, int | None]) -> list[tuple[int, int]]:
    return [(one, other) for one, other in pairs if one is not None and other is not None]


def _misfit(unclear: Unclear, result: Result) -> DriverFact | None:
    """Why a new approval may be of something else; None if all that it tells fits."""
    if result.amount is not None and result.amount < (unclear.command.amount or 0):
        return OTHER_AMOUNT
    at = told_at(result.date, result.time, unclear.asked_at)
    if at is None:
        return NO_TIME
    return None if in_time(unclear, at, LONGEST_DIALOGUE) else OTHER_TIME


def _stan(result: Result) -> str:
    return f"{result.trace:06}" if result.trace else "-"
