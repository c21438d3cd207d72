"""Second persons: they sign what one person may not do alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from agent.journal.schema.entry import CredentialFailed
from agent.payments.commands import GivenCredential
from agent.payments.context import Context
from agent.payments.people import check, is_second
from agent.payments.refusal import Refusal
from agent.settings.types import Role


async def second_person(
    context: Context, payment_id: str, first: str, credential: GivenCredential | None
) -> None:
    """Let a person other than `first` sign. Raises a `Refusal`; the matter then stays open."""
    if credential is None:
        raise Refusal("credential_missing", payment_id=payment_id)
    if not is_second(credential.person, first):
        raise Refusal("same_person", payment_id=payment_id)
    await _check(context, credential, "supervisor", payment_id=payment_id)


async def one_person(context: Context, role: Role, credential: GivenCredential) -> None:
    """Let a person of at least this role sign something that is no payment. Raises a `Refusal`."""
    await _check(context, credential, role)


async def _check(context: Context, credential: GivenCredential, role: Role, **figures: str) -> None:
    """Check a name and a secret. Every failure is written down and counts towards the lock-out."""
    # One guess at a time: many at once would all be made before the first failure counts.
    async with context.credential_lock:
        await _guess(context, credential, role, figures)


async def _guess(
    context: Context, credential: GivenCredential, role: Role, figures: Mapping[str, str]
) -> None:
    people, now = context.people, context.clock.wall()
    if people.locked_until(credential.person, now) is not None:
        raise Refusal("locked_out", **figures)
    if not await asyncio.to_thread(check, people, credential.person, credential.secret, role):
        context.write(CredentialFailed(payment_id=figures.get("payment_id", ""), person=credential.person))
        raise Refusal("wrong_credential", **figures)
