"""`make attacks`: each attack on a real journal made by the real programs, and who noticed it.

A row fails if the first party that can know it (DECISIONS 26) did not say so.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.attacks.rows import ROWS, Row
from tests.attacks.shop import Seen, Shop

HEAD = "| # | attack (power) | verify | agent's start | uploader | headquarters | first |"


def noticed(row: Row, seen: Seen) -> bool:
    """Whether the first party that can know has noticed; nobody notices nothing."""
    verify, host = seen.verify != "ok", bool(seen.start)
    headquarters = bool(seen.uploader) or seen.headquarters not in {"cosigned", "-"}
    by = {"nobody": not (verify or host or headquarters), "verify": verify, "host": host}
    return by.get(row.first, headquarters)


def main() -> int:
    """Run them all; 1 if one was not noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.attacks")
    parser.add_argument("--only", nargs="*", default=[], metavar="ROW")
    only = parser.parse_args().only
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        try:
            shop.live()
            _say(HEAD)
            _say("|---|---|---|---|---|---|---|")
            for row in ROWS:
                if only and row.number not in only:
                    continue
                shop.put_back()
                row.do(shop)
                seen = shop.look()
                _say(_line(row, seen))
                if not noticed(row, seen):
                    missed.append(row.number)
        finally:
            shop.environment.close()
    _say(f"Not noticed by whom it must be: {', '.join(missed) or 'none'}.")
    return 1 if missed else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _line(row: Row, seen: Seen) -> str:
    start, uploader = ", ".join(seen.start) or "-", ", ".join(seen.uploader) or "-"
    cells = (
        row.number,
        f"{row.attack} ({row.power})",
        seen.verify,
        start,
        uploader,
        seen.headquarters,
        row.first,
    )
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
