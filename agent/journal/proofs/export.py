"""The journal in the formats of C2SP, for verifiers that we did not write.

`checkpoint` (tlog-checkpoint), `tile/` (tlog-tiles v0.1.0), inclusion proofs
(tlog-proof v1), and consistency proofs in the form of a witness's `add-checkpoint`
request (tlog-witness v1.0.0): `old <size>`, hashes, an empty line, the checkpoint.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.journal.damage import JournalError
from agent.journal.disk import FolderReader
from agent.journal.note import Verifier
from agent.journal.proofs.tiles import (
    MAX_TILE_LEVEL,
    TILE_WIDTH,
    bundle_path,
    encode_bundle,
    tile_path,
    tiles_of,
)
from agent.journal.tree import Tree, consistency_proof, inclusion_proof, leaf_hash
from agent.journal.walk import Walk

_TILE_HEIGHT = 8
_PROOF_HEADER = "c2sp.org/tlog-proof@v1\n"


class NotExported(JournalError):
    """The requested entry or size is not in the journal."""


@dataclass
class Export:
    """A checked journal, ready to be written in other formats. It holds 64 bytes an entry.

    `checkpoint` is the last one; `notes` are those of the sizes asked for.
    """

    tree: Tree = field(default_factory=Tree)
    checkpoint: bytes = b""
    notes: dict[int, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self.tree.size


def export(
    folder: Path, verifier: Verifier, target: Path, entries: Iterable[int] = (), since: Iterable[int] = ()
) -> Export:
    """Write tiles, the checkpoint, and the proofs asked for into `target`.

    `since` are older tree sizes, each the size of one of our checkpoints. Raises
    `DamagedJournal`, `NotExported` and `OSError`.
    """
    made = Export()
    sizes = set(since)
    _write_bundles(folder, verifier, target, made, sizes)
    _write_tiles(target, made.tree)
    (target / "checkpoint").write_bytes(made.checkpoint)
    for index in entries:
        _write(target / f"entry-{index}.tlog-proof", inclusion_file(made, index))
    for size in sorted(sizes):
        _write(target / f"consistency-{size}", consistency_file(made, size))
        (target / f"checkpoint-{size}").write_bytes(made.notes[size])
    return made


def inclusion_file(made: Export, index: int) -> bytes:
    """A tlog-proof: one entry is in the journal. Raises `NotExported`."""
    if not 0 <= index < made.size:
        raise NotExported("journal.export_no_entry", index=index, size=made.size)
    hashes = inclusion_proof(index, made.size, made.tree.node)
    return f"{_PROOF_HEADER}index {index}\n{_hash_lines(hashes)}\n".encode() + made.checkpoint


def consistency_file(made: Export, old_size: int) -> bytes:
    """An add-checkpoint body: the journal goes on from an older one. Raises `NotExported`."""
    if old_size not in made.notes:
        raise NotExported("journal.export_no_checkpoint", size=old_size)
    hashes = consistency_proof(old_size, made.size, made.tree.node)
    return f"old {old_size}\n{_hash_lines(hashes)}\n".encode() + made.checkpoint


def _write_bundles(folder: Path, verifier: Verifier, target: Path, made: Export, sizes: set[int]) -> None:
    """Entry bundles in one pass; the tree and the wanted checkpoints are gathered on the way."""
    walk = Walk(FolderReader(folder), verifier.name, [verifier], signatures=0)
    waiting: list[bytes] = []
    for commit in walk.commits():
        for line in commit.lines:
            made.tree.append(leaf_hash(line))
            waiting.append(line)
            if len(waiting) == TILE_WIDTH:
                _write(target / bundle_path(made.size // TILE_WIDTH - 1), encode_bundle(waiting))
                waiting.clear()
        if commit.size in sizes:
            made.notes[commit.size] = commit.note()
    if walk.last is None:
        raise NotExported("journal.export_empty")
    made.checkpoint = walk.last.note()
    if waiting:
        _write(target / bundle_path(made.size // TILE_WIDTH, len(waiting)), encode_bundle(waiting))


def _write_tiles(target: Path, tree: Tree) -> None:
    for level in range(MAX_TILE_LEVEL + 1):
        for index, width in tiles_of(tree.size, level):
            start = index * TILE_WIDTH
            row = tree.row(level * _TILE_HEIGHT, start, start + width)
            _write(target / tile_path(level, index, width), row)


def _hash_lines(hashes: Sequence[bytes]) -> str:
    return "".join(b64encode(value).decode("ascii") + "\n" for value in hashes)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
