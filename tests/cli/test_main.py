"""The one command: its table, its help, how it leaves when it does not understand."""

from __future__ import annotations

import subprocess
import sys

import pytest

from agent import VERSION
from agent.cli import COMMANDS, main
from agent.cli.ui.exits import Exit
from agent.cli.ui.screen import WIDTH

SLOW = ("asyncio", "cryptography", "starlette", "uvicorn", "structlog", "msgspec")


def test_help_imports_nothing_slow() -> None:
    program = (
        "import sys; from agent.cli import main\n"
        "try: main(['--help'])\n"
        f"finally: print([m for m in {SLOW!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert (left.value.code, capsys.readouterr().out) == (0, f"tillgate {VERSION}\n")


@pytest.mark.parametrize(
    "words", [[], ["nonsense"], ["pay"], ["pay", "1", "--payment-id", "a\nb"], ["pay", "1", "2"]]
)
def test_what_is_not_understood_leaves_with_64_not_with_a_verdict(words: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == Exit.USAGE


@pytest.mark.parametrize("name", [None, *(name for name in COMMANDS if name != "sim")])
def test_help_of_every_command_fits_the_screen(
    name: str | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    with pytest.raises(SystemExit) as left:
        main([name, "--help"] if name else ["--help"])
    told = capsys.readouterr().out
    assert left.value.code == 0
    assert max(len(line) for line in told.splitlines()) <= WIDTH


def test_wrong_settings_are_told_and_leave_with_78(
    tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--settings", f"{tmp_path}/none.toml"]) == Exit.CONFIG
    assert "no readable file" in " ".join(capsys.readouterr().err.split())
