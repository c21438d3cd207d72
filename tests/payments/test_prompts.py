"""Questions before the terminal hears of a payment, who may answer them, and what an answer covers."""

from __future__ import annotations

from typing import Any

import pytest

from agent.journal.schema.entry import Fact, Replied, Requested, Submitted
from agent.payments.active import PROMPT_TIMEOUT_S
from agent.payments.commands import GivenCredential, PromptReply
from agent.payments.people import LOCK_OUT, MAX_FAILURES
from tests.payments.conftest import Make
from tests.payments.world import OTHER_SUPERVISOR, PIN, SUPERVISOR, World
from tests.support.refused import refused

ANNA = GivenCredential(SUPERVISOR, PIN)
SIGNED_IN: dict[str, Any] = {"operator": "carl", "operator_signed_in": True}
LIMITS = 'hard = "2000.00"\nsoft = "500.00"\nsoft_action = "{action}"'
LARGE = 60_000


@pytest.fixture
def supervised(make: Make) -> World:
    """Above 500.00 a second person has to sign."""
    return make(rules=LIMITS.format(action="supervisor"))


def asking(world: World, payment_id: str = "A-1", **more: Any) -> World:
    view = world.pay(payment_id, LARGE, **more)
    assert (view.phase, world.sent("0601"), view.verdict) == ("asking", 0, None)
    return world


def reply(world: World) -> Replied:
    return next(entry.body for entry in world.disk.entries() if isinstance(entry.body, Replied))


def test_the_question_is_on_disk_before_it_is_asked(supervised: World) -> None:
    asking(supervised)
    assert supervised.story[-2:] == ["disk requested decided prompted", "told asking"]
    prompt = supervised.view().prompt
    assert prompt is not None
    assert (prompt.action, prompt.needs) == ("supervisor", ["operator_credential", "credential"])
    assert [(reason.code, reason.figures) for reason in prompt.reasons] == [
        ("soft", {"amount": LARGE, "limit": 50_000, "currency": "EUR"})
    ]


def test_a_yes_of_the_cashier_is_enough_for_a_confirmation(make: Make) -> None:
    world = asking(make(rules=LIMITS.format(action="confirm")))
    world.answer("A-1", "yes")
    assert world.follow().verdict == "approved"
    assert world.kinds()[:5] == ["requested", "decided", "prompted", "replied", "decided"]
    assert world.booked() == [LARGE]


def test_a_no_is_a_cancel_that_the_terminal_never_hears_of(supervised: World) -> None:
    asking(supervised)
    supervised.answer("A-1", "no")
    assert supervised.follow().verdict == "cancelled"
    assert supervised.sent("0601") == 0


def test_silence_is_a_cancel(supervised: World) -> None:
    asking(supervised)
    supervised.wait(PROMPT_TIMEOUT_S + 1)
    view = supervised.view()
    assert (view.verdict, view.why) == ("cancelled", Fact("payment.nobody_answered"))
    assert (reply(supervised).answer, reply(supervised).after_ms) == ("timeout", PROMPT_TIMEOUT_S * 1000)


def test_the_tills_cancel_closes_the_question(supervised: World) -> None:
    asking(supervised)
    supervised.do(supervised.service.cancel, "A-1")
    view = supervised.follow()
    assert (view.verdict, supervised.sent("0601")) == ("cancelled", 0)
    assert view.why == Fact("payment.cancelled_by_till")


def test_the_terminal_is_held_while_the_question_is_open(supervised: World) -> None:
    asking(supervised)
    assert supervised.service.status().terminals[0].state == "busy"


@pytest.mark.parametrize(
    "given",
    [{}, {"identity": True}, {"purpose": "rent"}, {"identity": False, "purpose": "rent"}],
)
def test_identity_and_purpose_are_both_needed(make: Make, given: dict[str, Any]) -> None:
    world = asking(make(rules=LIMITS.format(action="verify")))
    with refused("identity_missing"):
        world.answer("A-1", "yes", **given)
    assert world.view().phase == "asking"
    world.answer("A-1", "yes", identity=True, purpose="rent")
    assert world.follow().verdict == "approved"
    assert (reply(world).identity, reply(world).purpose) == (True, "rent")


def test_a_supervisor_signs_and_is_named(supervised: World) -> None:
    asking(supervised, **SIGNED_IN)
    supervised.answer("A-1", "yes", credential=ANNA)
    assert supervised.follow().verdict == "approved"
    assert reply(supervised).person == SUPERVISOR


def test_without_a_credential_the_question_stays_open(supervised: World) -> None:
    asking(supervised)
    with refused("credential_missing"):
        supervised.answer("A-1", "yes")
    assert supervised.view().phase == "asking"


