"""Which file of tests executes which line: measured once a commit, one process a file.

Child processes are measured too, as far as they end by themselves. What one of them did before it
was killed is not seen, so a mutant there may be said to live though a test would have told: an error
on the strict side.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from coverage import CoverageData
from coverage.exceptions import CoverageException

from tests.mutants import lines
from tests.mutants.copies import Copy
from tests.mutants.draw import Mutant
from tests.mutants.targets import distance

# The slowest file of tests needs two minutes under measurement on a busy machine.
MOST_SECONDS = 900

_SETTINGS = """\
[run]
include =
{paths}
patch = subprocess
parallel = true
data_file = {folder}/data
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One file of tests: whether it passes unchanged, how long it takes, what it executes."""

    test: str
    passed: bool
    seconds: float
    longest: float
    lines: dict[str, list[int]] = field(default_factory=dict)

    def covers(self, mutant: Mutant) -> bool:
        """Whether it executes the statement of a mutant."""
        return any(mutant.first <= line <= mutant.last for line in self.lines.get(mutant.path, []))


def measure(copy: Copy, test: str, paths: Iterable[str]) -> Measured:
    """Run one file of tests on unchanged code. It counts if it passes, measured or not."""
    with tempfile.TemporaryDirectory(prefix="r-") as folder:
        settings = Path(folder) / "settings"
        settings.write_text(_SETTINGS.format(paths="\n".join(f"    {path}" for path in paths), folder=folder))
        began = time.monotonic()
        command = [
            "coverage",
            "run",
            f"--rcfile={settings}",
            "-m",
            "pytest",
            "-q",
            "--no-header",
            "--durations=1",
        ]
        command += ["--durations-min=0", "-p", "no:cacheprovider", test]
        ran = copy.run(command, {}, MOST_SECONDS)
        seconds = time.monotonic() - began
        reached = _reached(Path(folder), copy.place)
    if ran.code:
        ran = copy.pytest([test], MOST_SECONDS, MOST_SECONDS, "--durations=1", "--durations-min=0")
    shutil.rmtree(copy.place / ".hypothesis", ignore_errors=True)
    return Measured(test, ran.code == 0, round(seconds, 2), ran.longest, reached)


def _reached(folder: Path, place: Path) -> dict[str, list[int]]:
    found: dict[str, set[int]] = {}
    for part in folder.glob("data*"):
        data = CoverageData(str(part))
        try:
            data.read()
        except CoverageException:
            continue  # of a process that was killed while it wrote
        for name in data.measured_files():
            path = Path(name)
            if path.is_relative_to(place):  # a test may run a copy of the tree elsewhere
                found.setdefault(path.relative_to(place).as_posix(), set()).update(data.lines(name) or ())
    return {name: sorted(numbers) for name, numbers in sorted(found.items())}


def known(path: Path) -> dict[str, Measured]:
    """What was measured already."""
    return {row["test"]: Measured(**row) for row in lines.read(path)}


def remember(path: Path, measured: Measured) -> None:
    """Write what was measured."""
    lines.append(path, asdict(measured))


def ordered(mutant: Mutant, all_tested: Iterable[Measured]) -> tuple[list[Measured], list[Measured]]:
    """The tests that reach a mutant: the nearest and the rest, each with the fastest first."""
    reaching = [tested for tested in all_tested if tested.passed and tested.covers(mutant)]
    reaching.sort(key=lambda tested: (distance(tested.test, mutant.path), tested.seconds))
    nearest = [tested for tested in reaching if distance(tested.test, mutant.path) < 2]
    return nearest, reaching[len(nearest) :]


def batches(files: Sequence[Measured], quick_s: float) -> list[list[Measured]]:
    """Files that share a process: the quick ones together, each slow one alone."""
    quick = [tested for tested in files if tested.longest <= quick_s]
    slow = [[tested] for tested in files if tested.longest > quick_s]
    return [quick, *slow] if quick else slow
