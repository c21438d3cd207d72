"""The other commands of a session, and what the terminal says besides."""

from __future__ import annotations

import pytest

from drivers.terminal import (
    Command,
    Copy,
    DayTotal,
    DialogueEnded,
    DisplayText,
    EndReason,
    Operation,
    Receipt,
    TransactionResult,
)
from drivers.zvt import codes
from drivers.zvt.fields import SCHEMES
from drivers.zvt.packet import (
    POSITIVE,
    Completion,
    IntermediateStatus,
    PrintLine,
    StatusInformation,
)
from drivers.zvt.quirks import QUIRKS, ZvtQuirk
from drivers.zvt.session import ZvtSettings, ZvtState
from tests.drivers.zvt.paying import APPROVED, NOT_KNOWN, YES, running, sale
from tests.drivers.zvt.stage import Till

# ---- 11.8 start-up, and the other commands ----


def test_a_registration_reports_what_the_terminal_needs(till: Till) -> None:
    assert till.start(Command(Operation.REGISTER)) == ["0600111234568e097806091401ff26040a0206d3"]
    till.says(POSITIVE)
    (ended,) = till.says(Completion(status_byte=0x01, terminal_id="52523535", currency=978))
    assert ended == DialogueEnded(
        EndReason.COMPLETED, status=0x01, maintenance=Operation.INITIALISE, terminal_id="52523535"
    )


def test_a_registration_without_tlv_names_no_commands(kind: str) -> None:
    settings = ZvtSettings(password=123456, config_byte=0xBE, tlv=False)
    assert Till(kind, settings).start(Command(Operation.REGISTER)) == ["060006123456be0978"]


@pytest.mark.parametrize(
    ("status", "maintenance"),
    [
        (0x00, None),
        (0x51, Operation.INITIALISE),
        (0xC2, Operation.DIAGNOSE),
        (0xF0, None),
    ],
)
def test_a_status_enquiry_reports_the_terminals_state(
    till: Till, status: int, maintenance: Operation | None
) -> None:
    assert till.start(Command(Operation.STATUS)) == ["050103123456"]
    till.says(POSITIVE)
    (ended,) = till.says(Completion(terminal_status=status, software="GER-APP-2.0"))
    assert ended == DialogueEnded(
        EndReason.COMPLETED,
        status=status,
        maintenance=maintenance,
        software="GER-APP-2.0",
        reason=codes.state_fact(status) if status else None,
    )


def test_a_simulator_names_itself(till: Till) -> None:
    running(till, Command(Operation.STATUS))
    (ended,) = till.says(Completion(terminal_status=0, software="TILLGATE-SIM 1"))
    assert isinstance(ended, DialogueEnded)
    assert ended.simulator


COMMANDS = [
    (Command(Operation.REVERSAL, "r", 1010, original_receipt=123), "06300d12345687012304000000001010"),
    (Command(Operation.REFUND, "f", 1010, 978), "06310d12345604000000001010490978"),
    (Command(Operation.CLOSE_DAY), "065003123456"),
    (Command(Operation.TURNOVER_TOTALS), "061003123456"),
    (Command(Operation.REPEAT_RECEIPT), "0620051234560303"),
    (Command(Operation.DIAGNOSE), "067000"),
    (Command(Operation.INITIALISE), "069303123456"),
    (Command(Operation.LOG_OFF), "060200"),
    (Command(Operation.DISPLAY_TEXT, lines=("TEST",)), "06e007f1f0f454455354"),
]


@pytest.mark.parametrize(("command", "apdu"), COMMANDS, ids=lambda value: str(value)[:12])
def test_every_command_goes_out_as_the_reference_writes_it(till: Till, command: Command, apdu: str) -> None:
    assert till.start(command) == [apdu]


@pytest.mark.parametrize("operation", [Operation.LOG_OFF, Operation.DISPLAY_TEXT])
def test_some_commands_end_with_their_answer(till: Till, operation: Operation) -> None:
    till.start(Command(operation, lines=("TEST",)))
    assert till.says(POSITIVE) == [DialogueEnded(EndReason.COMPLETED)]


