"""Budget: all rules on one request, with 90 days and 100 000 payments behind it, p99 <= 1 ms.

    python tests/bench/bench_rules.py [--json]

The floor is the same call with no history at all: what the history costs is the ratio.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from typing import Any

from agent.base.money import CURRENCIES
from agent.journal.schema.entry import AnyBody, Completed, Entry, Requested, Submitted, TerminalResult
from agent.rules import DayTotals, Original, Policy, RuleRequest, decide

DAYS = 90
PAYMENTS = 100_000
TILLS = 4
DECISIONS = 20_000
BUDGET_US = 1000
OPENS = datetime(2026, 8, 1, 9, tzinfo=UTC)
EVERYTHING_ON = Policy(
    CURRENCIES["EUR"],
    hard=100_000,
    day_count_note=10,
    day_count_block=10_000,
    day_sum_note=10_000,
    day_sum_block=100_000_000,
    refund_count_supervisor=1,
    refund_sum_supervisor=1000,
)


def history() -> Iterator[Entry]:
    """The journal of a busy shop: every eighth payment declined, every twentieth a refund."""
    a_day = PAYMENTS // DAYS + 1
    for number in range(PAYMENTS):
        day, of_day = divmod(number, a_day)
        at = OPENS + timedelta(days=day, seconds=of_day * 9 * 3600 // a_day)
        for body in payment(number):
            yield Entry(index=number, at=at, boot_ms=0, body=body)


def payment(number: int) -> Iterator[AnyBody]:
    """The entries of one payment."""
    name = f"t-{number}"
    yield Requested(
        payment_id=name,
        payment="refund" if number % 20 == 0 else "sale",
        terminal="front",
        till=str(number % TILLS),
        amount=100 + number % 5000,
        currency="EUR",
    )
    yield Submitted(payment_id=name, receipts="till")
    yield TerminalResult(payment_id=name, verdict="declined" if number % 8 == 0 else "approved")
    yield Completed(payment_id=name)


def microseconds(totals: DayTotals, now: datetime) -> list[float]:
    """How long each decision took, sorted."""
    original = Original(approved=True, reversed=False, left=5000, currency="EUR", kind="sale")
    took = []
    for number in range(DECISIONS):
        request = RuleRequest(
            kind="refund" if number % 20 == 0 else "sale",
            amount=1 + number % 120_000,
            currency="EUR",
            till=str(number % TILLS),
            original=original,
        )
        began = time.perf_counter_ns()
        decide(request, totals, EVERYTHING_ON, now)
        took.append((time.perf_counter_ns() - began) / 1000)
    return sorted(took)


def measure() -> dict[str, Any]:
    """The figures by name."""
    totals = DayTotals(clock_time(4))
    began = time.perf_counter()
    for entry in history():
        totals.apply(entry)
    folded_s = time.perf_counter() - began
    now = OPENS + timedelta(days=DAYS - 1, hours=9)
    floor = microseconds(DayTotals(clock_time(4)), now)
    took = microseconds(totals, now)
    p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
    return {
        "what": "rules p99",
        "floor_us": round(floor[len(floor) * 99 // 100], 1),
        "p50_us": round(p50, 1),
        "p99_us": round(p99, 1),
        "budget_us": BUDGET_US,
        "fold_us_per_payment": round(folded_s / PAYMENTS * 1e6, 1),
        "snapshot_bytes": len(totals.to_bytes()),
        "met": p99 <= BUDGET_US,
    }


def main() -> None:
    """Measure and print; exit with 1 when the budget is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    figures = measure()
    text = "\n".join(f"{name:<20} {value}" for name, value in figures.items())
    print(json.dumps(figures) if args.json else text)  # noqa: T201 - a program
    raise SystemExit(0 if figures["met"] else 1)


if __name__ == "__main__":
    main()
