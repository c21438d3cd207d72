"""Builds the two distributions from a copy of the sources, by the locked back end and without a network.

`python -m tests.support.wheels FOLDER` leaves both wheels in FOLDER.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SIMULATOR: Final = Path("drivers/simulator")
# What a build reads. An older build/ in the checkout would put removed modules into a wheel.
SOURCES: Final = ("agent", "drivers", "pyproject.toml", "README.md", "LICENSE")
_OFFLINE: Final = (
    "--quiet",
    "--disable-pip-version-check",
    "--no-index",
    "--no-deps",
    "--no-build-isolation",
)


def build(target: Path) -> list[Path]:
    """The agent's wheel and the simulator's, in this order."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in SOURCES:
            _copy(ROOT / name, copy / name)
        return [_wheel(copy, target), _wheel(copy / SIMULATOR, target)]


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    else:
        shutil.copy(source, target)


def _wheel(project: Path, target: Path) -> Path:
    made = project / "made"
    command = (sys.executable, "-m", "pip", "wheel", *_OFFLINE, "--wheel-dir", str(made), str(project))
    subprocess.run(command, check=True)
    [wheel] = made.glob("*.whl")
    target.mkdir(parents=True, exist_ok=True)
    return Path(shutil.move(wheel, target / wheel.name))


if __name__ == "__main__":
    for built in build(Path(sys.argv[1])):
        print(built)  # noqa: T201 - a program
