"""What somebody has to know, until it is over or somebody has said that they know it."""

from __future__ import annotations

import msgspec

from agent.journal.schema.base import Body


class AlarmRaised(Body, frozen=True, kw_only=True):
    """An alarm began to stand. `alarm` is its id in the registry, `subject` what it is about.

    An older version shows an id that it does not know, so the severity stands beside it.
    """

    alarm: str
    severity: str
    subject: str = ""
    figures: dict[str, int | str] = msgspec.field(default_factory=dict)


class AlarmCleared(Body, frozen=True, kw_only=True):
    """It is over: what raised it is gone, or a person has dealt with it."""

    alarm: str
    subject: str = ""


class AlarmAcknowledged(Body, frozen=True, kw_only=True):
    """A person, who has proven who they are, knows of it. It stands until it is cleared."""

    alarm: str
    person: str
    subject: str = ""
