"""Unknown means no: the driver refuses it before a byte is sent, the simulated terminal books nothing."""

from __future__ import annotations

import sys
from dataclasses import replace
from enum import Enum
from importlib import import_module
from typing import Any

import pytest

from drivers.driver import PROTOCOLS, driver
from drivers.operation import CHANGING, FINANCIAL, OPERATIONS, UPKEEP, WITH_RESULT, Operation
from drivers.simulator.core.bank import Bank, BankError
from drivers.simulator.core.cards import PUBLISHED
from drivers.terminal import (
    BookingProof,
    Command,
    CommandRefusedError,
    ConnectionLost,
    EndReason,
    ResultStatus,
)
from tests.conformance.bed import AMOUNT, Bed
from tests.conformance.table import Case, dialects
from tests.journal.conftest import MORNING

# An operation of a later version.
PREAUTH: Any = Enum("Later", {"PREAUTH": "preauth"}).PREAUTH  # type: ignore[attr-defined]  # made on the spot


def asked_later(case: Case) -> Command:
    return Command(PREAUTH, "A-9", amount=AMOUNT, currency=case.options.currency, sequence=9)


def test_a_driver_refuses_it_before_anything_is_sent(dialect: Case) -> None:
    with Bed(dialect) as bed:
        bed.begin()
        assert bed.resolver.refusal_reason(asked_later(dialect))
        before = len(bed.heard)
        with pytest.raises(CommandRefusedError):
            bed.session.start(asked_later(dialect), bed.now)
        assert (bed.session.busy, bed.session.bytes_to_send(), bed.heard[before:]) == (False, b"", [])
        bed.pay()
        assert len(bed.booked) == 1


def test_a_driver_refuses_what_only_others_know(dialect: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of all drivers has it, with money and all; this protocol has no message for it."""
    known = {"FINANCIAL", "CHANGING", "WITH_RESULT", "WITH_AMOUNT", "WITH_ORIGINAL"}
    for name, module in list(sys.modules.items()):
        for word in known & set(vars(module)) if name.startswith(f"drivers.{dialect.protocol}.") else ():
            monkeypatch.setattr(module, word, getattr(module, word) | {PREAUTH})
    with Bed(dialect) as bed:
        bed.begin()
        asked = replace(asked_later(dialect), original_payment_id="A-1", original_trace=1, original_receipt=1)
        assert bed.resolver.refusal_reason(asked)
        with pytest.raises(CommandRefusedError):
            bed.session.start(asked, bed.now)
        assert (bed.session.busy, bed.session.bytes_to_send()) == (False, b"")


def test_a_driver_proves_nothing_about_it(dialect: Case) -> None:
    with Bed(dialect) as bed:
        bed.begin()
        bed.pay()
        doubt = replace(bed._doubt(), command=asked_later(dialect))
        assert bed.resolver.questions(doubt) == ()
        assert bed.resolver.conclude(doubt, bed.said).found is BookingProof.UNPROVEN


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_row_says_all_that_its_protocol_can_do(name: str) -> None:
    row = driver(name)
    assert Operation.SALE in row.operations <= set(Operation)
    for case in (case for case in dialects() if case.protocol == name):
        resolver = row.resolver(case.options)
        for operation in set(Operation) - row.operations - UPKEEP:
            assert resolver.refusal_reason(Command(operation, "A-1", AMOUNT, case.options.currency)), (
                operation
            )


def test_it_is_in_no_set_of_operations() -> None:
    assert set(OPERATIONS) == set(Operation)
    assert all(PREAUTH not in known for known in (FINANCIAL, CHANGING, WITH_RESULT, UPKEEP))


def _of_a_later_version(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the till's bytes ask for something else where they asked for a sale."""
    page = "concert" if case.protocol == "telium" else "commands"
    commands = import_module(f"drivers.{case.protocol}.{page}")
    match case.protocol:
        case "zvt":
            reservation = bytes.fromhex("06220A040000001250490978")
            monkeypatch.setattr(commands, "apdu_of", lambda *_: reservation)
        case "ecr17":
            sale = commands._MESSAGES[Operation.SALE]
            # The tenth character is the code of the request (reference 4).
            later = lambda *told: sale(*told)[:9] + b"p" + sale(*told)[10:]  # noqa: E731 - one line of a table
            monkeypatch.setitem(commands._MESSAGES, Operation.SALE, later)
        case "ecrhub":
            monkeypatch.setitem(commands.TRANS_TYPE, Operation.SALE, "9")
        case "telium":
            monkeypatch.setitem(commands.ConcertV3.actions, Operation.SALE, "9")
            e_plus = import_module("drivers.telium.eplus").EPlus
            monkeypatch.setitem(e_plus.actions, Operation.SALE, "9")
        case "transbank":
            data_of = commands.data_of
            monkeypatch.setattr(commands, "data_of", lambda told: data_of(told).replace(b"0200", b"0299", 1))


def test_the_simulator_says_no_to_it(dialect: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    with Bed(dialect) as bed:
        bed.begin()
        _of_a_later_version(dialect, monkeypatch)
        end = bed.perform(bed.command())
        assert (bed.bank.bookings, bed.moods.begun) == ((), [])
        assert [told for told in bed.accepted if told.result.status is ResultStatus.APPROVED] == []
        assert isinstance(end, ConnectionLost) or end.end_reason is not EndReason.COMPLETED


def test_the_bank_books_no_unknown_kind() -> None:
    bank, later = Bank(), PREAUTH
    with pytest.raises(BankError):
        bank.authorise(later, 1000, 978, MORNING, approved=True, card=PUBLISHED["visa"])
    assert (bank.bookings, bank.balance()) == ((), 0)
