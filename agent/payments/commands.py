"""What the payment service can be asked: neutral commands, whatever door they came through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from agent.journal.schema.entry import PaymentKind

# The kinds of payment that can be asked for.
KIND_NAMES: frozenset[str] = frozenset(get_args(PaymentKind))


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
    """Two persons say what became of an unclear payment; the credential is the second one's."""

    verdict: Literal["approved", "declined", "not_sent"]
    reason: str
    person: str
    credential: GivenCredential
