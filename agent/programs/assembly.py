"""From one settings file to an agent that is ready to serve, or a sentence that says why not."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from socket import socket

from agent import VERSION
from agent.alarms.conditions import OutsideFacts
from agent.alarms.look import Outlook
from agent.alarms.standing import AlarmChange, StandingAlarm
from agent.api.access import AccessList, TillAccess, access_list
from agent.api.sockets import listening_sockets
from agent.base.clock import Clock, SystemClock
from agent.base.hardening import harden
from agent.base.user import become_owner_of
from agent.journal.damage import JournalError
from agent.journal.disk import FolderDisk
from agent.journal.evolving import KEY_BYTES, EvolvingKey, KeyFile, enrol
from agent.journal.note import CosignatureVerifier, Ed25519Signer, NoteError, parse_vkey
from agent.journal.schema.entry import FORMAT_VERSION, Started
from agent.journal.writer import Journal
from agent.keys import store as keys
from agent.keys.acquirer import AcquirerWatch
from agent.keys.create import ENROLMENT_FOLDER, FIRST_KEY
from agent.oplog import log
from agent.payments import snapshot
from agent.payments.alarms import AlarmKeeper
from agent.payments.context import Context
from agent.payments.index import PaymentIndex
from agent.payments.people import People
from agent.payments.service import PaymentService
from agent.payments.store import PaymentStore
from agent.payments.unsolicited import UnsolicitedResults
from agent.programs import evidence
from agent.programs.payment_log import told_and_logged
from agent.rules import DayTotals
from agent.settings.digest import text as settings_text
from agent.settings.load import Settings, TerminalSettings, credentials_folder, live_refusal_reason, load
from agent.terminals.connection import TerminalConnection
from agent.terminals.options import DRIVERS, options_of, session_of, wire_of
from agent.upload.cosignatures import Cosignatures
from drivers.card.card import CardSealer, SecretBuffer
from drivers.card.seal import SealingKey
from drivers.driver import driver
from drivers.terminal import Event
from drivers.wires.link import Link

STATE_FILE = "state.sqlite"


@dataclass
class Agent:
    """Everything that runs. `error` is what broke it; after that nothing may be taken or told."""

    settings: Settings
    context: Context
    access: AccessList
    sockets: list[socket]
    store: PaymentStore
    log: log.Logger
    acquirer: AcquirerWatch
    error: BaseException | None = None
    service: PaymentService = field(init=False)
    alarms: AlarmKeeper = field(init=False)
    _snapshot_size: int = 0
    _fatal_listeners: list[Callable[[BaseException], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.service = PaymentService(self.context, self.fatal)
        self.context.on_entry = told_and_logged(self.context.on_entry, self.log)
        self.context.on_fatal = self.fatal
        self.context.complain_of_terminal = self.complain_of_terminal
        self.alarms = AlarmKeeper(self.context, self._look_at(_outlook(self.settings)), self.complain_of_look)
        self.context.alarms.listeners.append(partial(_log_alarm, self.log))

    def _look_at(self, outlook: Outlook) -> Callable[[], OutsideFacts]:
        """What is looked at again while the agent runs: the acquirer's key, then the disk."""

        def look() -> OutsideFacts:
            self.acquirer.look(self.context.clock.wall().date())
            return outlook.look()

        return look

    def complain_of_look(self, error: Exception) -> None:
        """The world could not be looked at. Payments do not depend on it."""
        self.log.error("look_failed", exception=log.exception_text(error))

    def complain_of_terminal(self, terminal: str, error: Exception) -> None:
        """The driver of one terminal failed. It goes on with a fresh line; the others never notice."""
        self.log.error("driver_failed", terminal=terminal, exception=log.exception_text(error))

    def complain(self, error: Exception) -> None:
        """A request failed by a fault of ours. What was written stands, so the agent goes on."""
        self.log.error("request_failed", exception=log.exception_text(error))

    def on_fatal(self, listener: Callable[[BaseException], None]) -> None:
        """Call `listener` once when the agent breaks."""
        self._fatal_listeners.append(listener)

    def fatal(self, error: BaseException) -> None:
        """An error after which journal and memory may disagree."""
        if self.error is None:
            self.error = error
            for listener in self._fatal_listeners:
                listener(error)

    def entries_since_snapshot(self) -> int:
        """How many entries a start would have to replay."""
        return self.context.journal.size - self._snapshot_size

    def keep_snapshot(self) -> None:
        """Keep what a start needs. A full disk only makes the next start slower."""
        if not self.context.journal.full and snapshot.keep(self.context, self.store):
            self._snapshot_size = self.context.journal.size

    def close(self) -> None:
        """Let go of the journal and the state, in good order."""
        self.context.journal.close()
        self.store.close()


