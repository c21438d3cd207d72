"""What the terminal's answers say, in the words of `drivers.terminal`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from drivers.ecrhub import texts
from drivers.ecrhub.amounts import currency_number, minor_units
from drivers.ecrhub.packet import EcrHubAnswer, Topic
from drivers.terminal import SIMULATOR_SOFTWARE, DialogueEnded, EndReason, Result, ResultStatus

_SAID: Final = {
    texts.COMPLETED: ResultStatus.APPROVED,
    texts.CLOSED: ResultStatus.DECLINED,
    texts.CANCELLED: ResultStatus.CANCELLED,
}
# The code of a result is for people and has no more digits than this.
LONGEST_CODE_DIGITS: Final = 6


def is_final(answer: EcrHubAnswer) -> bool:
    """Whether it tells the end of an order (reference 4: the response code alone does not)."""
    about_order = answer.topic in {Topic.ORDER, Topic.QUERY} and bool(answer.order)
    return about_order and answer.handled and answer.status in _SAID


def is_open(answer: EcrHubAnswer) -> bool:
    """Whether it says that the order is there and not finished."""
    return answer.handled and answer.status in {texts.PAYING, texts.PRE_ORDER}


def is_nameless(answer: EcrHubAnswer) -> bool:
    """Whether it tells the end of an order and not of which one."""
    return not answer.order and is_final(replace(answer, order="?"))


def knows_no_order(answer: EcrHubAnswer) -> bool:
    """Whether the terminal answers a query with: I have no such order."""
    words = texts.UNKNOWN_ORDER_WORDS.search(answer.message) is not None
    return not answer.handled and (words or answer.code in texts.UNKNOWN_ORDER_CODES)


def refusal(answer: EcrHubAnswer, order: str) -> Result:
    """The result of an order that the terminal refused under its request id, and does not have."""
    cancelled = texts.CANCELLED_WORDS.search(answer.message) is not None
    said = ResultStatus.CANCELLED if cancelled else ResultStatus.DECLINED
    return Result(said, code=code_of(answer), text=text_of(answer), order=order)


def result(answer: EcrHubAnswer, currency: int) -> Result:
    """The result in a final answer; `currency` is meant where it names none.

    SDK 1.0 says what was paid. The others say the order's amount, and the tip and cash
    that came on top of it. Raises `ProtocolError` for an amount or a currency that cannot be.
    """
    said = _SAID[answer.status]
    unit = currency_number(answer.currency) if answer.currency else currency
    tip, cash = (minor_units(text, unit) if text else 0 for text in (answer.tip, answer.cashback))
    amount = answer.paid or answer.amount
    extra = 0 if answer.paid else tip + cash
    return Result(
        said,
        code=code_of(answer),
        text="" if said is ResultStatus.APPROVED else text_of(answer),
        reason=texts.MEANINGS.get(answer.status),
        order=answer.order,
        amount=minor_units(amount, unit) + extra if amount else None,
        currency=unit if answer.currency else None,
        terminal_id=answer.terminal_id or answer.device.serial_number,
        card=answer.card,
        card_name=answer.method,
        entry_mode=answer.scenario,
        tip=tip or None,
    )


def code_of(answer: EcrHubAnswer) -> int:
    """The response code if it is a number other than zero, else the order's state where it is no success."""
    digits = answer.code if answer.code.isascii() and answer.code.isdecimal() else ""
    code = int(digits) if 0 < len(digits) <= LONGEST_CODE_DIGITS else 0
    if code or answer.status in {"", texts.COMPLETED}:
        return code
    return int(answer.status)


def text_of(answer: EcrHubAnswer) -> str:
    """What the terminal says: its code where it refuses, and its message."""
    return " ".join(word for word in (answer.code if not answer.handled else "", answer.message) if word)


def identity(answer: EcrHubAnswer) -> DialogueEnded:
    """The end of a greeting: who answered."""
    device = answer.device
    return DialogueEnded(
        EndReason.COMPLETED,
        simulator=device.app.startswith(SIMULATOR_SOFTWARE),
        terminal_id=device.serial_number or answer.terminal_id,
        software=f"{device.app} {device.version}".strip(),
    )


def ended(outcome: Result) -> DialogueEnded:
    """The end of a payment whose result was accepted: nothing follows it in this protocol."""
    if outcome.status is ResultStatus.APPROVED:
        return DialogueEnded(EndReason.COMPLETED)
    return DialogueEnded(
        EndReason.ABORTED,
        outcome.code,
        outcome.text,
        cancelled=outcome.status is ResultStatus.CANCELLED,
        reason=outcome.reason,
    )