@pytest.mark.parametrize("operator", ["anna", "Anna"])
def test_nobody_signs_for_themselves(supervised: World, operator: str) -> None:
    asking(supervised, operator=operator, operator_signed_in=True)
    with refused("same_person"):
        supervised.answer("A-1", "yes", credential=ANNA)
    supervised.answer("A-1", "yes", credential=GivenCredential(OTHER_SUPERVISOR, PIN))
    assert supervised.follow().verdict == "approved"


@pytest.mark.parametrize("who", [GivenCredential(SUPERVISOR, "000000"), GivenCredential("carl", PIN)])
def test_a_wrong_pin_or_a_low_role_is_written_down_and_leaves_the_question_open(
    supervised: World, who: GivenCredential
) -> None:
    asking(supervised)
    with refused("wrong_credential"):
        supervised.answer("A-1", "yes", credential=who)
    assert supervised.kinds()[-1] == "credential_failed"
    assert supervised.view().phase == "asking"


def test_guessing_locks_the_person_out_also_over_a_restart(supervised: World) -> None:
    asking(supervised, **SIGNED_IN)
    for _ in range(MAX_FAILURES):
        with refused("wrong_credential"):
            supervised.answer("A-1", "yes", credential=GivenCredential(SUPERVISOR, "000000"))
    with refused("locked_out"):
        supervised.answer("A-1", "yes", credential=ANNA)
    supervised.restart()
    with refused("locked_out"):
        asking(supervised, "A-2").answer("A-2", "yes", credential=ANNA)
    supervised.wait(LOCK_OUT.total_seconds())
    asking(supervised, "A-3", **SIGNED_IN).answer("A-3", "yes", credential=ANNA)
    assert supervised.follow("A-3").verdict == "approved"


def test_a_second_answer_finds_no_question(supervised: World) -> None:
    asking(supervised)
    supervised.answer("A-1", "no")
    with refused("question_over"):
        supervised.run(supervised.service.answer("A-1", PromptReply(prompt="supervisor-1", answer="yes")))


def test_two_answers_at_once_are_one(make: Make) -> None:
    world = asking(make(rules=LIMITS.format(action="confirm")))

    async def both() -> None:
        await world.service.answer("A-1", PromptReply(prompt="confirm-1", answer="no"))
        await world.service.answer("A-1", PromptReply(prompt="confirm-1", answer="yes"))

    with refused("question_over"):
        world.run(both())
    assert world.follow().verdict == "cancelled"


def test_an_answer_to_another_question_is_refused(supervised: World) -> None:
    asking(supervised)
    with refused("question_over"):
        supervised.run(supervised.service.answer("A-1", PromptReply(prompt="confirm-1", answer="yes")))
    assert supervised.view().phase == "asking"


def test_limits_that_were_reached_while_the_question_was_open_count(make: Make) -> None:
    """Another terminal of the same till sells meanwhile."""
    world = asking(make(rules=LIMITS.format(action="confirm") + '\nday_sum_block = "700.00"'))
    other = Requested(
        payment_id="B-1",
        payment="sale",
        terminal="back",
        till="1",
        amount=20_000,
        currency="EUR",
    )
    world.context.write(other, Submitted(payment_id="B-1", receipts="till"))
    world.answer("A-1", "yes")
    view = world.follow()
    assert (view.verdict, world.sent("0601")) == ("refused", 0)
    assert [
        (reason.action, reason.code, reason.figures["limit"]) for reason in view.reasons if reason.figures
    ] == [
        ("confirm", "soft", 50_000),
        ("block", "day_sum", 70_000),
    ]


def test_a_yes_does_not_cover_a_stricter_question(make: Make) -> None:
    world = asking(make(rules=LIMITS.format(action="confirm") + "\nday_count_supervisor = 1"))
    other = Requested(
        payment_id="B-1",
        payment="sale",
        terminal="back",
        till="1",
        amount=100,
        currency="EUR",
    )
    world.context.write(other, Submitted(payment_id="B-1", receipts="till"))
    world.answer("A-1", "yes")
    assert world.follow().verdict == "refused"


def test_a_terminal_that_went_away_while_the_question_was_open_never_hears_of_it(supervised: World) -> None:
    asking(supervised, **SIGNED_IN)
    supervised.unplug()
    supervised.until(lambda: not supervised.terminal.ready)
    supervised.answer("A-1", "yes", credential=ANNA)
    assert supervised.follow().verdict == "not_sent"


def test_an_agent_killed_while_it_asks_has_sent_nothing(supervised: World) -> None:
    asking(supervised)
    supervised.restart()
    assert supervised.pay("A-1", LARGE).verdict == "not_sent"
    assert supervised.sent("0601") == 0
