"""The commands of the payment service, independent of the API they came through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from agent.base.money import CURRENCIES
from agent.journal.schema.kinds import KINDS, Kind, PaymentKind
from agent.payments.refusal import Refusal


def fields_of(kind: Kind) -> tuple[str, ...]:
    """The fields that a payment of this kind must have; it must have none of the others."""
    return ("amount", "currency") * kind.has_amount + ("original",) * kind.needs_original


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCommand:
    """A till asks for one payment; `payment` is the name of its kind, as the till gave it.

    `amount` is in minor units; `terminal` is None for the only one.
    """

    payment_id: str
    payment: str
    amount: int | None = None
    currency: str | None = None
    original: str = ""
    terminal: str | None = None
    till: str = ""
    operator: str = ""


@dataclass(frozen=True, slots=True)
class GivenCredential:
    """Who signs, and their PIN or password. Never stored and never logged."""

    person: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptReply:
    """A person's answer to the open question."""

    prompt: str
    answer: Literal["yes", "no"]
    credential: GivenCredential | None = None
    identity: bool | None = None
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsWord:
    """Two persons say what became of an unclear payment. The credential is the second person's."""

    verdict: Literal["approved", "declined", "not_sent"]
    reason: str
    person: str
    credential: GivenCredential


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseWord:
    """A second person says whether the goods of a held payment may go."""

    state: Literal["released", "withheld"]
    credential: GivenCredential


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
