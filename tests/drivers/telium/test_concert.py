"""Concert V3 messages: groups, states, reasons, and whose answer it is."""

from __future__ import annotations

import pytest

from drivers.driver import Options
from drivers.telium import texts
from drivers.telium.concert import ConcertV3, encode_groups, read_groups
from drivers.telium.config import TeliumKeys, telium_settings
from drivers.telium.packet import TeliumAnswer, TeliumCardBinding, Whose, mark_of
from drivers.terminal import Command, Operation, ProtocolError, ResultStatus
from drivers.unknown import total_bytes
from tests.drivers.telium.stage import SALE, MaskingSealer
from tests.support import cards

DIALECT = ConcertV3(telium_settings(Options(variant="v3", own=TeliumKeys(till_id=3))))
DONE = {"CZ": "0320", "CA": "03", "CD": "0", "CB": "1010", "CE": "978", "AE": "10", "AC": "A00395"}
NOT_DONE = DONE | {"AE": "01"}
MARKED = DONE | {"CF": mark_of(SALE)}
DUPLICATE = Command(Operation.REPEAT_RECEIPT, "A-1", sequence=7)


def read(groups: dict[str, str]) -> TeliumAnswer:
    return read_bytes(encode_groups(groups))


def read_bytes(message: bytes) -> TeliumAnswer:
    return DIALECT.read(memoryview(bytearray(message)), TeliumCardBinding(MaskingSealer()))


def test_a_request_has_the_version_first_and_asks_for_the_answer_at_the_end() -> None:
    mark = mark_of(SALE).encode()
    assert DIALECT.request(SALE) == (
        b"CZ0040320CJ012TILLGATE0001CA00203CD0010BA0010CB0041010CE003978CF010" + mark
    )


@pytest.mark.parametrize(
    ("operation", "action"), [(Operation.SALE, "0"), (Operation.REFUND, "1"), (Operation.REVERSAL, "2")]
)
def test_the_actions_are_those_of_the_reference(operation: Operation, action: str) -> None:
    command = Command(operation, "A-2", 100, 978)
    assert DIALECT.refusal_reason(command) is None
    assert bytes(read_groups(memoryview(DIALECT.request(command)))["CD"]) == action.encode()


def test_a_duplicate_is_asked_for_without_a_mark_and_without_an_amount() -> None:
    groups = read_groups(memoryview(DIALECT.request(DUPLICATE)))
    assert bytes(groups["CD"]) == b"3"
    assert not {"CF", "CB"} & groups.keys()


def test_a_payment_that_was_done_is_read() -> None:
    card = cards.PUBLISHED[1]
    answer = read(MARKED | {"AA": f"************{card[-4:]}", "CI": "2"})
    result = answer.result
    assert (result.status, result.amount, result.currency) == (ResultStatus.APPROVED, 1010, 978)
    assert (result.approval_code, result.entry_mode, answer.till) == ("A00395", "contactless", 3)
    assert result.card is not None
    assert result.card.masked == "************4242"


def test_a_clear_number_is_sealed_and_wiped_with_its_expiry() -> None:
    message = bytearray(encode_groups(MARKED | {"AA": cards.PUBLISHED[1], "AB": "2906"}))
    binding = TeliumCardBinding(MaskingSealer())
    binding.asked(SALE)
    result = DIALECT.read(memoryview(message), binding).result
    assert result.card is not None
    assert (result.card.masked, result.card.sealed) == ("424242******4242", b"A-1")
    assert cards.PUBLISHED[1].encode() not in message
    assert b"2906" not in message


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("04", ResultStatus.DECLINED),
        ("06", ResultStatus.CANCELLED),
        ("08", ResultStatus.CANCELLED),
        ("11", ResultStatus.CANCELLED),
    ],
)
def test_a_payment_that_was_not_done_says_why(reason: str, said: ResultStatus) -> None:
    result = read(NOT_DONE | {"AF": reason + "  12"}).result
    assert (result.status, result.code) == (said, int(reason))
    assert result.reason == texts.reason_fact(int(reason))


