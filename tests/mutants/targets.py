"""What is mutated, and which tests stand near it: the only place that knows folders.

A file that moves inside of these globs needs no change here. A row that matches no file is an error,
so that a group cannot vanish from the draw unseen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

# Group -> globs from the root. Each group has the same share of a draw; inside of a group each
# folder has the same share, so that every protocol's resolve counts alike.
TARGETS: dict[str, tuple[str, ...]] = {
    "payments": ("agent/payments/**/*.py",),
    "rules": ("agent/rules/**/*.py",),
    "money": ("agent/base/money.py",),
    "journal": ("agent/journal/**/*.py",),
    "resolve": ("drivers/*/resolve.py",),
}

# Groups that a whole simulated shop judges last, when all tests have let a mutant live.
JUDGED_BY_WORLD = {"payments", "rules", "journal", "resolve"}

# Minutes long, or not about the code of a mutant.
LEFT_OUT = {"faults", "powercut", "usbvm", "fuzz", "bench", "mutants"}


@dataclass(frozen=True, slots=True)
class Stratum:
    """Files that share one part of a draw."""

    group: str
    folder: str
    paths: tuple[str, ...]


def strata(root: Path) -> list[Stratum]:
    """The groups, each in its folders. Raises `SystemExit` if a group has no file."""
    found = []
    for group, globs in TARGETS.items():
        folders: dict[str, list[str]] = {}
        for path in sorted({path for glob in globs for path in root.glob(glob)}):
            name = path.relative_to(root)
            folders.setdefault(name.parent.as_posix(), []).append(name.as_posix())
        if not folders:
            raise SystemExit(f"No file is in the group {group}: correct TARGETS in tests/mutants/targets.py.")
        found += [Stratum(group, folder, tuple(paths)) for folder, paths in folders.items()]
    return found


def files_of_tests(root: Path) -> Iterator[str]:
    """All files of tests that may judge a mutant."""
    for path in sorted((root / "tests").rglob("test_*.py")):
        name = path.relative_to(root)
        if not LEFT_OUT & set(name.parts):
            yield name.as_posix()


def distance(test: str, path: str) -> int:
    """How far a test stands from a file: 0 named after it, 1 in the folder of its name, 2 elsewhere."""
    stem, near = PurePosixPath(test).stem.removeprefix("test_"), PurePosixPath(path)
    mirrored = near.parent.name in PurePosixPath(test).parent.parts
    if stem == near.stem or stem.startswith(near.stem + "_"):
        return 0 if mirrored else 2
    return 1 if mirrored and near.parent.name != "agent" else 2


def protocol(path: str) -> str:
    """The protocol that a driver's file belongs to, or nothing."""
    parts = PurePosixPath(path).parts
    return parts[1] if parts[0] == "drivers" and len(parts) > 2 else ""
