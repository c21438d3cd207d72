"""`tillgate upload`: carries the journal to the collector. Sees no card, no terminal and no journal key."""

from __future__ import annotations

import secrets
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from agent.base.notify import notify, watchdog_interval_s
from agent.base.watch import LOOK_ANYWAY_S, FolderWatch
from agent.journal.note import CosignatureVerifier, NoteError, parse_vkey
from agent.texts import say
from agent.upload.backoff import Backoff
from agent.upload.client import CollectorClient, client_tls
from agent.upload.cosignatures import Cosignature, CosignatureError, Cosignatures
from agent.upload.loop import UploadDeps, UploadLoop
from agent.upload.source import JournalSource
from agent.upload.uploader import Uploader

if TYPE_CHECKING:
    from agent.settings.load import Settings

_STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


class UploadError(Exception):
    """The uploader cannot start. The message is for the installer."""


def run(settings: Settings, credentials: Path) -> None:
    """Upload until SIGTERM or SIGINT; `credentials` is the folder with the client's key.

    Raises `UploadError`, `OSError` and what the journal's reader raises.
    """
    url, vkey = settings.upload.url, settings.upload.collector_vkey
    if url is None or vkey is None:
        raise UploadError(say("programs.no_upload_url"))
    tls = client_tls(settings.upload.ca, settings.upload.certificate, credentials / settings.upload.key)
    cosignatures = Cosignatures(settings.agent.cosignatures)
    cosignatures.make()
    verifier = collector_verifier(vkey)
    deps = UploadDeps(
        source=JournalSource.of(settings.agent.journal),
        uploader=Uploader(settings.origin, verifier, _cosignature(cosignatures, settings.origin, verifier)),
        collector=CollectorClient(url, settings.origin, tls),
        cosignatures=cosignatures,
        backoff=Backoff(secrets.SystemRandom().random),
        now=lambda: int(time.time()),
        log=log,
    )
    notify("READY=1")
    log("info", "uploading", origin=settings.origin, cosigned=deps.uploader.cosigned)
    with _stop_signals() as wait:
        watch = FolderWatch(settings.agent.journal)
        run_loop(UploadLoop(deps, settings.upload.poll_s), wait, time.monotonic, watch)
    notify("STOPPING=1")


class Wake(Enum):
    """Why a wait is over."""

    STOP = "stop"
    CHANGE = "change"
    TIME = "time"


# Waits so many seconds for a signal, and for a descriptor that becomes readable if one is given.
Wait = Callable[[float, int | None], Wake]


class Watch(Protocol):
    """What tells that the journal has changed."""

    @property
    def descriptor(self) -> int | None:
        """What is readable after a change."""

    def arm(self) -> bool:
        """Be told of what comes; False where that is not possible."""


def run_loop(upload_loop: UploadLoop, wait: Wait, monotonic: Callable[[], float], watch: Watch) -> None:
    """Step, sleep, and feed the watchdog from here, until a signal comes.

    Between two looks there is the pause that `upload_loop` asks for, so that the commits of one
    payment leave together. At rest a change of the journal ends the sleep behind it; where changes
    are not told, there is no such sleep. A look that nothing asked for and that found nothing needs no pause.
    """
    watchdog_s = watchdog_interval_s()
    paused_until = next_at = monotonic()
    asked = True
    while True:
        if monotonic() >= next_at:
            told = watch.arm()
            pause_s = upload_loop.run_once()
            sleeps = told and upload_loop.resting
            paused_until = monotonic() + (pause_s if asked or not sleeps else 0.0)
            next_at = paused_until + LOOK_ANYWAY_S if sleeps else paused_until
            asked = not sleeps
        if watchdog_s is not None:
            notify("WATCHDOG=1")
        now = monotonic()
        pausing = now < paused_until
        left_s = max((paused_until if pausing else next_at) - now, 0.0)
        listened = None if pausing else watch.descriptor
        woken = wait(left_s if watchdog_s is None else min(left_s, watchdog_s), listened)
        if woken is Wake.STOP:
            return
        if woken is Wake.CHANGE:
            next_at, asked = now, True


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
