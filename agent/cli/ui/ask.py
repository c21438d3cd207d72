"""Questions to the agent, and persons' words about a payment."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from agent.cli.ui.client import AgentUnreachableError, ApiClient, BrokenError, RefusedError
from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.follow import refused
from agent.texts import say

T = TypeVar("T")


def call_agent(
    client: ApiClient,
    method: str,
    path: str,
    kind: type[T],
    body: msgspec.Struct | None = None,
    payment_id: str = "",
) -> T:
    """One call. Any failure ends the command with a sentence. Raises `CommandError`.

    `payment_id` is the payment that the caller wants to know of: what cannot be told of it is unclear.
    """
    lost = Exit.UNCLEAR if payment_id else Exit.UNAVAILABLE
    try:
        return client.call(method, path, kind, body)
    except AgentUnreachableError as error:
        raise CommandError(say("cli.no_answer", path=client.path, why=error), lost) from None
    except BrokenError as error:
        if method == "GET":
            raise CommandError(say("cli.no_answer", path=client.path, why=error), lost) from None
        raise CommandError(say("cli.perhaps", path=client.path, why=error), Exit.UNCLEAR) from None
    except RefusedError as error:
        ended = refused(error, payment_id)
        if payment_id and method == "GET" and error.answer.error != "unknown_payment":
            ended.exit = Exit.UNCLEAR
        raise ended from None
