"""An entry names a person only if that person's secret was checked."""

from __future__ import annotations

import pytest

from agent.journal.schema.entry import CredentialFailed, Replied
from agent.payments.active import PROMPT_TIMEOUT_S
from agent.payments.commands import GivenCredential
from agent.payments.people import MAX_FAILURES, is_second
from agent.payments.refusal import Refusal
from tests.payments.conftest import Make
from tests.payments.test_prompts import LARGE, LIMITS, asking, reply
from tests.payments.world import OTHER_SUPERVISOR, PIN, SUPERVISOR, World
from tests.support.refused import refused

COUNTER, BACK_OFFICE = "uid:1001", "uid:1002"


def given(person: str, secret: str = PIN, place: str = COUNTER) -> GivenCredential:
    return GivenCredential(person, secret, place)


WRONG = given(SUPERVISOR, "000000")


@pytest.fixture
def confirming(make: Make) -> World:
    return asking(make(rules=LIMITS.format(action="confirm")))


@pytest.fixture
def supervised(make: Make) -> World:
    return make(rules=LIMITS.format(action="supervisor"))


@pytest.mark.parametrize("word", ["yes", "no"])
def test_a_credential_that_nobody_needs_is_checked_all_the_same(confirming: World, word: str) -> None:
    with refused("wrong_credential"):
        confirming.answer("A-1", word, credential=WRONG)
    assert confirming.kinds()[-1] == "credential_failed"
    assert confirming.view().phase == "asking"


@pytest.mark.parametrize("who", [SUPERVISOR, "carl"])
def test_who_proves_it_is_named_also_where_nobody_had_to(confirming: World, who: str) -> None:
    confirming.answer("A-1", "yes", credential=given(who))
    assert confirming.follow().verdict == "approved"
    assert reply(confirming).person == who


def test_a_no_in_a_supervisors_name_is_not_theirs_and_gives_no_new_guesses(supervised: World) -> None:
    asking(supervised, operator="carl")
    for word in ["yes"] * (MAX_FAILURES - 1) + ["no"]:
        with refused("wrong_credential"):
            supervised.answer("A-1", word, credential=WRONG)
    for word in ("no", "yes"):
        with refused("locked_out"):
            supervised.answer("A-1", word, credential=given(SUPERVISOR))
    supervised.answer("A-1", "no")
    assert reply(supervised).person == ""


def test_a_name_that_nobody_has_is_proven_by_no_secret(confirming: World) -> None:
    with refused("wrong_credential"):
        confirming.answer("A-1", "yes", credential=given("zoe"))


def test_guesses_at_one_place_lock_nobody_out_at_another(supervised: World) -> None:
    asking(supervised, operator="carl")
    for _ in range(MAX_FAILURES):
        with refused("wrong_credential"):
            supervised.answer("A-1", "yes", credential=WRONG)
    with refused("locked_out"):
        supervised.answer("A-1", "yes", operator=given("carl"), credential=given(SUPERVISOR))
    there = given(SUPERVISOR, place=BACK_OFFICE)
    supervised.answer("A-1", "yes", operator=given("carl"), credential=there)
    assert supervised.follow().verdict == "approved"


def test_a_right_secret_at_one_place_gives_no_new_guesses_at_another(supervised: World) -> None:
    asking(supervised, operator="carl")
    for _ in range(MAX_FAILURES):
        with refused("wrong_credential"):
            supervised.answer("A-1", "yes", credential=WRONG)
    there = given(SUPERVISOR, place=BACK_OFFICE)
    supervised.answer("A-1", "yes", operator=given("carl"), credential=there)
    supervised.follow()
    supervised.pay("A-2", LARGE)
    with refused("locked_out"):
        supervised.answer("A-2", "yes", credential=given(SUPERVISOR))


def test_the_attempts_that_are_left_are_told(supervised: World) -> None:
    asking(supervised)
    for left in range(MAX_FAILURES - 1, -1, -1):
        with refused("wrong_credential") as why:
            supervised.answer("A-1", "yes", credential=WRONG)
        assert why.value.figures["left"] == left


