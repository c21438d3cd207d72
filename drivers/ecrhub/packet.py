"""Typed messages of ECRHub, and what each form of payload calls their fields (reference 4 and 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from drivers.card.card import Card
from drivers.ecrhub import codec
from drivers.ecrhub.codec import Tree, Variant
from drivers.terminal import SealedCard

VERSION: Final = "1.0"
HANDLED: Final = "000"
# Over a network terminals write the same code as "0".
_HANDLED: Final = re.compile(r"0{1,3}", re.ASCII)
# A card number with its middle hidden; anything else in that field is a person's account.
_MASKED_CARD: Final = re.compile(r"(?=.*\*)[0-9*]{12,19}", re.ASCII)


class Topic(StrEnum):
    """What a message is about (reference 4)."""

    PAIR = "ecrhub.pair"
    ORDER = "ecrhub.pay.order"
    QUERY = "ecrhub.pay.query"
    CLOSE = "ecrhub.pay.close"


class TransType(StrEnum):
    """`trans_type`: what an order does."""

    PURCHASE = "1"
    VOID = "2"
    REFUND = "3"


@dataclass(frozen=True, slots=True)
class EcrHubRequest:
    """One message of the till. An empty text is left out on the wire.

    `amount` is decimal text in major units, `currency` three letters. `mac`, `name` and
    `alias` tell the terminal who speaks.
    """

    topic: str
    request_id: str
    app_id: str = ""
    order: str = ""
    original: str = ""
    currency: str = ""
    amount: str = ""
    trans_type: str = ""
    method: str = ""
    mac: str = ""
    name: str = ""
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """How the terminal names itself."""

    app: str = ""
    version: str = ""
    serial_number: str = ""


@dataclass(frozen=True, slots=True)
class EcrHubAnswer:
    """One message of the terminal. `handled`: the request was carried out, which is not yet "paid".

    `status` is `trans_status`. `paid` is there in SDK 1.0, `tip` in 1.1. Amounts are text as sent.
    """

    topic: str
    request_id: str
    handled: bool
    code: str = ""
    message: str = ""
    order: str = ""
    amount: str = ""
    paid: str = ""
    tip: str = ""
    cashback: str = ""
    currency: str = ""
    trans_type: str = ""
    status: str = ""
    scenario: str = ""
    method: str = ""
    terminal_id: str = ""
    card: SealedCard | None = None
    device: Device = field(default_factory=Device)


def encode_request(request: EcrHubRequest, variant: Variant) -> bytes:
    """The payload of a request."""
    device = {"mac_address": request.mac}
    if variant is Variant.SDK_1_0:
        pair = device | {"device_name": request.name, "alias_name": request.alias}
        about: Tree = {"pair_data": pair if request.topic == Topic.PAIR else {}}
    else:
        about = {"device_data": device} if variant is Variant.SDK_1_1 else {}
    tree: Tree = {
        "topic": request.topic,
        _request_id(variant): request.request_id,
        "app_id": request.app_id,
        "version": VERSION,
        "biz_data": {
            "merchant_order_no": request.order,
            "orig_merchant_order_no": request.original,
            "price_currency": request.currency,
            "order_amount": request.amount,
            "trans_type": request.trans_type,
            "pay_method_category": request.method,
        },
    }
    return codec.write("Request", tree | about, variant)


def decode_request(data: memoryview, variant: Variant) -> EcrHubRequest:
    """What a till wrote; for the terminal's end. Raises `ProtocolError`."""
    tree = codec.read("Request", data, variant)
    biz, device = _branch(tree, "biz_data"), _branch(tree, "device_data") | _branch(tree, "pair_data")
    return EcrHubRequest(
        topic=_text(tree, "topic"),
        request_id=_text(tree, _request_id(variant)),
        app_id=_text(tree, "app_id"),
        order=_text(biz, "merchant_order_no"),
        original=_text(biz, "orig_merchant_order_no"),
        currency=_text(biz, "price_currency"),
        amount=_text(biz, "order_amount"),
        trans_type=_text(biz, "trans_type"),
        method=_text(biz, "pay_method_category"),
        mac=_text(device, "mac_address"),
        name=_text(device, "device_name"),
        alias=_text(device, "alias_name"),
    )


def encode_answer(answer: EcrHubAnswer, variant: Variant, account: str = "") -> bytes:
    """What a terminal writes; for its end. SDK 1.1 has no field for the payer's `account`."""
    if variant is Variant.SDK_1_0:
        state: Tree = {"success": answer.handled, "error_msg": answer.message, "version": VERSION}
        biz = {"paid_amount": answer.paid, "terminal_sn": answer.terminal_id}
    else:
        state = {"response_code": answer.code, "response_msg": answer.message}
        biz = {"tip_amount": answer.tip, "cashback_amount": answer.cashback}
    if variant is not Variant.SDK_1_1:
        biz["pay_user_account_id"] = account
    tree: Tree = {
        "topic": answer.topic,
        _request_id(variant): answer.request_id,
        "biz_data": {
            "merchant_order_no": answer.order,
            "order_amount": answer.amount,
            "price_currency": answer.currency,
            "trans_type": answer.trans_type,
            "trans_status": answer.status,
            "pay_scenario": answer.scenario,
            "pay_method_id": answer.method,
        }
        | biz,
        "device_data": {
            "app_name": answer.device.app,
            "app_version": answer.device.version,
            "device_sn": answer.device.serial_number,
        },
    }
    return codec.write("Response", tree | state, variant)


def decode_answer(data: memoryview, variant: Variant) -> EcrHubAnswer:
    """What a terminal said; card numbers are hidden where they lie first. Raises `ProtocolError`.

    Of the payer's account only a card number that is masked is kept.
    """
    tree = codec.read_response(data, variant)
    biz, device = _branch(tree, "biz_data"), _branch(tree, "device_data")
    code = _text(tree, "response_code")
    account = _text(biz, "pay_user_account_id")
    return EcrHubAnswer(
        topic=_text(tree, "topic"),
        request_id=_text(tree, _request_id(variant)),
        handled=tree.get("success") is True if variant is Variant.SDK_1_0 else bool(_HANDLED.fullmatch(code)),
        code=code,
        message=_text(tree, "error_msg" if variant is Variant.SDK_1_0 else "response_msg"),
        order=_text(biz, "merchant_order_no"),
        amount=_text(biz, "order_amount"),
        paid=_text(biz, "paid_amount"),
        tip=_text(biz, "tip_amount"),
        cashback=_text(biz, "cashback_amount"),
        currency=_text(biz, "price_currency"),
        trans_type=_text(biz, "trans_type"),
        status=_text(biz, "trans_status"),
        scenario=_text(biz, "pay_scenario"),
        method=_text(biz, "pay_method_id"),
        terminal_id=_text(biz, "terminal_sn"),
        card=_masked(account) if _MASKED_CARD.fullmatch(account) else None,
        device=Device(_text(device, "app_name"), _text(device, "app_version"), _text(device, "device_sn")),
    )


def _masked(account: str) -> SealedCard:
    """At most what truncation leaves: a terminal may show more than that."""
    return SealedCard(Card.from_ascii(memoryview(bytearray(account, "ascii")), None).masked())


def _request_id(variant: Variant) -> str:
    return "msg_id" if variant is Variant.SDK_1_0 else "request_id"


def _branch(tree: Tree, name: str) -> Tree:
    found = tree.get(name)
    return found if isinstance(found, dict) else {}


def _text(tree: Tree, name: str) -> str:
    found = tree.get(name)
    return found if isinstance(found, str) else ""
