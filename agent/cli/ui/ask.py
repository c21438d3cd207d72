"""Questions to the agent that move no money."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from agent.cli.ui.client import AgentUnreachableError, ApiClient, BrokenError, RefusedError
from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.follow import refused
from agent.texts import say

T = TypeVar("T")


def call_agent(
    client: ApiClient, method: str, path: str, kind: type[T], body: msgspec.Struct | None = None
) -> T:
    """One call. Any failure ends the command with a sentence. Raises `CommandError`."""
    try:
        return client.call(method, path, kind, body)
    except (AgentUnreachableError, BrokenError) as error:
        raise CommandError(say("cli.no_answer", path=client.path, why=error), Exit.UNAVAILABLE) from None
    except RefusedError as error:
        raise refused(error) from None
