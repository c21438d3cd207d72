"""The doctor names what is wrong, and does not pretend to know what it could not look at."""

from __future__ import annotations

import json
import os
import subprocess
import tty
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.cli import main
from agent.cli.ui.exits import Exit
from agent.texts import say
from drivers.wires.port_owner import owners_of
from tests.support.looking import until

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


def look_at(tmp_path: Path, capsys: pytest.CaptureFixture[str], device: str | Path) -> tuple[str, str]:
    """What the doctor says of a terminal at this device."""
    file = write_settings(tmp_path)
    text = Path(file).read_text("utf-8").replace(f"{tmp_path}/ttyUSB0", str(device))
    Path(file).write_text(text, "utf-8")
    main(["doctor", "--settings", file, "--json"])
    return found(capsys)["front"]


@pytest.mark.case("other/16")
@pytest.mark.parametrize("device", ["/etc/hostname", "/etc", "/dev/null", "/dev/zero"])
def test_what_is_no_serial_port_is_not_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], device: str
) -> None:
    state, text = look_at(tmp_path, capsys, device)
    assert (state, text) == ("bad", say("cli.doctor.no_port", device=device))


@pytest.mark.case("other/16")
def test_a_program_that_reads_beside_the_agent_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    near, far = os.openpty()
    port = os.ttyname(far)
    tty.setraw(far)
    os.close(far)
    reader = subprocess.Popen(["cat", port], stdout=subprocess.DEVNULL)
    try:
        until(lambda: owners_of(port, but=lambda process: process != str(reader.pid)) != [], lambda: port)
        state, text = look_at(tmp_path, capsys, port)
        assert state == "bad"
        assert f"cat (process {reader.pid})" in text
    finally:
        reader.kill()
        reader.wait()
    assert look_at(tmp_path, capsys, port)[0] == "good"
    os.close(near)


@pytest.mark.case("other/16")
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
