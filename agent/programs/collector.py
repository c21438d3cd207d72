"""`tillgate collector`: the receiving end at headquarters, on mutual TLS only."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from agent.api import server as httpd
from agent.base.notify import notify
from agent.collector.app import ServedLedger, collector_app
from agent.collector.contacts import Contacts, place_of
from agent.collector.epochs import EpochStore
from agent.collector.evidence import Evidence
from agent.collector.ledger import CollectorReply, Ledger, LedgerFolders
from agent.collector.settings import CollectorSettings, JournalSettings
from agent.collector.storage.folder import DiskFolder, lock
from agent.collector.storage.store import TileStore
from agent.journal.evolving import KEY_BYTES
from agent.journal.note import Cosigner, parse_vkey
from agent.journal.transfer import MAX_REQUEST_BYTES
from agent.oplog.log import logger
from agent.texts import say

_log = logger("collector")

# What is kept of each journal: the served tiles, heads without their lines, findings, epochs, contacts.
PARTS = ("logs", "cosigned", "evidence", "epochs", "contacts")
_CLOSED = 0o700
# How often the list of shops is looked at for one that has fallen silent.
LOOK_FOR_SILENCE_S = 3600.0


class CollectorError(Exception):
    """The collector cannot start. The message is for whoever starts it."""


@dataclass(frozen=True, slots=True)
class Collector:
    """A collector that is ready to serve. `vkey` is what uploaders pin; `lock` is held while it is open."""

    logs: dict[str, ServedLedger]
    vkey: str
    lock: int

    def close(self) -> None:
        """Let another collector write into the folder."""
        os.close(self.lock)


def open_collector(settings: CollectorSettings, now: Callable[[], int]) -> Collector:
    """Lock the folder and check every stored head. `now` gives POSIX seconds.

    Raises `CollectorError`, `FolderInUseError` or `OSError` (a damaged folder too).
    """
    cosigner = Cosigner(settings.name, signing_key(settings.signing_key))
    settings.folder.mkdir(parents=True, exist_ok=True)
    held = lock(settings.folder)
    try:
        ledgers = [_ledger_of(settings.folder, log, cosigner, now) for log in settings.logs.values()]
        for ledger in ledgers:
            _log.info("ledger opened", origin=ledger.origin, size=ledger.size())
    except BaseException:
        os.close(held)
        raise
    clients = [log.client for log in settings.logs.values()]
    served = {
        ledger.origin: ServedLedger(ledger, frozenset({client}))
        for ledger, client in zip(ledgers, clients, strict=True)
    }
    return Collector(served, cosigner.vkey, held)


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The cosigning key in a PEM file. Raises `CollectorError`, `OSError`."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise CollectorError(say("programs.no_signing_key", path=path))
    return key


def server_tls(certificate: Path, key: Path, client_ca: Path) -> ssl.SSLContext:
    """TLS 1.3 that asks every client for a certificate. Raises `OSError` (`ssl.SSLError` too)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(client_ca)
    return context


async def serve(settings: CollectorSettings, stop: asyncio.Event, started: Callable[[int], None]) -> None:
    """Collect until `stop` is set; `started` is told the port. Raises what `open_collector` raises."""
    tls = server_tls(settings.certificate, settings.key, settings.client_ca)
    collector = open_collector(settings, lambda: int(time.time()))
    try:
        listener = httpd.listen_tcp(settings.host, settings.port)
        port = int(listener.getsockname()[1])
        _log.info("collecting", host=settings.host, port=port, count=len(collector.logs))
        silence = asyncio.create_task(_look_for_silence(collector))
        await httpd.serve(
            collector_app(collector.logs, _observe, _trouble),
            sockets=[listener],
            stop=stop,
            ssl=tls,
            max_body_bytes=MAX_REQUEST_BYTES,
            started=lambda: started(port),
        )
        silence.cancel()
    finally:
        collector.close()


async def _look_for_silence(collector: Collector) -> None:
    """One line an hour for each shop of which nothing was heard for too long."""
    while True:
        await asyncio.sleep(LOOK_FOR_SILENCE_S)
        now = datetime.now(UTC)
        for origin, served in collector.logs.items():
            contact = served.ledger.contact
            if contact.silent(now):
                _log.error("shop silent", origin=origin, since=str(contact.heard_at or ""))


def run(settings: CollectorSettings, started: Callable[[int], None] = lambda _: None) -> None:
    """Collect until SIGTERM or SIGINT."""
    asyncio.run(_until_signal(settings, started))


async def _until_signal(settings: CollectorSettings, started: Callable[[int], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def ready(port: int) -> None:
        notify("READY=1")
        started(port)

    await serve(settings, stop, ready)
    notify("STOPPING=1")


def _ledger_of(folder: Path, log: JournalSettings, cosigner: Cosigner, now: Callable[[], int]) -> Ledger:
    verifier = parse_vkey(log.vkey)
    parts = {part: DiskFolder(folder / part / verifier.name) for part in PARTS}
    for made in parts.values():
        made.make("")
    (folder / "epochs").chmod(_CLOSED)  # keys lie there
    folders = LedgerFolders(
        TileStore(parts["logs"]),
        TileStore(parts["cosigned"]),
        Evidence(parts["evidence"]),
        EpochStore(parts["epochs"], _first_key(log.first_key)),
        Contacts(place_of(folder, verifier.name)),
    )
    return Ledger(verifier.name, [verifier], folders, cosigner, now)


def _first_key(path: Path) -> bytes:
    """The first evolving key of a journal. Raises `CollectorError`, `OSError`."""
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise CollectorError(say("programs.no_first_key", path=path, length=KEY_BYTES))
    return key


def _observe(origin: str, answer: CollectorReply) -> None:
    if answer.status == 200:
        _log.debug("cosigned", origin=origin)
    elif answer.status == 422:
        _log.error(say("programs.history_refused"), origin=origin, status=422)
    else:
        said = answer.body[:200].decode("utf-8", "replace").strip()
        _log.warning("request not accepted", origin=origin, status=answer.status, reason=said)


def _trouble(origin: str, error: OSError) -> None:
    _log.error("nothing was stored", origin=origin, error=str(error))
