"""The till's side of the dialogues of reference 11, on both lines."""

from __future__ import annotations

import pytest

from drivers.terminal import (
    Command,
    Copy,
    DialogueEnded,
    DisplayText,
    DriverFact,
    EndReason,
    Operation,
    Receipt,
    ResultStatus,
    SessionError,
    TransactionResult,
)
from drivers.zvt import codes
from drivers.zvt.packet import (
    POSITIVE,
    Abort,
    Completion,
    IntermediateStatus,
    PrintLine,
    PrintTextBlock,
    StatusInformation,
    TextLine,
    ZvtAnswer,
)
from drivers.zvt.quirks import ZvtQuirk
from drivers.zvt.session import ZvtSettings, ZvtState
from tests.drivers.zvt.paying import APPROVED, DECLINED, NOT_KNOWN, PAY, STOPPED, YES, running, sale, stored
from tests.drivers.zvt.stage import Till

# ---- 11.1 a good payment ----


def test_a_good_payment_goes_its_whole_way(till: Till) -> None:
    assert till.start(sale()) == [PAY]
    assert till.says(POSITIVE) == []
    assert till.says(IntermediateStatus(0x0A, 1)) == [DisplayText(0x0A, "insert card")]
    (outcome,) = till.says(APPROVED)
    assert isinstance(outcome, TransactionResult)
    assert (outcome.result.status, outcome.result.amount, outcome.late) == (
        ResultStatus.APPROVED,
        1010,
        False,
    )
    assert till.acknowledge() == [YES]
    (receipt,) = till.says(PrintTextBlock((TextLine("danke"),), 2, last=True))
    assert receipt == Receipt(Copy.CUSTOMER, ("danke",), last=True)
    assert till.acknowledge() == [YES]
    assert till.says(Completion()) == [DialogueEnded(EndReason.COMPLETED)]
    assert till.heard == [PAY, YES, YES, YES, YES]
    assert not till.session.busy


def test_the_answer_to_a_result_waits_for_accept(till: Till) -> None:
    running(till).says(APPROVED)
    till.wait(20)
    assert till.heard == [PAY]
    assert till.acknowledge() == [YES]


@pytest.mark.parametrize(
    "message", [PrintLine(0x81, "danke"), PrintTextBlock((TextLine("danke"),), last=True)]
)
def test_the_answer_to_a_print_waits_for_accept(till: Till, message: PrintLine | PrintTextBlock) -> None:
    events = running(till).says(message)
    assert events == [Receipt(Copy.UNKNOWN, ("danke",), last=True)]
    assert till.heard == [PAY]
    assert till.acknowledge() == [YES]


def test_a_receipt_may_come_before_the_result(till: Till) -> None:
    running(till).says(PrintLine(0, "Storno"))
    till.acknowledge()
    (outcome,) = till.says(APPROVED)
    assert isinstance(outcome, TransactionResult)
    till.acknowledge()
    assert till.says(Completion()) == [DialogueEnded(EndReason.COMPLETED)]


def test_what_tcp_glued_to_a_result_waits_until_it_is_accepted() -> None:
    till = running(Till("tcp"))
    events = till.says(APPROVED, PrintLine(0x81, "danke"), Completion())
    assert [type(event) for event in events] == [TransactionResult]
    assert till.acknowledge() == [YES]
    assert [type(event) for event in till.session.events()] == [Receipt]
    assert till.acknowledge() == [YES, YES]
    assert list(till.session.events()) == [DialogueEnded(EndReason.COMPLETED)]


def test_the_result_keeps_all_that_the_terminal_said(till: Till) -> None:
    said = StatusInformation(
        result_code=0,
        amount=1210,
        currency=978,
        trace=163,
        time="123551",
        date="0417",
        terminal_id="29001006",
        merchant_id="100764992",
        approval_code="651200",
        receipt_number=163,
        turnover_number=164,
        card_name="MAESTRO",
        card_type=0x2E,
        entry_mode=2,
        cardholder_verification=3,
        tip=200,
        remaining=5,
    )
    (outcome,) = running(till).says(said)
    assert isinstance(outcome, TransactionResult)
    result = outcome.result
    assert (result.amount, result.tip, result.remaining) == (1210, 200, 5)
    assert (result.entry_mode, result.cardholder_verification) == ("contactless", "offline encrypted PIN")
    assert (result.trace, result.receipt_number, result.turnover_number) == (163, 163, 164)
    assert (result.terminal_id, result.merchant_id, result.approval_code) == (
        "29001006",
        "100764992",
        "651200",
    )
    assert (result.time, result.date, result.card_name, result.card_type) == (
        "123551",
        "0417",
        "MAESTRO",
        0x2E,
    )
    assert result.text == ""


# ---- 11.2 declined and cancelled ----


@pytest.mark.parametrize(
    ("result", "said", "why"),
    [
        (DECLINED, ResultStatus.DECLINED, "Ablehnung"),
        (STOPPED, ResultStatus.CANCELLED, "Abbruch durch Kunde"),
        (StatusInformation(result_code=0x6F), ResultStatus.DECLINED, codes.result_fact(0x6F)),
        (
            StatusInformation(result_code=0x05, texts=("Karte", "gesperrt")),
            ResultStatus.DECLINED,
            "Karte gesperrt",
        ),
    ],
)
def test_a_failing_result_says_why(
    till: Till, result: StatusInformation, said: ResultStatus, why: str | DriverFact
) -> None:
    (outcome,) = running(till).says(result)
    assert isinstance(outcome, TransactionResult)
    assert (outcome.result.status, outcome.result.code) == (said, result.result_code)
    assert (outcome.result.text, outcome.result.reason) == (
        (why, None) if isinstance(why, str) else ("", why)
    )


