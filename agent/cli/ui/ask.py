"""Questions to the agent that move no money."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from agent.cli.ui.client import AgentUnreachableError, ApiClient, BrokenError, RefusedError
from agent.cli.ui.exits import CommandError, Exit
from agent.cli.ui.follow import refused

NO_ANSWER = """\
The agent cannot be asked at {path}: {why}.
Nothing was changed. A payment that runs on the terminal goes on.
Ask the installer to look at 'tillgate doctor' and 'systemctl status tillgate-agent'."""

T = TypeVar("T")


def call_agent(
    client: ApiClient, method: str, path: str, kind: type[T], body: msgspec.Struct | None = None
) -> T:
    """One call; whatever goes wrong ends the command with words. Raises `CommandError`."""
    try:
        return client.call(method, path, kind, body)
    except (AgentUnreachableError, BrokenError) as error:
        raise CommandError(NO_ANSWER.format(path=client.path, why=error), Exit.UNAVAILABLE) from None
    except RefusedError as error:
        raise refused(error) from None
