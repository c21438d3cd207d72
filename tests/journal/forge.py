"""A thief with today's keys: writes commits that every hash and signature confirms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.journal.checkpoint import checkpoint_text
from agent.journal.evolving import EvolvingKey
from agent.journal.lines import checkpoint_line
from agent.journal.note import Ed25519Signer, signature_line
from agent.journal.tree import Frontier, leaf_hash
from tests.journal.conftest import ORIGIN, SIGNER, MemoryKeys

FILE = "j0000000000-2026-03-28.jsonl"
BY = '"written_by":{"format":%d,"version":"0.1.0","config":"config","boot":"%s"},'


@dataclass
class Forger:
    """Signs what it is told to. `keys` are those of the epoch that it has stolen."""

    folder: Path
    keys: MemoryKeys = field(default_factory=MemoryKeys)
    signer: Ed25519Signer = SIGNER
    tree: Frontier = field(default_factory=Frontier)
    lines: list[bytes] = field(default_factory=list)

    def commit(self, *lines: bytes, epoch: int = 1, junk: bool = False, bare: bool = False) -> Forger:
        """Lines and their checkpoint, with a line of `epoch`; a `junk` line, or none if it is `bare`."""
        for line in lines:
            self.tree.append(leaf_hash(line))
        text = checkpoint_text(ORIGIN, self.tree.size, self.tree.root())
        signed = signature_line(ORIGIN, self.signer.key_id, self.signer.sign(text.encode()))
        own = "" if bare else self._line(epoch, text.encode(), junk=junk)
        self.lines += [*lines, checkpoint_line(f"{text}\n{signed}{own}")]
        return self

    def write(self) -> Path:
        """The journal's one file."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / FILE).write_bytes(b"".join(line + b"\n" for line in self.lines))
        return self.folder

    def entry(
        self, second: float, text: str = '"kind":"completed","payment_id":"A-1"', **said: object
    ) -> bytes:
        """An entry so many seconds after nine in the morning, by both clocks unless told otherwise."""
        boot_ms = said.get("boot_ms", int(second * 1000) + 1000)
        at = said.get("at", clock(second))
        index = int(str(said.get("index", self.tree.size)))
        by = BY % (said.get("format", 2), said["boot"]) if "boot" in said else ""
        return f'{{"index":{index},"at":"{at}","boot_ms":{boot_ms},{by}{text}}}'.encode()

    def step(self, epoch: int, second: float, **said: object) -> Forger:
        """The entry of a step, and the first commit of the new epoch."""
        size = said.pop("size", self.tree.size)
        text = f'"kind":"epoch_ended","epoch":{epoch},"size":{size}'
        return self.commit(self.entry(second, text, **said), epoch=epoch + 1)

    def _line(self, epoch: int, text: bytes, *, junk: bool) -> str:
        keys = MemoryKeys(self.keys.epoch, bytearray(self.keys.key))
        key = EvolvingKey(ORIGIN, keys)
        key.start(epoch - 1)
        line = key.line(text)
        return line[:-10] + "AAAAAAAA=\n" if junk else line


def clock(second: float) -> str:
    whole, ms = divmod(round(second * 1000), 1000)
    return f"2026-03-28T{9 + whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{ms:03}+01:00"


def commits(forger: Forger, seconds: Sequence[float], epoch: int = 1) -> Forger:
    """One entry at each of these seconds."""
    for second in seconds:
        forger.commit(forger.entry(second), epoch=epoch)
    return forger
