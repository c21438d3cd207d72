"""A question tells all its reasons at once, wants all that they want, and is gone when it is over."""

from __future__ import annotations

import pytest

from agent.payments.active import PROMPT_TIMEOUT_S
from agent.payments.commands import GivenCredential, PromptReply
from tests.payments.conftest import Make
from tests.payments.world import PIN, SUPERVISOR, World
from tests.support.refused import refused

ANNA, CARL = GivenCredential(SUPERVISOR, PIN), GivenCredential("carl", PIN)
# The second sale of a day is one too many, and above the soft limit an identity is looked at.
BOTH = """hard = "2000.00"
soft = "500.00"
soft_action = "verify"
day_count_supervisor = 1
"""
LATE = PromptReply(prompt="supervisor-1", answer="yes", operator=CARL, credential=ANNA)


@pytest.fixture
def asking(make: Make) -> World:
    world = make(rules=BOTH)
    world.pay("A-0")
    assert world.pay("A-1", 60_000).phase == "asking"
    return world


def test_all_reasons_are_told_at_once_the_strictest_first(asking: World) -> None:
    prompt = asking.view().prompt
    assert prompt is not None
    assert [reason.action for reason in prompt.reasons] == ["supervisor", "verify"]
    assert prompt.needs == ["operator_credential", "credential", "identity", "purpose"]


def test_a_yes_brings_what_every_reason_wants(asking: World) -> None:
    with refused("identity_missing"):
        asking.answer("A-1", "yes", operator=CARL, credential=ANNA)
    for purpose in ("", ".", "x", "aaaa", "- -"):
        with refused("identity_missing"):
            asking.answer("A-1", "yes", operator=CARL, credential=ANNA, identity=True, purpose=purpose)
    asking.answer("A-1", "yes", operator=CARL, credential=ANNA, identity=True, purpose="房租")
    assert asking.follow().verdict == "approved"


def test_a_question_that_timed_out_disappears(asking: World) -> None:
    asking.wait(PROMPT_TIMEOUT_S + 1)
    view = asking.view()
    assert (view.phase, view.prompt, view.verdict) == ("done", None, "cancelled")
    with refused("question_over"):
        asking.run(asking.service.answer("A-1", LATE))
