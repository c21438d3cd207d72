"""The verdict says what the money did; the release says whether the goods may go. A hold has one way out."""

from __future__ import annotations

from typing import Literal

import pytest

from agent.alarms.conditions import OutsideFacts
from agent.journal.schema.entry import Fact, Release, TerminalResult
from agent.payments import snapshot
from agent.payments.active import PROMPT_TIMEOUT_S
from agent.payments.alarms import AlarmKeeper
from agent.payments.commands import GivenCredential, PersonsWord, ReleaseWord
from agent.payments.state import PaymentChange, PaymentState
from agent.rules import Policy
from agent.rules.after import AFTER, ApprovalContext, decide_after
from agent.rules.context import RuleResult
from tests.payments.conftest import Make
from tests.payments.world import OTHER_SUPERVISOR, PIN, SUPERVISOR, World
from tests.support.refused import refused

RULES = 'hard = "2000.00"\non_amount_mismatch = "{}"'
HELD = RULES.format("hold")
OTHER_AMOUNT = "[[payment]]\nsays_amount = 1350\n"
PLAIN = "[[payment]]\n"
# The result is lost; the terminal has stored it and says so when it is asked.
LOST = '[terminal]\nsoftware = "TILLGATE-SIM 1"\nauto_reversal = false\n'
ANNA = GivenCredential(SUPERVISOR, PIN)
CARL = GivenCredential("carl", PIN)
HELD_STEP = Fact("next.release.held", {"payment_id": "A-1"})
WITHHELD_STEP = Fact("next.release.withheld", {"payment_id": "A-1"})


@pytest.fixture
def held(make: Make) -> World:
    """An approval for another amount, at a till that waits for the second person."""
    world = make(OTHER_AMOUNT + PLAIN, rules=HELD)
    view = world.pay()
    assert (view.phase, view.prompt.action if view.prompt else "") == ("asking", "supervisor")
    return world


def release(
    world: World,
    state: Literal["released", "withheld"] = "released",
    person: str = SUPERVISOR,
    pin: str = PIN,
) -> PaymentState:
    word = ReleaseWord(state=state, credential=GivenCredential(person, pin), operator=CARL)
    return world.run(world.service.release("A-1", word))


def releases(world: World) -> list[Release]:
    return [entry.body for entry in world.disk.entries() if isinstance(entry.body, Release)]


def silent(world: World) -> World:
    """Nobody answers at the till."""
    world.wait(PROMPT_TIMEOUT_S)
    assert world.view().phase == "done"
    return world


def test_an_approval_for_what_was_asked_is_released(make: Make) -> None:
    view = make(PLAIN, rules=HELD).pay()
    assert (view.phase, view.verdict, view.release) == ("done", "approved", "released")


def test_what_is_not_approved_has_no_release(make: Make) -> None:
    assert make('[[payment]]\noutcome = "decline"').pay().release is None


def test_where_the_shop_says_report_the_goods_may_go(make: Make) -> None:
    view = make(OTHER_AMOUNT).pay()
    assert (view.phase, view.verdict, view.release, view.differs) == (
        "done",
        "approved",
        "released",
        ["amount"],
    )


def test_the_hold_is_on_disk_with_the_approval_before_the_terminal_hears(held: World) -> None:
    written = held.story.index("disk result alarm_raised release")
    assert held.story[written + 1] == "till 8000"


def test_a_second_person_at_the_till_lets_the_goods_go(held: World) -> None:
    with refused("credential_missing"):
        held.answer("A-1", "yes")
    with refused("operator_missing"):
        held.answer("A-1", "yes", credential=ANNA)
    held.answer("A-1", "yes", operator=CARL, credential=ANNA)
    view = held.follow()
    assert (view.verdict, view.release, view.held_because) == ("approved", "released", None)
    told = [(one.state, one.person, one.witness) for one in releases(held)]
    assert told == [("held", "", ""), ("released", SUPERVISOR, "carl")]


def test_a_no_withholds_the_goods_and_offers_the_reversal(held: World) -> None:
    held.answer("A-1", "no")
    view = held.follow()
    assert (view.verdict, view.release, view.next_step) == ("approved", "withheld", WITHHELD_STEP)
    assert held.sent("0630") == 0


def test_silence_leaves_the_goods_held(held: World) -> None:
    view = silent(held).view()
    assert (view.verdict, view.release, view.next_step) == ("approved", "held", HELD_STEP)
    assert view.held_because == Fact("rules.approval_differs", {"fields": "amount"})


def test_a_cancel_leaves_the_goods_held(held: World) -> None:
    held.do(held.service.cancel, "A-1")
    assert held.follow().release == "held"


@pytest.mark.parametrize("power", [False, True], ids=["kill", "power cut"])
def test_a_restart_leaves_the_goods_held(held: World, power: bool) -> None:
    held.kill(power=power)
    held.start()
    held.until(lambda: held.terminal.ready)
    held.wait(60)
    view = held.view()
    assert (view.phase, view.verdict, view.release) == ("done", "approved", "held")
    assert held.service.status().held == ["A-1"]