def test_a_reason_that_nobody_knows_is_a_no_with_its_number() -> None:
    result = read(NOT_DONE | {"AF": "77"}).result
    assert result.status is ResultStatus.DECLINED
    assert result.reason == texts.OTHER_REASON.about(code=77)


@pytest.mark.parametrize(
    "groups",
    [
        DONE | {"AE": "00"},
        DONE | {"AE": "1 "},
        {tag: value for tag, value in DONE.items() if tag != "AE"},
        {tag: value for tag, value in DONE.items() if tag != "CB"},
        DONE | {"AF": "04"},
    ],
    ids=["unknown state", "broken state", "no state", "no amount", "done and refused"],
)
def test_an_answer_that_does_not_say_clearly_what_became_of_it_is_not_read(groups: dict[str, str]) -> None:
    with pytest.raises(ProtocolError):
        read(groups)


@pytest.mark.parametrize(
    "message",
    [b"AE00", b"AE0x210", b"ae00210", b"AE01110", b"AE00210AE00210", b"AE-0110", b"AE001", b"A" * 400],
)
def test_groups_that_lie_are_refused(message: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_bytes(message)


def test_a_group_that_comes_twice_is_no_answer() -> None:
    with pytest.raises(ProtocolError):
        read_bytes(encode_groups(NOT_DONE) + encode_groups({"AE": "10"}))


def test_unknown_groups_are_counted_and_do_no_harm() -> None:
    result = read(DONE | {"ZZ": "x" * 30}).result
    assert (result.status, total_bytes(result.unknown)) == (ResultStatus.APPROVED, 30)


def test_a_ticket_is_never_read() -> None:
    number = cards.PUBLISHED[0]
    assert number not in repr(read(DONE | {"ZT": f"CK003100AK{len(number):03}{number}"}))


@pytest.mark.parametrize(
    ("groups", "whose"),
    [
        (MARKED, Whose.OURS),
        (MARKED | {"CB": "500"}, Whose.OURS),
        (DONE | {"CF": mark_of(SALE).ljust(32)}, Whose.OURS),
        (DONE, Whose.NAMELESS),
        (DONE | {"CA": "3"}, Whose.NAMELESS),
        (DONE | {"CF": "1010000000"}, Whose.NAMELESS),
        (DONE | {"CF": "of another till's making"}, Whose.NAMELESS),
        (NOT_DONE | {"CB": "00"}, Whose.NAMELESS),
        ({"CZ": "0300", "AE": "01", "AF": "04"}, Whose.NAMELESS),
        (DONE | {"CB": "500"}, Whose.CONTRADICTS),
        (NOT_DONE | {"CB": "500"}, Whose.CONTRADICTS),
        (DONE | {"CE": "756"}, Whose.CONTRADICTS),
        (DONE | {"CF": "T234567ABC"}, Whose.OTHERS),
        (DONE | {"CF": "T234567ABC".ljust(32)}, Whose.OTHERS),
        (MARKED | {"CA": "04"}, Whose.OTHERS),
        (MARKED | {"CD": "1"}, Whose.OTHERS),
        (MARKED | {"CD": "3"}, Whose.OTHERS),
    ],
)
def test_what_an_answer_repeats_tells_whose_it_is(groups: dict[str, str], whose: Whose) -> None:
    assert DIALECT.whose(SALE, read(groups)) is whose


def test_the_duplicate_of_a_refusal_is_no_payment() -> None:
    answer = read(MARKED | {"CD": "3", "AF": "04"})
    assert DIALECT.whose(DUPLICATE, answer) is Whose.OURS
    assert answer.result.status is ResultStatus.DECLINED


def test_the_day_is_not_closed_by_the_till() -> None:
    assert DIALECT.refusal_reason(Command(Operation.CLOSE_DAY, "A-9"))
