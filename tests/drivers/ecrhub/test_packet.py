from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.ecrhub.codec import Variant, form_of
from drivers.ecrhub.commands import order_number
from drivers.ecrhub.packet import (
    Device,
    EcrHubAnswer,
    EcrHubRequest,
    Topic,
    decode_answer,
    decode_request,
    encode_answer,
    encode_request,
)
from drivers.terminal import ProtocolError
from tests.drivers.ecrhub.stage import FORMS, view
from tests.support import cards

ORDER = order_number("A-17", 41)
REQUEST = EcrHubRequest(
    Topic.ORDER, "r1", order=ORDER, amount="10.10", currency="EUR", trans_type="1", method="BANKCARD"
)
PAID = EcrHubAnswer(
    Topic.ORDER,
    "r1",
    handled=True,
    code="000",
    order=ORDER,
    amount="10.10",
    currency="EUR",
    trans_type="1",
    status="2",
    method="VISA",
    device=Device("Cashier", "3.1", "P5-77"),
)
# What may hold the customer's data and is never told (reference 7, item 7).
SECRETS = ("token", "attach", "extends")

# Fewer signs than a card number has digits.
texts = st.text(st.characters(codec="utf-8").filter(str.isprintable), max_size=12).map(str.strip)


def told(payload: bytes, variant: Variant) -> EcrHubAnswer:
    return decode_answer(view(payload), variant)


def json_payload(**changes: object) -> bytes:
    biz = {"merchant_order_no": ORDER, "order_amount": "10.10", "trans_status": "2"}
    tree = {"topic": "ecrhub.pay.order", "request_id": "r1", "response_code": "000", "biz_data": biz}
    return json.dumps(tree | changes).encode()


def field(number: int, data: bytes) -> bytes:
    """One protobuf field of wire type 2, written by hand."""
    assert len(data) < 128
    return bytes((number << 3 | 2, len(data))) + data


@pytest.mark.parametrize("variant", FORMS)
def test_a_request_is_read_as_it_was_written(variant: Variant) -> None:
    assert decode_request(view(encode_request(REQUEST, variant)), variant) == REQUEST


@pytest.mark.parametrize("variant", FORMS)
@given(texts, texts, st.sampled_from(["1", "2", "3", "0", "9", ""]))
def test_an_answer_is_read_as_it_was_written(
    variant: Variant, message: str, scenario: str, status: str
) -> None:
    answer = replace(PAID, message=message, scenario=scenario, status=status)
    if variant is Variant.SDK_1_0:
        answer = replace(answer, code="", terminal_id="P5", paid="10.10")
    assert told(encode_answer(answer, variant), variant) == answer


def test_the_tables_have_the_field_numbers_of_both_sdks() -> None:
    """`trans_type` is 6 in SDK 1.0 and 7 in 1.1, where 6 is a cashback (reference 1)."""
    assert field(6, b"1") in encode_request(REQUEST, Variant.SDK_1_0)
    new = encode_request(REQUEST, Variant.SDK_1_1)
    assert field(7, b"1") in new
    assert b"\x321" not in new


@pytest.mark.parametrize("variant", FORMS)
@pytest.mark.parametrize("other", FORMS)
def test_an_answer_in_another_form_is_refused_by_its_name(variant: Variant, other: Variant) -> None:
    for answer in (PAID, replace(PAID, handled=False, code="E12", message="no", order="", status="")):
        payload = encode_answer(answer, other)
        if other is variant:
            told(payload, variant)
            continue
        with pytest.raises(ProtocolError, match=f"in the form {other.value}"):
            told(payload, variant)


def test_a_failed_answer_of_sdk_1_0_without_its_bool_is_known_by_its_time() -> None:
    payload = field(1, b"ecrhub.pay.order") + field(2, b"r1") + field(4, b"1703" * 3 + b"9") + field(6, b"no")
    assert form_of(view(payload)) is Variant.SDK_1_0
    assert not told(payload, Variant.SDK_1_0).handled


