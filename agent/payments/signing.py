"""Second persons: they sign what one person may not do alone."""

from __future__ import annotations

import asyncio

from agent.journal.schema.entry import CredentialFailed
from agent.payments.commands import GivenCredential
from agent.payments.context import Context
from agent.payments.people import check, is_second
from agent.payments.refusal import Refusal


async def second_person(
    context: Context, payment_id: str, first: str, credential: GivenCredential | None
) -> None:
    """Let a person other than `first` sign. Raises a `Refusal`; the matter then stays open."""
    if credential is None:
        raise Refusal("credential_missing", payment_id=payment_id)
    if not is_second(credential.person, first):
        raise Refusal("same_person", payment_id=payment_id)
    await _check(context, payment_id, credential)


async def _check(context: Context, payment_id: str, credential: GivenCredential) -> None:
    """Check a name and a secret. Every failure is written down and counts towards the lock-out."""
    # One guess at a time: many at once would all be made before the first failure counts.
    async with context.credential_lock:
        await _guess(context, payment_id, credential)


async def _guess(context: Context, payment_id: str, credential: GivenCredential) -> None:
    people, now = context.people, context.clock.wall()
    if people.locked_until(credential.person, now) is not None:
        raise Refusal("locked_out", payment_id=payment_id)
    if not await asyncio.to_thread(check, people, credential.person, credential.secret):
        context.write(CredentialFailed(payment_id=payment_id, person=credential.person))
        raise Refusal("wrong_credential", payment_id=payment_id)
