"""How the agent says no: what happened, what it means for the money, what to do next."""

from __future__ import annotations

UNTOUCHED = "No money has moved."


class Refusal(Exception):
    """A request that cannot be served. `status` is the HTTP status the API answers with."""

    status = 400
    code = "refused"

    def __init__(self, message: str, *, next_step: str, money: str = UNTOUCHED) -> None:
        super().__init__(message)
        self.message = message
        self.money = money
        self.next_step = next_step


class BadRequest(Refusal):
    """The request contradicts itself or names something that does not exist here."""

    status = 422
    code = "bad_request"


class NotFound(Refusal):
    """No payment has this payment id."""

    status = 404
    code = "not_found"


class Conflict(Refusal):
    """The payment id is taken by a payment with other content."""

    status = 409
    code = "conflict"


class Busy(Refusal):
    """The terminal serves another payment, or an unclear one holds it."""

    status = 409
    code = "busy"


class NotTaking(Refusal):
    """The agent takes no payments at all for now."""

    status = 503
    code = "not_taking"


class WrongCredential(Refusal):
    """The person or the secret is wrong, or this person may not do this."""

    status = 403
    code = "wrong_credential"


class LockedOut(Refusal):
    """Too many wrong secrets in a row."""

    status = 423
    code = "locked_out"