@pytest.mark.parametrize("variant", [Variant.SDK_1_0, Variant.SDK_1_1])
def test_unknown_fields_do_not_turn_a_good_payment_into_an_error(variant: Variant) -> None:
    unknown = field(90 % 16, b"new") + b"\xf8\x06\x01" + b"\xf5\x06\x01\x02\x03\x04"
    assert told(encode_answer(PAID, variant) + unknown, variant).status == "2"


@pytest.mark.parametrize("extra", [{"new": "x"}, {"new": [1, {"a": None}]}, {"new": 1.5}, {"new": None}])
def test_unknown_members_do_not_turn_a_good_payment_into_an_error(extra: dict[str, object]) -> None:
    assert told(json_payload(**extra), Variant.JSON).status == "2"


@pytest.mark.parametrize("variant", FORMS)
def test_a_text_in_a_wrong_character_set_costs_no_payment(variant: Variant) -> None:
    """SDK 1.1.4 acknowledges such an answer and then loses it."""
    payload = encode_answer(replace(PAID, message="XXXX"), variant).replace(b"XXXX", "成功".encode("gbk"))
    answer = told(payload, variant)
    assert (answer.status, answer.order) == ("2", ORDER)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x00",
        b"\x0a\x05abc",
        b"\xff" * 40,
        b"{",
        b"{}{}",
        b'{"topic":',
        b"[" * 1000,
        b'{"a":' * 200,
        b'{"a":NaN',
        field(1, b"ecrhub.pay.order"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("variant", FORMS)
def test_what_is_no_message_is_refused_with_a_fixed_word(payload: bytes, variant: Variant) -> None:
    with pytest.raises(ProtocolError) as refused:
        told(payload, variant)
    assert str(refused.value) in {"unreadable", "in the form json"}


@pytest.mark.parametrize(
    "payload", [b'{"topic":1,"response_code":0,"biz_data":"x"}', b'{"biz_data":[]}', b"{}"]
)
def test_json_values_of_the_wrong_kind_are_missing(payload: bytes) -> None:
    assert told(payload, Variant.JSON).order == ""


def test_json_numbers_are_texts() -> None:
    answer = told(b'{"response_code":"000","biz_data":{"order_amount":10.10,"trans_status":2}}', Variant.JSON)
    assert (answer.amount, answer.status) == ("10.10", "2")


@pytest.mark.case("other/07")
@pytest.mark.parametrize("code", ["0", "00", "000"])
def test_every_spelling_of_success_is_one(code: str) -> None:
    payload = json.dumps({"response_code": code, "biz_data": {"trans_status": "2"}}).encode()
    assert told(payload, Variant.JSON).handled


@pytest.mark.parametrize("code", ["", "0000", "1", "E0", "110", "00A"])
def test_nothing_else_is_success(code: str) -> None:
    payload = json.dumps({"response_code": code, "biz_data": {"trans_status": "2"}}).encode()
    assert not told(payload, Variant.JSON).handled


@pytest.mark.case("other/07")
def test_data_written_as_a_text_of_json_is_read() -> None:
    biz = {"merchant_order_no": "ours", "trans_status": "2", "order_amount": "12.50", "price_currency": "USD"}
    payload = json.dumps({"response_code": "0", "biz_data": json.dumps(biz)}).encode()
    answer = told(payload, Variant.JSON)
    assert (answer.order, answer.status, answer.amount, answer.currency) == ("ours", "2", "12.50", "USD")


@pytest.mark.parametrize("number", cards.PUBLISHED)
def test_a_card_number_in_data_written_as_a_text_is_hidden(number: str) -> None:
    for text in (number, " ".join(number[at : at + 4] for at in range(0, len(number), 4))):
        inner = json.dumps({"merchant_order_no": "ours", "pay_scenario": text, "order_amount": int(number)})
        answer = told(json.dumps({"response_code": "0", "biz_data": inner}).encode(), Variant.JSON)
        assert number not in repr(answer).replace(" ", "")
        assert answer.order == "ours"


@pytest.mark.parametrize("biz", ["", "{", "[]", "{]", "x", '{"a":' * 2000])
def test_a_text_that_is_no_data_is_never_an_answer(biz: str) -> None:
    payload = json.dumps({"response_code": "000", "biz_data": biz}).encode()
    if biz.startswith("{"):
        with pytest.raises(ProtocolError):
            told(payload, Variant.JSON)
    else:
        assert told(payload, Variant.JSON).order == ""


@pytest.mark.parametrize("variant", FORMS)
@pytest.mark.parametrize("number", cards.PUBLISHED)
def test_a_card_number_in_any_text_is_hidden_before_anything_reads_it(variant: Variant, number: str) -> None:
    answer = replace(PAID, message=f"paid by {number}", method=f"VISA {number}", scenario=number)
    payload = view(encode_answer(answer, variant, account=number))
    seen = decode_answer(payload, variant)
    assert number.encode() not in bytes(payload)
    assert number not in repr(seen)
    assert seen.order == ORDER
    assert (seen.card is not None) is (variant is not Variant.SDK_1_1)
    assert seen.card is None or seen.card.masked.endswith(number[-4:])


@pytest.mark.parametrize("variant", FORMS)
def test_a_track_leaves_the_message_readable(variant: Variant) -> None:
    number = cards.make(5)
    seen = told(encode_answer(replace(PAID, message=f";{number}=3012201{5 * '0'}12345?"), variant), variant)
    assert number not in repr(seen)
    assert "3012" not in seen.message
    assert seen.status == "2"


@pytest.mark.parametrize(
    ("account", "masked"),
    [
        ("411111******1111", "411111******1111"),
        ("4111111111**1111", "411111******1111"),  # more than may be shown
        ("shopper@example.com", None),
        ("openid-4711", None),
        ("138****1234", None),
        ("", None),
    ],
)
def test_of_the_payers_account_only_a_masked_card_is_kept(account: str, masked: str | None) -> None:
    seen = told(encode_answer(PAID, Variant.SDK_1_0, account), Variant.SDK_1_0)
    assert (seen.card and seen.card.masked) == masked
    assert not account or account == masked or account not in repr(seen)


def test_token_attach_and_extends_are_dropped() -> None:
    biz = {"merchant_order_no": ORDER, "trans_status": "2"} | dict.fromkeys(SECRETS, "ann@example.com")
    assert "ann" not in repr(told(json_payload(biz_data=biz), Variant.JSON))
    written = encode_answer(PAID, Variant.SDK_1_1)
    for number in (13, 14):  # extends, attach
        inner = field(6, field(7, b"2") + field(number, b"ann@example.com"))
        assert "ann" not in repr(told(written + inner, Variant.SDK_1_1))


def test_a_hidden_number_outside_of_quotes_leaves_json_readable() -> None:
    number = cards.make(3)
    seen = told(json_payload(trans_no=int(number), note='a "quoted" *'), Variant.JSON)
    assert seen.status == "2"


def test_a_text_that_cannot_be_shown_is_made_fit() -> None:
    seen = told(json_payload(response_msg="a\x1b[2Jb\ud800\u202e\nc"), Variant.JSON)
    assert seen.message.isprintable()
    seen.message.encode()


def test_a_number_cut_in_two_by_a_control_character_is_not_whole_on_the_screen() -> None:
    number = cards.PUBLISHED[0]
    seen = told(json_payload(response_msg=f"{number[:8]}\x07{number[8:]}"), Variant.JSON)
    assert number not in seen.message.replace(" ", "")


@pytest.mark.parametrize("variant", FORMS)
def test_a_message_around_a_card_number_stays_readable(variant: Variant) -> None:
    """The numbers lie between lengths and tags, some of which are spelled like digits."""
    rng = random.Random(20)  # noqa: S311 - repeatable on purpose
    for _ in range(500):
        number = cards.make(rng.randrange(10**6), rng.choice([14, 15, 16, 19]))
        before = "x" * rng.randrange(60)
        answer = replace(PAID, message=f"{before}{number}", scenario=f"{number}{before}")
        seen = told(encode_answer(answer, variant, account=number), variant)
        assert number not in repr(seen)
        assert seen.status == "2"
