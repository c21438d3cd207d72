"""The groups of budgets by name, in the order in which they are printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.bench import (
    bench_bytes,
    bench_flood,
    bench_growth,
    bench_idle,
    bench_memory,
    bench_payment,
    bench_start,
    bench_upload,
    bench_verify,
    bench_zvt,
)
from tests.bench import bench_journal as journal
from tests.bench import bench_rules as rules
from tests.bench.budget import Line


@dataclass(frozen=True, slots=True)
class Options:
    """`place` is an empty folder of the group's own; `long` asks for what takes minutes."""

    place: Path
    long: bool


def _commit(options: Options) -> Iterable[Line]:
    for count in (1, journal.BATCH):
        place = options.place / str(count)
        place.mkdir()
        row = journal.commits(place, count)
        yield Line(row.what, row.unit, row.floor, row.figure, row.budget)


def _rules(_options: Options) -> Iterable[Line]:
    found = rules.measure()
    note = (
        f"{found['snapshot_bytes']} bytes of snapshot; a payment folds in {found['fold_us_per_payment']} us"
    )
    yield Line(
        "rules p99, 100 000 payments",
        "us",
        found["floor_us"],
        found["p99_us"],
        rules.BUDGET_US,
        "figure",
        note=note,
    )


GROUPS: dict[str, Callable[[Options], Iterable[Line]]] = {
    "commit": _commit,
    "payment": lambda options: bench_payment.lines(options.place),
    "bytes": lambda options: bench_bytes.lines(options.place),
    "rules": _rules,
    "zvt": lambda options: bench_zvt.lines(options.place),
    "flood": lambda _options: bench_flood.lines(),
    "length": lambda _options: bench_growth.lines(),
    "start": lambda options: bench_start.lines(options.place),
    "memory": lambda options: bench_memory.resident(options.place),
    "growth": lambda options: bench_memory.growth(options.place, long=options.long),
    "idle": lambda options: bench_idle.lines(options.place),
    "upload": lambda options: bench_upload.lines(options.place),
    "verify": lambda options: bench_verify.lines(options.place),
}