@pytest.mark.parametrize(
    ("quirk", "operation", "apdu"),
    [
        (ZvtQuirk.PAYMENT_TYPE_NEEDED, Operation.SALE, "06010c040000000010104909781940"),
        (ZvtQuirk.STATUS_WITHOUT_PASSWORD, Operation.STATUS, "050100"),
        (ZvtQuirk.STATUS_ONLY, Operation.STATUS, "0501050000000307"),
    ],
)
def test_a_quirk_changes_what_is_sent(kind: str, quirk: ZvtQuirk, operation: Operation, apdu: str) -> None:
    till = Till(kind, ZvtSettings(quirks=frozenset({quirk})))
    assert till.start(Command(operation, "q", 1010, 978)) == [apdu]


@pytest.mark.parametrize(
    ("quirk", "text"), [(ZvtQuirk.LATIN1_TEXTS, "ü}"), (ZvtQuirk.SEVEN_BIT_TEXTS, "ⁿü"), (None, "ⁿ}")]
)
def test_a_quirk_chooses_the_character_set(kind: str, quirk: ZvtQuirk | None, text: str) -> None:
    settings = ZvtSettings(quirks=frozenset({quirk} if quirk else ()))
    (receipt,) = running(Till(kind, settings)).says("06d10300fc7d")
    assert isinstance(receipt, Receipt)
    assert receipt.lines == (text,)


def test_every_quirk_has_its_meaning_in_words() -> None:
    assert set(QUIRKS) == set(ZvtQuirk)


def test_the_end_of_the_day_brings_totals(till: Till) -> None:
    lines = tuple(DayTotal(scheme, 1, 1010) for scheme in SCHEMES)
    running(till, Command(Operation.CLOSE_DAY))
    (outcome,) = till.says(StatusInformation(result_code=0, amount=7070, totals=lines))
    assert isinstance(outcome, TransactionResult)
    assert outcome.result.totals == lines
    till.acknowledge()
    assert till.says(Completion(result_code=0xE0)) == [
        DialogueEnded(EndReason.COMPLETED, 0xE0, reason=codes.result_fact(0xE0))
    ]


def test_an_end_of_day_may_come_without_totals(till: Till) -> None:
    running(till, Command(Operation.CLOSE_DAY))
    assert till.says(Completion()) == [DialogueEnded(EndReason.COMPLETED)]


def test_a_repeated_receipt_gives_the_stored_result(till: Till) -> None:
    running(till, Command(Operation.REPEAT_RECEIPT))
    (outcome,) = till.says(APPROVED)
    assert isinstance(outcome, TransactionResult)
    assert not outcome.late
    till.acknowledge()
    assert till.says(Completion()) == [DialogueEnded(EndReason.COMPLETED)]


# ---- what the terminal says besides ----


def test_a_text_of_the_terminals_own_wins_over_the_table(till: Till) -> None:
    assert running(till).says(IntermediateStatus(0x0A, texts=("EUR 10.10", "Karte bitte "))) == [
        DisplayText(0x0A, "EUR 10.10 Karte bitte")
    ]


def test_an_approving_display_text_is_no_result(till: Till) -> None:
    assert running(till).says(IntermediateStatus(0x1C)) == [DisplayText(0x1C, "approved, take the goods")]
    assert till.session.state is ZvtState.RUNNING


def test_the_clock_of_the_terminal_is_answered(till: Till) -> None:
    assert running(till).says("040108aa2504010c123551") == []
    assert till.heard[-1] == YES


@pytest.mark.parametrize("apdu", ["06d80100", "040d00", "06e400", "06d000", "0fa1020001", "05010312 3456"])
def test_what_is_not_ours_is_answered_so_and_changes_nothing(till: Till, apdu: str) -> None:
    for state in (ZvtState.IDLE, ZvtState.SENT, ZvtState.RUNNING):
        till.says(apdu.replace(" ", ""))
        assert till.heard[-1] == NOT_KNOWN
        assert till.session.state is state
        if state is ZvtState.IDLE:
            till.start(sale())
        elif state is ZvtState.SENT:
            till.says(POSITIVE)


def test_a_print_line_of_feeds_gives_empty_lines(till: Till) -> None:
    assert running(till).says(PrintLine(0xFF, feeds=2)) == [Receipt(Copy.UNKNOWN, ("", ""))]
