"""One line of `make bench`: a figure beside the floor of the same run, and what was promised."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

HEADING = f"{'':<28}{'floor':>9}{'figure':>10} {'':<3}{'ratio':>7}  budget"


@dataclass(frozen=True)
class Line:
    """A budget, or without a `limit` a figure that belongs beside one.

    `judged` says what the limit bounds: the ratio of figure to floor, or the
    figure itself. `at_least` turns it round: more is better. `note` is for a person.
    """

    what: str
    unit: str
    floor: float | None
    figure: float | None
    limit: float | None = None
    judged: Literal["ratio", "figure"] = "ratio"
    at_least: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Figure to floor; None where one of them is missing or the floor is nothing."""
        return self.figure / self.floor if self.figure is not None and self.floor else None

    @property
    def met(self) -> bool | None:
        """None without a budget, or where what it bounds could not be measured."""
        value = self.ratio if self.judged == "ratio" else self.figure
        if self.limit is None or value is None:
            return None
        return value >= self.limit if self.at_least else value <= self.limit

    def told(self) -> str:
        """For a person, 80 columns."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} x"
        unit = "x" if self.judged == "ratio" else self.unit
        sign = ">=" if self.at_least else "<="
        budget = "" if self.limit is None else f"{sign} {_number(self.limit)} {unit}"
        verdict = {True: "met", False: "MISSED", None: "" if self.limit is None else "?"}[self.met]
        figures = f"{_number(self.floor):>9}{_number(self.figure):>10} {self.unit:<3}{ratio:>7}"
        line = f"{self.what:<28}{figures}  {budget}"
        return f"{line:<73}{verdict:>7}".rstrip() + (f"\n    {self.note}" if self.note else "")


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def alternating(
    floor: Callable[[], object],
    figure: Callable[[], object],
    rounds: int,
    pick: Callable[[Sequence[int]], float] = statistics.median,
) -> tuple[float, float]:
    """Both in microseconds of the processor; each goes first every other time.

    `pick` is `min` for what takes microseconds: whatever else this host does can only add to it.
    """
    took: tuple[list[int], list[int]] = ([], [])
    pair = ((floor, took[0]), (figure, took[1]))
    for number in range(rounds):
        for action, times in pair if number % 2 else pair[::-1]:
            began = time.process_time_ns()
            action()
            times.append(time.process_time_ns() - began)
    return pick(took[0]) / 1000, pick(took[1]) / 1000