def test_the_state_of_a_quick_start_keeps_the_hold(held: World) -> None:

    silent(held)
    assert held.do(snapshot.keep, held.context, held.store)
    held.restart()
    assert (held.view().release, held.service.status().held) == ("held", ["A-1"])


def test_a_held_payment_is_released_later_by_a_second_person(held: World) -> None:
    silent(held)
    held.restart()
    view = release(held)
    assert (view.verdict, view.release, view.next_step) == (
        "approved",
        "released",
        Fact("next.differs", {"fields": "amount"}),
    )
    assert held.service.status().held == []
    held.restart()
    assert held.view().release == "released"


def test_nobody_releases_without_a_right_secret(held: World) -> None:
    silent(held)
    with refused("wrong_credential"):
        release(held, pin="000000")
    with refused("same_person"):
        release(held, person="carl")
    cashier = ReleaseWord(state="released", credential=CARL, operator=ANNA)
    with refused("wrong_credential"):
        held.run(held.service.release("A-1", cashier))
    alone = ReleaseWord(state="released", credential=ANNA)
    with refused("operator_missing"):
        held.run(held.service.release("A-1", alone))
    assert held.view().release == "held"


def test_the_operator_is_no_second_person(make: Make) -> None:
    world = make(OTHER_AMOUNT, rules=HELD)
    world.pay(operator=SUPERVISOR)
    silent(world)
    with refused("same_person"):
        release(world)
    assert release(world, person=OTHER_SUPERVISOR).release == "released"


def test_a_release_while_the_till_asks_answers_the_question(held: World) -> None:
    assert release(held).release == "released"
    assert held.follow().phase == "done"
    assert [one.state for one in releases(held)] == ["held", "released"]


def test_what_was_withheld_may_be_released_after_all(held: World) -> None:
    held.answer("A-1", "no")
    assert release(held).release == "released"


def test_what_is_not_held_cannot_be_released(make: Make) -> None:
    world = make(PLAIN, rules=HELD)
    with refused("unknown_payment"):
        release(world)
    world.pay()
    with refused("not_held"):
        release(world)


def test_what_was_withheld_can_be_reversed_and_is_then_done(held: World) -> None:
    held.answer("A-1", "no")
    held.follow()
    # It gives back what the bank has booked, and not what the terminal had said: a person looks at that, too.
    assert held.pay("R-1", None, payment="reversal", original="A-1").phase == "asking"
    held.answer("R-1", "yes", operator=CARL, credential=ANNA)
    assert held.follow("R-1").verdict == "approved"
    assert held.service.status().held == []


def test_the_terminal_is_free_while_goods_are_held(held: World) -> None:
    silent(held)
    assert held.pay("A-2").verdict == "approved"


def test_a_held_payment_raises_an_alarm_until_it_is_released(held: World) -> None:

    silent(held)
    keeper = AlarmKeeper(held.context, OutsideFacts, held.errors.append)
    held.do(keeper.compare, OutsideFacts())
    assert "payment_held:A-1" in held.context.alarms
    release(held, "withheld")
    held.do(keeper.compare, OutsideFacts())
    assert "payment_withheld:A-1" in held.context.alarms
    held.wait(1)
    held.do(keeper.compare, OutsideFacts())
    assert "payment_held:A-1" not in held.context.alarms


def test_the_till_hears_of_a_release(held: World) -> None:
    silent(held)

    async def heard() -> list[PaymentChange]:
        changes = held.service.events("A-1")
        told = [await anext(changes)]
        await held.service.release("A-1", ReleaseWord(state="released", credential=ANNA, operator=CARL))
        return told + [change async for change in changes]

    assert [change.payment.release for change in held.run(heard())][-2:] == ["held", "released"]


def test_an_approval_that_was_asked_for_is_held_as_well(make: Make) -> None:
    """The result came, the end did not: asking proves it. The hold stands since the result."""
    world = make(PLAIN + '[[payment]]\nsays_amount = 1350\nskip = ["completion"]\n', rules=HELD)
    world.pay("A-0")
    assert world.pay().verdict == "unclear"
    word = PersonsWord(verdict="approved", reason="Looked.", credential=CARL, witness=ANNA)
    world.run(world.service.resolve("A-1", word))
    assert (world.view().verdict, world.view().release) == ("approved", "held")


def test_a_rule_that_fails_holds_the_goods() -> None:
    def fails(_context: ApprovalContext) -> RuleResult | None:
        raise ZeroDivisionError

    told = TerminalResult(payment_id="A-1", verdict="approved")
    policy = Policy(currency="EUR")  # type: ignore[arg-type]  # not looked at
    asked = ApprovalContext("sale", 1250, "EUR", told, policy)
    decision = decide_after(asked, (*AFTER, ("broken", fails)))
    assert (decision.action, decision.reasons[0].code) == ("supervisor", "failed_after")
