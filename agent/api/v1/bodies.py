"""The bodies of version 1: what a till may ask and see, word for word.

These types belong to the wire. The service speaks `agent.payments.commands` and
`agent.payments.state`; `mapping` stands between. What each field means is told in
`agent.texts.en.api`, from where the OpenAPI document takes it.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agent.base.typed import NAME_PATTERN, UNSEEN

# Twelve BCD digits are all that a ZVT amount field can hold.
MAX_AMOUNT_MINOR = 999_999_999_999

# An id is the till's own, so nearly all that can be seen may stand in it; `.` and `..` would lead elsewhere.
PaymentId = Annotated[str, Meta(pattern=rf"^(?!\.{{1,2}}$)(?=.*\S)[^{UNSEEN}]{{1,64}}$(?!\n)")]
Name = Annotated[str, Meta(pattern=NAME_PATTERN)]
# The name of an alarm, and behind a colon what it is about.
AlarmId = Annotated[str, Meta(pattern=rf"^[a-z][a-z0-9_]{{0,39}}(:[^{UNSEEN}]{{1,64}})?$(?!\n)")]
Amount = Annotated[int, Meta(ge=1, le=MAX_AMOUNT_MINOR)]
CurrencyCode = Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")]
# Free text is shown on screens and in logs: no control characters, which could rewrite those.
_PRINTABLE = rf"^[^{UNSEEN}]*$(?!\n)"
Text = Annotated[str, Meta(max_length=40, pattern=_PRINTABLE)]


class Credential(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who answers, and their PIN or password. Never stored and never logged."""

    person: Name
    secret: Annotated[str, Meta(min_length=1, max_length=128)]

    def __repr__(self) -> str:
        return f"Credential(person={self.person!r}, secret=...)"


class PaymentRequest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True
):
    """The body of `PUT /v1/payments/{payment_id}`.

    Which fields a payment needs depends on its kind: a sale names amount and currency, a
    refund its original too, a reversal the original alone, the close of a day none of them.
    """

    payment: Name
    amount: Amount | None = None
    currency: CurrencyCode | None = None
    original: PaymentId | None = None
    terminal: Name | None = None
    till: Name | None = None
    operator: Name | None = None
    credential: Credential | None = None
    first_sent_at: Annotated[str, Meta(min_length=1, max_length=40, pattern=_PRINTABLE)] | None = None
    valid_for_s: Annotated[float, Meta(ge=1, le=600)] | None = None


class PromptAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of `POST /v1/payments/{payment_id}/answers`."""

    prompt: Name
    answer: Literal["yes", "no"]
    credential: Credential | None = None
    operator_credential: Credential | None = None
    identity: bool | None = None
    purpose: Text = ""


class Resolution(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of `POST /v1/payments/{payment_id}/resolution`: two persons' word on an unclear payment.

    The credential is of the person who says what became of it; the witness has seen it too.
    """

    verdict: Literal["approved", "declined", "not_sent"]
    reason: Annotated[str, Meta(min_length=3, max_length=200, pattern=_PRINTABLE)]
    credential: Credential
    witness: Credential | None = None


class ClockDeclaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of `POST /v1/clock`: two persons say that the host's clock is right now.

    Payments that were taken with another time then count on the day that was shown.
    """

    reason: Annotated[str, Meta(min_length=3, max_length=200, pattern=_PRINTABLE)]
    credential: Credential
    witness: Credential | None = None


class TerminalAcceptance(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of `POST /v1/terminals/acceptance`: another terminal stands behind the name now."""

    terminal: Text
    reason: Annotated[str, Meta(min_length=3, max_length=200, pattern=_PRINTABLE)]
    credential: Credential | None = None
    witness: Credential | None = None


class ReleaseRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of `POST /v1/payments/{payment_id}/release`: whether the goods of a held payment may go."""

    state: Literal["released", "withheld"]
    credential: Credential
    operator_credential: Credential | None = None


ActionName = Literal["allow", "note", "confirm", "verify", "supervisor", "block"]
Verdict = Literal["approved", "declined", "cancelled", "not_sent", "refused", "unclear"]
ReleaseState = Literal["released", "held", "withheld"]
Need = Literal["operator_credential", "credential", "identity", "purpose"]
PaymentPhase = Literal["deciding", "asking", "running", "done"]
EventKind = Literal["state", "display", "prompt", "receipt", "verdict"]
AgentEventKind = Literal["payment", "terminal", "alarm", "lost"]
AlarmState = Literal["raised", "acknowledged", "cleared"]
AlarmSeverity = Literal["info", "warning", "critical"]
AcknowledgingRole = Literal["cashier", "supervisor", "manager"]
TerminalCondition = Literal["ready", "busy", "connecting", "away", "trouble", "unclear"]


class ReasonView(msgspec.Struct, frozen=True, kw_only=True):
    """Why a rule gave its action: a code with figures for programs, a sentence for people."""

    rule: str
    action: ActionName
    code: str
    figures: dict[str, int | str] = {}
    text: str = ""


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """A question that holds the payment back until somebody answers it.

    `reasons` are what the rules want answered; `text` is the whole question for people.
    """

    id: str
    action: ActionName
    needs: list[Need]
    reasons: list[ReasonView] = []
    text: str = ""


class CardView(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt may show of a card."""

    masked: str
    name: str = ""
    entry_mode: str = ""
    verification: str = ""


class PaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as the till sees it. `verdict` is set when `phase` is `done`.

    `entry` is the journal's index of the line that holds the verdict.
    `text` is the sentence behind it, or what the terminal or persons said, word for word.
    `next_step` says in one sentence what the cashier should do.
    """

    payment_id: str
    payment: str
    terminal: str
    till: str
    phase: PaymentPhase
    amount: int | None = None
    currency: str | None = None
    original: str = ""
    operator: str = ""
    operator_signed_in: bool = False
    display: str = ""
    prompt: Prompt | None = None
    verdict: Verdict | None = None
    text: str = ""
    release: ReleaseState | None = None
    repeated: bool = False
    refunded: int = 0
    reversed_by: str = ""
    left: int = 0
    training: bool = False
    held_because: str = ""
    next_step: str = ""
    reasons: list[ReasonView] = []
    terminal_amount: int | None = None
    terminal_currency: str | None = None
    differs: list[str] = []
    tip: int | None = None
    remaining: int | None = None
    card: CardView | None = None
    trace: int | None = None
    receipt_number: int | None = None
    terminal_id: str = ""
    approval_code: str = ""
    requested_at: str = ""
    entry: int | None = None


class ReceiptView(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of one receipt, as the terminal printed them, masked."""

    copy: str
    lines: list[str]
    last: bool = False


class PaymentEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One server-sent event of a payment's life; `id` counts from 1 within the payment."""

    id: int
    event: EventKind
    payment: PaymentView
    receipt: ReceiptView | None = None


class TerminalView(msgspec.Struct, frozen=True, kw_only=True):
    """One terminal's state, for people and programs.

    Its clock is `clock_ahead_s` ahead of the host's (negative: behind), as its last result showed.
    """

    name: str
    state: TerminalCondition
    text: str = ""
    terminal_id: str = ""
    software: str = ""
    unclear: str = ""
    serves: str = ""
    since: str = ""
    next_step: str = ""
    clock_ahead_s: int | None = None


class Acknowledgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of `POST /v1/alarms/{alarm_id}/acknowledgement`: a person knows of an alarm that stands."""

    credential: Credential


class AlarmView(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm, for people and programs: what it is, what it means for payments, what to do next."""

    id: str
    alarm: str
    state: AlarmState
    severity: AlarmSeverity
    what: str
    money: str
    next_step: str
    raised_at: str
    acknowledged_by_role: AcknowledgingRole
    subject: str = ""
    figures: dict[str, int | str] = {}
    acknowledged_by: str = ""
    acknowledged_at: str = ""
    written: bool = True


class AgentEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One server-sent event of the whole agent; `lost` tells that this reader missed some."""

    id: str
    event: AgentEventKind
    payment: PaymentEvent | None = None
    terminal: TerminalView | None = None
    alarm: AlarmView | None = None


class StatusView(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/status`. `cosigned` is the tree size that headquarters has confirmed."""

    version: str
    name: str
    training: bool
    taking_payments: bool
    refusal_reason: str
    terminals: list[TerminalView]
    entries: int
    root: str
    cosigned: int | None
    unclear: list[str]
    held: list[str]
    acquirer_key: str
    acquirer_key_until: str
    alarms: list[AlarmView] = []
    currency: str = ""
    limits: dict[str, int] = {}


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """Every refusal: code and figures for programs, then what happened, what of the money, and what to do.

    `payment` is the payment that stands against the request, where there is one.
    """

    error: str
    message: str
    money: str
    next_step: str
    figures: dict[str, int | str] = {}
    payment: PaymentView | None = None


# The types of requests, and every field that one of them has.
REQUESTS = (
    PaymentRequest,
    PromptAnswer,
    Credential,
    Resolution,
    ClockDeclaration,
    TerminalAcceptance,
    ReleaseRequest,
    Acknowledgement,
)
REQUEST_FIELDS = frozenset(name for request in REQUESTS for name in request.__struct_fields__)
# The fields that hold a credential.
CREDENTIAL_FIELDS = frozenset({"credential", "operator_credential", "witness"})
