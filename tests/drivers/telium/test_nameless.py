"""Answers that name no payment: whose they are, and when nobody can know it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.dialogue import LATE_ANSWER_S
from drivers.telium import texts
from drivers.telium.concert import encode_groups
from drivers.telium.packet import mark_of
from drivers.terminal import (
    Command,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DriverFact,
    EndReason,
    Event,
    Operation,
    ResultStatus,
    TransactionResult,
)
from tests.drivers.telium.stage import ACK, EOT, SALE, V3, Solo

BUTTON = Command(Operation.SALE, "P1", 1250, 978, sequence=3)
NEXT = Command(Operation.SALE, "P2", 1250, 978, sequence=9)
ASKED = {"CZ": "0320", "CJ": "TILLGATE0001", "CA": "01", "CD": "0", "BA": "0"}
SHORT = {"CZ": "0300", "CJ": "247300123456"}
STOPPED = ASKED | {"CE": "978", "AE": "01", "AF": "11"}
TIMED_OUT = ASKED | {"CB": "00", "CE": "978", "AE": "01", "AF": "06"}
REFUSED = SHORT | {"AE": "01", "AF": "04"}
PAID = ASKED | {"CB": "1250", "CE": "978", "AE": "10", "CC": "00B", "CI": "2", "AC": "184117"}
OWN_TEXT = PAID | {"CF": "1010000000"}


@pytest.fixture
def solo() -> Solo:
    return Solo(variant=V3)


def answered(solo: Solo, groups: dict[str, str]) -> list[Event]:
    """What the session tells of an answer, and what it tells once that is on disk."""
    solo.hears_message(encode_groups(groups))
    told = solo.events()
    assert solo.accepts() == ACK
    solo.hears(EOT)
    return [*told, *solo.events()]


def lose(solo: Solo, command: Command) -> None:
    """The cable breaks while the payment runs; it is there again at once."""
    solo.running(command)
    solo.session.disconnected(DriverFact("wires.unplugged"), solo.now)
    solo.session.connected(solo.now)
    solo.events()


@pytest.mark.case("other/04")
@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (STOPPED, ResultStatus.CANCELLED),
        (TIMED_OUT, ResultStatus.CANCELLED),
        (REFUSED, ResultStatus.DECLINED),
    ],
    ids=["red button", "cancelled with an amount of zero", "refused in short"],
)
def test_a_no_to_the_only_payment_ends_it_at_once(
    solo: Solo, groups: dict[str, str], said: ResultStatus
) -> None:
    solo.running(BUTTON)
    result, ended = answered(solo, groups)
    assert isinstance(result, TransactionResult)
    assert (result.result.status, result.late) == (said, False)
    assert isinstance(ended, DialogueEnded)
    assert ended.end_reason is EndReason.ABORTED


@pytest.mark.case("other/04")
@pytest.mark.parametrize(
    "groups",
    [OWN_TEXT, PAID, PAID | {"CF": mark_of(BUTTON).ljust(32)}],
    ids=["own text", "none", "filled up"],
)
def test_a_yes_with_the_amount_ends_the_only_payment(solo: Solo, groups: dict[str, str]) -> None:
    solo.running(BUTTON)
    result, ended = answered(solo, groups)
    assert isinstance(result, TransactionResult)
    assert (result.late, result.result.amount, result.result.approval_code) == (False, 1250, "184117")
    assert ended == DialogueEnded(EndReason.COMPLETED)


def in_doubt(solo: Solo, groups: dict[str, str]) -> None:
    """The answer is told for who resolves, and the running payment is in doubt too."""
    late, lost = answered(solo, groups)
    assert isinstance(late, TransactionResult)
    assert late.late
    assert lost == ConnectionLost(texts.NAMELESS, Delivery.PERHAPS)
    assert not solo.session.busy


@pytest.mark.parametrize("groups", [STOPPED, REFUSED, OWN_TEXT, PAID])
def test_after_a_lost_payment_no_nameless_answer_decides_the_next_one(
    solo: Solo, groups: dict[str, str]
) -> None:
    lose(solo, BUTTON)
    solo.running(NEXT)
    in_doubt(solo, groups)


@pytest.mark.parametrize("groups", [STOPPED, OWN_TEXT])
def test_after_persons_gave_a_verdict_no_nameless_answer_decides(solo: Solo, groups: dict[str, str]) -> None:
    """What a restart forgets stands in the journal: the command says so."""
    solo.running(replace(NEXT, after_doubt=True))
    in_doubt(solo, groups)


@pytest.mark.parametrize(
    "groups",
    [PAID | {"CB": "1300"}, PAID | {"CE": "756"}, TIMED_OUT | {"CB": "900"}],
    ids=["another amount", "another currency", "a no to another amount"],
)
def test_a_nameless_answer_that_contradicts_leaves_the_payment_in_doubt(
    solo: Solo, groups: dict[str, str]
) -> None:
    solo.running(BUTTON)
    in_doubt(solo, groups)


def test_a_nameless_answer_to_a_request_that_nobody_acknowledged_decides_nothing(solo: Solo) -> None:
    solo.start(BUTTON)
    solo.hears(ACK)
    solo.waits(10)
    in_doubt(solo, STOPPED)


def test_a_named_answer_ends_the_doubt_of_what_was_lost_before(solo: Solo) -> None:
    lose(solo, BUTTON)
    solo.running(NEXT)
    result, _ended = answered(solo, PAID | {"CF": mark_of(NEXT)})
    assert isinstance(result, TransactionResult)
    assert not result.late
    solo.running(SALE)
    result, _ended = answered(solo, STOPPED)
    assert isinstance(result, TransactionResult)
    assert not result.late


def test_a_lost_payment_is_too_old_to_be_meant_some_day(solo: Solo) -> None:
    lose(solo, BUTTON)
    solo.waits(300.0 + LATE_ANSWER_S)
    solo.running(NEXT)
    result, _ended = answered(solo, STOPPED)
    assert isinstance(result, TransactionResult)
    assert not result.late


def test_a_nameless_answer_told_again_is_no_answer_to_the_next_payment(solo: Solo) -> None:
    """Without the EOT behind our ACK, nobody knows that the terminal heard it."""
    solo.running(BUTTON)
    solo.hears_message(encode_groups(STOPPED))
    solo.accepts()
    solo.waits(5)
    solo.events()
    solo.running(NEXT)
    assert solo.hears_message(encode_groups(STOPPED)) == ACK
    assert solo.events() == []
    assert solo.session.busy


def test_a_doubtful_answer_that_is_never_stored_leaves_the_payment_in_doubt_too(solo: Solo) -> None:
    lose(solo, BUTTON)
    solo.running(NEXT)
    solo.hears_message(encode_groups(PAID))
    solo.events()
    solo.session.disconnected(DriverFact("wires.unplugged"), solo.now)
    (lost,) = solo.events()
    assert isinstance(lost, ConnectionLost)
    assert lost.delivery is Delivery.PERHAPS