def assemble(settings_file: str, boot_id: str, environ: MutableMapping[str, str]) -> Agent:
    """Read settings and keys, open the journal, resolve what a stop left open, open the API.

    Raises what the parts raise, each with a sentence for the person who starts it.
    """
    settings = load(Path(settings_file), DRIVERS)
    harden()
    log.configure(settings.log.level)
    logger = log.logger("agent")
    clock = SystemClock(boot_id)
    credentials = credentials_folder(settings, environ)
    signer = Ed25519Signer(settings.origin, keys.load_journal_key(credentials))
    token = keys.load_api_token(credentials / settings.api.token).encode() if settings.api.tcp else None
    become_owner_of(settings.agent.state)  # every secret is read; nothing is written yet
    sealing = SealingKey()
    acquirer = AcquirerWatch(settings.acquirer, settings.origin, sealing)
    acquirer.look(clock.wall().date())
    store = PaymentStore(str(_made(settings.agent.state) / STATE_FILE))
    context = Context(
        settings,
        clock,
        settings.rules,
        PaymentIndex(store),
        DayTotals(settings.rules.business_day_starts),
        People(settings.people),
        sealing,
        startup_error=live_refusal_reason(settings),
    )
    context.journal = _open_journal(settings, context, store, clock, signer)
    context.cosigned = partial(_cosigned, settings)
    recovered = context.recover_open()
    own = parse_vkey(signer.vkey)
    context.begin(
        *evidence.doubts(settings, context.journal, own, _collector(settings), context.alarms),
        Started(
            format=FORMAT_VERSION,
            terminals=sorted(settings.terminals),
            acquirer_key=sealing.key_id,
            training=settings.agent.training,
            recovered=recovered,
            code=evidence.installed_digest(),
        ),
    )
    evidence.keep_papers(settings.agent.journal, signer.vkey, settings.digest, settings_text(settings))
    if not context.startup_error:
        context.terminals = _terminals(settings, context)
    logger.info(
        "started",
        version=VERSION,
        config=settings.digest,
        size=context.journal.size,
        text=context.startup_error or sealing.trouble,
    )
    sockets = listening_sockets(
        settings.agent.socket, settings.api.groups, tcp=settings.api.tcp, environ=environ, pid=os.getpid()
    )
    access = access_list(settings.api.users, settings.api.groups, token, _tills(settings, credentials))
    return Agent(settings, context, access, sockets, store, logger, acquirer)


def _open_journal(
    settings: Settings, context: Context, store: PaymentStore, clock: Clock, signer: Ed25519Signer
) -> Journal:
    try:
        return _begin_journal(settings, context, store, clock, signer)
    except OSError as error:
        raise JournalError(
            "programs.journal_unusable",
            journal=settings.agent.journal,
            state=settings.agent.state,
            reason=error.strerror,
        ) from error


def _begin_journal(
    settings: Settings, context: Context, store: PaymentStore, clock: Clock, signer: Ed25519Signer
) -> Journal:
    origin = settings.origin
    evolving = EvolvingKey(origin, _evolving_key(settings))
    disk = FolderDisk(settings.agent.journal)
    begin = partial(
        Journal.open, disk, origin, signer, evolving, clock, VERSION, settings.digest, apply=context.apply
    )
    return snapshot.opened(context, store, lambda start: begin(start=start))


def _evolving_key(settings: Settings) -> KeyFile:
    """Where the evolving key lies. Training is no evidence: it makes its first key by itself."""
    path = settings.agent.state / keys.EVOLVING_KEY
    if settings.agent.training and not path.exists():
        enrol(KeyFile(path), bytearray(secrets.token_bytes(KEY_BYTES)))
    return KeyFile(path)


def _cosigned(settings: Settings) -> int | None:
    """The tree size that headquarters has confirmed, as the uploader's cosignature proves."""
    collector = _collector(settings)
    if collector is None:
        return None
    try:
        cosignature = Cosignatures(settings.agent.cosignatures).cosigned(settings.origin, collector)
    except (OSError, ValueError):
        return None
    return cosignature.size if cosignature else None


def _collector(settings: Settings) -> CosignatureVerifier | None:
    """Headquarters' key; None if the journal goes nowhere, or the key is none."""
    vkey = settings.upload.collector_vkey
    try:
        collector = parse_vkey(vkey) if vkey else None
    except NoteError:
        return None
    return collector if isinstance(collector, CosignatureVerifier) else None


def _outlook(settings: Settings) -> Outlook:
    return Outlook(
        origin=settings.origin,
        journal=settings.agent.journal,
        cosignatures=settings.agent.cosignatures,
        verified=settings.agent.verified,
        certificate=settings.upload.certificate,
        enrolment=settings.agent.credentials / ENROLMENT_FOLDER / FIRST_KEY,
        collector=_collector(settings),
    )


def _log_alarm(logger: log.Logger, change: AlarmChange, alarm: StandingAlarm) -> None:
    """One line for each alarm that is raised, acknowledged or cleared."""
    grave = change == "raised" and alarm.severity != "info"
    tell = logger.warning if grave else logger.info
    tell(
        f"alarm_{change}",
        alarm=alarm.alarm,
        subject=alarm.subject,
        severity=alarm.severity,
        person=alarm.acknowledged_by,
    )


def _terminals(settings: Settings, context: Context) -> dict[str, TerminalConnection]:
    card_sealer = CardSealer(context.sealing, context.card_keys.ordinals)
    currency = settings.rules.currency.number
    return {
        name: TerminalConnection(
            name,
            partial(_link, terminal, currency, card_sealer, context.clock),
            UnsolicitedResults(context),
            driver(terminal.protocol).resolver(options_of(terminal, currency)),
            training=settings.agent.training,
        )
        for name, terminal in settings.terminals.items()
    }


def _link(
    terminal: TerminalSettings,
    currency: int,
    card_sealer: CardSealer,
    clock: Clock,
    unsolicited: Callable[[Event], None],
) -> Link:
    buffer = SecretBuffer(driver(terminal.protocol).buffer_bytes)
    fresh = partial(session_of, terminal, currency, buffer, card_sealer)
    return Link(wire_of(terminal), fresh(), buffer, clock.monotonic, unsolicited, fresh)


def _tills(settings: Settings, credentials: Path) -> dict[str, TillAccess]:
    """What shows that a till is this one; a token only where the port is open."""

    def token(name: str | None) -> bytes | None:
        return keys.load_api_token(credentials / name).encode() if name and settings.api.tcp else None

    return {name: TillAccess(till.users, token(till.token)) for name, till in settings.tills.items()}


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    return folder
