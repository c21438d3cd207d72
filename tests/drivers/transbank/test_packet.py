"""Messages: the fields of reference 4, what may be missing, and card data that never gets out."""

from __future__ import annotations

import pytest

from drivers.terminal import ProtocolError, ResultStatus
from drivers.transbank.mapping import result
from drivers.transbank.packet import (
    MOST_FIELDS,
    TransbankFunction,
    TransbankResponse,
    decode,
    same_ticket,
    ticket,
)
from drivers.transbank.texts import MOST_CHARACTERS, decode_text, is_known, result_fact, status_text
from tests.drivers.transbank.stage import TICKET, sale_answer
from tests.drivers.zvt.stage import card_sealer, opened, secret
from tests.support.cards import PUBLISHED, make


def read(text: str | bytes, context: str = "payment") -> TransbankResponse:
    data = secret(text if isinstance(text, bytes) else text.encode("latin-1"))
    return decode(data, card_sealer(), context)


def test_all_fields_of_a_sale_are_read() -> None:
    told = result(read(sale_answer(tip="500")))
    assert (told.status, told.code, told.text) == (ResultStatus.APPROVED, 0, "")
    assert (told.order, told.amount, told.currency, told.tip) == (TICKET, 25000, 152, 500)
    assert (told.trace, told.receipt_number, told.approval_code) == (123, 123, "252985")
    assert (told.merchant_id, told.terminal_id) == ("597029414300", "75001637")
    assert (told.date, told.time, told.card_name) == ("20250301", "120100", "VI")
    assert told.card is not None
    assert told.card.masked == "****0461"


def test_a_refused_sale_has_no_amount() -> None:
    told = result(read("0210|07|597029414300|75001637|00ABCD|      |0|0||0461||CR|||||||0||"))
    assert (told.status, told.amount, told.currency) == (ResultStatus.CANCELLED, None, None)


@pytest.mark.parametrize("fields", range(2, 22))
def test_fields_at_the_end_may_be_missing(fields: int) -> None:
    told = result(read("|".join(sale_answer().split("|")[:fields])))
    assert told.status is ResultStatus.APPROVED
    assert told.amount == (25000 if fields > 6 else None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "unknown function"),
        ("0210", "no response code"),
        ("0210|", "no response code"),
        ("0210|0|", "no response code"),
        ("0210|000|", "no response code"),
        ("0210| 0|", "no response code"),
        ("0210|81|", "a status code as the response code"),
        ("0271|00|", "unknown function"),
        ("0200|25000|ABC123|||1|", "unknown function"),
        ("02100|00|", "unknown function"),
        ("0210|00" + "|" * MOST_FIELDS, "too many fields"),
    ],
)
def test_what_is_no_response_is_refused_by_name(text: str, reason: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        read(text)
    assert str(caught.value) == reason


@pytest.mark.parametrize("amount", ["", "NaN", "25.000", "+25000", "٣", "1234567890123"])
def test_an_amount_that_cannot_be_read_is_missing_and_never_a_number(amount: str) -> None:
    text = sale_answer().replace("|25000|", f"|{amount}|").encode("utf-8")
    assert result(read(text)).amount is None


@pytest.mark.parametrize(
    "number", [*PUBLISHED, *(make(seed, length) for seed in range(3) for length in (13, 19))]
)
def test_a_card_number_in_the_account_field_is_sealed_and_nowhere_else(number: str) -> None:
    response = read(sale_answer(account=f" {number} "))
    assert response.card is not None
    assert response.card.masked.endswith(number[-4:])
    assert number.encode() in opened(response.card, "payment")
    assert number not in repr(response)
    assert number not in repr(result(response))


@pytest.mark.parametrize("account", ["12345678", "0012345678", "30000000 x"])
def test_an_account_that_is_no_card_number_is_not_kept(account: str) -> None:
    response = read(sale_answer(account=account))
    assert account not in repr(response)
    assert response.card is not None
    assert response.card.masked.endswith("0461")
    assert not response.card.sealed


@pytest.mark.parametrize("at", [2, 3, 4, 5, 8, 12, 14, 17, 19, 20])
@pytest.mark.parametrize("form", ["{}", "x{}y", "{0:.8}\x01{1}", "{}=30121011"])
def test_a_card_number_in_a_field_where_none_belongs_is_hidden(at: int, form: str) -> None:
    fields = sale_answer().split("|")
    fields[at] = form.format(PUBLISHED[0], PUBLISHED[0][8:])
    response = read("|".join(fields))
    assert "11111111" not in repr(response).replace(" ", "")


def test_a_longer_number_in_the_field_of_the_last_four_is_not_shown() -> None:
    response = read(sale_answer().replace("|0461|", f"|{PUBLISHED[0]}|"))
    assert response.card is None
    assert "1111" not in repr(response)


def test_an_accented_name_in_a_one_byte_set_is_read() -> None:
    response = read(sale_answer().replace("|VI|", "|Débito|"))
    assert result(response).card_name == "Débito"


def test_texts_are_short_and_can_be_shown() -> None:
    every = memoryview(bytearray(range(256)))
    shown = decode_text(every[0x20 : 0x20 + 2 * MOST_CHARACTERS])
    assert len(shown) == MOST_CHARACTERS
    assert all(decode_text(every[at : at + 1]).isprintable() for at in range(256))


def test_tickets_have_six_characters_and_differ_for_two_thousand_million_payments() -> None:
    assert [ticket(number) for number in (0, 35, 36, 36**6 - 1)] == ["000000", "00000Z", "000010", "ZZZZZZ"]
    assert len({ticket(number) for number in range(5000)}) == 5000


def test_a_ticket_is_the_same_with_the_zeros_that_a_terminal_adds() -> None:
    assert same_ticket("ABCD", "00ABCD")
    assert same_ticket("abcd", "00ABCD")
    assert not same_ticket("ABCD", "ABCD00")


def test_every_code_has_words_and_a_status_is_no_result() -> None:
    assert result_fact(0) is None
    assert all(result_fact(code) and status_text(code) for code in range(1, 100))
    assert is_known(93)
    assert not is_known(99)
    assert not any(is_known(code) for code in range(78, 88))


def test_totals_are_one_line() -> None:
    told = result(read("0710|00|1|2000"))
    assert [(total.count, total.total) for total in told.totals] == [(1, 2000)]
    assert result(read("0710|11")).totals == ()


def test_a_void_names_what_it_undid() -> None:
    told = result(read("1210|00|597029414300|75001637|ABC123|000042"))
    assert (told.original_trace, told.trace, told.approval_code) == (42, None, "ABC123")
    assert read("1210|00|").function is TransbankFunction.VOID_RESULT
