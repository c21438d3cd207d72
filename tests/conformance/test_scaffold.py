"""`make driver NAME=x` in a copy of the repository: clean, refusing everything, and said what it lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.test_parts import missing
from tests.support.scaffold.__main__ import ROOT, ScaffoldError, scaffold

# As long as a name may be, for the lines that it stands in.
NAME = "longestprotocol1"
PARTS = ("agent", "drivers", "tests", "config", "pyproject.toml", "README.md", "LICENSE")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info", "build", ".*")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=LEFT_OUT)
        else:
            shutil.copy(ROOT / part, folder / part)
    return folder


@pytest.fixture(scope="module")
def made(copy: Path) -> list[Path]:
    return scaffold(NAME, copy)


def run(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *words]
    env = {**os.environ, "PYTHONPATH": str(copy)}
    return subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", [("ruff", "check"), ("ruff", "format", "--check"), ("mypy",)], ids=" ".join)
def test_what_is_made_passes_the_checks(copy: Path, made: list[Path], words: tuple[str, ...]) -> None:
    alone = ("--no-incremental",) if words == ("mypy",) else ()
    done = run(copy, *words, *alone, *map(str, made), str(copy / "drivers/driver.py"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_own_tests_pass_and_its_settings_are_shown(copy: Path, made: list[Path]) -> None:
    tests = [f"tests/drivers/{NAME}", "tests/settings/test_settings.py", "tests/test_architecture.py"]
    done = run(copy, "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests)
    assert done.returncode == 0, done.stdout
    assert made


def test_its_fuzz_target_runs(copy: Path, made: list[Path]) -> None:
    done = run(copy, f"tests.fuzz.fuzz_{NAME}", "--runs", "200", "--plain")
    assert done.returncode == 0, done.stdout + done.stderr
    assert made


def test_every_open_place_is_named_and_no_part_is_missing(copy: Path, made: list[Path]) -> None:
    parts = "tests/conformance/test_parts.py"
    done = run(copy, "pytest", "-q", "-p", "no:cacheprovider", parts, "-k", NAME)
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED ")]
    assert len(failed) == 1, done.stdout
    assert f"test_every_protocol_has_all_its_parts[{NAME}]" in failed[0]
    named = {place.partition(":")[0] for place in missing(NAME, copy)}
    marked = {str(file.relative_to(copy)) for file in made if "OPEN: " in file.read_text("utf-8")}
    assert named == {*marked, "drivers/README.md"}


@pytest.mark.parametrize("name", ["", "zvt", "Nexo", "1x", "a/b", "../x", "x" * 17])
def test_a_name_that_is_taken_or_none_writes_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "drivers" / "zvt").mkdir(parents=True)
    with pytest.raises(ScaffoldError):
        scaffold(name, tmp_path)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
