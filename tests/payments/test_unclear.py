"""What nobody knows: it stays so until a person settles it, and what comes late is kept."""

from __future__ import annotations

import asyncio

import pytest

from agent.journal.entry import LateResult
from agent.payments.people import MAX_FAILURES
from agent.payments.refusal import Conflict, LockedOut, NotFound, WrongCredential
from agent.payments.views import Credential, PaymentView, Settlement
from tests.payments.conftest import Make
from tests.payments.world import PIN, SUPERVISOR, World

PULLED = '[[payment]]\nunplug = { seconds = 5, at = "status" }\n'
# It goes on saying what nobody answered until somebody does, and does not reverse by itself.
STUBBORN = '[terminal]\nsoftware = "TILLGATE-SIM 1"\nauto_reversal = false\n'


def settle(world: World, verdict: str, secret: str = PIN, number: str = "A-1") -> PaymentView:
    settlement = Settlement(
        verdict=verdict,  # type: ignore[arg-type]  # one of the three
        reason="The terminal's list shows it.",
        credential=Credential(SUPERVISOR, secret),
    )
    return world.run(world.desk.settle(number, settlement))


def late_results(world: World) -> list[LateResult]:
    return [entry.body for entry in world.disk.entries() if isinstance(entry.body, LateResult)]


@pytest.fixture
def unclear(make: Make) -> World:
    world = make(PULLED)
    assert world.pay().verdict == "unclear"
    world.until(lambda: world.terminal.ready)
    return world


@pytest.mark.parametrize("verdict", ["approved", "declined", "not_sent"])
def test_a_supervisor_settles_it_and_the_terminal_is_free(unclear: World, verdict: str) -> None:
    view = settle(unclear, verdict)
    assert (view.verdict, view.text) == (verdict, "The terminal's list shows it.")
    assert unclear.kinds()[-1] == "settled"
    assert unclear.pay("A-2").verdict == "approved"
    unclear.restart()
    assert unclear.view().verdict == verdict


def test_it_is_settled_once(unclear: World) -> None:
    settle(unclear, "declined")
    with pytest.raises(Conflict, match="nothing to settle"):
        settle(unclear, "approved")


def test_what_is_clear_or_unknown_cannot_be_settled(world: World) -> None:
    world.pay()
    with pytest.raises(Conflict):
        settle(world, "declined")
    with pytest.raises(NotFound):
        settle(world, "declined", number="A-2")


def test_only_the_right_secret_settles(unclear: World) -> None:
    for _ in range(MAX_FAILURES):
        with pytest.raises(WrongCredential):
            settle(unclear, "declined", "000000")
    with pytest.raises(LockedOut):
        settle(unclear, "declined")
    assert unclear.view().verdict == "unclear"


def test_two_settlements_at_once_are_one(unclear: World) -> None:
    async def both() -> list[object]:
        said = [
            Settlement(verdict=verdict, reason="Looked.", credential=Credential(SUPERVISOR, PIN))
            for verdict in ("approved", "declined")
        ]
        tries = [unclear.desk.settle("A-1", one) for one in said]
        return await asyncio.gather(*tries, return_exceptions=True)

    first, second = unclear.run(both())
    assert isinstance(first, PaymentView)
    assert isinstance(second, Conflict)
    assert unclear.kinds().count("settled") == 1


def test_a_late_result_of_an_unclear_payment_is_written_and_then_acknowledged(make: Make) -> None:
    """The cable comes back; the terminal says again what nobody answered."""
    world = make(STUBBORN + PULLED)
    assert world.pay().verdict == "unclear"
    world.until(lambda: world.terminal.ready)
    (late,) = late_results(world)
    assert (late.result.till_number, late.result.verdict, late.result.amount) == ("A-1", "approved", 1250)
    told = world.story[world.story.index("disk late_result") - 1 :]
    assert told[:3] == ["terminal 040F", "disk late_result", "till 8000"]
    assert world.view().verdict == "unclear"


def test_a_result_after_our_time_out_is_written_and_acknowledged(make: Make) -> None:
    """T4 is 180 s; this cardholder took 200."""
    world = make("[[payment]]\nsilence_s = 200")
    assert world.pay().verdict == "unclear"
    world.wait(200)
    assert [late.result.till_number for late in late_results(world)] == ["A-1"]
    assert world.booked() == [1250]
    assert (world.view().verdict, world.sent("0601")) == ("unclear", 1)


def test_a_late_decline_is_written_too(make: Make) -> None:
    world = make('[[payment]]\nsilence_s = 200\noutcome = "decline"')
    assert world.pay().verdict == "unclear"
    world.wait(200)
    assert [late.result.verdict for late in late_results(world)] == ["declined"]


def test_an_approval_that_nobody_accounts_for_is_written_and_not_acknowledged(make: Make) -> None:
    """It was settled as not charged; then the terminal shows its result, and takes it back unanswered."""
    world = make("[[payment]]\nsilence_s = 200")
    world.pay()
    settle(world, "declined")
    world.until(lambda: "disk late_result" in world.story)
    assert [late.result.till_number for late in late_results(world)] == [""]
    told = len(world.story)
    world.until(lambda: world.terminal.ready)
    assert world.booked() == []
    heard = world.story[told:]
    assert "till 8000" not in heard[: heard.index("terminal 8000")]
    assert world.pay("A-2").verdict == "approved"
