"""How the API says no. Every sentence that a till's programmer or a cashier reads stands here.

The body of a request is never quoted: what came by mistake may be a card number.
"""

from __future__ import annotations

import msgspec

from agent.payments.refusal import Refusal

UNHEARD = "This request moved no money and changed no payment."
PERHAPS = "If this was about a payment, it may be running: do not charge again."
ASK_AGAIN = "Ask for the payment by its payment id (GET /v1/payments/{payment_id}) and go by its verdict."
COMPARE_ID = "Compare the payment id; GET /v1/payments lists the newest payments."
SEE_DOCUMENT = "Compare the request with GET /v1/openapi.json and send it again."


class ErrorBody(msgspec.Struct, frozen=True):
    """Every refusal: a code for programs, then what happened, what of the money, and what to do."""

    error: str
    message: str
    money: str
    next_step: str


class ApiRefusal(Refusal):
    """A request that the service never hears of."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        next_step: str = SEE_DOCUMENT,
        money: str = UNHEARD,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message, next_step=next_step, money=money)
        self.status = status
        self.code = code
        self.headers = headers or {}


def error_body(refusal: Refusal) -> ErrorBody:
    """What goes over the wire for a refusal."""
    return ErrorBody(refusal.code, refusal.message, refusal.money, refusal.next_step)


def server_refusal(status: int, sentence: str) -> tuple[bytes, bytes]:
    """The form of what `agent.api.server` refuses by itself, before any route is looked up."""
    code = {400: "not_http", 403: "not_allowed", 413: "too_long"}.get(status, "refused")
    next_step = NOT_ALLOWED_STEP if status == 403 else SEE_DOCUMENT
    return b"application/json", msgspec.json.encode(ErrorBody(code, sentence, UNHEARD, next_step))


_NAME = (
    "letters, digits, dots, dashes or underscores, beginning with a letter or digit, "
    "and never 13 digits in a row, which could be a card number"
)
_TEXT = "without control characters and without 13 digits in a row, which could be a card number"

# What a field must hold, said to whoever sent something else; also the descriptions in the OpenAPI document.
FIELDS = {
    "amount": "a whole number of minor units from 1 to 999999999999 in plain digits, without sign, point, "
    "exponent or quotes: 1250 is 12.50 EUR",
    "answer": '"yes" or "no"',
    "credential": 'an object with "person" and "secret"',
    "currency": "three capital letters of ISO 4217, such as EUR",
    "identity": "true when somebody looked at an identity document, else false",
    "operator": f"the operator's short name: 1 to 32 {_NAME}",
    "original": "the payment id of the payment that is given back",
    "payment": '"sale", "refund", "reversal" or "close_day"',
    "person": "a name from [people] in the settings",
    "prompt": "the id of the prompt that is answered",
    "purpose": f"a text of at most 40 characters {_TEXT}",
    "reason": f"a sentence of 3 to 200 characters {_TEXT}",
    "secret": "1 to 128 characters",
    "terminal": f"a terminal of the settings: 1 to 32 {_NAME}",
    "till": f"the till's short name: 1 to 32 {_NAME}",
    "payment_id": f"1 to 40 {_NAME}",
    "verdict": '"approved", "declined" or "not_sent"',
}


def not_json() -> ApiRefusal:
    """Also for NaN, Infinity, 1_000, 007 and full-width digits, which JSON does not have."""
    message = "The body is not JSON. Numbers in JSON are plain ASCII digits; NaN, 1_000 and 007 are not JSON."
    return ApiRefusal(400, "not_json", message)


def not_utf8() -> ApiRefusal:
    """JSON between systems is UTF-8 (RFC 8259, 8.1)."""
    return ApiRefusal(400, "not_utf8", "The body is not UTF-8 text.")


def wrong_type() -> ApiRefusal:
    """A form or a text/plain body is what a web page of another origin can send unasked."""
    message = 'The body must come with the one header "Content-Type: application/json".'
    return ApiRefusal(415, "not_declared_json", message)


def repeated_key() -> ApiRefusal:
    """Two readers of the same body must not see two amounts."""
    return ApiRefusal(400, "repeated_key", "The body names a field twice, so it is not clear which counts.")


def no_body_expected() -> ApiRefusal:
    """A cancel says all it has to say in its path."""
    return ApiRefusal(422, "body_not_expected", "This request takes no body.")


def wrong_body() -> ApiRefusal:
    """Not an object at all."""
    return ApiRefusal(422, "wrong_body", "The body must be one JSON object.")


def wrong_field(name: str) -> ApiRefusal:
    """`name` is one of `FIELDS`."""
    return ApiRefusal(422, "wrong_field", f'"{name}" must be {FIELDS[name]}.')


def missing_field(name: str) -> ApiRefusal:
    """`name` is one of `FIELDS`."""
    return ApiRefusal(422, "missing_field", f'"{name}" is missing; it must be {FIELDS[name]}.')


def unknown_field(known: tuple[str, ...]) -> ApiRefusal:
    """The unknown name itself is not repeated: it is part of the body."""
    listed = ", ".join(known)
    return ApiRefusal(422, "unknown_field", f"The body has a field that is not known here. Known: {listed}.")


def wrong_path_number() -> ApiRefusal:
    """The payment id in the path."""
    return ApiRefusal(422, "wrong_payment_id", f"The payment id in the path must be {FIELDS['payment_id']}.")


def wrong_query(name: str, lowest: int, highest: int) -> ApiRefusal:
    """`name` is from our own table of queries."""
    message = f'"{name}" must be given once, as a whole number from {lowest} to {highest}.'
    return ApiRefusal(422, "wrong_query", message)


def unknown_query() -> ApiRefusal:
    """A misspelt `wait` must not look like a short one."""
    return ApiRefusal(422, "unknown_query", "The address has a query parameter that is not known here.")


def wrong_event_id() -> ApiRefusal:
    """Ours are small whole numbers."""
    return ApiRefusal(422, "wrong_event_id", '"Last-Event-ID" must be the id of an event of this payment.')


def no_such_path() -> ApiRefusal:
    """Not in the table of routes."""
    return ApiRefusal(404, "no_such_path", "Nothing is served at this path.")


def wrong_method(allowed: list[str]) -> ApiRefusal:
    """The path is known, the method is not."""
    message = f"This path answers {' and '.join(allowed)} only."
    return ApiRefusal(405, "wrong_method", message, headers={"allow": ", ".join(allowed)})


def too_many_waiting(most: int) -> ApiRefusal:
    """Waits and streams may not take every connection: a cancel must always come through."""
    message = f"Already {most} requests wait for events."
    step = "Close streams that nobody reads, or ask without waiting."
    return ApiRefusal(503, "too_many_waiting", message, next_step=step)


def internal() -> ApiRefusal:
    """An error of our own: only asking again can tell what became of it."""
    message = "The agent met an error of its own; its log has the details."
    return ApiRefusal(500, "internal", message, money=PERHAPS, next_step=ASK_AGAIN)


NOT_ALLOWED_STEP = "Have the installer add the till's user or group to [api] in the settings."
NOT_ALLOWED = "The user who asked may not use this API."
TCP_CLOSED = "This API does not answer over TCP."


def no_token() -> ApiRefusal:
    """Missing and wrong are one answer: nothing to learn from."""
    step = "Send the token of [api] in the settings."
    message = "The bearer token is missing or wrong."
    return ApiRefusal(401, "no_token", message, next_step=step, headers={"www-authenticate": "Bearer"})


def from_a_browser() -> ApiRefusal:
    """An `Origin` header is what browsers send; a till does not."""
    step = "Talk to the agent from the till's program, not from a web page."
    return ApiRefusal(403, "from_a_browser", "Requests from web pages are not served.", next_step=step)


def wrong_host() -> ApiRefusal:
    """A name that was made to point here (DNS rebinding)."""
    step = "Address the agent as 127.0.0.1 or localhost."
    return ApiRefusal(403, "wrong_host", "The request names another host.", next_step=step)
