"""`tillgate upload`: carries the journal to the collector. Knows no card, no terminal and no journal key."""

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
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from agent.base.notify import notify, watchdog_interval_s
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
        raise UploadError(say("programs.upload_url_not_set"))
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
    with _stop_signals() as stopped:
        run_loop(UploadLoop(deps, settings.upload.poll_s), stopped, time.monotonic)
    notify("STOPPING=1")


def run_loop(
    upload_loop: UploadLoop, stopped: Callable[[float], bool], monotonic: Callable[[], float]
) -> None:
    """Step, sleep, and feed the watchdog from here, until `stopped` (which waits so many seconds) says so."""
    watchdog_s = watchdog_interval_s()
    next_at = monotonic()
    while True:
        left_s = next_at - monotonic()
        if left_s <= 0:
            left_s = upload_loop.run_once()
            next_at = monotonic() + left_s
        if watchdog_s is not None:
            notify("WATCHDOG=1")
        if stopped(left_s if watchdog_s is None else min(left_s, watchdog_s)):
            return


def collector_verifier(vkey: str) -> CosignatureVerifier:
    """The pinned key of the collector. Raises `UploadError`."""
    try:
        verifier = parse_vkey(vkey)
    except NoteError as error:
        raise UploadError(say("programs.upload_collector_vkey_copy", error=error)) from None
    if not isinstance(verifier, CosignatureVerifier):
        raise UploadError(say("programs.upload_collector_vkey_key"))
    return verifier


def log(level: str, event: str, **fields: str | int) -> None:
    """One line for journald, as the agent logs; its library alone would take half of our memory."""
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
        log("warning", say("programs.stored_cosignature_not_used"), reason=str(error))
        return None


@contextmanager
def _stop_signals() -> Iterator[Callable[[float], bool]]:
    """Wait so many seconds for SIGTERM or SIGINT; True if one came, then or before.

    They only wake, so a request or a write is never cut in the middle. Python's
    `sigtimedwait` would not do: woken by SIGCONT after its time it tells of a signal
    that never came.
    """
    waker, woken = socket.socketpair()
    with waker, woken:
        waker.setblocking(False)
        signal.set_wakeup_fd(waker.fileno())
        for number in _STOP_SIGNALS:
            signal.signal(number, lambda *_: None)
        try:
            yield lambda seconds: bool(select.select([woken], [], [], seconds)[0])
        finally:
            signal.set_wakeup_fd(-1)
