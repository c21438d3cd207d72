"""Our session against our terminal: whole dialogues."""

from __future__ import annotations

from drivers.terminal import Command, Ended, How, Operation, Said
from tests.drivers.transbank.stage import SALE, TICKET, Counter


def test_a_sale_is_polled_for_paid_stored_and_acknowledged() -> None:
    counter = Counter()
    assert counter.perform(SALE) == Ended(How.COMPLETED, terminal_id="TILLGATE")
    result = counter.result()
    assert (result.said, result.amount, result.currency, result.order) == (Said.APPROVED, 25000, 152, TICKET)
    assert counter.bank.balance(152) == 25000
    assert counter.to_terminal.startswith(bytes.fromhex("02 30313030 03 02"))


def test_registering_names_the_simulator() -> None:
    counter = Counter()
    ended = counter.perform(Command(Operation.REGISTER))
    assert isinstance(ended, Ended)
    assert ended.simulator
