"""What a result in the running dialogue is worth: contradictions and old transactions decide nothing."""

from __future__ import annotations

from typing import Any

import pytest

from agent.journal.schema.entry import Completed, Requested, TerminalResult
from agent.payments.compare import consistent, merged, same_transaction
from agent.payments.mapping import closing
from agent.payments.record import Record, begin, change
from agent.payments.told import told
from drivers.terminal import (
    BookingProof,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DriverFact,
    EndReason,
    Result,
    ResultStatus,
)
from drivers.zvt.resolve import ZvtResolver
from tests.journal.conftest import MORNING
from tests.payments.conftest import Make
from tests.payments.world import World

PLAIN = "[[payment]]\n"
SILENT = "[[payment]]\nsilence_s = 200\n"
DONE = DialogueEnded(EndReason.COMPLETED)
LOST = ConnectionLost(DriverFact("test.lost"), Delivery.PERHAPS)


def running(make: Make) -> World:
    """A payment that the terminal works on, after one that it has stored."""
    world = make(PLAIN + SILENT)
    world.pay("A-0")
    world.put("A-1")
    world.until(lambda: world.sent("0601") == 2)
    return world


def said(world: World, status: ResultStatus = ResultStatus.APPROVED, **more: Any) -> None:
    """The terminal says so in the dialogue of A-1."""
    fields = {"amount": 1250, "currency": 978, "trace": 900, "receipt_number": 901} | more
    result = Result(status, 0, **fields)
    world.do(lambda: world.context.write(*told(world.context, record(world), result, world.terminal)))


def record(world: World) -> Record:
    found = world.context.payments.get("A-1")
    assert found is not None
    return found


def ended(world: World, event: Any = DONE) -> Record:
    world.do(lambda: world.context.write(*closing(record(world), event)))
    return record(world)


@pytest.mark.parametrize(
    "second",
    [
        {"status": ResultStatus.DECLINED},
        {"amount": 9600},
        {"trace": 902},
        {"receipt_number": 905},
        {"currency": 756},
    ],
)
@pytest.mark.parametrize("turned", [False, True], ids=["approved first", "approved last"])
@pytest.mark.parametrize("event", [DONE, LOST, DialogueEnded(EndReason.ABORTED, 0x6C)])
def test_two_results_that_contradict_each_other_are_in_doubt(
    make: Make, second: dict[str, Any], turned: bool, event: Any
) -> None:
    """Whichever comes last, and however the dialogue ends: the terminal is asked."""
    world = running(make)
    results: list[dict[str, Any]] = [{}, second]
    for told_now in reversed(results) if turned else results:
        said(world, **told_now)
    assert record(world).verdict == "unclear"
    assert ended(world, event).verdict == "unclear"
    assert record(world).approval_known


def test_the_same_result_again_is_written_once(make: Make) -> None:
    world = running(make)
    said(world)
    before = len(world.disk.entries())
    said(world)
    assert len(world.disk.entries()) == before
    assert ended(world).verdict == "approved"


def test_a_second_result_that_tells_more_adds_to_the_first(make: Make) -> None:
    world = running(make)
    said(world)
    said(world, trace=None, approval_code="184117")
    result = ended(world).result
    assert result is not None
    assert (result.trace, result.approval_code, record(world).verdict) == (900, "184117", "approved")


def test_a_decline_and_then_a_cancel_is_no_contradiction(make: Make) -> None:
    world = running(make)
    said(world, ResultStatus.DECLINED, amount=None)
    said(world, ResultStatus.CANCELLED, amount=None)
    assert record(world).verdict in {"declined", "cancelled"}


@pytest.mark.parametrize("amount", [1250, 999])
def test_the_last_transaction_told_again_is_not_the_new_payments(make: Make, amount: int) -> None:
    """Same trace and receipt as before: stored, acknowledged, in doubt, and asked."""
    world = running(make)
    before = record(world).submission
    assert before is not None
    said(world, trace=before.last_trace, receipt_number=before.last_receipt, amount=amount)
    why = record(world).why
    assert why is not None
    assert (record(world).verdict, why.code) == ("unclear", "payment.not_fresh")
    assert ended(world).verdict == "unclear"
    assert world.context.unclear_command(record(world)).trace_said is None


def test_a_stale_approval_is_resolved_as_not_booked(make: Make) -> None:
    """The terminal shows the old transaction as its last one: the new payment was not stored."""
    world = running(make)
    before = record(world).submission
    assert before is not None
    numbers: dict[str, Any] = {"trace": before.last_trace, "receipt_number": before.last_receipt}
    said(world, **numbers)
    ended(world)
    shown = Result(ResultStatus.APPROVED, 0, amount=1250, currency=978, **numbers)
    finding = ZvtResolver().conclude(world.context.unclear_command(record(world)), [shown])
    assert finding.found is BookingProof.NOT_BOOKED


def test_an_equal_receipt_number_alone_is_no_old_transaction(make: Make) -> None:
    """Receipt numbers begin anew each day."""
    world = running(make)
    before = record(world).submission
    assert before is not None
    said(world, trace=None, receipt_number=before.last_receipt)
    assert ended(world).verdict == "approved"


# ---- the comparisons ----

NOON = {"terminal_time": "120000", "terminal_date": "1127"}


def result(**fields: Any) -> TerminalResult:
    return TerminalResult(payment_id="A-1", **({"verdict": "approved"} | fields))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"trace": 5, "receipt_number": 7}, {"trace": 5, "receipt_number": 7}, True),
        ({"trace": 5}, {"trace": 5}, False),
        ({"trace": 5} | NOON, {"trace": 5, "terminal_date": "1127"}, True),
        ({"trace": 0, "receipt_number": 0}, {"trace": 0, "receipt_number": 0}, False),
        ({"trace": 5, "receipt_number": 7}, {"trace": 5, "receipt_number": 8}, False),
        ({"trace": 5} | NOON, {"trace": 6} | NOON, False),
        (
            {"trace": 5, "receipt_number": 7, "terminal_id": "1"},
            {"trace": 5, "receipt_number": 7, "terminal_id": "2"},
            False,
        ),
        (NOON, NOON, True),
    ],
)
def test_one_transaction_is_known_by_two_equal_facts(
    one: dict[str, Any], other: dict[str, Any], same: bool
) -> None:
    assert same_transaction(result(**one), result(**other)) is same
    assert same_transaction(result(**other), result(**one)) is same


def test_what_is_not_told_is_no_contradiction() -> None:
    assert consistent(result(amount=1), result(trace=5))
    assert consistent(result(verdict="declined"), result(verdict="cancelled"))
    assert not consistent(result(), result(verdict="declined"))
    assert not consistent(result(amount=0), result(amount=1))
    assert merged(result(amount=1), result(amount=2, trace=5)).amount == 1


def test_an_end_after_a_doubt_makes_no_approval() -> None:
    """Whoever writes it: the fold itself does not let the last one win."""
    asked = Requested(payment_id="A-1", payment="sale", terminal="front", till="1", amount=5, currency="EUR")
    known = begin(asked, 0, MORNING)
    change(known, result(), 1)
    change(known, result(verdict="declined"), 2)
    change(known, Completed(payment_id="A-1"), 3)
    assert known.verdict == "unclear"
    assert known.contradiction is not None
