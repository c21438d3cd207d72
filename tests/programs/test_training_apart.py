"""Training on an installed host: it has folders of its own, and the shop's journal stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.journal.disk import FolderReader
from agent.programs.assembly import assemble
from agent.programs.demo.environment import Environment
from agent.settings.load import load
from agent.terminals.options import DRIVERS


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A live shop's settings; its keys are made, its agent never ran."""
    made = Environment(tmp_path)
    made.provision()
    live = tmp_path / "state"
    made.state.joinpath("evolving.key").rename(live / "evolving.key")
    file = tmp_path / "tillgate.toml"
    file.write_text(file.read_text("utf-8").replace("training = true", "training = false"), "utf-8")
    return file


def ran_once(settings: Path) -> None:
    """An agent starts, writes its first entry, and stops."""
    agent = assemble(str(settings), "", {})
    agent.keep_snapshot()
    agent.close()
    for listener in agent.sockets:
        listener.close()


def test_the_switch_is_turned_and_turned_back_and_nothing_is_in_the_way(settings: Path) -> None:
    ran_once(settings)
    journal = load(settings, DRIVERS).agent.journal
    before = FolderReader(journal).list()
    live = settings.read_text("utf-8")

    settings.write_text(live.replace("training = false", "training = true"), "utf-8")
    ran_once(settings)
    apart = load(settings, DRIVERS).agent
    assert apart.journal == journal / "training"
    assert FolderReader(apart.journal).list()
    assert FolderReader(journal).list() == before
    assert (apart.state / "evolving.key").exists()

    settings.write_text(live, "utf-8")
    ran_once(settings)
    assert sum(FolderReader(journal).list().values()) > sum(before.values())
