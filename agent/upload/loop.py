"""One step of the upload at a time: read, sync, send, keep the cosignature, or raise the alarm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from agent.journal.checkpoint import parse_checkpoint
from agent.journal.note import parse_note
from agent.journal.transfer import build_lines
from agent.texts import say
from agent.upload.backoff import Backoff
from agent.upload.client import CollectorUnreachableError
from agent.upload.cosignatures import Alarm, AlarmKind, Cosignatures
from agent.upload.source import JournalSource
from agent.upload.uploader import (
    Batch,
    CosignedReply,
    FailedReply,
    ForkedReply,
    MovedReply,
    RefusedReply,
    Reply,
    StoredReply,
    Uploader,
)

# While an alarm stands: often enough that a journal that was put right is uploaded the same morning.
ASK_AGAIN_S = 300


class OpsLog(Protocol):
    """Writes one line of the operational log."""

    def __call__(self, level: str, event: str, **fields: str | int) -> None:
        """Write one line."""


class Post(Protocol):
    """Sends a request to the collector."""

    def post(self, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises `CollectorUnreachableError`."""


@dataclass(frozen=True, slots=True)
class UploadDeps:
    """The parts that an uploader needs. `now` gives POSIX seconds."""

    source: JournalSource
    uploader: Uploader
    collector: Post
    cosignatures: Cosignatures
    backoff: Backoff
    now: Callable[[], int]
    log: OpsLog


class UploadLoop:
    """Carries the journal to the collector: read, sync, send, keep the cosignature."""

    def __init__(self, deps: UploadDeps, poll_s: float) -> None:
        self._deps = deps
        self._poll_s = poll_s
        self._reported: list[Alarm] = []
        self._asked_at: int | None = None
        # Whether only a change of the journal can bring work: nothing waits for a person or for the network.
        self.resting = False

    def run_once(self) -> float:
        """Do one step; returns the seconds to wait before the next.

        While an alarm stands the collector is asked only now and then. Raises `OSError` when a disk
        fails, and the errors of the journal's reader.
        """
        deps, self.resting = self._deps, False
        if self._stopped_by(deps.cosignatures.alarms()) and not self._asks_again():
            return self._poll_s
        size = deps.source.size()
        if deps.uploader.rolled_back(size):
            self._tell_rollback(size)
            return self._poll_s
        if not deps.uploader.has_work(size):
            self.resting = not self._reported
            return self._poll_s
        batch = deps.source.batch(deps.uploader.has)
        return self._act(batch, self._send(batch))

    def _asks_again(self) -> bool:
        """Whether it is time to ask again although an alarm stands: a new process asks at once."""
        now = self._deps.now()
        if self._asked_at is not None and 0 <= now - self._asked_at < ASK_AGAIN_S:
            return False
        self._asked_at = now
        return True

    def _tell_rollback(self, size: int) -> None:
        """Raise the alarm, and show headquarters the head that this disk has left, signed with our key."""
        deps = self._deps
        self._alarm("rollback", size, theirs=deps.uploader.proof)
        if size:
            self._send(deps.source.batch(size))

    def _send(self, batch: Batch) -> Reply:
        body = build_lines(batch.start, batch.lines, batch.checkpoint)
        try:
            status, answer = self._deps.collector.post(body)
        except CollectorUnreachableError as error:
            self._deps.uploader.no_answer()
            return FailedReply(str(error))
        return self._deps.uploader.interpret(batch, status, answer)

    def _act(self, batch: Batch, reply: Reply) -> float:
        deps = self._deps
        match reply:
            case CosignedReply(cosignature):
                deps.cosignatures.keep(cosignature)
                if self._reported:
                    deps.cosignatures.clear_alarms()
                deps.backoff.reset()
                deps.log("info", "cosigned", first=batch.start, cosigned=cosignature.size)
            case MovedReply(size) | StoredReply(size):
                deps.log("info", say("upload.collector_stands_elsewhere"), first=batch.start, size=size)
            case ForkedReply(head) if deps.source.ends_torn(head.note):
                return self._later(batch, say("upload.torn"))
            case ForkedReply(head) if deps.source.holds(head.size, head.root) and self._is_whole(batch):
                return self._later(batch, say("upload.old_head"))
            case ForkedReply(head):
                self._alarm("fork", batch.size, batch.checkpoint.decode(), head.note)
            case RefusedReply(refusal, note):
                why = say(refusal.what.code, **refusal.what.figures)
                self._alarm("refused", batch.size, batch.checkpoint.decode(), note, why)
            case FailedReply(reason):
                return self._later(batch, reason)
        return 0.0

    def _is_whole(self, batch: Batch) -> bool:
        """Whether our own lines lead to our own checkpoint."""
        head = parse_checkpoint(parse_note(batch.checkpoint).text)
        return self._deps.source.holds(head.size, head.root)

    def _later(self, batch: Batch, reason: str) -> float:
        wait_s = self._deps.backoff.next_s()
        self._deps.log("warning", "not uploaded", reason=reason, seconds=round(wait_s), first=batch.start)
        return wait_s

    def _alarm(self, kind: AlarmKind, size: int, ours: str = "", theirs: str = "", why: str = "") -> None:
        has = self._deps.uploader.seen
        alarm = Alarm(
            kind=kind,
            at=self._deps.now(),
            text=say(f"upload.{kind}", collector=has, journal=size, why=why),
            next_step=say("upload.next_step"),
            journal_size=size,
            collector_size=has,
            journal_head=ours,
            collector_head=theirs,
        )
        self._deps.cosignatures.raise_alarm(alarm)

    def _stopped_by(self, alarms: list[Alarm]) -> bool:
        kinds = [alarm.kind for alarm in self._reported]
        for alarm in alarms:
            if alarm.kind not in kinds:
                self._deps.log("error", f"upload stopped: {alarm.kind}", reason=alarm.text)
        self._reported = alarms
        return bool(alarms)
