"""E+ messages: fields, lengths, results, and what happens to a card."""

from __future__ import annotations

import pytest

from drivers.driver import OptionError, Options
from drivers.telium.config import TeliumKeys, telium_settings
from drivers.telium.eplus import EPlus, EPlusRequest, encode_answer, read_request
from drivers.telium.packet import TeliumAnswer, TeliumCardBinding, Whose, mark_of
from drivers.terminal import Command, DriverFact, Operation, ProtocolError, ResultStatus
from tests.drivers.telium.stage import SALE, MaskingSealer
from tests.drivers.telium.test_frame import ACCEPTED, REFUSED, REQUEST
from tests.support import cards

NUMBER = cards.PUBLISHED[0]
ASKED = EPlusRequest(1, 1010, "0", 978, mark_of(SALE))
DIALECT = EPlus(telium_settings(Options()))


def quirky(*quirks: str) -> EPlus:
    return EPlus(telium_settings(Options(quirks=frozenset(quirks))))


def read(message: bytes, dialect: EPlus = DIALECT) -> TeliumAnswer:
    return dialect.read(memoryview(bytearray(message)), TeliumCardBinding(MaskingSealer()))


def long(field: str, code: int = 0) -> bytes:
    return encode_answer(ASKED, code, 1010, field.ljust(55).encode())


def test_the_request_is_that_of_the_reference_but_for_the_mark_and_the_length_asked() -> None:
    own = DIALECT.request(SALE)
    worked = REQUEST[1:-2]
    assert len(own) == len(worked) == 34
    assert EPlusRequest(1, 1010, "0", 978, long=True).encode() == worked
    assert (own[:10], own[10:11], own[16:26]) == (worked[:10], b"0", mark_of(SALE).encode())


def test_the_answer_is_always_awaited_at_the_end() -> None:
    for dialect in (DIALECT, quirky("long_answer", "refunds_by_type_2", "private_not_returned")):
        assert dialect.request(SALE)[26:30] == b"A010"


def test_a_request_is_read_as_it_was_written() -> None:
    assert read_request(ASKED.encode()) == ASKED


def test_the_references_answers_are_read() -> None:
    accepted, refused = read(ACCEPTED[1:-2]), read(REFUSED[1:-2])
    assert (accepted.result.status, accepted.result.amount, accepted.till) == (ResultStatus.APPROVED, 1010, 1)
    assert (refused.result.status, refused.result.code, refused.result.currency) == (
        ResultStatus.DECLINED,
        7,
        978,
    )
    assert accepted.result.order == ""


@pytest.mark.parametrize("code", [7, 9])
def test_refused_and_not_verified_are_not_paid_and_say_so(code: int) -> None:
    result = read(encode_answer(ASKED, code, 1010)).result
    assert result.status is ResultStatus.DECLINED
    assert result.reason == DriverFact(f"telium.result_{code}")


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6, 8])
def test_a_result_that_the_reference_does_not_know_is_neither_yes_nor_no(code: int) -> None:
    with pytest.raises(ProtocolError, match="unknown result"):
        read(encode_answer(ASKED, code, 1010))


@pytest.mark.parametrize("length", [0, 1, 24, 26, 79, 81])
def test_short_and_long_are_told_by_length_alone(length: int) -> None:
    assert read(encode_answer(ASKED, 0, 1010), quirky("long_answer")).result.amount == 1010
    assert read(long(""), DIALECT).result.amount == 1010
    with pytest.raises(ProtocolError, match="wrong length"):
        read(long("")[:length].ljust(length))


def test_an_approval_without_an_amount_is_not_read() -> None:
    with pytest.raises(ProtocolError, match="wrong field"):
        read(b"010" + b" " * 8 + b"1978" + b" " * 10)


