"""What the terminal says of a payment: held until it is on disk, told as it is, never taken from another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from drivers.simulator.core.behaviour import Behaviour
from drivers.simulator.core.behaviour import ScriptedOutcome as Mood
from drivers.terminal import (
    BookingProof,
    ConnectionLost,
    DialogueEnded,
    EndReason,
    ResultStatus,
    TransactionResult,
)
from tests.conformance.bed import AMOUNT, Bed
from tests.conformance.cable import Harm, Piece, Way, in_message
from tests.conformance.promises import kept, nothing_booked, of, word
from tests.conformance.table import ZVT, Case

# Shorter than any terminal's patience with a till that does not acknowledge.
HELD_S = 2.0
OTHER_AMOUNT = 777
# The answer to a frame whose checksum is wrong.
NAK = b"\x15"
# How a terminal says no.
REFUSALS = (Mood.DECLINE, Mood.STOP_KEY, Mood.REFUSE)


def outcomes(bed: Bed) -> list[TransactionResult]:
    return [event for event in bed.heard if isinstance(event, TransactionResult)]


def withheld(bed: Bed) -> None:
    """A sale whose result is on no disk yet."""
    bed.accept_after_s = None
    before = len(outcomes(bed))
    bed.ask(bed.command())
    bed.session.start(bed.sale, bed.now)
    assert bed.until(lambda: len(outcomes(bed)) > before), "there was no result"


def acknowledgement(case: Case) -> bytes:
    """What an accepted result makes a session say."""
    with Bed(case) as bed:
        bed.begin()
        before = len(bed.acknowledgements)
        withheld(bed)
        bed.session.acknowledge(bed.now)
        assert len(bed.acknowledgements) == before
        return bed.session.bytes_to_send()


# ---- acknowledge() ----


def test_nothing_is_acknowledged_before_the_result_is_on_disk(case: Case) -> None:
    with Bed(case) as bed:
        bed.begin()
        withheld(bed)
        sent = len(bed.cable.seen["to_terminal"])
        bed.wait(HELD_S)
        said_meanwhile = bytes(bed.cable.seen["to_terminal"][sent:])
    words = acknowledgement(case)
    assert bool(words) is not case.bare
    assert case.bare or words not in said_meanwhile


def test_a_till_that_dies_before_its_result_is_on_disk(case: Case) -> None:
    for after_s in (0.0, 0.5, 5.0, 100.0):
        with of("dead", after_s, "s after the result"), Bed(case) as bed:
            bed.begin()
            withheld(bed)
            bed.wait(after_s)
            bed.power_cut()
            bed.accept_after_s = 0.0
            finding = bed.resolve()
            assert finding is not None
            bed.wait(100.0)
            if finding.found is not BookingProof.UNPROVEN:
                assert (finding.found is BookingProof.BOOKED) is (len(bed.booked) == 1)
            assert len(bed.booked) <= 1


@pytest.mark.parametrize("seconds", [0.5, 2.0, 8.0, 20.0, 50.0, 400.0])
def test_a_till_whose_disk_is_slow(case: Case, seconds: float) -> None:
    with Bed(case) as bed:
        bed.begin()
        bed.accept_after_s = seconds
        end = bed.pay()
        bed.accept_after_s = 0.0
        kept(bed, end)


# ---- what it says ----


@pytest.mark.parametrize("mood", REFUSALS)
def test_a_refused_payment_is_never_reported_as_paid(case: Case, mood: Mood) -> None:
    with Bed(case, Behaviour(outcome=mood)) as bed:
        bed.begin()
        end = bed.pay()
        assert not [result for result in bed.said if result.status is ResultStatus.APPROVED]
        # An ECRHub terminal that refuses an order may do so without saying what became of it.
        assert word(bed, end) == "denied" or (mood is Mood.REFUSE and case.protocol == "ecrhub")
        assert nothing_booked(bed)


def test_an_amount_that_differs_is_reported(case: Case) -> None:
    with Bed(case) as bed:
        bed.begin()
        bed.pay()
        tells_amounts = bed.said[-1].amount is not None
    with Bed(case, Behaviour(says_amount=OTHER_AMOUNT)) as bed:
        bed.begin()
        bed.pay()
        approvals = [result for result in bed.said if result.status is ResultStatus.APPROVED]
        if tells_amounts:
            assert [result.amount for result in approvals] in ([OTHER_AMOUNT], [])
        assert [booking.amount for booking in bed.booked] == [AMOUNT]


def test_a_tip_and_a_part_are_reported_as_the_bank_has_them(case: Case) -> None:
    for behaviour in (Behaviour(tip=250), Behaviour(partial=500)):
        with of(behaviour), Bed(case, behaviour) as bed:
            bed.begin()
            end = bed.pay()
            kept(bed, end)


# ---- whose answer it is ----


class Tape:
    """What another payment's terminal said, played to a till whose own terminal hears nothing."""

    def __init__(self, case: Case, amount: int) -> None:
        self._pieces: list[bytes] = []
        with Bed(case) as bed:
            bed.begin()
            bed.pay(self._record, bed.command(number=7, amount=amount))

    def _record(self, way: Way, data: bytes, _now: float) -> Iterator[Piece]:
        if way == "to_till":
            self._pieces.append(data)
        yield 0.0, data

    def play(self, bed: Bed) -> Harm:
        """Each time the till says something, the tape goes on by one piece."""
        left = iter(self._pieces)

        def harm(way: Way, _data: bytes, now: float) -> Iterator[Piece]:
            if way == "to_terminal" and (piece := next(left, None)):
                bed.cable.put("to_till", piece, now)
            return iter(())

        return harm