def test_when_a_lock_out_ends_is_told(supervised: World) -> None:
    asking(supervised)
    for _ in range(MAX_FAILURES):
        with refused("wrong_credential"):
            supervised.answer("A-1", "yes", credential=WRONG)
    with refused("locked_out") as why:
        supervised.answer("A-1", "yes", credential=WRONG)
    assert why.value.figures["minutes"] == 30


def test_invented_names_fill_no_journal(supervised: World) -> None:
    asking(supervised)
    codes = set()
    for number in range(100):
        with pytest.raises(Refusal) as why:
            supervised.answer("A-1", "no", credential=given(f"nobody-{number}"))
        codes.add(why.value.code)
    failures = [e for e in supervised.disk.entries() if isinstance(e.body, CredentialFailed)]
    assert len(failures) < 20
    assert "too_many_guesses" in codes
    supervised.answer("A-1", "no", credential=given(SUPERVISOR))  # who is known is not in their queue
    assert reply(supervised).person == SUPERVISOR


@pytest.mark.parametrize("operator", ["", "carl", "zoe"])
def test_one_person_does_not_sign_alone_when_nobody_is_signed_in(supervised: World, operator: str) -> None:
    """A name that the till typed is no second person."""
    asking(supervised, operator=operator)
    prompt = supervised.view().prompt
    assert prompt is not None
    assert set(prompt.needs) == {"operator_credential", "credential"}
    with refused("operator_missing"):
        supervised.answer("A-1", "yes", credential=given(SUPERVISOR))
    with refused("same_person"):
        supervised.answer("A-1", "yes", operator=given(SUPERVISOR), credential=given(SUPERVISOR))
    with refused("wrong_credential"):
        supervised.answer("A-1", "yes", operator=given("zoe"), credential=given(SUPERVISOR))
    supervised.answer("A-1", "yes", operator=given("carl"), credential=given(SUPERVISOR))
    assert supervised.follow().verdict == "approved"
    assert (reply(supervised).operator, reply(supervised).person) == ("carl", SUPERVISOR)


def test_an_operator_who_signed_in_is_asked_for_nothing_more(supervised: World) -> None:
    asking(supervised, operator="carl", operator_signed_in=True)
    prompt = supervised.view().prompt
    assert prompt is not None
    assert prompt.needs == ["credential"]
    supervised.answer("A-1", "yes", credential=given(SUPERVISOR))
    assert supervised.follow().verdict == "approved"


def test_a_payment_says_whether_its_operator_signed_in(world: World) -> None:
    assert not world.pay("A-1", operator="carl").operator_signed_in
    assert world.pay("A-2", operator="carl", operator_signed_in=True).operator_signed_in
    assert not world.pay("A-3").operator_signed_in


def test_the_secret_of_a_supervisor_is_none_of_the_other(make: Make) -> None:
    """The guess counts for the person in whose name it was made, for nobody else."""
    world = make(rules=LIMITS.format(action="supervisor"))
    asking(world, operator="carl")
    for _ in range(MAX_FAILURES):
        with refused("wrong_credential"):
            world.answer("A-1", "yes", credential=WRONG)
    world.answer("A-1", "yes", operator=given("carl"), credential=given(OTHER_SUPERVISOR))
    assert world.follow().verdict == "approved"


def replies(world: World) -> list[Replied]:
    return [e.body for e in world.disk.entries() if isinstance(e.body, Replied)]


def test_silence_and_a_plain_no_name_nobody(supervised: World) -> None:
    asking(supervised, operator="carl")
    supervised.answer("A-1", "no")
    asking(supervised, "A-2", operator="carl")
    supervised.wait(PROMPT_TIMEOUT_S + 1)
    assert [(one.answer, one.person, one.operator) for one in replies(supervised)] == [
        ("no", "", ""),
        ("timeout", "", ""),
    ]


def test_two_names_that_read_alike_are_one_person() -> None:
    assert not is_second("Ана", "ана")
    assert not is_second("anna", "ＡＮＮＡ")  # noqa: RUF001 - full width
    assert not is_second("Zoe\u0308", "zoë")
