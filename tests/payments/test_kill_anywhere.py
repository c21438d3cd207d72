"""Kill the agent between any two lines of a payment's path, start it again, and compare with the bank.

A killed agent leaves what it had handed to the disk, to the key store and to the
cable. Lines between which none of these changed, and no time passed, leave the
same: the first of them stands for all. `test_lines_that_leave_the_same_...` tries
that this is so.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import pytest

from agent.journal.schema.entry import UnsolicitedResult
from agent.payments.state import PaymentState
from drivers.simulator.core.bank import Booking, BookingState
from tests.payments.killed import PATH
from tests.payments.world import World

# A coroutine that was made one line before its task was: a process that is killed does not complain either.
pytestmark = pytest.mark.filterwarnings(
    "ignore:coroutine 'PaymentService._run' was never awaited:RuntimeWarning"
)

# A payment runs through more than a thousand lines of these files; far fewer means that nobody looked.
FEWEST_LINES = 500

# The longest silence of a terminal that may still be at work (180 s), and our next question (60 s) end in it.
RESOLVED_S = 300.0

COMMANDS = {"sale": "0601", "refund": "0631", "reversal": "0630"}


@dataclass(frozen=True)
class Case:
    """One payment, and what its till may know in the end."""

    orders: str = ""
    receipts: str = "till"
    rules: str = 'hard = "2000.00"'
    request: dict[str, Any] = field(default_factory=dict)
    ends: tuple[str, ...] = ("approved", "declined")
    first: bool = False  # nothing is known of the terminal before it
    commits: bool = True  # our acknowledgement is what makes it stand

    @property
    def kind(self) -> str:
        return str(self.request.get("payment", "sale"))

    def prepared(self) -> World:
        """A world at the moment before the payment."""
        world = World(self.orders, receipts=self.receipts, rules=self.rules)
        if not self.first:
            assert world.pay("A-0", AMOUNTS["reversal"]).verdict == "approved"
        return world

    def pay(self, world: World) -> PaymentState:
        """Ask for it, say yes if there is a question, and wait for the verdict."""
        amount = None if self.kind == "reversal" else AMOUNTS[self.kind]
        view = world.pay("A-1", amount, **self.request)
        if view.phase != "asking":
            return view
        world.answer("A-1", "yes")
        return world.follow("A-1")


# The other reading of the specification: what the till does not answer stays, and is told again.
KEEPS = '[terminal]\nsoftware = "TILLGATE-SIM 1"\nauto_reversal = false'
AMOUNTS = {"sale": 1250, "refund": 300, "reversal": 500}
PLAIN = "[[payment]]\n"
CASES = {
    "approved, the till prints": Case(),
    "approved, the terminal prints": Case(receipts="terminal"),
    "approved, the terminal keeps it": Case(KEEPS, commits=False),
    "approved, as the first": Case(first=True, ends=("approved", "unclear")),
    "declined": Case(PLAIN + '[[payment]]\noutcome = "decline"', ends=("declined",)),
    "stopped": Case(PLAIN + '[[payment]]\noutcome = "stop_key"', ends=("cancelled", "declined")),
    "taken back": Case(PLAIN + "[[payment]]\nabort_after = 0x6C", ends=("declined", "unclear")),
    "confirmed": Case(rules='hard = "20.00"\nsoft = "10.00"', ends=("approved", "declined", "not_sent")),
    "refund": Case(request={"payment": "refund", "original": "A-0"}),
    "reversal": Case(request={"payment": "reversal", "original": "A-0"}),
}
SOME = ("approved, the till prints", "approved, the terminal prints", "declined")


class Killed(SystemExit):
    """What a loop does not catch."""


class Executioner:
    """Follows an agent line by line, and strikes before line number `fatal` if there is one.

    `left[n]` is what a kill before line n + 1 would leave.
    """

    def __init__(self, world: World, fatal: int = 0) -> None:
        self.left: list[tuple[float, ...]] = []
        self._world = world
        self._fatal = fatal

    @contextmanager
    def at_work(self) -> Iterator[None]:
        before = sys.gettrace()
        sys.settrace(self._on_call)
        try:
            yield
        finally:
            sys.settrace(before)

    def _on_call(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        return self._on_line if frame.f_code.co_filename in PATH else None

    def _on_line(self, _frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            self.left.append(self._world.left_behind())
            if len(self.left) == self._fatal:
                raise Killed
        return self._on_line


def lines_of(case: Case) -> list[tuple[float, ...]]:
    """What a kill before each line of the payment would leave."""
    with closing(case.prepared()) as world:
        executioner = Executioner(world)
        with executioner.at_work():
            case.pay(world)
    assert len(executioner.left) > FEWEST_LINES
    return executioner.left


def points_of(case: Case) -> list[int]:
    """The lines that leave something else than the line before."""
    left = lines_of(case)
    return [line for line, mine in enumerate(left, 1) if line == 1 or mine != left[line - 2]]


@dataclass
class Judge:
    """Holds what a till may know against what the bank has and what the terminal was sent."""

    world: World
    case: Case

    def __post_init__(self) -> None:
        self._before = len(self.world.bank.bookings)
        self._sent_before = self.world.sent(COMMANDS[self.case.kind])

    def look(self, view: PaymentState | None) -> None:
        """Raises where the till, the journal and the bank cannot all be right."""
        booked = self._booked()
        sent = self.world.sent(COMMANDS[self.case.kind]) - self._sent_before
        assert len(booked) <= 1
        assert sent <= 1
        if view is None:
            assert sent == 0
        elif view.verdict == "approved":
            assert [booking.amount for booking in booked] == [AMOUNTS[self.case.kind]]
        elif view.verdict != "unclear":
            assert booked == []
        if booked and self.case.commits:
            self._all_on_disk()

    def _all_on_disk(self) -> None:
        """What the terminal stored was acknowledged, so result and receipts are in the journal."""
        kinds = self.world.kinds("A-1") + [
            entry.body.result.verdict
            for entry in self.world.disk.entries()
            # Where nothing was known before, it is written and acknowledged, but proves nothing.
            if isinstance(entry.body, UnsolicitedResult) and entry.body.result.payment_id in {"A-1", ""}
        ]
        assert "result" in kinds or "approved" in kinds
        assert kinds.count("printed") >= (2 if self.case.receipts == "till" else 0)

    def _booked(self) -> list[Booking]:
        return [one for one in self.world.bank.bookings[self._before :] if one.state is BookingState.BOOKED]


def killed_at(case: Case, line: int, *, power: bool = False) -> str | None:
    """Kill, let time pass, start, ask again: what the till knows in the end."""
    with closing(case.prepared()) as world:
        judge = Judge(world, case)
        try:
            with Executioner(world, line).at_work():
                case.pay(world)
        except Killed:
            world.kill(power=power)
            world.start()
            world.until(lambda: world.terminal.ready)
        world.wait(RESOLVED_S)
        judge.look(world.service.get("A-1"))
        view = case.pay(world)
        judge.look(view)
        return view.verdict


@pytest.mark.parametrize("power", [False, True], ids=["kill", "power cut"])
@pytest.mark.parametrize("name", CASES)
def test_killed_between_any_two_lines_nothing_is_lost_and_nothing_charged_twice(
    name: str, power: bool
) -> None:
    case = CASES[name]
    ends = {killed_at(case, line, power=power) for line in points_of(case)}
    assert ends == set(case.ends)


@pytest.mark.parametrize("name", SOME)
def test_lines_that_leave_the_same_need_one_kill(name: str) -> None:
    """Every seventh line of all, whatever it leaves."""
    case = CASES[name]
    ends = {killed_at(case, line) for line in range(1, len(lines_of(case)) + 1, 7)}
    assert ends == set(case.ends)
