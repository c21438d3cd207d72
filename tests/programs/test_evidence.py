"""What a start sees: the key, headquarters' signature and the verifier are witnesses beside the journal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.alarms.registry import CONTRADICTIONS
from agent.alarms.standing import StandingAlarms
from agent.journal.disk import FolderDisk
from agent.journal.note import CosignatureVerifier, Cosigner, parse_vkey
from agent.journal.verified import VKEY_FILE, Verified, keep_verified
from agent.journal.verify import COSIGNED
from agent.journal.writer import Journal
from agent.programs.evidence import doubts, installed_digest, keep_papers
from agent.settings.digest import digest, text
from agent.settings.load import Settings, parse
from agent.terminals.options import DRIVERS
from tests.journal.conftest import FIRST_FILE, ORIGIN, OTHER, VERIFIER, MemoryKeys, World, body

COSIGNER = Cosigner("collector.example", Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32))
SETTINGS = f"""\
[agent]
name = "{ORIGIN}"
training = true

[acquirer]
vkey = "acquirer.example+0123abcd+AQID"

[terminals.front]
protocol = "zvt"
wire = "tcp"

[terminals.front.line]
host = "192.0.2.1"

[rules]
currency = "EUR"
soft = "500.00"
hard = "2000.00"

[people.anna]
role = "supervisor"
pin = "PIN"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    plain = parse(SETTINGS.split("[people", maxsplit=1)[0], Path("tillgate.toml"), DRIVERS)
    places: dict[str, Any] = {name: tmp_path / name for name in ("journal", "cosignatures", "verified")}
    for place in ("cosignatures", "verified"):
        (tmp_path / place).mkdir()
    return replace(plain, agent=replace(plain.agent, **places))


@pytest.fixture
def world(settings: Settings) -> World:
    """A shop that took payments for an hour; headquarters and the verifier have seen all but the last."""
    made = World(FolderDisk(settings.agent.journal))
    journal = made.open()
    for number in range(6):
        journal.commit(body(number))
        made.clock.pass_time(660)
        if number == 4:
            cosign(settings, journal)
            keep_verified(settings.agent.verified, seen(settings, journal))
    journal.close()
    return made


def cosign(settings: Settings, journal: Journal) -> None:
    note = journal.checkpoint
    line = COSIGNER.cosign(note.split("\n\n")[0] + "\n", 1_700_000_000).line()
    (settings.agent.cosignatures / COSIGNED).write_text(note + line)


def seen(settings: Settings, journal: Journal) -> Verified:
    root, at = journal.root.hex(), datetime(2026, 3, 28, tzinfo=UTC)
    return Verified(origin=settings.origin, at=at, entries=journal.size, root=root)


def raised(settings: Settings, world: World, **signer: Any) -> set[str]:
    journal = world.open(**signer)
    own = parse_vkey(signer["signer"].vkey) if signer else VERIFIER
    collector = parse_vkey(COSIGNER.vkey)
    assert isinstance(collector, CosignatureVerifier)
    found = doubts(settings, journal, own, collector, StandingAlarms())
    journal.close()
    return {entry.alarm for entry in found}


def shorten(folder: Path, commits: int) -> None:
    """Keep so many commits of the only file."""
    path = folder / FIRST_FILE
    lines, kept = path.read_bytes().splitlines(keepends=True), []
    for line in lines:
        kept.append(line)
        commits -= line.startswith(b'"')
        if not commits:
            break
    path.write_bytes(b"".join(kept))


def wipe(folder: Path) -> None:
    (folder / FIRST_FILE).unlink()


def cosignature_gone(settings: Settings) -> None:
    (settings.agent.cosignatures / COSIGNED).unlink()


def key_is(world: World, keys: MemoryKeys) -> None:
    world.keys = keys


Step = Callable[[Settings, World], None]
ATTACKS: dict[str, tuple[list[Step], set[str]]] = {
    "nothing": ([], set()),
    "the tail in the uploaded part is cut": (
        [lambda s, _w: shorten(s.agent.journal, 2)],
        {"rollback", "verified_more", "tail_missing"},
    ),
    "the tail that is not uploaded is cut": ([lambda s, _w: shorten(s.agent.journal, 5)], {"tail_missing"}),
    "all files are gone": (
        [lambda s, _w: wipe(s.agent.journal)],
        {"rollback", "verified_more", "tail_missing"},
    ),
    "all files and the cosignature are gone": (
        [lambda s, _w: wipe(s.agent.journal), lambda s, _w: cosignature_gone(s)],
        {"verified_more", "tail_missing"},
    ),
    "the key is made anew": (
        [lambda _s, w: key_is(w, MemoryKeys(key=bytearray(32)))],
        {"evolving_key_old"},
    ),
    "journal and key of yesterday are put back": (
        [lambda s, _w: shorten(s.agent.journal, 2), lambda _s, w: key_is(w, MemoryKeys())],
        {"rollback", "verified_more", "evolving_key_old"},
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_start_raises_what_its_witnesses_contradict(settings: Settings, world: World, name: str) -> None:
    steps, expected = ATTACKS[name]
    for step in steps:
        step(settings, world)
    assert raised(settings, world) == expected
    assert expected <= CONTRADICTIONS


def test_another_key_than_headquarters_signed_for(settings: Settings, world: World) -> None:
    wipe(settings.agent.journal)
    world.keys = MemoryKeys()
    assert "journal_key_exchanged" in raised(settings, world, signer=OTHER)


def test_another_past_of_the_same_length_is_a_fork(settings: Settings, world: World) -> None:
    journal = world.open()
    journal.commit(body(9))
    cosign(settings, journal)
    size = journal.size
    journal.close()
    wipe(settings.agent.journal)
    world.keys = MemoryKeys()
    journal = world.open()
    journal.commit(*map(body, range(size)))
    journal.close()
    assert "fork" in raised(settings, world)


def test_papers_lie_beside_the_journal_and_hold_no_secret(settings: Settings, world: World) -> None:
    folder = settings.agent.journal
    keep_papers(folder, VERIFIER.name, digest(settings), text(settings))
    kept = (folder / f"settings-{digest(settings)}.json").read_text()
    assert '"hard"' in kept
    assert (folder / VKEY_FILE).stat().st_mode & 0o777 == 0o640
    assert raised(settings, world) == set()  # a journal does not mind them


def test_the_digest_of_the_program_follows_each_byte_and_each_name(tmp_path: Path) -> None:
    for part in ("agent", "drivers"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "a.py").write_text("pass\n")
    first = installed_digest(tmp_path)
    (tmp_path / "agent" / "a.py").write_text("pass \n")
    second = installed_digest(tmp_path)
    (tmp_path / "agent" / "a.py").rename(tmp_path / "agent" / "b.py")
    assert len({first, second, installed_digest(tmp_path), installed_digest()}) == 4


def test_a_start_goes_on_with_any_damage_of_the_cosignature(settings: Settings, world: World) -> None:
    path = settings.agent.cosignatures / COSIGNED
    good = path.read_bytes()
    for at in range(0, len(good), 3):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        raised(settings, world)
