"""Budget: `log verify` against checkpoints, beside the hashing that nobody can leave out."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from agent.journal.note import parse_vkey
from agent.journal.verify import verify
from tests.bench.bench_journal import BATCH, SIGNER, VERIFIED, filled
from tests.bench.budget import Line, alternating

ROUNDS = 3
BUDGET = 200_000.0
# A single payment makes seven entries in five commits; a shop at its busiest groups more.
PER_COMMIT = (2, BATCH)


def lines(place: Path) -> list[Line]:
    """Entries a second, for small commits and for large ones."""
    return [_line(place / str(batch), batch) for batch in PER_COMMIT]


def _line(place: Path, batch: int) -> Line:
    place.mkdir()
    filled(place, VERIFIED, batch).close()
    folder = place / "journal"
    verifier = parse_vkey(SIGNER.vkey)
    floor_us, figure_us = alternating(
        lambda: _hashed(folder), lambda: verify(folder, verifier, every=False), ROUNDS
    )
    floor, figure = (VERIFIED / took * 1e6 for took in (floor_us, figure_us))
    what = f"log verify, {batch} a commit"
    return Line(what, "/s", floor, figure, BUDGET, "figure", at_least=True)


def _hashed(folder: Path) -> None:
    """Every leaf and, as in any tree, as many nodes."""
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_bytes().split(b"\n"):
            if line.startswith(b"{"):
                leaf = sha256(b"\x00" + line).digest()
                sha256(b"\x01" + leaf + leaf).digest()
