"""What comes again and what comes late."""

from __future__ import annotations

import pytest

from drivers.terminal import (
    ConnectionLost,
    Copy,
    DialogueEnded,
    EndReason,
    Receipt,
    ResultStatus,
    TransactionResult,
)
from drivers.zvt import codes
from drivers.zvt.packet import (
    POSITIVE,
    Abort,
    Completion,
    PrintLine,
)
from drivers.zvt.session import ZvtState
from tests.drivers.zvt.losing import (
    APPROVED,
    NOT_KNOWN,
    SALE,
    STATUS,
    YES,
    running,
)
from tests.drivers.zvt.stage import Till, opened
from tests.support import cards

# ---- repeats on a serial line ----


def repeat(till: Till, apdu: str) -> list[object]:
    """The terminal lost our ACK: the same frame again after T2."""
    till.now += 5
    return list(till.says(apdu))


def test_a_repeated_status_is_answered_again_and_shown_once() -> None:
    till = running(Till("serial"))
    assert len(till.says("04ff010e")) == 1
    assert repeat(till, "04ff010e") == []
    assert till.heard[-2:] == [YES, YES]


def test_a_repeated_result_is_answered_again_only_after_it_was_accepted() -> None:
    till = running(Till("serial"))
    assert len(till.says("040f022700")) == 1
    before = len(till.heard)
    assert repeat(till, "040f022700") == []
    assert len(till.heard) == before
    assert till.acknowledge() == [YES]
    assert repeat(till, "040f022700") == []
    assert till.heard[-2:] == [YES, YES]
    assert till.session.state is ZvtState.STORED


def test_a_repeated_unknown_command_gets_the_same_answer_again() -> None:
    till = running(Till("serial"))
    till.says("06d80101")
    assert repeat(till, "06d80101") == []
    assert till.heard[-2:] == [NOT_KNOWN, NOT_KNOWN]


# ---- late messages ----


def lost_sale(till: Till) -> Till:
    assert [type(event) for event in running(till).wait(181)] == [ConnectionLost]
    return till


def test_a_late_result_is_marked_and_held_until_it_is_accepted(till: Till) -> None:
    heard = lost_sale(till).heard[:]
    (outcome,) = till.says(APPROVED)
    assert isinstance(outcome, TransactionResult)
    assert (outcome.late, outcome.result.status, outcome.result.amount) == (True, ResultStatus.APPROVED, 1010)
    assert till.heard == heard
    assert till.acknowledge() == [YES]
    assert not till.session.busy


def test_a_late_receipt_is_held_until_it_is_accepted(till: Till) -> None:
    assert lost_sale(till).says(PrintLine(0, "Beleg")) == [Receipt(Copy.UNKNOWN, ("Beleg",))]
    assert till.acknowledge() == [YES]


def test_a_late_abort_is_told_because_it_may_undo_a_late_result(till: Till) -> None:
    lost_sale(till).says(APPROVED)
    till.acknowledge()
    assert till.says(Abort(0xB4)) == [DialogueEnded(EndReason.ABORTED, 0xB4, reason=codes.result_fact(0xB4))]


def test_a_late_answer_and_a_late_completion_are_no_events(till: Till) -> None:
    assert lost_sale(till).says(POSITIVE) == []
    assert till.says(Completion()) == []
    assert till.heard[-1] == YES


def test_a_late_result_without_a_code_is_told_as_an_open_question(till: Till) -> None:
    heard = till.heard[:]
    (told,) = till.says("040f0704000000001010")
    assert isinstance(told, TransactionResult)
    assert (told.late, told.result.status, told.result.amount) == (True, ResultStatus.UNCLEAR, 1010)
    assert till.heard == heard


def test_a_late_result_that_nobody_accepts_is_never_acknowledged(till: Till) -> None:
    till.says(APPROVED)
    assert till.start(STATUS) == ["050103123456"]
    assert till.acknowledge() == []


@pytest.mark.parametrize("answered", [False, True], ids=["before its answer", "behind its answer"])
def test_a_status_enquiry_may_bring_the_result_of_an_older_payment(till: Till, *, answered: bool) -> None:
    till.start(STATUS)
    if answered:
        till.says(POSITIVE)
    (outcome,) = till.says(APPROVED)
    assert isinstance(outcome, TransactionResult)
    assert outcome.late
    assert till.acknowledge() == [YES]
    if not answered:
        till.says(POSITIVE)
    assert till.says(Completion(terminal_status=0)) == [DialogueEnded(EndReason.COMPLETED, status=0)]


def test_the_end_of_an_older_dialogue_does_not_end_a_new_command(till: Till) -> None:
    till.start(STATUS)
    assert till.says(Completion()) == []
    assert till.heard[-1] == YES
    till.says(POSITIVE)
    assert till.session.state is ZvtState.RUNNING


def test_a_card_in_a_late_result_is_sealed_for_the_payment_that_was_lost(till: Till) -> None:
    lost_sale(till)
    till.start(STATUS)
    number = bytes.fromhex(cards.PUBLISHED[0])
    (outcome,) = till.says((b"\x04\x0f\x0d\x27\x00\x22\xf0\xf8" + number).hex())
    assert isinstance(outcome, TransactionResult)
    assert outcome.result.card is not None
    assert opened(outcome.result.card, SALE.payment_id)


def test_no_event_ever_shows_a_clear_number(till: Till) -> None:
    number = cards.PUBLISHED[1]
    track = (b"\x23\xf1\xf0" + bytes.fromhex(number) + b"\xd2\x51").hex()
    text = (b"\x3c\xf0\xf1\xf6" + number.encode()).hex()
    running(till)
    body = bytes.fromhex("2700" + "22f0f8" + number + track + text)
    events = till.says((b"\x04\x0f" + bytes((len(body),)) + body).hex())
    assert len(events) == 1
    assert number not in repr(events)
