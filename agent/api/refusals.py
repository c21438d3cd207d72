"""The one table of the API's refusals: code, HTTP status, what it means for the money.

The sentences of a code stand in `agent.texts.en.errors`: `errors.CODE` says what happened,
`errors.CODE.next` what to do, `errors.money.WORD` what it means for the money.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

# `unheard`: the request changed nothing. `not_begun`: nor is there a payment with its id.
# `unknown`: nor was there ever one. `told`: the payment with this id is told in full. `perhaps`: in doubt.
MoneyWord = Literal["unheard", "not_begun", "unknown", "told", "perhaps"]


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """One code. `money` names its meaning for the money."""

    status: int
    money: MoneyWord = "unheard"


REFUSALS: Final[dict[str, RefusalRow]] = {
    # This API cannot read the request.
    "not_http": RefusalRow(400),
    "not_json": RefusalRow(400),
    "not_utf8": RefusalRow(400),
    "repeated_key": RefusalRow(400),
    "no_such_path": RefusalRow(404),
    "wrong_method": RefusalRow(405),
    "too_long": RefusalRow(413),
    "not_declared_json": RefusalRow(415),
    # The client may not ask this.
    "no_token": RefusalRow(401),
    "not_allowed": RefusalRow(403),
    "tcp_closed": RefusalRow(403),
    "from_a_browser": RefusalRow(403),
    "no_till": RefusalRow(403, "not_begun"),
    "other_till": RefusalRow(403, "not_begun"),
    "wrong_host": RefusalRow(403),
    # The request is well-formed and wrong.
    "body_not_expected": RefusalRow(422),
    "wrong_body": RefusalRow(422),
    "wrong_field": RefusalRow(422),
    "missing_field": RefusalRow(422),
    "unknown_field": RefusalRow(422),
    "card_number": RefusalRow(422),
    "wrong_payment_id": RefusalRow(422),
    "wrong_alarm_id": RefusalRow(422),
    "wrong_query": RefusalRow(422),
    "unknown_query": RefusalRow(422),
    "wrong_event_id": RefusalRow(422),
    "unknown_kind": RefusalRow(422),
    "missing_for_kind": RefusalRow(422),
    "not_for_kind": RefusalRow(422),
    "unknown_currency": RefusalRow(422),
    "terminal_not_named": RefusalRow(422, "not_begun"),
    "unknown_terminal": RefusalRow(422, "not_begun"),
    # The state of the shop forbids it.
    "unknown_payment": RefusalRow(404, "unknown"),
    "already_used": RefusalRow(409, "told"),
    "nobody_waits": RefusalRow(408, "not_begun"),
    "terminal_busy": RefusalRow(409, "not_begun"),
    "terminal_unclear": RefusalRow(409, "not_begun"),
    "question_over": RefusalRow(409),
    "not_unclear": RefusalRow(409, "told"),
    "not_held": RefusalRow(409, "told"),
    "unknown_alarm": RefusalRow(404),
    # A person's answer is not enough.
    "identity_missing": RefusalRow(422),
    "credential_missing": RefusalRow(422),
    "operator_missing": RefusalRow(422),
    "same_person": RefusalRow(403),
    "wrong_credential": RefusalRow(403),
    "locked_out": RefusalRow(423),
    "too_many_guesses": RefusalRow(429),
    # Nothing is taken now.
    "stopping": RefusalRow(503, "not_begun"),
    "not_started": RefusalRow(503, "not_begun"),
    "no_acquirer_key": RefusalRow(503, "not_begun"),
    "key_expired": RefusalRow(503, "not_begun"),
    "disk_full": RefusalRow(503, "not_begun"),
    "journal_contradicted": RefusalRow(503, "not_begun"),
    "journal_full": RefusalRow(503),
    "too_many_waiting": RefusalRow(503),
    "internal": RefusalRow(500, "perhaps"),
}

# Possible answers to any request.
ALWAYS: Final = (
    "not_http",
    "no_token",
    "not_allowed",
    "tcp_closed",
    "from_a_browser",
    "wrong_host",
    "unknown_query",
    "internal",
)
# Possible answers to a request with a payment id in its path.
WITH_ID: Final = ("wrong_payment_id", "card_number")
# Possible answers to a request with an alarm's id in its path.
WITH_ALARM: Final = ("wrong_alarm_id", "card_number")
# Possible answers to a request with a body.
WITH_BODY: Final = (
    "not_json",
    "not_utf8",
    "repeated_key",
    "too_long",
    "not_declared_json",
    "wrong_body",
    "wrong_field",
    "missing_field",
    "unknown_field",
)
# Reasons against a new payment.
WITH_PAYMENT: Final = (
    "no_till",
    "other_till",
    "unknown_kind",
    "missing_for_kind",
    "not_for_kind",
    "unknown_currency",
    "terminal_not_named",
    "unknown_terminal",
    "already_used",
    "nobody_waits",
    "terminal_busy",
    "terminal_unclear",
    "stopping",
    "not_started",
    "no_acquirer_key",
    "key_expired",
    "disk_full",
    "journal_contradicted",
)
# Reasons against a secret.
WITH_SECRET: Final = ("wrong_credential", "locked_out", "too_many_guesses")
# Reasons against a second person's word.
WITH_PERSON: Final = ("credential_missing", "same_person", *WITH_SECRET)
