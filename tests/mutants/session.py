"""One run from its arguments to its table: copies, the map of what tests reach, the draw, the trials."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.mutants import lines, reach
from tests.mutants.copies import Copy
from tests.mutants.draw import Mutant, draw
from tests.mutants.report import Report, equivalents
from tests.mutants.run import Verdict, in_parallel, judge
from tests.mutants.targets import files_of_tests, strata

LIST = Path("tests/mutants/equivalent.toml")


class Session:
    """A commit, a seed, and the files of both."""

    def __init__(self, root: Path, commit: str, seed: str) -> None:
        self._root, self._commit, self._seed = root, commit, seed
        self._build = root / "build" / "mutants"
        self.copies = self._build / f"copies-{os.getpid()}"
        self._results = self._build / f"{commit}-{seed}.jsonl"
        self._map = self._build / f"{commit}-map.jsonl"

    def run(self, sample: int, workers: int, only: Sequence[str]) -> int:
        """Try what is not yet tried, and tell. 0 if few live."""
        self._build.mkdir(parents=True, exist_ok=True)
        copies = [Copy(self._root, self._commit, self.copies / str(number)) for number in range(workers)]
        layers = [layer for layer in strata(copies[0].place) if not only or layer.group in only]
        drawn = draw(copies[0].place, layers, sample, self._seed)
        self._measure(copies)
        self._try(copies, drawn)
        report = Report(drawn, self._verdicts(), equivalents(self._root / LIST))
        for line in report.told():
            _say(line)
        return 0 if report.good() else 1

    def _verdicts(self) -> dict[str, dict[str, object]]:
        return {row["mutant"]: row for row in lines.read(self._results)}

    def _measure(self, copies: Sequence[Copy]) -> None:
        """Run all tests once on unchanged code. All groups are measured, whichever are drawn."""
        known = reach.known(self._map)
        tests = [test for test in files_of_tests(copies[0].place) if test not in known]
        paths = [path for layer in strata(copies[0].place) for path in layer.paths]
        if tests:
            _say(f"{len(tests)} files of tests are run on the unchanged code; this is done once a commit.")

        def keep(measured: reach.Measured) -> None:
            reach.remember(self._map, measured)
            _say(f"{measured.seconds:6.1f} s  {measured.test}")

        in_parallel(copies, tests, lambda copy, test: reach.measure(copy, test, paths), keep)
        for tested in reach.known(self._map).values():
            if not tested.passed:
                _say(f"{tested.test} fails on the unchanged code, so it judges nothing.")

    def _try(self, copies: Sequence[Copy], drawn: Sequence[Mutant]) -> None:
        done = self._verdicts()
        waiting = [mutant for mutant in drawn if mutant.id not in done]
        tested = list(reach.known(self._map).values())
        by_id = {mutant.id: mutant for mutant in drawn}
        count = len(drawn) - len(waiting)

        def keep(verdict: Verdict) -> None:
            nonlocal count
            count += 1
            mutant = asdict(by_id[verdict.mutant])
            lines.append(self._results, {**asdict(verdict), **mutant, "seed": self._seed})
            told = f"{count}/{len(drawn)} {verdict.verdict:<8}{verdict.seconds:6.1f} s"
            _say(f"{told}  {verdict.mutant}  {verdict.by}")

        in_parallel(copies, waiting, lambda copy, mutant: judge(mutant, copy, tested), keep)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a program
