"""The uploader's process: what it is told of the settings, and what it does not carry in its memory."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import astuple, replace
from pathlib import Path

import pytest

from agent.programs.demo.environment import Environment
from agent.programs.upload import UploadError, UploadPlan, main
from agent.settings.load import Settings, load
from agent.settings.types import UploadSettings
from agent.texts import say

# What would not fit into its 32 MB, or is none of its business.
FOREIGN = ("agent.settings", "agent.cli", "agent.rules", "agent.payments", "agent.journal.writer", "drivers")
HEAVY = ("http.client", "email", "argparse", "tomllib", "asyncio", "random", "encodings.idna")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    environment = Environment(tmp_path / "shop", port=9)
    environment.folder.mkdir()
    environment.provision()
    return load(environment.folder / "tillgate.toml")


def test_a_plan_survives_the_command_line(settings: Settings, tmp_path: Path) -> None:
    plan = UploadPlan.of(settings, tmp_path)
    assert UploadPlan(*plan.command()[-len(astuple(plan)) :]) == plan
    assert plan.key == str(tmp_path / settings.upload.key)
    assert float(plan.poll_s) == settings.upload.poll_s


def test_without_a_collector_there_is_no_plan(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(UploadError, match="url"):
        UploadPlan.of(replace(settings, upload=UploadSettings()), tmp_path)


def test_it_ends_in_words(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = UploadPlan.of(settings, tmp_path)
    assert main([*astuple(replace(plan, ca=str(tmp_path / "nothing")))]) == os.EX_UNAVAILABLE
    whole = UploadPlan.of(settings, settings.agent.credentials)
    assert main([*astuple(replace(whole, collector_vkey="no key"))]) == os.EX_CONFIG
    first, second = capsys.readouterr().err.splitlines()
    assert first == say("programs.upload_stopped", error="[Errno 2] No such file or directory")
    assert "collector_vkey" in second


def test_its_memory_holds_no_more_than_it_needs() -> None:
    code = "import sys, agent.programs.upload; print(*sys.modules)"
    command = [sys.executable, "-P", "-c", code]
    loaded = set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    assert "agent.upload.loop" in loaded
    extra = {
        name for name in loaded if any(name == one or name.startswith(f"{one}.") for one in FOREIGN + HEAVY)
    }
    assert extra == set()