def names_orders(case: Case) -> bool:
    """Whether an answer says which order it belongs to."""
    with Bed(case) as bed:
        bed.begin()
        bed.pay()
        return bool(bed.said[-1].order)


@pytest.mark.parametrize("amount", [AMOUNT, OTHER_AMOUNT])
def test_an_answer_to_another_payment_does_not_decide_ours(dialect: Case, amount: int) -> None:
    named = names_orders(dialect)
    tape = Tape(dialect, amount)
    with Bed(dialect) as bed:
        bed.begin()
        end = bed.pay(tape.play(bed))
        paid = isinstance(end, DialogueEnded) and end.end_reason is EndReason.COMPLETED
        said = [result.amount for result in bed.said if result.status is ResultStatus.APPROVED]
        if named:
            assert not said
            assert not paid
        elif amount != AMOUNT:
            assert not said or said[-1] in {amount, None}
        assert isinstance(end, ConnectionLost) or paid or not said


# ---- what is damaged ----


def test_a_wrong_checksum_is_refused_and_the_message_comes_again(dialect: Case) -> None:
    """One message of the terminal arrives damaged, each in turn."""
    if (dialect.protocol, dialect.wire) == (ZVT, "tcp") or dialect.bare:
        pytest.skip("on TCP it has no checksum")
    said = bytearray()
    for message in range(8):
        with of("damaged message", message), Bed(dialect) as bed:
            bed.begin()
            sent = len(bed.cable.seen["to_terminal"])
            end = bed.pay(in_message(message, "to_till", one_bit))
            said += bed.cable.seen["to_terminal"][sent:]
            assert kept(bed, end) in {"approved", "unclear"}
            assert len(bed.booked) == 1
    # ECRHub has no word for it: what is not acknowledged comes again.
    assert NAK in said or dialect.protocol == "ecrhub"


def one_bit(_way: Way, data: bytes, _now: float) -> Iterator[Piece]:
    """In the middle, where the payload is."""
    place = len(data) // 2
    yield 0.0, data[:place] + bytes([data[place] ^ 0x01]) + data[place + 1 :]
