"""From a seed to a plan: how often which thing goes wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from drivers.driver import PROTOCOLS
from tests.conformance.table import ZVT, cases
from tests.simulation.plan import Fault, Payment, Plan, Till, Way, What

# Few amounts, so that payments look alike: whoever resolves by the amount alone is soon wrong.
AMOUNTS = (1250, 1250, 1250, 1990, 60_000)
POINTS = ("answer", "display", "status", "receipt", "completion")
# A payment touches the outside (disk calls twice, writes to the cable) some forty times.
STEPS, DISK_CALLS, PIECES = 60, 14, 24

ON_A_CABLE: tuple[What, ...] = ("lose", "cut_short", "damage", "repeat", "noise")
ON_ANY_WIRE: tuple[What, ...] = ("delay", "split", "unplug", "silence", "reboot", "freeze")
ON_THE_DISK: tuple[What, ...] = ("disk_error", "sync_lies", "short_write", "disk_full", "read_error")
ON_THE_HOST: tuple[What, ...] = ("kill", "kill", "power", "power", "clock", "network")
WAYS: tuple[Way, ...] = ("to_terminal", "to_till")


# A clock that nobody put back in autumn or forward in spring, one that nobody ever set, small change.
CLOCKS_AHEAD_S = (3600, -3600, -40_000_000, 90, -480)

# How often a shop takes the next card on the terminal itself.
BY_HAND = 0.02


class Shop(NamedTuple):
    """How often sales, refunds, reversals and closes of the day come, and of how many first payments."""

    kinds: tuple[int, int, int, int]
    originals: int
    amounts: tuple[int, ...]


USUAL = Shop((20, 2, 2, 1), 8, AMOUNTS)
# In some worlds everybody brings the same things back.
RETURNS = Shop((8, 12, 12, 1), 2, (500, 1250, 1250))
MANY_RETURNS = 0.2

# A million seeds for each protocol, in the order of the table; the first million is ZVT's.
SEEDS_EACH = 1_000_000


def first_seed(protocol: str) -> int:
    """Where the seeds of a protocol begin."""
    return SEEDS_EACH * PROTOCOLS.index(protocol)


def plan_of(seed: int) -> Plan:
    """The plan of one seed."""
    protocol = PROTOCOLS[seed // SEEDS_EACH]
    return _of_zvt(seed) if protocol == ZVT else _of_others(seed, protocol)


def _of_others(seed: int, protocol: str) -> Plan:
    """As ZVT's, without what only ZVT has: a terminal that takes back, TLV, an end that undoes."""
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    dialect = dice.choice([case for case in cases() if case.protocol == protocol and case.wire != "usb"])
    plan = Plan(
        seed=seed,
        payments=(),
        wire=dialect.wire,  # type: ignore[arg-type]  # no dialect is on USB
        receipts="terminal" if dice.random() < 0.4 else "till",
        virgin=dice.random() < 0.05,
        uploads=dice.random() < 0.2,
        protocol=protocol,
        variant=dialect.variant,
    )
    return _with_payments(dice, plan)


def _of_zvt(seed: int) -> Plan:
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    wire: Any = "tcp" if dice.random() < 0.25 else "serial"
    plan = Plan(
        seed=seed,
        payments=(),
        wire=wire,
        receipts="terminal" if dice.random() < 0.4 else "till",
        auto_reversal=dice.random() < 0.6,
        tlv=dice.random() < 0.7,
        virgin=dice.random() < 0.05,
        uploads=dice.random() < 0.5,
    )
    return _with_payments(dice, plan)


def _with_payments(dice: random.Random, plan: Plan) -> Plan:
    # Some worlds are calm and some are hell: what hides behind noise shows in a calm one.
    trouble = dice.choice((0.15, 0.4, 0.7, 1.5))
    shop = RETURNS if dice.random() < MANY_RETURNS else USUAL
    payments = [_payment(dice, number, plan, trouble, shop) for number in range(1, dice.randint(3, 8) + 1)]
    ahead = dice.choice(CLOCKS_AHEAD_S) if dice.random() < 0.3 else 0
    payments = [
        msgspec.structs.replace(payment, by_hand=dice.choice(AMOUNTS)) if dice.random() < BY_HAND else payment
        for payment in payments
    ]
    return msgspec.structs.replace(plan, payments=tuple(payments), clock_ahead_s=ahead)


def _payment(dice: random.Random, number: int, plan: Plan, trouble: float, shop: Shop) -> Payment:
    kind = dice.choices(("sale", "refund", "reversal", "close_day"), shop.kinds)[0]
    original = f"A-{dice.randint(1, min(shop.originals, number - 1))}" if number > 1 else ""
    if kind in {"refund", "reversal"} and not original:
        kind = "sale"
    count = sum(dice.random() < trouble / 2 for _ in range(4))
    possible = _possible if plan.protocol != ZVT else lambda fault: fault
    return Payment(
        payment_id=f"A-{number}",
        amount=0 if kind in {"reversal", "close_day"} else dice.choice(shop.amounts),
        kind=kind,  # type: ignore[arg-type]  # one of the four
        original=original if kind in {"refund", "reversal"} else "",
        mood=_mood(dice, plan.protocol),
        till=_till(dice, trouble),
        faults=tuple(possible(_fault(dice, plan.wire)) for _ in range(count)),
        rest=round(dice.choice((0.5, 3, 12, 70, 200)) * dice.uniform(0.5, 1.5), 3),
    )


