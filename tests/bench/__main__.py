"""`make bench`: every budget of the design with its floor, its figure and their ratio.

    python -m tests.bench [--only NAME] [--json] [--long]

Each group runs in a process of its own, so that none sees the memory of another.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tests.bench.budget import HEADING, Line
from tests.bench.groups import GROUPS, Options

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build"


def main() -> int:
    """1 if a budget is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", choices=GROUPS, metavar="NAME", help=f"one of {', '.join(GROUPS)}")
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--long", action="store_true", help="growth over 100 000 payments, not 10 000")
    args = parser.parse_args()
    _with_byte_code()
    began, good = time.monotonic(), True
    if not args.json:
        print(HEADING, flush=True)  # noqa: T201 - a program
    for line in _measured(args.only, args.long) if args.only else _in_processes(args.long):
        good = good and line.met is not False
        text = (
            json.dumps({**asdict(line), "ratio": line.ratio, "met": line.met}) if args.json else line.told()
        )
        print(text, flush=True)  # noqa: T201 - a program
    if not args.json:
        print(f"That took {time.monotonic() - began:.0f} s.")  # noqa: T201 - a program
    return 0 if good else 1


def _with_byte_code() -> None:
    """The programs start as an installed service does, whatever this shell thinks of byte code."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(BUILD / "bytecode")


def _measured(name: str, long: bool) -> Iterator[Line]:
    """One group, in a folder of its own on the disk of this checkout: /tmp may be memory."""
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder:
        yield from GROUPS[name](Options(Path(folder), long=long))


def _in_processes(long: bool) -> Iterator[Line]:
    for name in GROUPS:
        command = [sys.executable, "-m", "tests.bench", "--json", "--only", name, *(["--long"] * long)]
        group = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
        if not group.stdout:
            raise SystemExit(f"{name} could not be measured; what it said is above.")
        for text in group.stdout.splitlines():
            content = json.loads(text)
            del content["ratio"], content["met"]
            yield Line(**content)


if __name__ == "__main__":
    sys.exit(main())
