"""The way to headquarters: the real uploader and collector, a network that drops, a disk that forgets.

The uploader reads the same disk that the agent writes, at any time between two
steps of the agent. What the collector has once cosigned must never be missing here.
"""

from __future__ import annotations

import errno
import random
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.collector.contacts import Contacts
from agent.collector.epochs import EpochStore
from agent.collector.evidence import Evidence
from agent.collector.ledger import Ledger, LedgerFolders
from agent.collector.storage.store import TileStore
from agent.journal.damage import DamagedJournal
from agent.journal.disk import FolderReader
from agent.journal.note import CosignatureVerifier, Cosigner, parse_vkey
from agent.journal.reader import JournalReader
from agent.journal.transfer import parse_lines
from agent.upload.backoff import Backoff
from agent.upload.client import CollectorUnreachableError
from agent.upload.cosignatures import Alarm, Cosignature, Cosignatures
from agent.upload.loop import UploadDeps, UploadLoop
from agent.upload.source import BLOCK_BYTES, JournalSource
from agent.upload.uploader import Uploader
from tests.journal.conftest import K0, ORIGIN, VERIFIER
from tests.simulation.outside import Outside
from tests.simulation.plan import Fault

POLL_S = 60.0
# systemd starts an uploader again whose disk failed.
RESTART_S = 5.0
NOW_S = 1_790_000_000
# A request to the collector makes about so many calls to its disk.
COLLECTOR_CALLS = 24
COLLECTOR = Cosigner("collector.example", Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32))


def collector_key() -> CosignatureVerifier:
    """What the uploader has pinned."""
    verifier = parse_vkey(COLLECTOR.vkey)
    assert isinstance(verifier, CosignatureVerifier)
    return verifier


class ForgetfulFolder:
    """The collector's `Folder`: contents are durable at once, names when their folder is synced."""

    def __init__(self, dice: random.Random) -> None:
        self.files: dict[str, bytes] = {}
        self.fails_in: int | None = None
        self._safe: dict[str, bytes] = {}
        self._open: dict[str, None] = {}  # names that a power cut may still take back, in order
        self._dice = dice

    def read(self, name: str) -> bytes | None:
        return self.files.get(name)

    def write(self, name: str, data: bytes) -> None:
        self._call()
        self.files[name] = data
        self._open[name] = None

    def append(self, name: str, data: bytes) -> None:
        self._call()
        self.files[name] = self.files.get(name, b"") + data
        self._open[name] = None

    def rename(self, name: str, new_name: str) -> None:
        self._call()
        self.files[new_name] = self.files.pop(name)
        self._open |= {name: None, new_name: None}

    def sync(self, folder: str) -> None:
        self._call()
        for name in [name for name in self._open if name.rpartition("/")[0] == folder]:
            self._make_durable(name)

    def make(self, folder: str) -> None:
        """Folders need no making here."""

    def remove(self, folder: str) -> None:
        self._call()
        for name in [name for name in self.files if name.startswith(folder + "/")]:
            del self.files[name]
            self._open[name] = None

    def power_cut(self) -> None:
        """Each name that was not synced is as before or as after."""
        self.fails_in = None
        for name in list(self._open):
            if self._dice.random() < 0.5:
                self._make_durable(name)
        self.files, self._open = dict(self._safe), {}

    def _make_durable(self, name: str) -> None:
        self._open.pop(name)
        if name in self.files:
            self._safe[name] = self.files[name]
        else:
            self._safe.pop(name, None)

    def _call(self) -> None:
        if self.fails_in is not None:
            self.fails_in -= 1
            if self.fails_in <= 0:
                raise OSError(errno.EIO, "the collector's power fails")


class OtherEyes(FolderReader):
    """The journal's folder as another process sees it."""

    def __init__(self, outside: Outside) -> None:
        super().__init__(Path("nowhere"))
        self._disk = outside.disk

    def list(self) -> dict[str, int]:
        return self._disk.list()

    def read(self, name: str, offset: int, count: int) -> bytes:
        return self._disk.read_by_other(name, offset, count)


class WorldReader(JournalReader):
    """The uploader's eyes on the simulated disk."""

    def __init__(self, outside: Outside) -> None:
        super().__init__(Path("nowhere"), BLOCK_BYTES)
        self._disk = outside.disk
        self._folder = OtherEyes(outside)
        self._held: tuple[str, int] | None = None

    def sync_read(self) -> None:
        if self._held is not None:
            self._disk.sync_by_reader(*self._held)

    def _hold(self, name: str) -> None:
        if self._held is None or self._held[0] != name:
            self._disk.forget_clean_pages(name)
            self._held = name, self._disk.failures(name)


