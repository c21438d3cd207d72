"""The commands of the payment service, independent of the API they came through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from agent.base.money import CURRENCIES
from agent.journal.schema.entry import Requested
from agent.journal.schema.kinds import KINDS, Kind, PaymentKind
from agent.payments.refusal import Refusal


def fields_of(kind: Kind) -> tuple[str, ...]:
    """The fields that a payment of this kind must have; it must have none of the others."""
    return ("amount", "currency") * kind.has_amount + ("original",) * kind.needs_original


def always() -> bool:
    """Somebody waits for it: for callers that cannot go away."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCommand:
    """A till asks for one payment; `payment` is the name of its kind, as the till gave it.

    `amount` is in minor units; `terminal` is None for the only one. `operator_signed_in` is set
    by who checked the operator's secret, never by the request. `first_sent_at` is the till's own
    word for when it sent this request first: equal words are one request. `awaited` tells whether
    somebody still waits for the answer: what nobody waits for is not begun.
    """

    payment_id: str
    payment: str
    amount: int | None = None
    currency: str | None = None
    original: str = ""
    terminal: str | None = None
    till: str = ""
    operator: str = ""
    operator_signed_in: bool = False
    first_sent_at: str = ""
    awaited: Callable[[], bool] = field(default=always, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class GivenCredential:
    """Who signs, their PIN or password (never stored, never logged), and the place it came from.

    The place is what the agent knows of the peer: a Unix user or a token, never what was typed.
    """

    person: str
    secret: str = field(repr=False)
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptReply:
    """A person's answer to the open question.

    `credential` is of who answers; `operator` of who asks for the payment, if they have not signed in.
    """

    prompt: str
    answer: Literal["yes", "no"]
    credential: GivenCredential | None = None
    operator: GivenCredential | None = None
    identity: bool | None = None
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsWord:
    """Two persons say what became of an unclear payment: one says it, the witness has seen it too."""

    verdict: Literal["approved", "declined", "not_sent"]
    reason: str
    credential: GivenCredential
    witness: GivenCredential | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockWord:
    """Two persons say that the clock of the host is right now."""

    reason: str
    credential: GivenCredential
    witness: GivenCredential | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalWord:
    """Two persons accept the terminal that stands behind a name now."""

    terminal: str
    reason: str
    credential: GivenCredential | None = None
    witness: GivenCredential | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseWord:
    """A second person says whether the goods of a held payment may go.

    `operator` is who asks for it, if nobody had signed in for the payment.
    """

    state: Literal["released", "withheld"]
    credential: GivenCredential
    operator: GivenCredential | None = None


def kind_asked(command: PaymentCommand) -> PaymentKind:
    """The kind of a command that has exactly the fields of its kind. Raises `Refusal`."""
    kind = KINDS.get(command.payment)
    if kind is None:
        raise Refusal("unknown_kind", kinds=", ".join(KINDS))
    named = {"amount": command.amount, "currency": command.currency, "original": command.original or None}
    for name, value in named.items():
        needed = name in fields_of(kind)
        if needed and value is None:
            raise Refusal("missing_for_kind", field=name, kind=kind.name)
        if value is not None and not needed:
            raise Refusal("not_for_kind", field=name, kind=kind.name)
    if command.currency is not None and command.currency not in CURRENCIES:
        raise Refusal("unknown_currency", currency=command.currency)
    return kind.name


def requested_of(command: PaymentCommand, kind: PaymentKind, terminal: str) -> Requested:
    """The first entry of a payment."""
    return Requested(
        payment_id=command.payment_id,
        payment=kind,
        terminal=terminal,
        till=command.till,
        amount=command.amount,
        currency=command.currency,
        operator=command.operator,
        operator_signed_in=command.operator_signed_in,
        original=command.original,
        first_sent_at=command.first_sent_at,
    )
