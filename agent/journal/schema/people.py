"""What persons were asked, what they answered, and who failed to prove who they are."""

from __future__ import annotations

from typing import Literal

from agent.journal.schema.base import Body
from agent.journal.schema.payments import ActionName


class Prompted(Body, frozen=True, kw_only=True):
    """A question was put to the cashier. The facts that it asks about stand in the entries before it.

    Before `Submitted` it asks about the reasons of the decision, after it about what differs.
    """

    payment_id: str
    prompt: str
    action: ActionName


class Replied(Body, frozen=True, kw_only=True):
    """The answer to a question. `person` and `operator` name only who proved it with a secret.

    `operator` is who asks for the payment, where they had not signed in before. `person` is who
    answered, or the second person who allows it.
    """

    payment_id: str
    prompt: str
    answer: Literal["yes", "no", "timeout"]
    person: str = ""
    operator: str = ""
    purpose: str = ""
    identity: bool | None = None
    after_ms: int = 0


class CredentialFailed(Body, frozen=True, kw_only=True):
    """Somebody at `place` gave a wrong secret in this person's name; enough of these lock the name out there.

    `place` is the Unix user, or the token, that the request came from.
    """

    payment_id: str
    person: str
    place: str = ""


class CredentialProven(Body, frozen=True, kw_only=True):
    """A person gave the right secret at `place`. Nothing else ends what `CredentialFailed` counted there."""

    payment_id: str
    person: str
    place: str = ""
