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
    """The answer to a question. `person` is set when a credential was checked."""

    payment_id: str
    prompt: str
    answer: Literal["yes", "no", "timeout"]
    person: str = ""
    purpose: str = ""
    identity: bool | None = None
    after_ms: int = 0


class CredentialFailed(Body, frozen=True, kw_only=True):
    """Somebody gave a wrong credential; enough of these lock the person out."""

    payment_id: str
    person: str
