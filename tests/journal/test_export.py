"""C2SP exports, read back by a reader written here from the specification alone."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import pytest

from agent.journal.checkpoint import open_checkpoint
from agent.journal.disk import FolderDisk
from agent.journal.proofs.export import NotExported, export
from agent.journal.proofs.tiles import bundle_path, tile_path, tiles_of
from agent.journal.tree import check_consistency, leaf_hash
from tests.journal.conftest import ORIGIN, VERIFIER, World, body
from tests.support.inclusion import check_inclusion


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    place = tmp_path / "journal"
    world = World(FolderDisk(place))
    made = world.open()
    for _ in range(60):
        made.commit(*map(body, range(made.size, made.size + 10)))
        world.clock.pass_time(5)
    made.close()
    return place


def entries(folder: Path) -> list[bytes]:
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_bytes().splitlines()]
    return [line for line in lines if line.startswith(b"{")]


def hashes(text: str) -> list[bytes]:
    return [b64decode(line) for line in text.splitlines()]


def test_names_are_those_of_the_specification() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path(2, 5, 17) == "tile/2/005.p/17"
    assert bundle_path(0, 1) == "tile/entries/000.p/1"
    assert list(tiles_of(600, 0)) == [(0, 256), (1, 256), (2, 88)]
    assert list(tiles_of(600, 1)) == [(0, 2)]
    assert list(tiles_of(600, 2)) == []
    assert list(tiles_of(512, 0)) == [(0, 256), (1, 256)]


def test_tiles_and_bundles_hold_the_entries_and_their_hashes(journal: Path, tmp_path: Path) -> None:
    export(journal, VERIFIER, tmp_path)
    wanted = entries(journal)
    row = b"".join((tmp_path / tile_path(0, index, width)).read_bytes() for index, width in tiles_of(600, 0))
    assert row == b"".join(map(leaf_hash, wanted))
    bundles = b"".join((tmp_path / bundle_path(i, width)).read_bytes() for i, width in tiles_of(600, 0))
    assert bundles == b"".join(len(line).to_bytes(2, "big") + line for line in wanted)
    assert len((tmp_path / tile_path(1, 0, 2)).read_bytes()) == 64


def test_whole_bundles_leave_no_empty_one_behind_them(tmp_path: Path) -> None:
    made = World(FolderDisk(tmp_path / "journal")).open()
    made.commit(*map(body, range(256)))
    made.close()
    export(tmp_path / "journal", VERIFIER, tmp_path / "tiles")
    bundles = sorted(path.name for path in (tmp_path / "tiles" / "tile" / "entries").rglob("*"))
    assert bundles == ["000"]


def test_an_inclusion_proof_is_a_tlog_proof(journal: Path, tmp_path: Path) -> None:
    export(journal, VERIFIER, tmp_path, entries=[421])
    head, _, note = (tmp_path / "entry-421.tlog-proof").read_text("utf-8").partition("\n\n")
    header, index, proof = head.split("\n", 2)
    assert (header, index) == ("c2sp.org/tlog-proof@v1", "index 421")
    checkpoint, _ = open_checkpoint(note.encode(), ORIGIN, [VERIFIER])
    leaf = leaf_hash(entries(journal)[421])
    check_inclusion(leaf, 421, checkpoint.size, hashes(proof), checkpoint.root)


def test_a_consistency_proof_is_an_add_checkpoint_body(journal: Path, tmp_path: Path) -> None:
    export(journal, VERIFIER, tmp_path, since=[70])
    head, _, note = (tmp_path / "consistency-70").read_text("utf-8").partition("\n\n")
    old, proof = head.split("\n", 1)
    assert old == "old 70"
    new, _ = open_checkpoint(note.encode(), ORIGIN, [VERIFIER])
    before, _ = open_checkpoint((tmp_path / "checkpoint-70").read_bytes(), ORIGIN, [VERIFIER])
    check_consistency(70, before.root, new.size, new.root, hashes(proof))


def test_what_is_not_there_is_not_exported(journal: Path, tmp_path: Path) -> None:
    with pytest.raises(NotExported, match=r"journal\.export_no_entry index=600"):
        export(journal, VERIFIER, tmp_path / "a", entries=[600])
    with pytest.raises(NotExported, match=r"journal\.export_no_checkpoint size=71"):
        export(journal, VERIFIER, tmp_path / "b", since=[71])
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotExported, match=r"journal\.export_empty"):
        export(tmp_path / "empty", VERIFIER, tmp_path / "c")
