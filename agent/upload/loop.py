"""One step of the upload at a time: read, sync, send, keep the cosignature, or raise the alarm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from agent.journal.transfer import build_lines
from agent.upload.backoff import Backoff
from agent.upload.client import UnreachableError
from agent.upload.cosignatures import Alarm, AlarmKind, Cosignatures
from agent.upload.source import Source
from agent.upload.uploader import Batch, Cosigned, Failed, Forked, Meaning, Moved, Stored, Uploader

_ROLLBACK = (
    "The collector has seen {collector} entries of this journal, and it holds {journal}. "
    "Entries that were confirmed are gone from this disk: an old image was restored, or files were removed."
)
_FORK = (
    "The collector holds another past of this journal than this disk. Both were signed with its key: "
    "a copy of this host took payments, or entries were changed."
)
_TORN = "the newest entries were damaged by a power cut; the agent cuts them off when it starts"
_NEXT_STEP = (
    "The journal is evidence now: change nothing in it, copy the folder as it is, and call headquarters. "
    "Nothing is uploaded until this file is removed from the cosignatures folder."
)


class OpsLog(Protocol):
    """Where a line of the operational log goes."""

    def __call__(self, level: str, event: str, **fields: str | int) -> None:
        """Write one line."""


class Post(Protocol):
    """The way to the collector."""

    def post(self, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises `UnreachableError`."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What an uploader works with. `now` gives POSIX seconds."""

    source: Source
    uploader: Uploader
    collector: Post
    cosignatures: Cosignatures
    backoff: Backoff
    now: Callable[[], int]
    log: OpsLog


class Carrier:
    """Carries the journal to the collector: read, sync, send, keep the cosignature."""

    def __init__(self, parts: Parts, poll_s: float) -> None:
        self._parts = parts
        self._poll_s = poll_s
        self._told: list[Alarm] = []

    def step(self) -> float:
        """Do one thing; the answer is how many seconds to wait before the next.

        Raises `OSError` when a disk fails, and what the journal's reader raises.
        """
        parts = self._parts
        if self._stopped_by(parts.cosignatures.alarms()):
            return self._poll_s
        size = parts.source.size()
        if parts.uploader.rolled_back(size):
            self._alarm("rollback", _ROLLBACK, size)
            return self._poll_s
        if not parts.uploader.wants(size):
            return self._poll_s
        batch = parts.source.batch(parts.uploader.has)
        return self._act(batch, self._send(batch))

    def _send(self, batch: Batch) -> Meaning:
        body = build_lines(batch.start, batch.lines, batch.checkpoint)
        try:
            status, answer = self._parts.collector.post(body)
        except UnreachableError as error:
            self._parts.uploader.unheard()
            return Failed(str(error))
        return self._parts.uploader.understand(batch, status, answer)

    def _act(self, batch: Batch, meaning: Meaning) -> float:
        parts = self._parts
        match meaning:
            case Cosigned(cosignature):
                parts.cosignatures.keep(cosignature)
                parts.backoff.reset()
                parts.log("info", "cosigned", first=batch.start, cosigned=cosignature.size)
            case Moved(size) | Stored(size):
                parts.log("info", "the collector stands elsewhere", first=batch.start, size=size)
            case Forked(head) if parts.source.ends_torn(head):
                return self._later(batch, _TORN)
            case Forked(head):
                self._alarm("fork", _FORK, batch.size, batch.checkpoint.decode(), head)
            case Failed(reason):
                return self._later(batch, reason)
        return 0.0

    def _later(self, batch: Batch, reason: str) -> float:
        wait_s = self._parts.backoff.next_s()
        self._parts.log("warning", "not uploaded", reason=reason, seconds=round(wait_s), first=batch.start)
        return wait_s

    def _alarm(self, kind: AlarmKind, text: str, size: int, ours: str = "", theirs: str = "") -> None:
        has = self._parts.uploader.seen
        alarm = Alarm(
            kind=kind,
            at=self._parts.now(),
            text=text.format(collector=has, journal=size),
            next_step=_NEXT_STEP,
            journal_size=size,
            collector_size=has,
            journal_head=ours,
            collector_head=theirs,
        )
        self._parts.cosignatures.raise_alarm(alarm)

    def _stopped_by(self, alarms: list[Alarm]) -> bool:
        for alarm in alarms:
            if alarm not in self._told:
                self._parts.log("error", f"upload stopped: {alarm.kind}", reason=alarm.text)
        self._told = alarms
        return bool(alarms)
