"""`tillgate upload`: carries the journal to the collector. Sees no card, no terminal and no journal key."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from agent.base.notify import notify
from agent.base.watch import FolderWatch
from agent.journal.damage import JournalError
from agent.journal.note import CosignatureVerifier, NoteError, parse_vkey
from agent.texts import say, tell
from agent.upload.backoff import Backoff
from agent.upload.client import CollectorClient, client_tls
from agent.upload.cosignatures import Cosignature, CosignatureError, Cosignatures
from agent.upload.loop import UploadDeps, UploadLoop
from agent.upload.pace import Wait, Wake, run_loop
from agent.upload.source import JournalSource
from agent.upload.uploader import Uploader

if TYPE_CHECKING:
    from agent.settings.load import Settings

_STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


class UploadError(Exception):
    """The uploader cannot start. The message is for the installer."""


@dataclass(frozen=True, slots=True)
class UploadPlan:
    """All that the uploader has to know of the settings, as words of a command line."""

    url: str
    collector_vkey: str
    origin: str
    journal: str
    cosignatures: str
    ca: str
    certificate: str
    key: str
    poll_s: str

    @classmethod
    def of(cls, settings: Settings, credentials: Path) -> UploadPlan:
        """The plan of some settings. `credentials` holds the client's key. Raises `UploadError`."""
        upload, agent = settings.upload, settings.agent
        if upload.url is None or upload.collector_vkey is None:
            raise UploadError(say("programs.no_upload_url"))
        return cls(
            url=upload.url,
            collector_vkey=upload.collector_vkey,
            origin=settings.origin,
            journal=str(agent.journal),
            cosignatures=str(agent.cosignatures),
            ca=str(upload.ca),
            certificate=str(upload.certificate),
            key=str(credentials / upload.key),
            poll_s=str(upload.poll_s),
        )

    def command(self) -> list[str]:
        """This program with this plan. Nothing of the folder that it is started in is imported (`-P`)."""
        return [sys.executable, "-P", "-m", "agent.programs.upload", *astuple(self)]


def run(plan: UploadPlan) -> None:
    """Upload until SIGTERM or SIGINT.

    Raises `UploadError`, `OSError` and what the journal's reader raises.
    """
    deps = upload_deps(plan)
    notify("READY=1")
    log("info", "uploading", origin=plan.origin, cosigned=deps.uploader.cosigned)
    with _stop_signals() as wait:
        watch = FolderWatch(Path(plan.journal))
        run_loop(UploadLoop(deps, float(plan.poll_s)), wait, time.monotonic, watch)
    notify("STOPPING=1")


def upload_deps(plan: UploadPlan) -> UploadDeps:
    """All that a plan names, opened. Raises `UploadError` and `OSError`."""
    tls = client_tls(Path(plan.ca), Path(plan.certificate), Path(plan.key))
    cosignatures = Cosignatures(Path(plan.cosignatures))
    cosignatures.make()
    verifier = collector_verifier(plan.collector_vkey)
    return UploadDeps(
        source=JournalSource.of(Path(plan.journal)),
        uploader=Uploader(plan.origin, verifier, _cosignature(cosignatures, plan.origin, verifier)),
        collector=CollectorClient(plan.url, plan.origin, tls),
        cosignatures=cosignatures,
        backoff=Backoff(_random),
        now=lambda: int(time.time()),
        log=log,
    )


def _random() -> float:
    """From 0 up to 1. The standard library's generator would bring its distributions along."""
    return int.from_bytes(os.urandom(4)) / 2**32


def collector_verifier(vkey: str) -> CosignatureVerifier:
    """The pinned key of the collector. Raises `UploadError`."""
    try:
        verifier = parse_vkey(vkey)
    except NoteError as error:
        raise UploadError(say("programs.bad_collector_vkey", error=error)) from None
    if not isinstance(verifier, CosignatureVerifier):
        raise UploadError(say("programs.wrong_collector_vkey"))
    return verifier


def log(level: str, event: str, **fields: str | int) -> None:
    """One line for journald, in the agent's form; the agent's log library would take half our memory."""
    at = datetime.now().astimezone().isoformat(timespec="milliseconds")
    line = msgspec.json.encode({"event": event, "level": level, "time": at, "part": "upload", **fields})
    sys.stdout.write(line.decode() + "\n")
    sys.stdout.flush()


def _cosignature(
    cosignatures: Cosignatures, origin: str, verifier: CosignatureVerifier
) -> Cosignature | None:
    try:
        return cosignatures.cosigned(origin, verifier)
    except CosignatureError as error:
        # The collector will tell what it has; only its word counts.
        log("warning", say("programs.cosignature_unused"), reason=str(error))
        return None


@contextmanager
def _stop_signals() -> Iterator[Wait]:
    """Wait so many seconds for SIGTERM or SIGINT, or for a descriptor; a signal that came before counts.

    A signal only ends the wait, so a request or a write is never cut. Python's `sigtimedwait` is
    no use: if SIGCONT wakes it after its time, it reports a signal that never came.
    """
    waker, woken = socket.socketpair()
    with waker, woken:
        waker.setblocking(False)
        signal.set_wakeup_fd(waker.fileno())
        for number in _STOP_SIGNALS:
            signal.signal(number, lambda *_: None)

        def wait(seconds: float, descriptor: int | None) -> Wake:
            heard: list[socket.socket | int] = [woken] if descriptor is None else [woken, descriptor]
            ready = select.select(heard, [], [], seconds)[0]
            return Wake.STOP if woken in ready else Wake.CHANGE if ready else Wake.TIME

        try:
            yield wait
        finally:
            signal.set_wakeup_fd(-1)


def main(arguments: list[str]) -> int:
    """Carry out a plan, in a process of its own: what read the settings is in its memory no more."""
    try:
        run(UploadPlan(*arguments))
    except UploadError as error:
        return _refused(str(error), os.EX_CONFIG)
    except (JournalError, NoteError) as error:
        return _refused(say("programs.upload_stopped", error=tell(error)), os.EX_UNAVAILABLE)
    except OSError as error:
        return _refused(say("programs.upload_stopped", error=error), os.EX_UNAVAILABLE)
    return os.EX_OK


def _refused(text: str, status: int) -> int:
    sys.stderr.write(f"{text}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
