"""What headquarters asks of each checkpoint line before it cosigns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.collector.contacts import Contacts, read_contact
from agent.collector.epochs import EpochStore
from agent.collector.evidence import Evidence
from agent.collector.ledger import CollectorReply, Ledger, LedgerFolders
from agent.collector.storage.store import TileStore
from agent.journal.lines import note_of
from agent.journal.note import CosignatureVerifier, Cosigner, parse_vkey
from agent.journal.refusal_note import open_refusal
from agent.journal.transfer import build_lines, parse_lines
from tests.collector.conftest import NOW_S, MemoryFolder, key
from tests.journal.conftest import K0, ORIGIN, VERIFIER
from tests.journal.forge import Forger, commits

COSIGNER = Cosigner("collector.example", key("collector"))


class Office:
    """Headquarters of one shop, on disks in memory."""

    def __init__(self, place: Path) -> None:
        self.folders = [MemoryFolder() for _ in range(4)]
        (place / "contacts" / ORIGIN).mkdir(parents=True)
        self.place = place

    def ledger(self) -> Ledger:
        tiles, heads, evidence, epochs = self.folders
        folders = LedgerFolders(
            TileStore(tiles),
            TileStore(heads),
            Evidence(evidence),
            EpochStore(epochs, K0),
            Contacts(self.place / "contacts" / ORIGIN),
        )
        return Ledger(ORIGIN, [VERIFIER], folders, COSIGNER, lambda: NOW_S)

    def take(self, forger: Forger, start: int = 0) -> CollectorReply:
        """Everything of a forger's from a line on, in one request, as an uploader sends it."""
        lines = forger.lines[start:]
        return self.ledger().add_lines(
            parse_lines(build_lines(_index(lines), lines[:-1], note_of(lines[-1])))
        )


def _index(lines: list[bytes]) -> int:
    return int(lines[0].split(b":", 1)[1].split(b",", 1)[0])


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def honest(tmp_path: Path) -> Forger:
    """An honest hour: six epochs, an entry every five minutes."""
    made = Forger(tmp_path / "journal")
    made.commit(made.entry(0, boot="aaaa"))
    for epoch in range(1, 6):
        commits(made, [epoch * 600 - 300], epoch=epoch)
        made.step(epoch, epoch * 600)
    return made


def test_an_honest_hour_is_cosigned_in_one_request_or_in_many(office: Office, honest: Forger) -> None:
    for start in range(0, len(honest.lines), 2):
        piece = Forger(honest.folder, lines=honest.lines[: start + 2])
        assert office.take(piece, start).status == 200
    kept = office.folders[3].live["lines-00000000"].splitlines()
    assert kept == [line for line in honest.lines if line.startswith(b'"')]
    other = Office(office.place / "other")
    assert other.take(honest).status == 200


FORGERIES: dict[str, tuple[str, Callable[[Forger], object]]] = {
    "no line of the key": ("journal.evolving_line", lambda f: f.commit(f.entry(3100), bare=True)),
    "a junk line": ("journal.evolving_key", lambda f: f.commit(f.entry(3100), epoch=6, junk=True)),
    "a junk line between good ones": (
        "journal.evolving_key",
        lambda f: commits(f.commit(f.entry(3100), epoch=6, junk=True), [3200], epoch=6),
    ),
    "five hours in one epoch": ("journal.epoch_too_long", lambda f: commits(f, [18_000], epoch=6)),
    "31 epochs at once": (
        "journal.epochs_skipped",
        lambda f: f.commit(f.entry(18_000, f'"kind":"epoch_ended","epoch":6,"size":{f.tree.size}'), epoch=37),
    ),
    "yesterday's epoch": ("journal.evolving_back", lambda f: commits(f, [3100], epoch=2)),
    "an entry of 2019": (
        "journal.time_moved",
        lambda f: f.commit(f.entry(3100, at="2019-03-28T09:00:00.000+01:00"), epoch=6),
    ),
    "a key twice": (
        "journal.entry_not_canonical",
        lambda f: f.commit(f.entry(3100, '"kind":"completed","payment_id":"A","payment_id":"B"'), epoch=6),
    ),
    "no JSON": (
        "journal.entry_unreadable",
        lambda f: f.commit(b'{"index":%d,garbage}' % f.tree.size, epoch=6),
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_what_no_honest_agent_wrote_is_refused_kept_and_signed(
    office: Office, honest: Forger, name: str
) -> None:
    code, forge = FORGERIES[name]
    assert office.take(honest).status == 200
    size, start = honest.tree.size, len(honest.lines)
    forge(honest)
    answer = office.take(honest, start)
    assert answer.status == 422
    verifier = parse_vkey(COSIGNER.vkey)
    assert isinstance(verifier, CosignatureVerifier)
    refusal = open_refusal(answer.body, ORIGIN, verifier)
    assert (refusal.what.code, refusal.at_s) == (code, NOW_S)
    assert office.ledger().size() == size  # nothing of it was stored
    assert "0001.json" in office.folders[2].durable
    assert read_contact(office.place, ORIGIN).doubted


def test_with_another_first_key_nothing_is_cosigned(office: Office, tmp_path: Path) -> None:
    made = Forger(tmp_path / "journal")
    made.keys.key = bytearray(b"x" * 32)
    made.commit(made.entry(0, boot="aaaa"))
    assert office.take(made).status == 422


@pytest.mark.parametrize("calls", range(1, 14))
def test_a_power_cut_at_any_call_leaves_a_check_that_goes_on(
    office: Office, honest: Forger, calls: int
) -> None:
    begin = Forger(honest.folder, lines=honest.lines[:4])
    assert office.take(begin).status == 200
    for number, folder in enumerate(office.folders):
        folder.calls_left = calls if number in (0, 3) else -1
    try:
        office.take(honest, 4)
    except OSError:
        office.folders = [folder.after_crash(lambda _: True) for folder in office.folders]
    for folder in office.folders:
        folder.calls_left = -1
    if office.ledger().size() == 2:
        assert office.take(honest, 4).status == 200
    assert office.ledger().size() == honest.tree.size
