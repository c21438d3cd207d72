"""The table of a run, the living, and the list of those that nothing can tell apart.

An equivalent is known by its file, its function and its two texts, not by its line: it stays listed
when code above it moves. Each needs a proof.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.mutants.draw import Mutant
from tests.mutants.run import LIVED, NEAREST, REST
from tests.mutants.targets import TARGETS

EQUIVALENT = "equivalent"
MOST_LIVING = 0.05
_HEAD = ("group", "drawn", "nearest", "rest", LIVED, EQUIVALENT, "open")

Known = tuple[str, str, str, str]


def equivalents(path: Path) -> dict[Known, str]:
    """The proof of each listed equivalent. Raises `SystemExit` where one has none."""
    rows = tomllib.loads(path.read_text("utf-8")).get("mutant", []) if path.exists() else []
    for row in rows:
        if set(row) != {"path", "function", "before", "after", "proof"} or not row["proof"].strip():
            raise SystemExit(f"{path.name}: a mutant needs path, function, before, after and proof: {row}")
    return {(row["path"], row["function"], row["before"], row["after"]): row["proof"] for row in rows}


def known_as(mutant: Mutant) -> Known:
    """How the list names a mutant."""
    return mutant.path, mutant.function, mutant.before, mutant.after


class Report:
    """A draw and what became of it."""

    def __init__(
        self, drawn: Sequence[Mutant], verdicts: Mapping[str, Mapping[str, Any]], proofs: Mapping[Known, str]
    ) -> None:
        self._drawn, self._verdicts, self._proofs = drawn, verdicts, proofs

    def fate(self, mutant: Mutant) -> str:
        """The column that a mutant belongs to."""
        row = self._verdicts.get(mutant.id)
        fate = "open" if row is None else str(row["verdict"])
        return EQUIVALENT if fate == LIVED and known_as(mutant) in self._proofs else fate

    def good(self) -> bool:
        """Whether all were tried, few live, and no listed equivalent was killed."""
        fates = Counter(map(self.fate, self._drawn))
        judged = len(self._drawn) - fates[EQUIVALENT]
        return not fates["open"] and not self._wrong() and fates[LIVED] <= MOST_LIVING * judged

    def _wrong(self) -> list[Mutant]:
        killed = [mutant for mutant in self._drawn if self.fate(mutant) in {NEAREST, REST}]
        return [mutant for mutant in killed if known_as(mutant) in self._proofs]

    def told(self) -> Iterator[str]:
        """The table, the living, and what is wrong with the list of equivalents."""
        yield self._row(_HEAD)
        for group in TARGETS:
            yield self._counted(group, [mutant for mutant in self._drawn if mutant.group == group])
        yield self._counted("all", self._drawn)
        for mutant in self._drawn:
            if self.fate(mutant) == LIVED:
                yield from self._living(mutant)
        for mutant in self._wrong():
            yield f"\nListed as equivalent, yet killed by {self._verdicts[mutant.id]['by']}: {mutant.id}"

    def _counted(self, group: str, drawn: Sequence[Mutant]) -> str:
        fates = Counter(map(self.fate, drawn))
        return self._row([group, len(drawn), *(fates[fate] for fate in _HEAD[2:])])

    def _row(self, cells: Sequence[object]) -> str:
        return f"{cells[0]:<10}" + "".join(f"{cell!s:>12}" for cell in cells[1:])

    def _living(self, mutant: Mutant) -> Iterator[str]:
        yield f"\n{mutant.id}  in {mutant.function or 'the module'}; {self._verdicts[mutant.id]['by']}"
        yield f"  - {mutant.before}"
        yield f"  + {mutant.after}"
