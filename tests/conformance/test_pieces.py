"""However the bytes are cut and joined on their way, a payment goes well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from drivers.terminal import DialogueEnded, EndReason
from tests.conformance.bed import AMOUNT, Bed
from tests.conformance.cable import (
    PAUSE_S,
    Harm,
    Piece,
    Way,
    bytewise,
    first_byte_alone,
    in_message,
    merged,
    split,
    whole,
)
from tests.conformance.promises import kept, of
from tests.conformance.table import ZVT, Case

# Every place in the beginnings, where the frames' own bytes stand; behind them some.
ALL_PLACES = 40
SOME_PLACES = 11


def goes_well(case: Case, harm: Harm) -> None:
    with Bed(case) as bed:
        bed.begin()
        end = bed.pay(harm)
        assert isinstance(end, DialogueEnded)
        assert end.end_reason is EndReason.COMPLETED
        assert kept(bed, end) == "approved"
        assert [booking.amount for booking in bed.booked] == [AMOUNT]
        assert [result.amount for result in bed.said] in ([AMOUNT], [None])


def test_a_payment_goes_well(case: Case) -> None:
    goes_well(case, whole)


@pytest.mark.parametrize("harm", [bytewise, first_byte_alone], ids=["bytewise", "first_byte_alone"])
def test_a_byte_may_come_alone(case: Case, harm: Harm) -> None:
    goes_well(case, harm)


def test_messages_may_come_as_one_piece(case: Case) -> None:
    goes_well(case, merged())


def longest_piece(case: Case) -> int:
    longest = 0

    def measured(way: Way, data: bytes, now: float) -> Iterator[Piece]:
        nonlocal longest
        longest = max(longest, len(data))
        return whole(way, data, now)

    goes_well(case, measured)
    return longest


def test_a_message_may_be_split_anywhere(dialect: Case) -> None:
    longest = longest_piece(dialect)
    for place in (*range(1, min(ALL_PLACES, longest)), *range(ALL_PLACES, longest, SOME_PLACES)):
        with of("split at", place):
            goes_well(dialect, split(place))


def test_a_terminal_may_pause_half_a_second_inside_an_answer(dialect: Case) -> None:
    """On ZVT's serial line T1 forbids it: the frame is broken off and repeated; or else resolved."""
    for message in range(8):
        for place in (1, 2, 5, 11, 17, 40):
            with of("pause in message", message, "behind byte", place), Bed(dialect) as bed:
                bed.begin()
                told = kept(bed, bed.pay(in_message(message, "to_till", split(place, PAUSE_S))))
                assert len(bed.booked) == 1
                assert told == "approved" or (dialect.protocol, dialect.wire) == (ZVT, "serial")
