"""Our session against our terminal: whole dialogues, and what the terminal promises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.simulator.core.bank import Bank
from drivers.simulator.core.behaviour import TerminalSetup
from drivers.terminal import (
    Command,
    ConnectionLost,
    DialogueEnded,
    DisplayText,
    EndReason,
    Operation,
    ResultStatus,
)
from drivers.transbank.frame import encode_frame
from drivers.transbank.line import TERMINAL_REPEATS_S
from tests.drivers.transbank.stage import ACK, NAK, PESOS, SALE, TICKET, Counter
from tests.support.cards import PUBLISHED

REGISTER = Command(Operation.REGISTER)
STATUS = Command(Operation.STATUS)
LAST_SALE = Command(Operation.REPEAT_RECEIPT)
POLL = encode_frame(b"0100")


def test_a_sale_is_polled_for_paid_stored_and_acknowledged() -> None:
    counter = Counter()
    assert counter.perform(SALE) == DialogueEnded(EndReason.COMPLETED, terminal_id="TILLGATE")
    told = counter.result()
    assert (told.status, told.amount, told.currency, told.order) == (
        ResultStatus.APPROVED,
        25000,
        152,
        TICKET,
    )
    assert counter.bank.balance(152) == 25000
    sale = encode_frame(f"0200|25000|{TICKET}|||1|".encode())
    assert bytes(counter.to_terminal) == POLL + sale + ACK * 4
    assert [event.code for event in counter.heard if isinstance(event, DisplayText)] == [78, 81, 82]


@pytest.mark.parametrize("first", [REGISTER, STATUS])
def test_a_simulator_names_itself_by_its_terminal_number(first: Command) -> None:
    counter = Counter()
    for command in (first, STATUS):
        ended = counter.perform(command)
        assert isinstance(ended, DialogueEnded)
        assert (ended.end_reason, ended.simulator, ended.terminal_id) == (
            EndReason.COMPLETED,
            True,
            "TILLGATE",
        )
    assert not counter.outcomes()


def test_a_terminal_with_other_software_is_no_simulator() -> None:
    counter = Counter(f'{PESOS}software = "POS 1.2"\nterminal_id = "75001637"')
    ended = counter.perform(REGISTER)
    assert isinstance(ended, DialogueEnded)
    assert (ended.simulator, ended.terminal_id) == (False, "75001637")


def test_once_a_terminal_is_known_a_status_is_the_poll_alone() -> None:
    counter = Counter()
    counter.perform(REGISTER)
    counter.to_terminal.clear()
    counter.perform(STATUS)
    assert bytes(counter.to_terminal) == POLL


def test_a_terminal_that_wants_its_keys_asks_for_them_until_it_has_them() -> None:
    counter = Counter('[[payment]]\nwhen_amount = 25000\noutcome = "refuse"\ncode = 26')
    counter.perform(replace(SALE, amount=100, sequence=1))
    ended = counter.perform(SALE)
    assert isinstance(ended, DialogueEnded)
    assert ended.maintenance is Operation.INITIALISE
    assert counter.bank.balance(152) == 100
    for question in (STATUS, REGISTER):  # the second is answered with the sale before
        ended = counter.perform(question)
        assert isinstance(ended, DialogueEnded)
        assert ended.maintenance is Operation.INITIALISE
    assert isinstance(counter.perform(Command(Operation.INITIALISE)), DialogueEnded)
    ended = counter.perform(STATUS)
    assert isinstance(ended, DialogueEnded)
    assert ended.maintenance is None


def test_the_last_sale_is_told_without_the_card_until_the_day_is_closed() -> None:
    counter = Counter()
    counter.perform(SALE)
    sold = counter.result()
    counter.perform(LAST_SALE)
    assert counter.result() == replace(sold, card=counter.result().card)
    ended = counter.perform(Command(Operation.CLOSE_DAY))
    assert isinstance(ended, DialogueEnded)
    assert ended.end_reason is EndReason.COMPLETED
    counter.perform(LAST_SALE)
    assert (counter.result().status, counter.result().code) == (ResultStatus.DECLINED, 11)


def test_a_sale_is_voided_by_its_operation_number_and_only_once() -> None:
    counter = Counter()
    counter.perform(SALE)
    number = counter.result().receipt_number
    void = Command(
        Operation.REVERSAL, "till 2", original_receipt=number, original_trace=number, sequence=4800
    )
    counter.perform(void)
    assert (counter.result().status, counter.result().original_trace) == (ResultStatus.APPROVED, number)
    assert counter.bank.balance(152) == 0
    counter.perform(void)
    assert (counter.result().status, counter.result().code) == (ResultStatus.DECLINED, 4)
    counter.perform(replace(void, original_receipt=9, original_trace=9))
    assert counter.result().code == 5


def test_totals_count_what_stands() -> None:
    counter = Counter()
    counter.perform(SALE)
    counter.perform(Command(Operation.TURNOVER_TOTALS))
    assert [(total.count, total.total) for total in counter.result().totals] == [(1, 25000)]


def test_a_tip_makes_the_amount_differ_and_is_told() -> None:
    counter = Counter("[[payment]]\ntip = 900")
    counter.perform(SALE)
    assert (counter.result().amount, counter.result().tip) == (25900, 900)


def test_a_card_number_that_the_terminal_shows_is_sealed_and_in_nothing_that_was_told() -> None:
    counter = Counter('[[payment]]\nshown = "number"')
    counter.perform(SALE)
    card = counter.result().card
    assert card is not None
    assert card.sealed
    assert PUBLISHED[0].encode() in counter.to_till
    assert PUBLISHED[0] not in repr(counter.heard)
    assert not any(counter.buffer.view)


def test_a_result_that_is_not_accepted_is_repeated_twice_every_ten_seconds() -> None:
    counter = Counter()
    counter.accepts = False
    end = counter.perform(SALE)
    assert isinstance(end, ConnectionLost)
    assert counter.to_till.count(b"\x020210|00|") == 3
    assert len(counter.outcomes()) == 1
    assert counter.to_terminal.count(b"\x020200|") == 1


def test_a_result_that_came_while_the_cable_was_out_is_repeated_on_the_fresh_line() -> None:
    counter = Counter('[[payment]]\nunplug = { seconds = 12, at = "status" }')
    end = counter.perform(SALE)
    assert isinstance(end, ConnectionLost)
    (late,) = counter.late()
    assert (late.order, late.status) == (TICKET, ResultStatus.APPROVED)
    assert counter.now >= 2 * TERMINAL_REPEATS_S


def test_a_sale_of_yesterday_outlives_a_terminal_that_rebooted() -> None:
    counter = Counter('[[payment]]\nreboot = { seconds = 60, at = "status" }')
    assert isinstance(counter.perform(SALE), ConnectionLost)
    assert not counter.outcomes()
    counter.perform(LAST_SALE)
    assert counter.result().order == TICKET


def test_the_terminal_refuses_a_damaged_command_and_ignores_a_copy_of_the_running_one() -> None:
    counter = Counter()
    damaged = encode_frame(f"0200|25000|{TICKET}|||1|".encode())
    counter.terminal.receive(damaged[:-1] + bytes((damaged[-1] ^ 1,)), 0.0)
    assert counter.terminal.bytes_to_send(0.0) == NAK
    counter.terminal.receive(damaged * 2, 0.0)
    assert counter.terminal.bytes_to_send(0.0) == ACK + encode_frame(b"0900|78|")
    assert counter.terminal.bytes_to_send(0.0) == b""


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"0200|49|000001|||0|", b"10"), (b"0200|x|000001|||0|", b"10"), (b"0200|50|0000001|||0|", b"70")],
)
def test_the_terminal_refuses_what_the_reference_does_not_allow(data: bytes, code: bytes) -> None:
    counter = Counter(bank=Bank())
    counter.terminal.receive(encode_frame(data), 0.0)
    assert b"0210|" + code in counter.terminal.bytes_to_send(0.0)
    assert counter.bank.bookings == ()


def test_the_default_terminal_number_is_eight_characters_as_the_reference_has_it() -> None:
    assert len(TerminalSetup().terminal_id) == len("TILLGATE") == 8