class KeptCosignatures(Cosignatures):
    """The cosignatures folder: written whole and durably, so that it is a value here."""

    def __init__(self) -> None:
        super().__init__(Path("nowhere"))
        self.kept: list[Cosignature] = []
        self.raised: list[Alarm] = []
        self.standing: list[Alarm] = []

    def cosigned(self, origin: str, collector: CosignatureVerifier) -> Cosignature | None:  # noqa: ARG002 - the shape of the one it stands for
        return self.kept[-1] if self.kept else None

    def keep(self, cosignature: Cosignature) -> None:
        self.kept.append(cosignature)

    def alarms(self) -> list[Alarm]:
        return list(self.standing)

    def raise_alarm(self, alarm: Alarm) -> None:
        self.raised.append(alarm)
        self.standing = [alarm]

    def clear_alarms(self) -> None:
        self.standing = []


class Headquarters:
    """The collector and the way to it: `agent.upload.loop.Post`."""

    def __init__(self, outside: Outside, dice: random.Random) -> None:
        self._outside = outside
        self.folders = [ForgetfulFolder(dice) for _ in range(4)]
        tiles, heads, evidence, kept = self.folders
        epochs = EpochStore(kept, K0)
        places = LedgerFolders(TileStore(tiles), TileStore(heads), Evidence(evidence), epochs, Contacts(None))
        self.ledger = Ledger(ORIGIN, [VERIFIER], places, COLLECTOR, lambda: NOW_S + int(outside.now))
        self._down_until = 0.0
        self._dice = dice

    def post(self, body: bytes) -> tuple[int, bytes]:
        fault = self._outside.armed("network")
        if self._outside.now < self._down_until:
            raise CollectorUnreachableError("no route")
        if fault is None:
            return self._serve(body)
        self._down_until = self._outside.now + fault.seconds
        return self._trouble(fault, body)

    def _serve(self, body: bytes) -> tuple[int, bytes]:
        answer = self.ledger.add_lines(parse_lines(body))
        self._outside.tell("collector", answer.status)
        return answer.status, answer.body

    def _trouble(self, fault: Fault, body: bytes) -> tuple[int, bytes]:
        """0: the request is lost, 1: the answer, 2: it comes twice, 3: the collector's power fails."""
        if fault.size == 1:
            self._serve(body)
        elif fault.size == 2:
            self._serve(body)
            return self._serve(body)
        elif fault.size == 3:
            self._fall(body)
        raise CollectorUnreachableError("no answer came")

    def _fall(self, body: bytes) -> None:
        self.folders[0].fails_in = self._dice.randint(1, COLLECTOR_CALLS)
        try:
            self._serve(body)
        except OSError:
            self._outside.tell("collector fell")
        for folder in self.folders:
            folder.power_cut()


class Upload:
    """The uploader's process on the shop's computer."""

    def __init__(self, outside: Outside, seed: int) -> None:
        self._outside = outside
        self._dice = random.Random(seed)  # noqa: S311 - not for secrets
        self.cosignatures = KeptCosignatures()
        self.headquarters = Headquarters(outside, self._dice)
        self.due = 0.0
        self.begin()

    def begin(self) -> None:
        """A new process: what the last one believed is forgotten, its cosignatures are not."""
        source = JournalSource(WorldReader(self._outside), WorldReader(self._outside))
        key = collector_key()
        uploader = Uploader(ORIGIN, key, self.cosignatures.cosigned(ORIGIN, key))
        backoff, now = Backoff(self._dice.random), lambda: NOW_S + int(self._outside.now)
        deps = UploadDeps(source, uploader, self.headquarters, self.cosignatures, backoff, now, _quiet)
        self._upload_loop = UploadLoop(deps, POLL_S)

    def step(self) -> None:
        """One step of the uploader; what it raises ends its process."""
        try:
            wait_s = self._upload_loop.run_once()
        except (OSError, DamagedJournal) as error:
            self._outside.tell("uploader", type(error).__name__)
            self.begin()
            wait_s = RESTART_S
        self.due = self._outside.now + max(wait_s, 0.01)


def _quiet(level: str, event: str, **fields: Any) -> None:
    """Nobody reads the uploader's log here."""
