"""Each kind of damage before the last checkpoint: named, with file, line and index, by start and verify."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.journal.checkpoint import checkpoint_text
from agent.journal.damage import DamagedJournal, DamageKind
from agent.journal.disk import FolderDisk, FolderReader
from agent.journal.lines import FileCommits, checkpoint_line, note_of
from agent.journal.note import CosignatureVerifier, Cosigner, Ed25519Signer, parse_vkey, sign_note
from agent.journal.schema.base import Fact
from agent.journal.schema.entry import decode, encode
from agent.journal.tree import Frontier, leaf_hash
from agent.journal.verify import CosignedHead, CosignedHeads, Report, read_cosignatures, verify
from agent.texts import tell
from tests.journal.conftest import K0, ORIGIN, OTHER, SIGNER, VERIFIER, MemoryKeys, StillClock, World, body

DAY_1 = "j0000000000-2026-03-28.jsonl"
DAY_2 = "j0000000005-2026-03-29.jsonl"
DAY_3 = "j0000000009-2026-03-30.jsonl"

Lines = list[bytes]
Files = dict[str, Lines]

# Where the lines stand: day 1 holds 0 1 c 2 3 c 4 c, day 2 holds 5 c 6 7 c 8 c, day 3 holds 9 c 10 c.
# The zero-based places used below follow from that.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "journal"
    world = World(FolderDisk(place))
    journal = world.open()
    for day in ([2, 2, 1], [2, 1], [1]):
        journal.tick()  # from the second day on: one entry, of the epoch that has ended
        for count in day:
            journal.commit(*map(body, range(journal.size, journal.size + count)))
            world.clock.pass_time(60)
        world.clock.pass_time(24 * 3600)
    journal.close()
    return place


def load(folder: Path) -> Files:
    return {path.name: path.read_bytes().splitlines() for path in sorted(folder.glob("*.jsonl"))}


def change(folder: Path, what: Callable[[Files], object]) -> None:
    files = load(folder)
    what(files)
    for path in folder.glob("*.jsonl"):
        if path.name not in files:
            path.unlink()
    for name, lines in files.items():
        (folder / name).write_bytes(b"".join(line + b"\n" for line in lines))


def resigned(lines: Lines, signer: Ed25519Signer, origin: str = ORIGIN, size: int = 5) -> None:
    """Replace the checkpoint at the end of day 1 by one with the right root."""
    tree = Frontier()
    for line in lines:
        if line.startswith(b"{"):
            tree.append(leaf_hash(line))
    lines[-1] = checkpoint_line(sign_note(checkpoint_text(origin, size, tree.root()), signer))


def flip(lines: Lines, number: int, at: int, to: bytes = b"9") -> None:
    assert lines[number][at : at + 1] != to
    lines[number] = lines[number][:at] + to + lines[number][at + 1 :]


def swap(lines: Lines, one: int, other: int) -> None:
    lines[one], lines[other] = lines[other], lines[one]


def only_day_1(files: Files) -> Lines:
    del files[DAY_2], files[DAY_3]
    return files[DAY_1]


def added(lines: Lines) -> None:
    entry = msgspec.structs.replace(decode(lines[6]), index=5)
    lines.insert(7, encode(entry))


def foreign_text(lines: Lines) -> None:
    lines[2] = checkpoint_line(note_of(lines[2]).decode().replace(ORIGIN, "journal.example/other", 1))


def other_spelling(lines: Lines) -> None:
    lines[2] = lines[2].replace("\N{EM DASH}".encode(), b"\\u2014")


def wrong_size(lines: Lines) -> None:
    lines[2] = lines[2].replace(b"\\n2\\n", b"\\n3\\n", 1)


# name: (kind, file, line, index, what was done)
CASES: dict[str, tuple[DamageKind, str, int, int, Callable[[Files], object]]] = {
    "a byte of an entry": ("changed_entry", DAY_1, 7, 4, lambda f: flip(f[DAY_1], 6, -5)),
    "a byte of one of two": ("changed_entry", DAY_1, 1, 0, lambda f: flip(f[DAY_1], 1, -5)),
    "an entry is not JSON": ("changed_entry", DAY_1, 2, 1, lambda f: flip(f[DAY_1], 1, -1)),
    "the start of an entry": ("changed_entry", DAY_1, 5, 3, lambda f: flip(f[DAY_1], 4, 2)),
    "a byte of the last entry": ("changed_entry", DAY_3, 3, 10, lambda f: flip(f[DAY_3], 2, -5)),
    "a line is gone": ("missing_lines", DAY_1, 4, 2, lambda f: f[DAY_1].pop(3)),
    "the last line before a checkpoint": ("missing_lines", DAY_1, 5, 3, lambda f: f[DAY_1].pop(4)),
    "a whole commit is gone": ("missing_lines", DAY_2, 3, 6, lambda f: f[DAY_2].__delitem__(slice(2, 5))),
    "the end of a file is gone": ("missing_file", DAY_2, 0, 4, lambda f: f[DAY_1].__delitem__(slice(6, 8))),
    "a line twice": ("repeated_line", DAY_1, 5, 3, lambda f: f[DAY_1].insert(4, f[DAY_1][3])),
    "a checkpoint twice": ("repeated_line", DAY_1, 4, 2, lambda f: f[DAY_1].insert(3, f[DAY_1][2])),
    "two lines swapped": ("reordered_lines", DAY_1, 4, 2, lambda f: swap(f[DAY_1], 3, 4)),
    "two commits swapped": (
        "reordered_lines",
        DAY_2,
        1,
        5,
        lambda f: f.update({DAY_2: f[DAY_2][2:5] + f[DAY_2][:2] + f[DAY_2][5:]}),
    ),
    "a line more": ("added_line", DAY_1, 8, 5, lambda f: added(f[DAY_1])),
    "a root": ("changed_checkpoint", DAY_1, 3, 2, lambda f: flip(f[DAY_1], 2, len(ORIGIN) + 10)),
    "a size": ("changed_checkpoint", DAY_1, 3, 2, lambda f: wrong_size(f[DAY_1])),
    "the quote of a checkpoint": ("changed_checkpoint", DAY_1, 3, 2, lambda f: flip(f[DAY_1], 2, -1)),
    "a checkpoint spelled otherwise": ("changed_checkpoint", DAY_1, 3, 2, lambda f: other_spelling(f[DAY_1])),
    "a signature": ("wrong_signature", DAY_1, 3, 2, lambda f: flip(f[DAY_1], 2, -200)),
    "the last signature": ("wrong_signature", DAY_3, 4, 11, lambda f: flip(f[DAY_3], 3, -200)),
    "another key": ("wrong_signature", DAY_1, 8, 5, lambda f: resigned(f[DAY_1], OTHER)),
    "another origin in the text": ("foreign_origin", DAY_1, 3, 2, lambda f: foreign_text(f[DAY_1])),
    "another origin": ("foreign_origin", DAY_1, 8, 5, lambda f: resigned(f[DAY_1], SIGNER, "other.example")),
    "a file is gone": ("missing_file", DAY_3, 0, 5, lambda f: f.pop(DAY_2)),
    "the first file is gone": ("missing_file", DAY_2, 0, 0, lambda f: f.pop(DAY_1)),
    "a file with another number": (
        "foreign_file",
        "j0000000003-2026-03-29.jsonl",
        0,
        5,
        lambda f: f.update({"j0000000003-2026-03-29.jsonl": f.pop(DAY_2)}),
    ),
    "a file with another name": ("foreign_file", "x.jsonl", 0, 11, lambda f: f.update({"x.jsonl": []})),
    "a line of another form": ("unknown_line", DAY_1, 4, 2, lambda f: f[DAY_1].insert(3, b"hello")),
    "an empty line": ("unknown_line", DAY_1, 4, 2, lambda f: f[DAY_1].insert(3, b"")),
    "an empty line at the end": ("unknown_line", DAY_3, 5, 11, lambda f: f[DAY_3].append(b"")),
    "a line that only its start tells": ("unknown_line", DAY_3, 3, 10, lambda f: flip(f[DAY_3], 2, 0)),
    "the checkpoint at a file's end": ("unfinished_commit", DAY_1, 8, 5, lambda f: f[DAY_1].pop()),
}


@pytest.mark.parametrize("case", CASES)
def test_damage_is_named_by_verify_and_by_a_start(folder: Path, case: str) -> None:
    kind, file, line, index, what = CASES[case]
    change(folder, what)
    before = load(folder)
    report = verify(folder, VERIFIER)
    with pytest.raises(DamagedJournal) as caught:
        World(FolderDisk(folder), StillClock()).open()
    assert report.finding == caught.value.damage
    found = caught.value.damage
    assert (found.kind, found.file, found.line, found.index) == (kind, file, line, index)
    assert report.result == kind
    assert file in str(found)
    assert file in tell(found)
    assert tell(found.what) in tell(caught.value)
    assert "Take no payment" in tell(caught.value)
    assert load(folder) == before


def test_a_line_feed_changed_at_the_very_end_is_damage_and_nothing_is_cut(folder: Path) -> None:
    path = folder / DAY_3
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    before = path.read_bytes()
    with pytest.raises(DamagedJournal, match="unfinished_commit"):
        World(FolderDisk(folder)).open()
    assert path.read_bytes() == before


def test_every_flipped_byte_is_found(folder: Path) -> None:
    for name in (DAY_1, DAY_3):
        path = folder / name
        good = path.read_bytes()
        for at in range(0, len(good) - 1, 7):
            path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
            # Only headquarters' key can tell a change in an evolving-key line.
            report = verify(folder, VERIFIER, k0=K0)
            assert report.finding is not None, (name, at)
            assert report.finding.file == name
        path.write_bytes(good)
    assert verify(folder, VERIFIER).result == "ok"


def test_a_whole_journal_is_ok_and_the_report_says_what_was_checked(folder: Path) -> None:
    expected = Report(origin=ORIGIN, files=3, entries=11, checkpoints=8, signatures=8, epoch=3, root="")
    report = verify(folder, VERIFIER, every=True)
    expected.root = report.root
    assert report == expected == verify(folder, VERIFIER)


def test_a_commit_that_is_being_written_is_told_but_is_no_damage(folder: Path) -> None:
    path = folder / DAY_3
    path.write_bytes(path.read_bytes() + b'{"index":11,"at"')
    report = verify(folder, VERIFIER)
    assert (report.result, report.unfinished_bytes) == ("ok", 16)


def test_another_vkey_is_told_as_such(folder: Path) -> None:
    assert verify(folder, parse_vkey(OTHER.vkey)).result == "wrong_signature"


def cosigner() -> Cosigner:
    return Cosigner("collector.example", Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32))


def collector() -> CosignatureVerifier:
    verifier = parse_vkey(cosigner().vkey)
    assert isinstance(verifier, CosignatureVerifier)
    return verifier


def checkpoints(folder: Path) -> Iterator[tuple[int, str]]:
    for name in load(folder):
        commits = FileCommits(FolderReader(folder), name, offset=0, line=1, index=int(name[1:11]))
        yield from ((commit.size, commit.note().decode()) for commit in commits)


def write_cosignatures(folder: Path, cosignatures: Path) -> None:
    cosignatures.mkdir()
    for size, note in checkpoints(folder):
        text = note.split("\n\n")[0] + "\n"
        (cosignatures / str(size)).write_text(note + cosigner().cosign(text, 1_700_000_000).line())
    (cosignatures / "notes.txt").write_text("something else\n")


def test_cosignatures_confirm_the_journal(folder: Path, tmp_path: Path) -> None:
    write_cosignatures(folder, tmp_path / "cosignatures")
    report = verify(
        folder, VERIFIER, cosignatures=read_cosignatures(tmp_path / "cosignatures", VERIFIER, collector())
    )
    assert (report.result, report.cosigned) == ("ok", 11)


def test_an_older_state_put_back_is_found_by_a_cosignature(folder: Path, tmp_path: Path) -> None:
    write_cosignatures(folder, tmp_path / "cosignatures")
    cosignatures = read_cosignatures(tmp_path / "cosignatures", VERIFIER, collector())
    (folder / DAY_3).unlink()
    report = verify(folder, VERIFIER, cosignatures=cosignatures)
    assert report.result == "rolled_back"
    assert report.finding is not None
    assert report.finding.what == Fact("journal.cosigned_more", {"cosigned": 11, "size": 9})


def test_another_history_is_found_by_a_cosignature(folder: Path) -> None:
    report = verify(folder, VERIFIER, cosignatures=CosignedHeads([CosignedHead(5, bytes(32))]))
    assert report.result == "fork"
    assert verify(folder, VERIFIER, cosignatures=CosignedHeads([CosignedHead(1, bytes(32))])).result == "fork"


def test_headquarters_checks_the_evolving_key(folder: Path) -> None:
    assert verify(folder, VERIFIER, k0=K0).result == "ok"
    report = verify(folder, VERIFIER, k0=bytes(32))
    assert report.result == "evolving_key"
    assert report.finding is not None
    assert (report.finding.file, report.finding.line) == (DAY_1, 3)


def test_a_thief_of_the_signing_key_cannot_rewrite_yesterday(folder: Path) -> None:
    change(folder, lambda files: resigned(only_day_1(files), SIGNER))
    assert verify(folder, VERIFIER).result == "evolving_time"  # it names no epoch
    assert verify(folder, VERIFIER, k0=K0).result == "evolving_time"


def test_a_key_that_was_made_anew_is_named(tmp_path: Path) -> None:
    world = World(FolderDisk(tmp_path))
    for number in range(2):
        journal = world.open()
        journal.commit(body(number))
        world.clock.pass_time(3600)
        journal.commit(body(number))
        journal.close()
        world.keys = MemoryKeys(key=bytearray(32))
    report = verify(tmp_path, VERIFIER, k0=K0)
    assert report.finding is not None
    assert report.finding.what == Fact("journal.evolving_key", {"epoch": 3})
    assert report.finding.line == 8
