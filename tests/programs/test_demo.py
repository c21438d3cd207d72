"""`tillgate demo` as a visitor sees it, and what its shop leaves on disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from agent.journal.schema.entry import Verdict
from agent.programs.demo.environment import Environment
from agent.programs.demo.network import free_port
from agent.programs.demo.proof import prove
from agent.programs.demo.scenarios import SCENARIOS, DemoTill, scenarios
from agent.texts import say
from drivers.simulator.core.cards import PUBLISHED
from tests.support.search import search

WIDTH = 80
PATIENCE_S = 120.0


@pytest.fixture(scope="module", autouse=True)
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """The demo, begun with the first test: mostly it waits for a terminal, and the others need not."""
    folder = tmp_path_factory.mktemp("tmp")
    with subprocess.Popen(
        [sys.executable, "-m", "agent", "demo", "--payments", str(len(SCENARIOS)), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    ) as process:
        yield process, folder
        process.kill()


@pytest.fixture(scope="module")
def shown(running: tuple[subprocess.Popen[str], Path], folder: Path) -> list[str]:
    """Every line that the demo prints. The shop of `folder` has had its day meanwhile."""
    assert folder.is_dir()
    process, temporary = running
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (0, "")
    assert list(temporary.iterdir()) == []
    return out.splitlines()


@pytest.fixture(scope="module")
def facts(shown: list[str]) -> dict[str, Any]:
    """Its last line, for a program."""
    found: dict[str, Any] = json.loads(shown[-1])
    return found


def test_it_shows_every_verdict(facts: dict[str, Any]) -> None:
    assert set(facts["verdicts"]) == set(get_args(Verdict))
    assert sum(facts["verdicts"].values()) == len(SCENARIOS)


def test_the_journal_is_right_and_headquarters_has_all_of_it(facts: dict[str, Any]) -> None:
    assert facts["verify"] == "ok"
    assert facts["cosigned_size"] == facts["tree_size"] == facts["entries"] > len(SCENARIOS)


def test_it_fits_a_screen(shown: list[str]) -> None:
    assert [line for line in shown[:-1] if len(line) > WIDTH] == []


def test_it_shows_no_whole_card_number(shown: list[str]) -> None:
    assert search(all_numbers(), {"output": "\n".join(shown).encode()}) == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The demo's shop after its day, with all that it wrote."""
    environment = Environment(tmp_path_factory.mktemp("environment"), port=free_port())
    try:
        collector_vkey = environment.provision()
        settings = str(environment.folder / "tillgate.toml")
        environment.start("collector", "collector", "--settings", str(environment.folder / "collector.toml"))
        environment.start_terminal()
        environment.start("agent", "agent", "--settings", settings)
        environment.start("upload", "upload", "--settings", settings)
        environment.wait_for(lambda: environment.terminal_is("ready"), "the agent and its terminal")
        till = DemoTill(environment, lambda _text: None)
        for payment_id, scenario in scenarios(None):
            scenario(till, payment_id)
        environment.stop("agent")
        assert prove(environment, collector_vkey).ok
        yield environment.folder
    finally:
        environment.close()


def test_no_whole_card_number_is_in_any_file_of_it(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert {
        "agent.log",
        "upload.log",
        "collector.log",
        "terminal.trace",
        "bank.json",
        "state.sqlite",
    } <= {path.name for path in files}
    written = {str(path.relative_to(folder)): path.read_bytes() for path in files}
    assert search(all_numbers(), written) == []


def all_numbers() -> list[str]:
    """The demo's terminal holds one of these to its reader, and shows it whole with track 2."""
    return [card.number for card in PUBLISHED.values()]


def test_it_stays_open_for_somebody_s_own_hands_until_it_is_closed(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "agent"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [*command, "demo", "--stay"], stdout=subprocess.PIPE, text=True, env=environment
    ) as demo:
        assert demo.stdout is not None
        told: list[str] = []
        while not any(line.startswith("Ctrl-C") for line in told):
            told.append(demo.stdout.readline())
        socket = next(line.split()[-1] for line in told if "tillgate pay" in line)
        paid = subprocess.run(
            [*command, "pay", "12.50", "--currency", "EUR", "--socket", socket],
            capture_output=True,
            text=True,
            check=False,
        )
        demo.terminate()
        closing = demo.stdout.read()
    assert (paid.returncode, paid.stderr) == (0, "")
    assert "APPROVED" in paid.stdout
    assert (demo.returncode, closing.strip()) == (0, say("programs.demo.closed").strip())
    assert list(tmp_path.iterdir()) == []
