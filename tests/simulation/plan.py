"""What one run of the world does: payments, and what goes wrong during each of them.

A plan is data. A seed makes one, a story on disk is one, and the shrinker takes
pieces out of one until only what matters is left.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from agent.journal.schema.entry import PaymentKind

# What a fault is counted in, from the beginning of its payment: what the agent hands to the
# outside (kill, power), disk calls, pieces of data on the cable, seconds.
What = Literal[
    "kill",
    "power",
    "disk_error",
    "sync_lies",
    "short_write",
    "disk_full",
    "read_error",
    "lose",
    "cut_short",
    "damage",
    "repeat",
    "delay",
    "split",
    "noise",
    "unplug",
    "silence",
    "reboot",
    "freeze",
    "clock",
    "network",
]
Way = Literal["", "to_terminal", "to_till"]


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that goes wrong. `at` counts from 1; `size` and `seconds` mean what `what` makes of them."""

    what: What
    at: int = 1
    way: Way = ""
    seconds: float = 0.0
    size: int = 0


class Till(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the till behaves over one payment; times in seconds after it asked, 0 means never.

    `crashes`: it stops listening, and asks again with the same id `back` later.
    `repeats`: it sends the same request once more meanwhile.
    """

    answers: Literal["yes", "no", ""] = "yes"
    cancels: float = 0.0
    crashes: float = 0.0
    back: float = 0.0
    repeats: float = 0.0


class Payment(msgspec.Struct, frozen=True, omit_defaults=True):
    """One payment. `mood` is what the terminal does with it, as `drivers.simulator.core.behaviour.Behaviour`.

    `by_hand` is an amount that somebody then takes on the terminal itself, without the till.
    """

    payment_id: str
    amount: int = 0
    kind: PaymentKind = "sale"
    original: str = ""
    mood: dict[str, Any] = {}
    till: Till = Till()
    faults: tuple[Fault, ...] = ()
    rest: float = 1.0
    by_hand: int = 0


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """One run. `seed` also feeds the dice of the world itself: how a power cut tears a write.

    A terminal is mostly one that has served before; a `virgin` one has no last payment to tell.
    The terminal's clock is `clock_ahead_s` ahead of the shop's. The shop `uploads` when headquarters
    take part. Only ZVT has an `auto_reversal` and a `tlv`.
    """

    seed: int
    payments: tuple[Payment, ...]
    wire: Literal["serial", "tcp"] = "serial"
    receipts: Literal["till", "terminal"] = "till"
    auto_reversal: bool = True
    tlv: bool = True
    virgin: bool = False
    clock_ahead_s: int = 0
    uploads: bool = False
    why: str = ""
    protocol: str = "zvt"
    variant: str = ""


# What a terminal may do and still tell the end of a payment plainly.
_PLAIN_MOODS = frozenset({"display", "outcome", "code", "tip", "partial", "shown"})


def calm_beginning(plan: Plan) -> set[str]:
    """The payments before anything goes wrong, by the plan."""
    calm = set()
    for payment in plan.payments:
        if payment.faults or payment.till != Till() or not payment.mood.keys() <= _PLAIN_MOODS:
            break
        calm.add(payment.payment_id)
    return calm


def faults_of(plan: Plan) -> int:
    """How many things go wrong in it."""
    return sum(len(payment.faults) for payment in plan.payments)


def to_json(plan: Plan) -> bytes:
    """The plan as a file that people can read."""
    return msgspec.json.format(msgspec.json.encode(plan)) + b"\n"


def from_json(content: bytes) -> Plan:
    """The plan in such a file."""
    return msgspec.json.decode(content, type=Plan)