def _till(dice: random.Random, trouble: float) -> Till:
    if dice.random() > trouble / 3:
        return Till()
    sooner, later = round(dice.uniform(0.01, 8), 3), round(dice.uniform(0.1, 100), 3)
    match dice.randrange(5):
        case 0:
            return Till(cancels=sooner)
        case 1:
            return Till(crashes=sooner, back=later)
        case 2:
            return Till(repeats=sooner)
        case 3:
            return Till(answers="no")
        case _:
            return Till(answers="", crashes=sooner, back=200 + later)


def _mood(dice: random.Random, protocol: str) -> dict[str, Any]:
    """Most of the time the terminal does what it should."""
    mood: dict[str, Any] = {"display": []} if dice.random() < 0.5 else {}
    moods = MOODS if protocol == ZVT else PLAIN_MOODS
    return mood if dice.random() > 0.35 else mood | dice.choice(moods)(dice)


def _gone(dice: random.Random) -> dict[str, Any]:
    where = {"at": dice.choice(POINTS), "when": dice.choice(("before", "after"))}
    return {dice.choice(("unplug", "reboot")): where | {"seconds": dice.choice((1, 5, 40))}}


MOODS: tuple[Callable[[random.Random], dict[str, Any]], ...] = (
    lambda _: {"outcome": "decline"},
    lambda _: {"outcome": "stop_key"},
    lambda dice: {"outcome": "refuse", "code": dice.choice((0x6C, 0x83, 0x9C))},
    lambda dice: {"tip": dice.choice((100, 250))},
    lambda _: {"partial": 500},
    lambda dice: {"silence_s": dice.choice((2, 20, 100, 260)), "silence_before": dice.choice(POINTS)},
    lambda dice: {"skip": [dice.choice(("display", "receipt", "completion"))]},
    lambda dice: {"twice": [dice.choice(POINTS)]},
    lambda _: {"abort_after": 0x6C},
    lambda dice: {"cancel": dice.choice(("refused", "ignored", "too_late"))},
    lambda dice: {"shown": dice.choice(("number", "track_2"))},
    _gone,
)

# Only ZVT's terminal knows a copy of an older command: the others' commands have no number, and what a
# cable says once more seconds later, when the terminal has restarted, is a command like any other to it.
# No session can tell; a cable's own copy comes at once, as an echo does.
ECHO_S = 0.05


def _possible(fault: Fault) -> Fault:
    """The fault as it can befall another terminal than ZVT's."""
    if fault.what == "repeat" and fault.way == "to_terminal":
        return msgspec.structs.replace(fault, seconds=ECHO_S)
    return fault


# ZVT's own are left out: its codes, and an end that undoes a result.
PLAIN_MOODS: tuple[Callable[[random.Random], dict[str, Any]], ...] = (
    *MOODS[:2],
    lambda _: {"outcome": "refuse"},
    *MOODS[3:8],
    *MOODS[9:11],
    _gone,
)


def _fault(dice: random.Random, wire: str) -> Fault:
    kinds = dice.choices((ON_A_CABLE, ON_ANY_WIRE, ON_THE_DISK, ON_THE_HOST), (4, 4, 2, 4))[0]
    if kinds is ON_A_CABLE and wire == "tcp":
        kinds = ON_ANY_WIRE
    what = dice.choice(kinds)
    if kinds is ON_THE_DISK:
        return Fault(
            what, dice.randint(1, DISK_CALLS), seconds=dice.choice((1, 60)), size=dice.randint(0, 600)
        )
    if what in {"kill", "power"}:
        return Fault(what, dice.randint(1, STEPS), seconds=dice.choice((0.1, 2.0, 30.0)))
    if what == "clock":
        jump = dice.choice((-7200, -30, 30, 7200, 50_000, 90_000))
        return Fault(what, dice.randint(1, 5), size=jump)
    if what == "network":
        return Fault(what, 1, seconds=dice.choice((1, 60, 300)), size=dice.randint(0, 3))
    seconds = dice.choice((0.05, 0.3, 2.0, 4.9, 8.0))
    if what in {"unplug", "silence", "reboot", "freeze"}:
        seconds = dice.choice((0.5, 4.0, 9.0, 25.0, 70.0))
    way, last = dice.choice(WAYS), dice.choice((6, PIECES))  # the first ones bring the command and its answer
    return Fault(what, dice.randint(1, last), way=way, seconds=seconds, size=dice.randint(0, 60))
