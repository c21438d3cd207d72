"""A recorded disk with a real ext4 on it, and the picture of a power cut, mounted again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from agent.journal.damage import JournalError
from agent.journal.evolving import KeyFile, enrol
from agent.journal.schema.entry import Entry
from agent.journal.verify import CosignedHead, CosignedHeads, verify
from tests.journal.conftest import K0, VERIFIER, StillClock, body
from tests.system.powercut.recorder import Cut, Order, finished
from tests.system.powercut.writer import journal_on

ROOT = Path(__file__).parents[3]
# ext4 keeps 4 MB of it for its own journal; a life writes some 10.
DISK_MIB: Final = 48
PATIENCE_S: Final = 30.0
LOOK_AGAIN_S: Final = 0.002


class BedError(Exception):
    """The bed does not work here. The text says what is missing."""


def run(*command: str) -> str:
    """A tool that must succeed; what it printed. Raises `BedError`."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BedError(f"{command[0]} is not installed") from None
    if done.returncode:
        raise BedError(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def until(true: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > give_up:
            raise BedError(f"waited in vain for {what}")
        time.sleep(LOOK_AGAIN_S)


@contextmanager
def mounted(device: Path, place: Path, *options: str) -> Iterator[Path]:
    """A file or device with an ext4, mounted; gone when left."""
    place.mkdir(exist_ok=True)
    run("mount", "-t", "ext4", *options, str(device), str(place))
    try:
        yield place
    finally:
        run("umount", str(place))


@dataclass
class Life:
    """One disk from its making on, with a writer on it."""

    folder: Path
    seed: str
    never_sync: bool = False
    image: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.image = self.folder / "image"
        self.acks.touch()
        (self.folder / "fuse").mkdir()

    @property
    def acks(self) -> Path:
        """What the writer has told, on a disk that is never cut."""
        return self.folder / "acks"

    @contextmanager
    def lived(self) -> Iterator[None]:
        """The disk is made and the writer writes on it; both are gone when left."""
        with ExitStack() as stack:
            stack.enter_context(self._process("recorder", "fuse", str(DISK_MIB), "acks", self.seed))
            stack.callback(run, "umount", "--lazy", str(self.folder / "fuse"))
            disk = self.folder / "fuse" / "disk"
            until(disk.exists, "the recorder; is there a /dev/fuse?")
            device = Path(run("losetup", "--find", "--show", str(disk)))
            stack.callback(run, "losetup", "--detach", str(device))
            run("mkfs.ext4", "-q", str(device))
            place = stack.enter_context(mounted(device, self.folder / "disk"))
            enrol(KeyFile(place / "evolving.key"), bytearray(K0))
            control = ["--never-sync"] * self.never_sync
            stack.enter_context(self._process("writer", "disk", "acks", self.seed, *control))
            yield

    def cut(self, writes: int, *, torn: bool) -> Cut:
        """Cut the power after so many more writes; the picture is in `image`."""
        finished(self.image).unlink(missing_ok=True)
        order = Order(str(self.image), writes, torn)
        (self.folder / "fuse" / "cut").write_bytes(msgspec.json.encode(order))
        until(finished(self.image).exists, "the cut; does the writer write?")
        return msgspec.json.decode(finished(self.image).read_bytes(), type=Cut)

    def until_told(self, entries: int) -> None:
        """Wait until so many entries have been acknowledged."""
        until(lambda: self._told_size() >= entries, f"{entries} entries")

    def _told_size(self) -> int:
        lines = self.acks.read_bytes().splitlines()
        return int(lines[-1].split()[0]) if lines else 0

    def told(self, cut: Cut) -> list[CosignedHead]:
        """What had been acknowledged before a cut."""
        lines = self.acks.read_bytes()[: cut.acked_bytes].splitlines()
        pairs = [line.split() for line in lines]
        return [CosignedHead(int(size), b64decode(root)) for size, root in pairs]

    def entries_after_restart(self) -> int:
        """How many entries a new agent finds when it starts on the picture; none if it cannot start."""
        with mounted(self.image, self.folder / "after", "-o", "loop") as place:
            try:
                return self._start(place, [])
            except JournalError:
                return 0

    def check(self, cut: Cut) -> int:
        """Start on the picture, twice, and hold it against what was told. How many entries there are.

        Raises `AssertionError`, and what the journal raises.
        """
        told = self.told(cut)
        with mounted(self.image, self.folder / "after", "-o", "loop") as place:
            found = self._start(place, told)
            again = self._start(place, told)
        assert again > found, "a restarted agent writes on"
        return found

    def _start(self, place: Path, told: list[CosignedHead]) -> int:
        entries: list[Entry] = []
        journal = journal_on(place, StillClock(), entries, never_sync=self.never_sync)
        found = journal.size
        assert [entry.index for entry in entries[:found]] == list(range(found))
        if told:
            assert found >= told[-1].size, f"{told[-1].size - found} acknowledged entries are lost"
        journal.commit(body())
        journal.close()
        k0 = None if self.never_sync else K0
        report = verify(
            place / "journal", VERIFIER, every=True, k0=k0, cosignatures=CosignedHeads(told) if told else None
        )
        assert report.result == "ok", report.finding
        return found

    @contextmanager
    def _process(self, module: str, *arguments: str) -> Iterator[None]:
        command = [sys.executable, "-m", f"tests.system.powercut.{module}"]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        with (self.folder / f"{module}.log").open("w") as output:
            process = subprocess.Popen(
                [*command, *arguments],
                cwd=self.folder,
                env=environ,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield
        finally:
            process.kill()
            process.wait()
