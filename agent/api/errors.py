"""How the API says no: from a code and its figures to the body of a refusal.

The codes are in the table `refusals`. A request is never quoted: it may hold a card number.
"""

from __future__ import annotations

import msgspec

from agent.api.limits import MAX_BODY_BYTES
from agent.api.refusals import REFUSALS
from agent.api.v1.bodies import ErrorBody
from agent.api.v1.mapping import payment_view
from agent.payments.refusal import Refusal
from agent.payments.state import PaymentState
from agent.texts import say

TO_MINUTES = len("2026-03-28T09:00")


class ApiRefusal(Refusal):
    """A request that the service never hears of."""

    def __init__(self, code: str, headers: dict[str, str] | None = None, /, **figures: int | str) -> None:
        super().__init__(code, None, **figures)
        self.headers = headers or {}


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return REFUSALS[refusal.code].status


def error_body(refusal: Refusal, payment_id: str = "") -> ErrorBody:
    """The body of a refusal of a request about the payment with this id."""
    code, payment = refusal.code, refusal.payment
    figures = ({"payment_id": payment_id} if payment_id else {}) | refusal.figures
    filled = figures | _expected(refusal)
    message = say(f"errors.{code}", **filled)
    money = f"errors.money.{REFUSALS[code].money}"
    return ErrorBody(
        error=code,
        message=f"{_known(payment)} {message}" if payment else message,
        money=say(f"{money}.of" if "payment_id" in figures else money, **filled),
        next_step=say(f"errors.{code}.next", **filled),
        figures=figures,
        payment=payment_view(payment) if payment else None,
    )


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
    """One sentence: verdict, amount and time of a payment."""
    minor = payment.amount if payment.terminal_amount is None else payment.terminal_amount
    return say(
        f"errors.known.{payment.verdict or 'running'}" + (".plain" if minor is None else ""),
        payment_id=payment.payment_id,
        kind=say(f"verdict.kind.{payment.payment}"),
        amount=minor,
        currency=payment.currency,
        time=payment.requested_at[:TO_MINUTES].replace("T", " "),
    )
