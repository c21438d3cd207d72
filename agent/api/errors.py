"""How the API says no: from a code and its figures to the body of a refusal.

The codes are in the table `refusals`. A request is never quoted: it may hold a card number.
"""

from __future__ import annotations

import msgspec

from agent.api.limits import MAX_BODY_BYTES
from agent.api.refusals import REFUSALS, MoneyWord
from agent.api.v1.bodies import ErrorBody
from agent.api.v1.mapping import minutes, payment_view
from agent.payments.refusal import Refusal
from agent.payments.state import PaymentState
from agent.texts import say


class ApiRefusal(Refusal):
    """A request that the service never hears of."""

    def __init__(self, code: str, headers: dict[str, str] | None = None, /, **figures: int | str) -> None:
        super().__init__(code, None, **figures)
        self.headers = headers or {}


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return REFUSALS[refusal.code].status


def error_body(refusal: Refusal, payment_id: str = "", known: PaymentState | None = None) -> ErrorBody:
    """The body of a refusal of a request about the payment with this id.

    `known` is that payment, if there is one: whatever was refused, its own verdict is told first.
    """
    code, payment = refusal.code, refusal.payment or known
    figures = ({"payment_id": payment_id} if payment_id else {}) | refusal.figures
    filled = figures | _expected(refusal)
    message = say(f"errors.{code}", **filled)
    money = f"errors.money.{_money_word(code, payment, str(figures.get('payment_id', '')))}"
    return ErrorBody(
        error=code,
        message=f"{_known(payment)} {message}" if payment else message,
        money=say(f"{money}.of" if "payment_id" in figures else money, **filled),
        next_step=say(f"errors.{code}.next", **filled),
        figures=figures,
        payment=payment_view(payment) if payment else None,
    )


def _money_word(code: str, told: PaymentState | None, payment_id: str) -> MoneyWord:
    """What a refusal means for the money. "Not begun" is never said of a payment that there is."""
    word = REFUSALS[code].money
    if told is None or told.payment_id != payment_id or word == "unheard":
        return word
    open_yet = told.phase != "done" or told.verdict == "unclear"
    return "perhaps" if word == "perhaps" and open_yet else "told"


def server_refusal(status: int, word: str) -> tuple[bytes, bytes]:
    """The form of a refusal by `agent.api.server` itself, before any route is looked up.

    `word` is one of our codes if our access list refused.
    """
    ours = {400: ApiRefusal("not_http"), 413: ApiRefusal("too_long", limit=MAX_BODY_BYTES)}
    refusal = ours.get(status) or ApiRefusal(word)
    return b"application/json", msgspec.json.encode(error_body(refusal))


def _expected(refusal: Refusal) -> dict[str, str]:
    """What the field of a refusal must hold."""
    in_the_path = {"wrong_payment_id": "payment_id", "wrong_alarm_id": "alarm_id"}
    field = in_the_path.get(refusal.code) or refusal.figures.get("field")
    return {"expected": say(f"field.{field}")} if field else {}


def _known(payment: PaymentState) -> str:
    """Verdict, amount and time of a payment in one sentence, and what was given back of it since."""
    minor, currency = payment.amount, payment.currency
    if payment.terminal_amount is not None:
        minor, currency = payment.terminal_amount, payment.terminal_currency or currency
    verdict = say(
        f"errors.known.{payment.verdict or 'running'}" + (".plain" if minor is None else ""),
        payment_id=payment.payment_id,
        kind=say(f"verdict.kind.{payment.payment}"),
        amount=minor,
        currency=currency,
        time=minutes(payment.requested_at),
    )
    sentences = [(say("verdict.training") if payment.training else "") + verdict]
    if payment.verdict == "approved":
        sentences += _since(payment)
    return " ".join(sentences)


def _since(payment: PaymentState) -> list[str]:
    """What an approval alone does not tell."""
    told = []
    if payment.release in {"held", "withheld"}:
        told.append(say(f"errors.goods.{payment.release}"))
    if payment.reversed_by:
        told.append(say("verdict.reversed", reversal=payment.reversed_by))
    if payment.refunded:
        told.append(say("errors.known.refunded", amount=payment.refunded, currency=payment.currency))
    return told
