"""The doctor names what is wrong, and does not pretend to know what it could not look at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.cli import main
from agent.cli.ui.exits import Exit
from agent.texts import say

if TYPE_CHECKING:
    from tests.conftest import ServedApi

SETTINGS = """\
[agent]
name = "shop.example/till-1"
journal = "{folder}/journal"
credentials = "{folder}/credentials"
socket = "{folder}/till.sock"

[acquirer]
vkey = "acquirer.example+0123abcd+AQID"
keys = "{folder}/acquirer.keys"

[rules]
currency = "EUR"
hard = "2000.00"

[terminals.front.line]
device = "{folder}/ttyUSB0"
"""


def write_settings(folder: Path) -> str:
    file = folder / "tillgate.toml"
    file.write_text(SETTINGS.format(folder=folder))
    return str(file)


def found(capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[str, str]]:
    return {found["name"]: (found["state"], found["text"]) for found in json.loads(capsys.readouterr().out)}


def test_an_empty_host_is_told_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--settings", write_settings(tmp_path), "--json"]) == Exit.NO
    looks = found(capsys)
    assert looks["settings"][0] == "good"
    assert looks["acquirer key"][0] == looks["journal"][0] == "bad"
    assert looks["front"] == (
        "bad",
        f"{tmp_path}/ttyUSB0 is not there. Look at the cable and the terminal's power.",
    )
    assert looks["api"][1].startswith(f"nobody answers at {tmp_path}/till.sock")


def test_a_host_that_takes_no_payments_is_told_why(
    api: ServedApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["doctor", "--settings", write_settings(tmp_path), "--socket", str(api.path)]
    assert main([*words, "--json"]) == Exit.NO
    assert "Terminal front is away" in found(capsys)["api"][1]
    main(words)
    told = capsys.readouterr().out
    assert max(len(line) for line in told.splitlines()) <= 80
    assert say("cli.found") in " ".join(told.split())
