"""`make mutants SAMPLE=300 SEED=n`: breaks the code in many small ways and asks the tests.

    python -m tests.mutants [--sample 300] [--seed TEXT] [--workers 2] [--commit NAME] [--only GROUP ...]

Mutants of the commit are tried, not of what is not committed. Results go to
build/mutants/<commit>-<seed>.jsonl; the same command goes on where it was stopped.

Why not mutmut or cosmic-ray: mutmut 3 instruments every function into one module and runs the whole
pool, without a seeded sample; cosmic-ray can filter and resume, but knows no nearest test, runs one
fixed command for each mutant, and would bring an ORM and ten more packages into the lock file.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tests.mutants.session import Session
from tests.mutants.targets import TARGETS

ROOT = Path(__file__).parents[2]


def git(root: Path, *arguments: str) -> str:
    """What git says."""
    return subprocess.run(
        ["git", *arguments], cwd=root, stdout=subprocess.PIPE, check=True, text=True
    ).stdout.strip()


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """0 if at most one in twenty lives."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--sample", type=int, default=300, help="how many mutants")
    parser.add_argument("--seed", default="", help="any text; the commit's first eight digits by default")
    parser.add_argument("--workers", type=int, default=2, help="how many at a time")
    parser.add_argument("--commit", default="HEAD", help="what is mutated")
    parser.add_argument(
        "--only", nargs="*", default=[], choices=list(TARGETS), help="some groups of the draw"
    )
    args = parser.parse_args(arguments)
    commit = git(root, "rev-parse", args.commit)
    session = Session(root, commit[:8], args.seed or commit[:8])
    try:
        return session.run(args.sample, args.workers, args.only)
    finally:
        shutil.rmtree(session.copies, ignore_errors=True)


def _terminated(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)  # so that copies are removed and what runs is ended


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _terminated)
    sys.exit(main(sys.argv[1:]))