def test_a_declined_payment_ends_with_the_terminals_abort(till: Till) -> None:
    stored(till, STOPPED)
    (ended,) = till.says(Abort(0x6C))
    assert ended == DialogueEnded(EndReason.ABORTED, 0x6C, cancelled=True, reason=codes.result_fact(0x6C))
    assert till.heard[-1] == YES


def test_a_terminal_may_leave_out_the_abort_after_a_failing_result(till: Till) -> None:
    stored(till, STOPPED)
    assert till.wait(4.9) == []
    assert till.wait(0.2) == [DialogueEnded(EndReason.ABORTED, 0x6C, "Abbruch durch Kunde", cancelled=True)]


def test_a_terminal_known_to_leave_it_out_is_not_waited_for(kind: str) -> None:
    quirks = frozenset({ZvtQuirk.NO_COMPLETION_AFTER_FAILURE})
    till = stored(Till(kind, ZvtSettings(quirks=quirks)), DECLINED)
    assert till.wait(0) == [DialogueEnded(EndReason.ABORTED, 0x05, "Ablehnung")]


def test_a_terminal_may_leave_out_the_failing_result(till: Till) -> None:
    assert running(till).says(Abort(0x6C, extended_error_text="Stopptaste")) == [
        DialogueEnded(EndReason.ABORTED, 0x6C, "Stopptaste", cancelled=True)
    ]


def test_an_abort_after_a_stored_approval_is_told_as_such(till: Till) -> None:
    """The terminal has undone it: the payment layer keeps both."""
    (ended,) = stored(till).says(Abort(0xB4))
    assert ended == DialogueEnded(EndReason.ABORTED, 0xB4, reason=codes.result_fact(0xB4))


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (ZvtAnswer(0x84, 0x83), 0x83),
        (ZvtAnswer(0x84, 0x9C), 0x9C),
        (ZvtAnswer(0x84, 0x1E, 0x6F), 0x6F),
        (ZvtAnswer(0x84, 0x1E, 0x7D), 0x7D),
    ],
)
def test_a_command_that_is_answered_with_an_error_did_not_start(
    till: Till, answer: ZvtAnswer, code: int
) -> None:
    till.start(sale())
    assert till.says(answer) == [
        DialogueEnded(
            EndReason.REFUSED, code, busy=code == 0x9C, not_begun=True, reason=codes.result_fact(code)
        )
    ]
    assert not till.session.busy


def test_84_00_is_a_positive_answer(till: Till) -> None:
    till.start(sale())
    assert till.says("840000") == []
    assert till.session.state is ZvtState.RUNNING


# ---- 11.3 cancelled by the till ----


@pytest.mark.parametrize("answer", ["800000", "848300", None], ids=["accepted", "not now", "ignored"])
def test_a_sent_abort_decides_nothing(till: Till, answer: str | None) -> None:
    running(till)
    till.session.abort(till.now)
    assert till.exchange() == ["06b000"]
    if answer is not None:
        assert till.says(answer) == []
    assert till.session.busy
    (outcome,) = till.says(APPROVED)
    assert isinstance(outcome, TransactionResult)
    assert outcome.result.status is ResultStatus.APPROVED


def test_an_abort_before_the_answer_goes_out_behind_it(till: Till) -> None:
    till.start(sale())
    till.session.abort(till.now)
    assert till.exchange() == []
    till.says(POSITIVE)
    assert till.heard == [PAY, "06b000"]


def test_an_abort_is_sent_once_until_it_is_answered(till: Till) -> None:
    running(till)
    till.session.abort(till.now)
    till.session.abort(till.now)
    assert till.exchange() == ["06b000"]
    till.says(NOT_KNOWN)
    till.session.abort(till.now)
    assert till.exchange() == ["06b000"]


def test_no_abort_is_sent_where_it_is_not_possible_or_too_late(kind: str) -> None:
    quirky = running(Till(kind, ZvtSettings(quirks=frozenset({ZvtQuirk.NO_ABORT}))))
    held = running(Till(kind))
    held.says(APPROVED)
    for till in (Till(kind), quirky, held, stored(Till(kind))):
        till.session.abort(till.now)
        assert till.exchange() == []


# ---- out of turn ----


def test_a_second_command_is_refused_while_one_runs(till: Till) -> None:
    running(till)
    with pytest.raises(SessionError, match="running"):
        till.session.start(sale(), till.now)
    assert till.exchange() == []


@pytest.mark.parametrize(
    "command",
    [
        sale(None),
        sale(0),
        sale(10**12),
        Command(Operation.REFUND, "f"),
        Command(Operation.REVERSAL, "r", 1010),
        Command(Operation.REVERSAL, "r", 1010, original_receipt=10_000),
    ],
)
def test_a_command_that_cannot_be_written_sends_nothing(till: Till, command: Command) -> None:
    with pytest.raises(SessionError, match=r"zvt\.(needs_|not_written)"):
        till.start(command)
    assert till.exchange() == []
    assert not till.session.busy


def test_accept_without_anything_held_sends_nothing(till: Till) -> None:
    assert running(till).acknowledge() == []
