"""Persons prove who they are. An entry of the journal may name only whom this page has proven.

Each wrong secret is written down with its place, and so is each right one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta

from agent.journal.schema.entry import CredentialFailed, CredentialProven
from agent.payments.commands import GivenCredential, PromptReply, ReleaseWord
from agent.payments.context import Context
from agent.payments.people import Signatures, check, is_second
from agent.payments.refusal import Refusal
from agent.settings.types import Role


async def signatures(
    context: Context,
    payment_id: str,
    operator: str,
    given: PromptReply | ReleaseWord,
    needs: Collection[str],
) -> Signatures:
    """Who has proven to stand behind an answer. Raises a `Refusal`; the question then stays open.

    A credential that is given is checked, also where none is needed. `operator` is the name that
    the till gave: proven or not, it cannot be the second person as well.
    """
    first, second = given.operator, given.credential
    if "credential" in needs:
        if second is None:
            raise Refusal("credential_missing", payment_id=payment_id)
        _check_second(second, {operator, first.person if first else ""}, payment_id)
    person = await _proven(context, second, "supervisor" if "credential" in needs else "cashier", payment_id)
    if "operator_credential" in needs and first is None:
        raise Refusal("operator_missing", payment_id=payment_id)
    return Signatures(await _proven(context, first, "cashier", payment_id), person)


async def two_persons(
    context: Context, payment_id: str, first: GivenCredential, second: GivenCredential | None
) -> Signatures:
    """Two persons sign, the second of them a supervisor. Raises a `Refusal`; the matter then stays open."""
    if second is None:
        raise Refusal("credential_missing", payment_id=payment_id)
    _check_second(second, {first.person}, payment_id)
    operator = await prove(context, first, "cashier", payment_id)
    return Signatures(operator, await prove(context, second, "supervisor", payment_id))


async def prove(context: Context, credential: GivenCredential, role: Role, payment_id: str = "") -> str:
    """The person of a credential, now proven, of at least this role. Raises a `Refusal`."""
    # One guess at a time: many at once would all be made before the first failure counts.
    async with context.credential_lock:
        await _guess(context, credential, role, payment_id)
    return credential.person


async def _proven(context: Context, given: GivenCredential | None, role: Role, payment_id: str) -> str:
    return await prove(context, given, role, payment_id) if given is not None else ""


def _check_second(second: GivenCredential, others: Collection[str], payment_id: str) -> None:
    if not all(is_second(second.person, other) for other in others):
        raise Refusal("same_person", payment_id=payment_id)


async def _guess(context: Context, credential: GivenCredential, role: Role, payment_id: str) -> None:
    people, person, place = context.people, credential.person, credential.place
    about: dict[str, int | str] = {"payment_id": payment_id} if payment_id else {}
    closed = people.closed_until(person, place, context.clock.wall())
    if closed is not None:
        raise Refusal("locked_out", **about, minutes=_minutes(closed - context.clock.wall()))
    if not people.knows(person) and not context.strangers.may_try(place, context.clock.monotonic()):
        raise Refusal("too_many_guesses", **about)
    if await asyncio.to_thread(check, people, person, credential.secret, role):
        context.write(CredentialProven(payment_id=payment_id, person=person, place=place))
        return
    context.write(CredentialFailed(payment_id=payment_id, person=person, place=place))
    raise Refusal("wrong_credential", **about, left=people.attempts_left(person, place, context.clock.wall()))


def _minutes(left: timedelta) -> int:
    """Whole minutes, rounded up: nobody comes back too early."""
    return max(1, -(-left // timedelta(minutes=1)))
