"""What is promised of a payment whatever befell it, compared with what the bank did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal

from drivers.simulator.core.bank import BookingKind, BookingState
from drivers.terminal import BookingProof, ConnectionLost, Delivery, DialogueEnded, EndReason, ResultStatus
from tests.conformance.bed import Bed
from tests.conformance.cable import Harm, whole

Word = Literal["approved", "denied", "not_sent", "unclear"]

# Whatever the terminal still does by itself is done by then.
REST_S: Final = 60.0


def word(bed: Bed, end: DialogueEnded | ConnectionLost) -> Word:
    """What the till is told, as `agent.payments.mapping.closing` has it."""
    said = bed.said[-1].status if bed.said else None
    if isinstance(end, DialogueEnded) and end.end_reason is not EndReason.COMPLETED:
        return "unclear" if said is ResultStatus.APPROVED else "denied"
    if said is ResultStatus.APPROVED and isinstance(end, DialogueEnded):
        return "approved"
    if said not in {None, ResultStatus.APPROVED}:
        return "denied"
    if isinstance(end, ConnectionLost) and end.delivery is Delivery.NEVER:
        return "not_sent"
    return "unclear"


def kept(bed: Bed, end: DialogueEnded | ConnectionLost, harm: Harm = whole) -> Word:
    """Resolve what is unclear, over such a cable, and fail if a promise is broken; what was told first."""
    told = word(bed, end)
    bed.cable.harm = harm
    found = None
    if told == "unclear":
        finding = bed.resolve(harm)
        found = finding.found if finding else None
    bed.cable.harm = whole
    bed.wait(REST_S)
    sales = [booking for booking in bed.booked if booking.kind is BookingKind.SALE]
    story = f"told {told}, found {found}, the bank has {[booking.amount for booking in sales]}"
    assert bed.moods.begun.count("payment") <= 1, f"the terminal began it twice: {story}"
    assert len(sales) <= 1, f"booked twice: {story}"
    if told == "not_sent":
        assert bed.moods.begun == [], f"the terminal began what was never sent: {story}"
    if told in {"denied", "not_sent"} or found is BookingProof.NOT_BOOKED:
        assert sales == [], f"denied and booked: {story}"
    if told == "approved" or found is BookingProof.BOOKED:
        assert len(sales) == 1, f"approved and not booked: {story}"
        said = {result.amount for result in bed.said if result.status is ResultStatus.APPROVED}
        assert said <= {None, sales[0].amount}, f"another amount was booked: {story}"
    return told


def nothing_booked(bed: Bed) -> bool:
    """Whether the bank has no money of this shop."""
    return all(booking.state is not BookingState.BOOKED for booking in bed.bank.bookings)


@contextmanager
def of(*what: object) -> Iterator[None]:
    """A failure inside says which of many it was."""
    try:
        yield
    except BaseException as error:
        error.add_note(" ".join(map(str, what)))
        raise
