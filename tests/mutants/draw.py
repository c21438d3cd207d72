"""Draws mutants: the same seed gives the same ones, and every group has the same share.

A longer draw begins with the shorter one of the same seed, so a sample can be extended.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.mutants.operators import Edit, Source, edits
from tests.mutants.sites import Site, sites
from tests.mutants.targets import Stratum


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file. `before` and `after` are the changed lines, spaces folded."""

    group: str
    path: str
    function: str
    line: int
    column: int
    operator: str
    start: int
    end: int
    text: str
    before: str
    after: str
    first: int
    last: int

    @property
    def id(self) -> str:
        """`path:line:column:operator`."""
        return f"{self.path}:{self.line}:{self.column}:{self.operator}"

    def applied(self, content: bytes) -> bytes:
        """The file with the change."""
        return content[: self.start] + self.text.encode() + content[self.end :]


def mutants(group: str, path: str, content: bytes) -> list[Mutant]:
    """All mutants of a file, in the order of their ids."""
    source = Source(content)
    found = {
        mutant.id: mutant
        for site in sites(ast.parse(content))
        for edit in edits(site, source)
        if (mutant := _mutant(group, path, source, site, edit))
    }
    return [found[name] for name in sorted(found)]


def _mutant(group: str, path: str, source: Source, site: Site, edit: Edit) -> Mutant:
    line, column = source.place(edit.start)
    begin = source.content.rfind(b"\n", 0, edit.start) + 1
    finish = source.content.find(b"\n", edit.end)
    finish = len(source.content) if finish < 0 else finish
    before = source.content[begin:finish]
    after = before[: edit.start - begin] + edit.text.encode() + before[edit.end - begin :]
    return Mutant(
        group,
        path,
        site.function,
        line,
        column,
        edit.operator,
        edit.start,
        edit.end,
        edit.text,
        " ".join(before.decode().split()),
        " ".join(after.decode().split()),
        site.first,
        site.last,
    )


def compiles(mutant: Mutant, content: bytes) -> bool:
    """Whether Python takes the changed file, and reads something else in it than before."""
    changed = mutant.applied(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            compile(changed, mutant.path, "exec")
        except SyntaxError:
            return False
    return ast.dump(ast.parse(changed)) != ast.dump(ast.parse(content))


def draw(root: Path, strata: Sequence[Stratum], sample: int, seed: str) -> list[Mutant]:
    """`sample` mutants, the groups in turn; fewer when there are no more."""
    groups: dict[str, list[Iterator[Mutant]]] = {}
    for stratum in strata:
        groups.setdefault(stratum.group, []).append(_shuffled(root, stratum, seed))
    drawn: list[Mutant] = []
    for mutant in _in_turn([_in_turn(parts) for parts in groups.values()]):
        if len(drawn) == sample:
            break
        drawn.append(mutant)
    return drawn


def _shuffled(root: Path, stratum: Stratum, seed: str) -> Iterator[Mutant]:
    contents = {path: (root / path).read_bytes() for path in stratum.paths}
    pool = [mutant for path in stratum.paths for mutant in mutants(stratum.group, path, contents[path])]
    Random(f"{seed} {stratum.group} {stratum.folder}").shuffle(pool)  # noqa: S311 - must be repeatable
    return (mutant for mutant in pool if compiles(mutant, contents[mutant.path]))


def _in_turn(parts: Sequence[Iterator[Mutant]]) -> Iterator[Mutant]:
    """One of each, again and again, until all are empty."""
    waiting = list(parts)
    while waiting:
        for part in tuple(waiting):
            mutant = next(part, None)
            if mutant is None:
                waiting.remove(part)
            else:
                yield mutant
