"""An approval became known: every road passes one place, once, and what follows is on disk with it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest

from agent.journal.schema.entry import AnyBody, Fact, Requested, Resolved, TerminalResult, TerminalState
from agent.payments.commands import GivenCredential, PersonsWord
from agent.payments.outcome import Approval, Road, approval_in, with_what_follows
from agent.payments.record import Record, begin, change
from tests.payments.conftest import Make
from tests.payments.test_kill_anywhere import CASES, RESOLVED_S, SOME, Case, Executioner, Killed, points_of
from tests.payments.world import PIN, SUPERVISOR, World

AGENT = Path(__file__).parents[2] / "agent"
EPOCH = datetime(2026, 11, 27, 12, tzinfo=UTC)

PLAIN = "[[payment]]\n"
PULLED = '[[payment]]\nunplug = { seconds = 5, at = "status" }\n'
RESTARTED = '[[payment]]\nreboot = { seconds = 5, at = "status" }\n'
NO_COMPLETION = '[[payment]]\nskip = ["completion"]\n'
STUBBORN = '[terminal]\nsoftware = "TILLGATE-SIM 1"\nauto_reversal = false\n'
LATE = "[[payment]]\nsilence_s = 200\n"


class Watcher:
    """Keeps every approval that it hears of, and leaves a mark in the journal."""

    def __init__(self) -> None:
        self.known: list[Approval] = []

    def __call__(self, approval: Approval) -> Sequence[AnyBody]:
        self.known.append(approval)
        return [mark(approval.record.payment_id if approval.record else "")]

    def roads(self, payment_id: str = "A-1") -> list[Road]:
        """The roads on which the approvals of one payment became known."""
        return [one.road for one in self.known if (one.record.payment_id if one.record else "") == payment_id]


def mark(payment_id: str) -> TerminalState:
    return TerminalState(terminal="watcher", state="ready", text=payment_id)


def marks(world: World, payment_id: str = "A-1") -> int:
    return [entry.body for entry in world.disk.entries()].count(mark(payment_id))


def watch(world: World) -> Watcher:
    """Watch this life and all that follow."""
    watcher = Watcher()
    world.watchers.append(watcher)
    world.context.watchers.append(watcher)
    return watcher


def two_persons(world: World, verdict: Literal["approved", "declined"]) -> None:
    resolution = PersonsWord(
        verdict=verdict,
        reason="Looked.",
        credential=GivenCredential("carl", PIN),
        witness=GivenCredential(SUPERVISOR, PIN),
    )
    world.run(world.service.resolve("A-1", resolution))


# ---- the roads ----


def test_the_running_payment(make: Make) -> None:
    """What follows the approval is on disk before the terminal has its acknowledgement."""
    world = make()
    watcher = watch(world)
    assert world.pay().verdict == "approved"
    assert watcher.roads() == [Road.PAYMENT]
    (approval,) = watcher.known
    assert approval.facts is not None
    assert (approval.facts.amount, approval.facts.verdict) == (1250, "approved")
    bodies = [entry.body for entry in world.disk.entries()]
    assert bodies.index(mark("A-1")) == bodies.index(approval.facts) + 1
    written = world.story.index("disk result terminal_state")
    assert world.story[written + 1] == "till 8000"


def test_a_refund_a_reversal_and_a_close_are_approvals_too(make: Make) -> None:
    world = make()
    watcher = watch(world)
    world.pay("A-1", 1250)
    world.pay("R-1", 300, payment="refund", original="A-1")
    world.pay("A-2", 500)
    world.pay("R-2", None, payment="reversal", original="A-2")
    world.close_day("C-1")
    assert [one.record.payment_id for one in watcher.known if one.record] == [
        "A-1",
        "R-1",
        "A-2",
        "R-2",
        "C-1",
    ]
    assert {one.road for one in watcher.known} == {Road.PAYMENT}


@pytest.mark.parametrize("outcome", ["decline", "stop_key"])
def test_what_is_no_approval_is_not_known(make: Make, outcome: str) -> None:
    world = make(f'[[payment]]\noutcome = "{outcome}"')
    watcher = watch(world)
    assert world.pay().verdict != "approved"
    assert watcher.known == []


def test_a_result_that_nobody_waited_for(make: Make) -> None:
    """It is told late and acknowledged, and then the terminal is asked: that is known already."""
    world = make(PLAIN + LATE)
    world.pay("A-0")
    watcher = watch(world)
    assert world.pay().verdict == "unclear"
    world.until(lambda: world.view().verdict != "unclear")
    assert world.view().verdict == "approved"
    assert (watcher.roads(), marks(world)) == ([Road.UNSOLICITED], 1)


def test_a_result_that_no_payment_accounts_for(make: Make) -> None:
    """Nobody knows whose it is: what has to follow hears that as well."""
    world = make(STUBBORN + PULLED)
    watcher = watch(world)
    assert world.pay().verdict == "unclear"
    world.until(lambda: world.terminal.ready)
    (approval,) = watcher.known
    assert (approval.road, approval.record) == (Road.UNSOLICITED, None)
    assert approval.facts is not None
    assert approval.facts.amount == 1250


def test_the_answer_to_a_question(make: Make) -> None:
    """A disk that lied lost the result in a power cut. The terminal says that it has booked."""
    world = make(PLAIN)
    world.pay("A-0")
    watcher = watch(world)
    world.put("A-1")
    world.until(lambda: world.story[-1] == "disk requested decided submitted")
    really_kept = {name: bytes(content) for name, content in world.disk.durable.items()}
    world.until(lambda: world.view().phase == "done")
    world.disk.durable = really_kept
    world.kill(power=True)
    world.start()
    world.until(lambda: world.view().verdict == "approved")
    assert (watcher.roads(), marks(world)) == ([Road.PAYMENT, Road.ASKING], 1)


def test_an_approval_whose_end_was_lost_is_known_once(make: Make) -> None:
    """The result came, the completion did not; the question proves it. It became known with the result."""
    world = make(PLAIN + NO_COMPLETION)
    world.pay("A-0")
    watcher = watch(world)
    assert world.pay().verdict == "unclear"
    world.until(lambda: world.view().verdict != "unclear")
    assert world.view().verdict == "approved"
    assert (watcher.roads(), marks(world)) == ([Road.PAYMENT], 1)


def test_the_word_of_two_persons(make: Make) -> None:
    world = make(RESTARTED)
    watcher = watch(world)
    assert world.pay().verdict == "unclear"
    two_persons(world, "approved")
    assert (watcher.roads(), marks(world)) == ([Road.PERSONS], 1)
    (approval,) = watcher.known
    assert approval.facts is None
    world.restart()
    assert len(watcher.known) == 1


def test_two_persons_who_say_no_make_nothing_known(make: Make) -> None:
    world = make(RESTARTED)
    watcher = watch(world)
    world.pay()
    two_persons(world, "declined")
    assert watcher.known == []


def test_a_restart_says_that_it_was_one(make: Make) -> None:
    """Whatever a start writes for a payment that was left open comes on a road of its own."""
    world = make()
    world.put("A-1")
    world.until(lambda: "disk result" in world.story)
    record = world.context.payments.get("A-1")
    assert record is not None
    told = TerminalResult(payment_id="A-1", verdict="approved")
    fresh = begin(Requested(payment_id="A-1", payment="sale", terminal="front", till="1"), 0, EPOCH)
    watcher = Watcher()
    with_what_follows([told], lambda _: fresh, [watcher], Road.RESTART)
    assert watcher.roads() == [Road.RESTART]
    with_what_follows([told], lambda _: record, [watcher], Road.RESTART)
    assert len(watcher.known) == 1


# ---- exactly once, whatever happens in between ----


def lived_through(case: Case, line: int, *, power: bool) -> tuple[str | None, int]:
    """Kill the agent at a line of its payment, start it again: the verdict, and the marks on disk."""
    with closing(case.prepared()) as world:
        watch(world)
        try:
            with Executioner(world, line).at_work():
                case.pay(world)
        except Killed:
            world.kill(power=power)
            world.start()
            world.until(lambda: world.terminal.ready)
        world.wait(RESOLVED_S)
        return case.pay(world).verdict, marks(world)


@pytest.mark.parametrize("power", [False, True], ids=["kill", "power cut"])
@pytest.mark.parametrize("name", SOME)
def test_killed_anywhere_an_approval_is_known_exactly_once(name: str, power: bool) -> None:
    """An approval that the terminal took back was known as well, and only once."""
    case = CASES[name]
    for line in points_of(case):
        verdict, known = lived_through(case, line, power=power)
        assert known == 1 if verdict == "approved" else known <= 1, line


def test_what_a_watcher_raises_keeps_the_approval_from_being_acknowledged(make: Make) -> None:
    """Nobody would know whether the goods may go. The terminal takes back what nobody answered."""
    world = make()

    def fails(_approval: Approval) -> Sequence[AnyBody]:
        raise RuntimeError("a watcher failed")

    world.context.watchers.append(fails)
    world.put("A-1")
    assert str(world.broken()) == "a watcher failed"
    assert "disk result" not in world.story
    assert world.booked() == []


def test_after_a_no_an_approval_is_news_again() -> None:
    """It was resolved as declined; then the terminal tells an approval: what follows must hear of it."""
    record = requested()
    told = TerminalResult(payment_id="A-1", verdict="approved")
    change(record, told, 1)
    assert approval_in(told, lambda _: record) is None
    change(record, Resolved(payment_id="A-1", verdict="declined", proof=Fact("test.looked")), 2)
    assert approval_in(told, lambda _: record) is not None


# ---- no other road ----


def test_the_journal_is_written_in_one_place() -> None:
    """The writer cuts its own torn end; every other entry passes `Context.write`."""
    ours = [file for file in calls_of("commit") if not file.startswith("collector/")]
    assert ours == ["journal/writer.py", "payments/context.py"]


def test_a_verdict_is_given_in_one_place() -> None:
    places = [
        (file, function.name)
        for file, function in functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and node.attr == "verdict"
        and not file.startswith("cli/")  # an option of the command line
    ]
    assert places == [("payments/record.py", "_decide")]


def functions() -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    return [
        (str(file.relative_to(AGENT)), node)
        for file in sorted(AGENT.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def calls_of(method: str) -> list[str]:
    """The files that call a method of this name."""
    return sorted(
        {
            file
            for file, function in functions()
            for node in ast.walk(function)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == method
        }
    )


def requested() -> Record:
    return begin(Requested(payment_id="A-1", payment="sale", terminal="front", till="1"), 0, EPOCH)


STATES: dict[str, Callable[[Record], None]] = {
    "just asked for": lambda _record: None,
    "declined": lambda record: change(record, TerminalResult(payment_id="A-1", verdict="declined"), 1),
    "unclear": lambda record: change(
        record, Resolved(payment_id="A-1", verdict="unclear", proof=Fact("test.unknown")), 1
    ),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", get_args(AnyBody), ids=lambda kind: kind.__name__)
def test_no_entry_makes_a_payment_approved_without_being_known(kind: type[Any], state: str) -> None:
    """Every kind of entry that there is, and every later one, says "approved" wherever it can."""
    record = requested()
    STATES[state](record)
    body = filled(kind)
    known = approval_in(body, lambda _: record) is not None
    change(record, body, 2)
    assert record.verdict != "approved" or known
    change(record, filled(next(one for one in get_args(AnyBody) if one.__name__ == "Completed")), 3)
    assert record.verdict != "approved" or known


def filled(kind: type[Any]) -> Any:
    """An entry of this kind about payment A-1, which says "approved" wherever it can."""
    hints = {name: hint for name, hint in get_type_hints(kind).items() if name in kind.__struct_fields__}
    known = {"currency": "EUR"} if "currency" in hints else {}
    return kind(**({name: sample(hint) for name, hint in hints.items()} | known))


def sample(hint: Any) -> Any:
    origin = get_origin(hint)
    if origin is Literal:
        return "approved" if "approved" in get_args(hint) else get_args(hint)[0]
    if origin in {list, dict}:
        return origin()
    if origin is UnionType:
        return sample(get_args(hint)[0])
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return filled(hint)
    return {str: "A-1", int: 1, bool: True}[hint]
