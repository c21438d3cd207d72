"""The table of codes in `agent/api/README.md`, made from the API's own.

`python -m tests.support.api_codes --write` writes it anew.
"""

from __future__ import annotations

import sys
from pathlib import Path

from agent.api.refusals import REFUSALS
from agent.api.v1.openapi import meaning
from agent.texts import say

PAGE = Path(__file__).parents[2] / "agent" / "api" / "README.md"
BEGIN = "| code | status | what happened | what it means for the money |\n|---|---|---|---|\n"


def table() -> str:
    """One row a code, in the order of the table."""
    rows = (
        f"| `{code}` | {row.status} | {meaning(code)} | {say(f'errors.money.{row.money}')} |\n"
        for code, row in REFUSALS.items()
    )
    return BEGIN + "".join(rows)


def page() -> str:
    """The whole page with its table made anew."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    kept = rest.splitlines(keepends=True)
    while kept and kept[0].startswith("|"):
        kept.pop(0)
    return before + table() + "".join(kept)


if __name__ == "__main__" and "--write" in sys.argv:
    PAGE.write_text(page(), "utf-8")
