"""`tillgate journal` as a person and as a script see it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.cli import main
from agent.journal.disk import FolderDisk
from agent.journal.schema.entry import (
    BecameUnclear,
    CardSummary,
    Completed,
    Fact,
    Requested,
    TerminalResult,
)
from agent.journal.verified import WHOLE, read_verified
from agent.texts import say
from tests.journal.conftest import K0, ORIGIN, OTHER, SIGNER, World

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    place = tmp_path / "journal"
    world = World(FolderDisk(place))
    made = world.open()
    for number in range(15):
        payment_id = f"t-{number}"
        card = CardSummary(masked="411111******1111", sealed="c2VhbGVk" * 40)
        made.commit(
            Requested(
                payment_id=payment_id,
                payment="sale",
                terminal="counter",
                till="1",
                amount=1010,
                currency="EUR",
            )
        )
        made.commit(
            TerminalResult(
                payment_id=payment_id, verdict="approved", amount=1010, card=card, text="long " * 30
            ),
            Completed(payment_id=payment_id),
        )
    made.close()
    return place


def run(*arguments: str | Path) -> int:
    return main(["journal", *map(str, arguments)])


def calm(text: str) -> str:
    assert all(len(line) <= 80 for line in text.splitlines())
    return text


def test_verify_says_what_was_checked(journal: Path, capsys: Capture) -> None:
    assert run("verify", "--journal", journal, "--vkey", SIGNER.vkey) == 0
    out = calm(capsys.readouterr().out)
    assert f"The journal of {ORIGIN} is whole." in out
    assert "all 30 checked" in out
    assert "epochs fit the time" in out


def test_verify_speaks_json(journal: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "k0").write_bytes(K0)
    (tmp_path / "vkey").write_text(SIGNER.vkey + "\n")
    arguments = ("--journal", journal, "--vkey", tmp_path / "vkey", "--first-key", tmp_path / "k0", "--json")
    assert run("verify", *arguments) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["origin"], report["entries"], report["evolving"]) == (ORIGIN, 45, 1)
    assert report["result"] == "ok"


def test_damage_is_told_with_its_place_and_what_to_do(journal: Path, capsys: Capture) -> None:
    (path,) = journal.glob("*.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"t-3"', b'"t-4"', 1))
    assert run("verify", "--journal", journal, "--vkey", SIGNER.vkey) == 1
    out = " ".join(calm(capsys.readouterr().out).split())
    assert f"changed_entry in {path.name} line 16 (entry 9)" in out
    assert "Call headquarters" in out
    assert run("verify", "--journal", journal, "--vkey", SIGNER.vkey, "--json") == 1
    finding = json.loads(capsys.readouterr().out)["finding"]
    assert (finding["file"], finding["line"], finding["index"]) == (path.name, 16, 9)


def test_show_prints_the_newest_entries_calmly(journal: Path, capsys: Capture) -> None:
    assert run("show", "--journal", journal, "--last", "2") == 0
    out = calm(capsys.readouterr().out)
    assert "      43  2026-03-28 09:00:00  result            t-14" in out
    assert "masked 411111******1111" in out
    assert "c2Vh" not in out


def test_show_says_a_fact_in_words_and_one_without_a_sentence_by_its_code(
    tmp_path: Path, capsys: Capture
) -> None:
    made = World(FolderDisk(tmp_path / "journal")).open()
    made.commit(BecameUnclear(payment_id="t-1", why=Fact("drivers.wires.no_port", {"device": "COM1"})))
    made.commit(BecameUnclear(payment_id="t-2", why=Fact("drivers.tomorrow", {"figure": 7})))
    made.close()
    assert run("show", "--journal", tmp_path / "journal", "--last", "2") == 0
    out = " ".join(calm(capsys.readouterr().out).split())
    assert say("drivers.wires.no_port", device="COM1") in out
    assert "code drivers.tomorrow, figure 7" in out


def test_show_finds_one_payment(journal: Path, capsys: Capture) -> None:
    assert run("show", "--journal", journal, "--payment-id", "t-3", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["index"] for line in lines] == [9, 10, 11]


def test_show_from_an_entry_on(journal: Path, capsys: Capture) -> None:
    assert run("show", "--journal", journal, "--from", "40", "--json") == 0
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_export_writes_what_was_asked_for(journal: Path, tmp_path: Path, capsys: Capture) -> None:
    to = tmp_path / "to"
    arguments = ("--journal", journal, "--vkey", SIGNER.vkey, "--to", to, "--entry", "7", "--since", "4")
    assert run("export", *arguments) == 0
    assert "45 entries" in calm(capsys.readouterr().out)
    assert {"checkpoint", "tile", "entry-7.tlog-proof", "consistency-4", "checkpoint-4"} == {
        path.name for path in to.iterdir()
    }


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("verify", "--vkey", "nonsense+a+b"), 64, "This key cannot be used"),
        (("verify", "--vkey", OTHER.vkey), 1, ""),
        (("export", "--vkey", SIGNER.vkey, "--to", "OUT", "--entry", "99"), 1, "There is no entry 99"),
        (("verify", "--vkey", "/nowhere"), 69, "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_told(
    journal: Path, tmp_path: Path, capsys: Capture, arguments: tuple[str, ...], code: int, words: str
) -> None:
    named = [argument.replace("OUT", str(tmp_path / "out")) for argument in arguments]
    assert run(*named, "--journal", journal) == code
    captured = capsys.readouterr()
    assert words in " ".join(calm(captured.err).split())


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, capsys: Capture) -> None:
    assert run("show", "--journal", tmp_path / "none") == 69
    assert "cannot be read" in " ".join(capsys.readouterr().err.split())


def settings_for(journal: Path, verified: Path, folder: Path) -> Path:
    file = folder / "tillgate.toml"
    file.write_text(
        f'[agent]\nname = "{ORIGIN}"\njournal = "{journal}"\nverified = "{verified}"\n'
        '[acquirer]\nvkey = "acquirer.example+0123abcd+AQID"\n[rules]\ncurrency = "EUR"\n'
        '[terminals.front.line]\ndevice = "/dev/null"\n'
    )
    return file


def test_the_result_is_left_for_the_agent_of_this_host(journal: Path, tmp_path: Path) -> None:
    verified = tmp_path / "results" / "verified"
    settings = settings_for(journal, verified, tmp_path)
    assert run("verify", "--settings", settings, "--vkey", SIGNER.vkey) == 0
    kept = read_verified(verified)
    assert kept is not None
    assert (kept.origin, kept.entries, kept.result) == (ORIGIN, 45, WHOLE)
    (path,) = journal.glob("*.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"t-3"', b'"t-4"', 1))
    assert run("verify", "--settings", settings, "--vkey", SIGNER.vkey) == 1
    kept = read_verified(verified)
    assert kept is not None
    assert kept.result == "changed_entry"


def test_a_result_that_cannot_be_left_changes_nothing(journal: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "file").touch()
    settings = settings_for(journal, tmp_path / "file" / "folder", tmp_path)
    assert run("verify", "--settings", settings, "--vkey", SIGNER.vkey) == 0
    assert "could not be kept" in capsys.readouterr().err


def test_a_journal_from_elsewhere_leaves_nothing(journal: Path, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, tmp_path / "verified", tmp_path)
    run("verify", "--journal", journal, "--settings", settings, "--vkey", SIGNER.vkey)
    assert not (tmp_path / "verified").exists()
