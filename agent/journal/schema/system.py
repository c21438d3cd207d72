"""What happened to the agent and its host."""

from __future__ import annotations

from typing import Literal

from agent.journal.schema.base import Body


class Started(Body, frozen=True, kw_only=True):
    """The agent began to run. `recovered` counts the payments it found open.

    `format` is the version of the journal's format that it writes, `code` the hash of its own files.
    """

    format: int
    terminals: list[str]
    acquirer_key: str
    training: bool = False
    recovered: int = 0
    code: str = ""


class Stopped(Body, frozen=True, kw_only=True):
    """The agent ended in good order."""

    reason: str


class TailCut(Body, frozen=True, kw_only=True):
    """Bytes without a valid checkpoint were removed at start: promised to nobody."""

    file: str
    offset: int
    removed_bytes: int


class StateKept(Body, frozen=True, kw_only=True):
    """The state that a quick start needs was kept outside of the journal; this is its digest."""

    digest: str


class EpochEnded(Body, frozen=True, kw_only=True):
    """The evolving key's epoch `epoch` ended when the journal had `size` entries.

    This entry is the first one of the next epoch. A tail that was cut off leaves its epoch without one.
    """

    epoch: int
    size: int


class ClockDeclared(Body, frozen=True, kw_only=True):
    """Two persons say that the wall clock is right now: what was written with a later time was wrong."""

    words: str
    person: str
    witness: str


class CardKeyBegan(Body, frozen=True, kw_only=True):
    """From here cards are numbered under the key `number`, which is in memory only.

    After a `start` no older key is alive. After a `day` the key of the business day before still is.
    """

    number: int
    why: Literal["start", "day"]


class ClockMoved(Body, frozen=True, kw_only=True):
    """The wall clock moved against the boot clock by `by_ms` (negative: back)."""

    by_ms: int
