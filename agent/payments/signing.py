"""Second persons: who signs what one alone may not do."""

from __future__ import annotations

import asyncio

from agent.journal.schema.entry import CredentialFailed
from agent.payments.commands import GivenCredential
from agent.payments.context import Context
from agent.payments.people import check, is_second
from agent.payments.refusal import BadRequest, LockedOut, WrongCredential


async def second_person(
    context: Context, payment_id: str, first: str, credential: GivenCredential | None
) -> None:
    """Let somebody else than `first` sign. Raises a `Refusal`; what was to be signed stays open then."""
    if credential is None:
        raise BadRequest(
            "A second person has to sign this payment.",
            next_step="Answer again with that person's name and PIN; or answer no.",
        )
    if not is_second(credential.person, first):
        raise WrongCredential(
            "Whoever asks for it cannot sign it as well.",
            next_step="Ask somebody else to sign.",
        )
    await _check(context, payment_id, credential)


async def _check(context: Context, payment_id: str, credential: GivenCredential) -> None:
    """Check a name and a secret. Every failure is written down and counts towards the lock-out."""
    # One guess at a time: many at once would all be made before the first failure counts.
    async with context.credential_lock:
        await _guess(context, payment_id, credential)


async def _guess(context: Context, payment_id: str, credential: GivenCredential) -> None:
    people, now = context.people, context.clock.wall()
    if people.locked_until(credential.person, now) is not None:
        raise LockedOut(
            "This person is locked out after too many wrong PINs.",
            next_step="Ask another supervisor, or wait.",
        )
    if not await asyncio.to_thread(check, people, credential.person, credential.secret):
        context.write(CredentialFailed(payment_id=payment_id, person=credential.person))
        raise WrongCredential(
            "The name or the PIN is wrong, or this person may not sign.", next_step="Try again."
        )
