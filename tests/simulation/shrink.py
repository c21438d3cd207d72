"""Makes a failing plan as short as it can be: the fewest payments and faults that still break the promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tests.simulation.plan import Fault, Payment, Plan, Till

# A plan that needs more tries than this is short enough.
MOST_TRIES = 2000


def shrink(plan: Plan, fails: Callable[[Plan], bool]) -> Plan:
    """The shortest plan found that still fails. `fails` must say yes to `plan`."""
    tries, shorter = 0, True
    while shorter:
        shorter = False
        for candidate in _shorter(plan):
            tries += 1
            if tries > MOST_TRIES:
                return plan
            if fails(candidate):
                plan, shorter = candidate, True
                break
    return plan


def _shorter(plan: Plan) -> Iterator[Plan]:
    """Plans with less in them, the largest steps first."""
    payments = plan.payments
    half = len(payments) // 2
    if half:
        yield _with(plan, payments[half:])
        yield _with(plan, payments[:half])
    for place in range(len(payments)):
        yield _with(plan, payments[:place] + payments[place + 1 :])
    for place, payment in enumerate(payments):
        for smaller in _simpler(payment):
            yield _with(plan, (*payments[:place], smaller, *payments[place + 1 :]))
    for plain in (
        {"wire": "serial"},
        {"receipts": "terminal"},
        {"auto_reversal": True},
        {"tlv": True},
        {"virgin": False},
        {"clock_ahead_s": 0},
    ):
        yield from _changed(plan, plain)


def _with(plan: Plan, payments: tuple[Payment, ...]) -> Plan:
    return msgspec.structs.replace(plan, payments=payments)


def _simpler(payment: Payment) -> Iterator[Payment]:
    for place in range(len(payment.faults)):
        yield msgspec.structs.replace(payment, faults=payment.faults[:place] + payment.faults[place + 1 :])
    if payment.mood:
        yield from _changed(payment, {"mood": {}})
        if payment.mood != {"display": []}:
            yield from _changed(payment, {"mood": payment.mood | {"display": []}})
    yield from _changed(payment, {"till": Till()})
    yield from _changed(payment, {"rest": 1.0})
    yield from _changed(payment, {"by_hand": 0})
    if payment.kind == "sale":
        yield from _changed(payment, {"amount": 1250})
    for place, fault in enumerate(payment.faults):
        for smaller in _milder(fault):
            faults = (*payment.faults[:place], smaller, *payment.faults[place + 1 :])
            yield msgspec.structs.replace(payment, faults=faults)


def _milder(fault: Fault) -> Iterator[Fault]:
    """The same earlier, or with rounder figures."""
    for at in (1, fault.at // 2, fault.at - 1):
        if 1 <= at < fault.at:
            yield msgspec.structs.replace(fault, at=at)
    if fault.seconds not in {0.0, 1.0}:
        yield msgspec.structs.replace(fault, seconds=1.0)
    if fault.size and fault.what != "clock":
        yield msgspec.structs.replace(fault, size=0)


def _changed(struct: Any, change: dict[str, Any]) -> Iterator[Any]:
    if any(getattr(struct, name) != value for name, value in change.items()):
        yield msgspec.structs.replace(struct, **change)
