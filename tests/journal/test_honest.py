"""What is signed and hashed rightly, and no honest agent can have written: verify names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.journal.damage import DamageKind
from agent.journal.disk import FolderDisk
from agent.journal.note import CosignatureVerifier, Cosigner, parse_vkey
from agent.journal.verify import COSIGNED, CosignedHeads, read_cosignatures, verify
from tests.journal.conftest import K0, SIGNER, VERIFIER, StillClock, World, body
from tests.journal.forge import Forger, commits

START = {"boot": "aaaa"}


@pytest.fixture
def forger(tmp_path: Path) -> Forger:
    """A genuine beginning: one entry that says who writes."""
    made = Forger(tmp_path / "journal")
    return made.commit(made.entry(0, **START))


def result(forger: Forger) -> str:
    return verify(forger.write(), VERIFIER).result


# name: what the holder of every key of today writes behind a genuine beginning
IMPOSSIBLE: dict[str, tuple[DamageKind, Callable[[Forger], object]]] = {
    "no JSON behind the index": ("impossible_entry", lambda f: f.commit(b'{"index":1,garbage}')),
    "a number": ("impossible_entry", lambda f: f.commit(b'{"index":1,')),
    "no time": ("impossible_entry", lambda f: f.commit(b'{"index":1,"kind":"completed","payment_id":"A"}')),
    "a key twice": (
        "impossible_entry",
        lambda f: f.commit(f.entry(1, '"kind":"completed","payment_id":"A-1","payment_id":"A-2"')),
    ),
    "an index twice": (
        "impossible_entry",
        lambda f: f.commit(f.entry(1, '"index":1,"kind":"completed","payment_id":"A-1"')),
    ),
    "a space": ("impossible_entry", lambda f: f.commit(f.entry(1, '"kind": "completed","payment_id":"A-1"'))),
    "a letter escaped": (
        "impossible_entry",
        lambda f: f.commit(f.entry(1, '"kind":"completed","payment_id":"\\u0041-1"')),
    ),
    "keys in another order": (
        "impossible_entry",
        lambda f: f.commit(f.entry(1, '"payment_id":"A-1","kind":"completed"')),
    ),
    "a float": ("impossible_entry", lambda f: f.commit(f.entry(1, boot_ms="2000.0"))),
    "two objects in a line": (
        "impossible_entry",
        lambda f: f.commit(f.entry(1) + b"," + f.entry(1)),
    ),
    "a line that ends in the next, and a line that is two": (
        "impossible_entry",
        lambda f: (
            commits(f, [1])
            .commit(f.entry(1, '"kind":"inspected","seen":[1]'))
            .commit(
                f.entry(2, '"kind":"inspected","seen":[1', index=3)[:-1],
                f.entry(2, index=4) + b"]}",
                f.entry(2, index=5) + b"," + f.entry(2, index=6),
            )
        ),
    ),
    "a kind that is no name": ("impossible_entry", lambda f: f.commit(f.entry(1, '"kind":[1]'))),
    "a kind that is a number": ("impossible_entry", lambda f: f.commit(f.entry(1, '"kind":1'))),
    "a time of 2019": (
        "impossible_time",
        lambda f: f.commit(f.entry(60, at="2019-03-28T09:01:00.000+01:00")),
    ),
    "a boot clock that runs back": (
        "impossible_time",
        lambda f: commits(f, [60]).commit(f.entry(60, boot_ms=1500)),
    ),
    "a boot clock that jumps": ("impossible_time", lambda f: f.commit(f.entry(60, boot_ms=3_600_000))),
    "an hour back without a word": (
        "impossible_time",
        lambda f: commits(f, [300]).commit(f.entry(-3300, boot_ms=302_000)),
    ),
    "another time inside of a commit": (
        "impossible_time",
        lambda f: f.commit(f.entry(1), f.entry(2, index=2)),
    ),
    "a jump of another size than told": (
        "impossible_time",
        lambda f: f.commit(f.entry(-3600, '"kind":"clock_moved","by_ms":-60000', boot_ms=2_000)),
    ),
    "an older boot's time": (
        "impossible_time",
        lambda f: commits(f, [300]).commit(
            f.entry(0, '"kind":"epoch_ended","epoch":1,"size":2', boot="bbbb"), epoch=2
        ),
    ),
    "an epoch of five hours": ("evolving_time", lambda f: commits(f, [60, 661])),
    "no line of the key": ("evolving_time", lambda f: f.commit(f.entry(1), bare=True)),
    "31 epochs in one step": (
        "evolving_time",
        lambda f: f.commit(f.entry(18_000, '"kind":"epoch_ended","epoch":1,"size":1'), epoch=32),
    ),
    "a step without its entry": ("evolving_time", lambda f: f.commit(f.entry(610), epoch=2)),
    "a step of another size": ("evolving_time", lambda f: f.step(1, 610, size=7)),
    "a step after a minute": ("evolving_time", lambda f: f.step(1, 60)),
    "a step that was none": (
        "evolving_time",
        lambda f: f.commit(f.entry(60, '"kind":"epoch_ended","epoch":1,"size":1')),
    ),
    "an epoch that goes back": ("evolving_time", lambda f: commits(f.step(1, 610), [620])),
    "an epoch over two boots": ("evolving_time", lambda f: f.commit(f.entry(60, boot="bbbb"))),
    "three steps at a start": (
        "evolving_time",
        lambda f: f.commit(f.entry(60, '"kind":"epoch_ended","epoch":1,"size":1', boot="bbbb"), epoch=4),
    ),
    "an older format again": ("evolving_time", lambda f: f.commit(f.entry(60, boot="aaaa", format=1))),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_no_honest_agent_writes_is_named(forger: Forger, name: str) -> None:
    kind, forge = IMPOSSIBLE[name]
    forge(forger)
    report = verify(forger.write(), VERIFIER, every=True)
    assert report.finding is not None
    assert (report.result, report.finding.kind) == (kind, kind)
    assert report.finding.file
    assert report.finding.line >= 3


HONEST: dict[str, Callable[[Forger], object]] = {
    "ten minutes": lambda f: commits(f, [60, 599]),
    "a step": lambda f: commits(f.step(1, 600), [700], epoch=2),
    "a stop and a start": lambda f: f.commit(
        f.entry(60, '"kind":"epoch_ended","epoch":1,"size":1', boot="aaaa"), epoch=2
    ),
    "a stop and a start of the version before": lambda f: f.commit(
        f.entry(60, '"kind":"epoch_ended","epoch":1,"size":1', boot="bbbb"), epoch=3
    ),
    "a jump that is told": lambda f: f.commit(
        f.entry(-3540, '"kind":"clock_moved","by_ms":-3600000', boot_ms=61_000)
    ),
    "a second back": lambda f: commits(f, [60]).commit(f.entry(59, boot_ms=62_000)),
    "a field of a newer version": lambda f: f.commit(
        f.entry(1, '"kind":"completed","new":1,"payment_id":"A-1","newer":[{"a":1}]')
    ),
    "a kind of a newer version": lambda f: f.commit(f.entry(1, '"kind":"inspected","seen":3')),
    "a journal of the format before": lambda f: f.commit(f.entry(610), epoch=2),
}


@pytest.mark.parametrize("name", HONEST)
def test_what_an_honest_agent_writes_is_whole(tmp_path: Path, name: str) -> None:
    forger = Forger(tmp_path / "journal")
    form = 1 if "format before" in name else 2
    forger.commit(forger.entry(0, boot="aaaa", format=form))
    HONEST[name](forger)
    report = verify(forger.write(), VERIFIER, every=True, k0=K0)
    assert report.finding is None, report.finding


def test_a_junk_line_is_seen_with_the_first_key_only(forger: Forger) -> None:
    forger.commit(forger.entry(60), junk=True)
    assert verify(forger.write(), VERIFIER).result == "ok"
    assert verify(forger.write(), VERIFIER, k0=K0).result == "evolving_key"


def test_a_day_in_the_shop_is_whole_for_every_check(tmp_path: Path) -> None:
    """Twelve hours, a payment every two minutes, idle at noon, two restarts, a reboot, a suspend."""
    world = World(FolderDisk(tmp_path))
    journal, epochs = world.open(), []
    for minute in range(0, 720, 2):
        world.clock.pass_time(60)
        journal.tick()
        world.clock.pass_time(60)
        journal.tick()
        if minute in (100, 300):
            journal.close()
            journal = world.open()
        if minute == 500:
            journal.close()
            world.clock.boot_name, world.clock.boot = "bbbb", 9_000
            journal = world.open()
        if minute == 600:
            world.clock.pass_time(3_000)
        if not 300 < minute < 400:
            journal.commit(body(minute), body(minute))
        epochs.append(world.keys.epoch)
    journal.close()
    report = verify(tmp_path, VERIFIER, every=True, k0=K0)
    assert report.finding is None, report.finding
    assert 70 < (report.evolving or 0) < 80


# Nothing, and what should lie beside a journal.


def test_of_nothing_verify_never_says_that_it_is_whole(tmp_path: Path) -> None:
    report = verify(tmp_path, VERIFIER)
    assert report.result == "empty"
    assert report.finding is not None


def cosigner() -> Cosigner:
    return Cosigner("collector.example", Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32))


def heads(folder: Path) -> CosignedHeads:
    verifier = parse_vkey(cosigner().vkey)
    assert isinstance(verifier, CosignatureVerifier)
    return read_cosignatures(folder, VERIFIER, verifier)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    world = World(FolderDisk(tmp_path / "journal"), StillClock())
    journal = world.open()
    journal.commit(body(1))
    (tmp_path / "cosignatures").mkdir()
    note = journal.checkpoint
    text = note.split("\n\n")[0] + "\n"
    (tmp_path / "cosignatures" / COSIGNED).write_text(note + cosigner().cosign(text, 1_700_000_000).line())
    (tmp_path / "cosignatures" / "alarm-fork.json").write_text("{}")
    journal.close()
    return tmp_path / "journal"


def test_a_cosignature_that_is_gone_is_named(journal: Path, tmp_path: Path) -> None:
    assert verify(journal, VERIFIER, cosignatures=heads(tmp_path / "cosignatures")).result == "ok"
    (tmp_path / "cosignatures" / COSIGNED).unlink()
    report = verify(journal, VERIFIER, cosignatures=heads(tmp_path / "cosignatures"))
    assert report.result == "cosignature_missing"
    missing = verify(journal, VERIFIER, cosignatures=heads(tmp_path / "nowhere"))
    assert missing.result == "cosignature_missing"
    assert verify(journal, VERIFIER).result == "ok"  # this journal goes nowhere


def test_a_damaged_cosignature_is_named_wherever_the_byte_is(journal: Path, tmp_path: Path) -> None:
    path = tmp_path / "cosignatures" / COSIGNED
    good = path.read_bytes()
    key_line = good.index(b"\n", good.index(SIGNER.name.encode(), good.index(b"\n\n")))
    ours = range(key_line, good.index(b"\n", key_line + 1))  # only headquarters knows what belongs there
    for at in set(range(len(good))) - set(ours):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        result = verify(journal, VERIFIER, cosignatures=heads(tmp_path / "cosignatures")).result
        assert result != "ok", at