@pytest.mark.parametrize(
    "field",
    [NUMBER, f"{NUMBER} 3012", f"{NUMBER};{NUMBER}=30122010000012345", NUMBER + " " * 20 + "B^NAME/A^3012"],
    ids=["number", "expiry", "track 2", "track 1"],
)
def test_the_number_is_taken_and_the_payment_field_wiped(field: str) -> None:
    view = memoryview(bytearray(long(field)))
    binding = TeliumCardBinding(MaskingSealer())
    binding.asked(SALE)
    card = DIALECT.read(view, binding).result.card
    assert card is not None
    assert (card.masked, card.sealed) == ("411111******1111", b"A-1")
    assert not any(view[12:67])


@pytest.mark.parametrize("field", ["", "CHEQUE 12345", "9" * 40, "=" + NUMBER])
def test_a_payment_field_that_does_not_begin_with_a_card_number_gives_none(field: str) -> None:
    view = memoryview(bytearray(long(field)))
    assert DIALECT.read(view, TeliumCardBinding(MaskingSealer())).result.card is None
    assert not any(view[12:67])


def test_a_card_is_wiped_also_when_the_answer_is_refused() -> None:
    view = memoryview(bytearray(long(NUMBER, code=5)))
    with pytest.raises(ProtocolError):
        DIALECT.read(view, TeliumCardBinding(MaskingSealer()))
    assert not any(view[12:67])


def test_a_mark_is_that_of_one_payment_and_never_looks_like_a_card() -> None:
    marks = {mark_of(Command(Operation.SALE, f"A-{n}", sequence=n)) for n in range(500)}
    assert len(marks) == 500
    assert all(len(mark) == 10 and mark[0] == "T" and mark.isalnum() for mark in marks)
    assert mark_of(SALE) == mark_of(Command(Operation.REPEAT_RECEIPT, "A-1", sequence=7))


def test_an_answer_belongs_to_the_command_with_its_mark_and_till() -> None:
    ours = read(encode_answer(ASKED, 0, 500))
    assert DIALECT.whose(SALE, ours) is Whose.OURS, "an amount that differs is ours: the agent reports it"
    assert DIALECT.whose(SALE, read(ACCEPTED[1:-2])) is Whose.NAMELESS, "without the mark"
    other_till = read(encode_answer(EPlusRequest(2, 0, "0", 978, ASKED.mark), 0, 1010))
    assert DIALECT.whose(SALE, other_till) is Whose.OTHERS


def test_a_terminal_that_keeps_the_private_field_is_known_by_the_amount() -> None:
    dialect = quirky("private_not_returned")
    own_text = EPlusRequest(1, 1010, "0", 978, "TX123")
    assert dialect.whose(SALE, read(ACCEPTED[1:-2], dialect)) is Whose.NAMELESS
    assert dialect.whose(SALE, read(encode_answer(own_text, 0, 1010), dialect)) is Whose.NAMELESS
    assert dialect.whose(SALE, read(encode_answer(own_text, 0, 500), dialect)) is Whose.CONTRADICTS


@pytest.mark.parametrize("operation", [Operation.REFUND, Operation.REVERSAL, Operation.CLOSE_DAY])
def test_what_e_plus_cannot_say_is_refused(operation: Operation) -> None:
    assert DIALECT.refusal_reason(Command(operation, "A-2", 100, 978)) is not None


def test_a_refund_by_type_2_is_a_setting() -> None:
    dialect = quirky("refunds_by_type_2")
    refund = Command(Operation.REFUND, "A-2", 100, 978)
    assert dialect.refusal_reason(refund) is None
    assert dialect.request(refund)[12:13] == b"2"


@pytest.mark.parametrize("amount", [None, 0, -1, 100_000_000])
def test_an_amount_that_does_not_fit_the_field_is_refused(amount: int | None) -> None:
    assert DIALECT.refusal_reason(Command(Operation.SALE, "A-3", amount, 978))


@pytest.mark.parametrize(
    "options",
    [
        Options(own=TeliumKeys(till_id=0)),
        Options(own=TeliumKeys(till_id=100)),
        Options(variant="e"),
        Options(variant="v3", quirks=frozenset({"long_answer"})),
        Options(variant="e+", wire="tcp"),
        Options(wire="tcp"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: Options) -> None:
    with pytest.raises(OptionError):
        telium_settings(options)
