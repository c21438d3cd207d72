"""Concert V3 over TCP: groups without a frame, and where a message ends."""

from __future__ import annotations

import pytest

from drivers.telium.bare import QUIET_S
from drivers.telium.concert import encode_groups
from drivers.telium.packet import mark_of
from drivers.terminal import (
    Command,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DriverFact,
    EndReason,
    Operation,
    ResultStatus,
    TransactionResult,
)
from tests.drivers.telium.stage import SALE, STATUS, V3, Solo

CLOSED = DriverFact("wires.closed")
SAID = {"CZ": "0320", "CA": "01", "CB": "1010", "CD": "0", "CE": "978", "AE": "10", "AC": "184117"}
PAID = encode_groups(SAID | {"CF": mark_of(SALE)})
STOPPED = encode_groups({"CZ": "0320", "CA": "01", "CD": "0", "CE": "978", "AE": "01", "AF": "11"})


@pytest.fixture
def solo() -> Solo:
    return Solo(variant=V3, wire="tcp")


def outcome(solo: Solo) -> TransactionResult:
    (event,) = solo.events()
    assert isinstance(event, TransactionResult)
    return event


@pytest.mark.case("other/05")
def test_on_connect_nothing_is_sent_and_a_payment_is_nothing_but_its_groups(solo: Solo) -> None:
    assert solo.session.bytes_to_send() == b""
    assert solo.start(STATUS) == b""
    assert solo.waits(1) == b""
    assert solo.events() == [DialogueEnded(EndReason.COMPLETED)]
    sent = solo.start()
    mark = mark_of(SALE).encode()
    assert sent == b"CZ0040320CJ012TILLGATE0001CA00201CD0010BA0010CB0041010CE003978CF010" + mark


@pytest.mark.case("other/05")
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_an_answer_in_pieces_is_whole_when_the_terminal_is_quiet(solo: Solo, step: int) -> None:
    solo.start()
    for at in range(0, len(PAID), step):
        solo.hears(PAID[at : at + step])
        solo.waits(QUIET_S / 2)
    solo.waits(QUIET_S)
    event = outcome(solo)
    assert (event.late, event.result.status, event.result.amount) == (False, ResultStatus.APPROVED, 1010)
    assert solo.accepts() == b""
    assert solo.events() == [DialogueEnded(EndReason.COMPLETED)]
    assert not any(solo.buffer.view)


@pytest.mark.case("other/05")
def test_an_answer_counts_although_the_terminal_closes_the_connection_behind_it(solo: Solo) -> None:
    solo.start()
    solo.hears(PAID)
    solo.session.disconnected(CLOSED, solo.now)
    assert outcome(solo).result.status is ResultStatus.APPROVED
    solo.accepts()
    assert solo.events() == [DialogueEnded(EndReason.COMPLETED)]


def test_a_connection_that_closes_in_the_middle_of_an_answer_proves_nothing(solo: Solo) -> None:
    solo.start()
    solo.hears(PAID[:-3])
    solo.session.disconnected(CLOSED, solo.now)
    assert solo.events() == [ConnectionLost(CLOSED, Delivery.PERHAPS)]


def test_an_answer_that_was_not_stored_before_the_line_came_back_is_lost(solo: Solo) -> None:
    solo.start()
    solo.hears(PAID)
    solo.session.disconnected(CLOSED, solo.now)
    solo.events()
    solo.session.connected(solo.now)
    (lost,) = solo.events()
    assert isinstance(lost, ConnectionLost)
    assert lost.delivery is Delivery.PERHAPS


def test_the_red_button_ends_the_payment_at_once(solo: Solo) -> None:
    solo.start()
    solo.hears(STOPPED)
    solo.waits(QUIET_S)
    assert outcome(solo).result.status is ResultStatus.CANCELLED


def test_of_two_messages_in_one_piece_the_second_waits_until_the_first_is_stored(solo: Solo) -> None:
    solo.start()
    solo.hears(PAID + STOPPED)
    assert outcome(solo).result.status is ResultStatus.APPROVED
    solo.accepts()
    solo.waits(QUIET_S)
    _ended, late = solo.events()
    assert isinstance(late, TransactionResult)
    assert (late.late, late.result.status) == (True, ResultStatus.CANCELLED)


@pytest.mark.parametrize("garbage", [b"\x05", b"HTTP/1.1 400 Bad", b"CZ0040320xx", PAID[:-3]])
def test_what_is_no_message_is_never_an_answer(solo: Solo, garbage: bytes) -> None:
    solo.start()
    solo.hears(garbage)
    solo.waits(10)
    (lost,) = solo.events()
    assert isinstance(lost, ConnectionLost)
    assert lost.delivery is Delivery.PERHAPS
    assert not any(solo.buffer.view)


def test_a_message_without_an_end_is_bounded(solo: Solo) -> None:
    for _ in range(5):
        solo.hears(b"CZ999" + b"x" * 999 if not solo.buffer.end else b"ZT999" + b"x" * 999)
    assert not any(solo.buffer.view)


def test_a_lost_payments_nameless_answer_does_not_decide_the_next_one(solo: Solo) -> None:
    solo.start(Command(Operation.SALE, "A-0", 1010, 978, sequence=3))
    solo.session.disconnected(CLOSED, solo.now)
    solo.session.connected(solo.now)
    solo.events()
    solo.start()
    solo.hears(encode_groups(SAID))
    solo.waits(QUIET_S)
    assert outcome(solo).late
    solo.accepts()
    (lost,) = solo.events()
    assert isinstance(lost, ConnectionLost)


def test_a_simulator_names_itself_on_connect(solo: Solo) -> None:
    solo.hears(encode_groups({"CZ": "0320", "CJ": "TILLGATE-SIM 1"}))
    solo.waits(QUIET_S)
    solo.start(STATUS)
    assert solo.events() == [DialogueEnded(EndReason.COMPLETED, simulator=True, software="TILLGATE-SIM 1")]
