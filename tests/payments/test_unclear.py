"""What nobody knows: the terminal is asked, what it proves decides, and else two persons do."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from agent.journal.schema.entry import Resolved, UnsolicitedResult
from agent.payments.commands import GivenCredential, PersonsWord
from agent.payments.people import MAX_FAILURES
from agent.payments.refusal import Refusal
from agent.payments.state import PaymentState
from tests.payments.conftest import Make
from tests.payments.world import PIN, SUPERVISOR, World
from tests.support.refused import refused

PULLED = '[[payment]]\nunplug = { seconds = 5, at = "status" }\n'
# It forgets the payment over it, and has none stored that it could tell.
RESTARTED = '[[payment]]\nreboot = { seconds = 5, at = "status" }\n'
# A first payment, so that something is known of the terminal before the one that is lost.
PLAIN = "[[payment]]\n"
# It goes on saying what nobody answered until somebody does, and does not reverse by itself.
STUBBORN = '[terminal]\nsoftware = "TILLGATE-SIM 1"\nauto_reversal = false\n'


def resolve(world: World, verdict: str, secret: str = PIN, payment_id: str = "A-1") -> PaymentState:
    resolution = PersonsWord(
        verdict=verdict,  # type: ignore[arg-type]  # one of the three
        reason="The terminal's list shows it.",
        credential=GivenCredential("carl", PIN),
        witness=GivenCredential(SUPERVISOR, secret),
    )
    return world.run(world.service.resolve(payment_id, resolution))


def unsolicited_results(world: World) -> list[UnsolicitedResult]:
    return [entry.body for entry in world.disk.entries() if isinstance(entry.body, UnsolicitedResult)]


@pytest.fixture
def unclear(make: Make) -> World:
    world = make(RESTARTED)
    assert world.pay().verdict == "unclear"
    world.until(lambda: world.terminal.ready)
    return world


@pytest.mark.parametrize("verdict", ["approved", "declined", "not_sent"])
def test_two_persons_resolve_it_and_the_terminal_is_free(unclear: World, verdict: str) -> None:
    view = resolve(unclear, verdict)
    assert (view.verdict, view.words) == (verdict, "The terminal's list shows it.")
    assert unclear.kinds()[-1] == "resolved"
    (resolved,) = [entry.body for entry in unclear.disk.entries() if isinstance(entry.body, Resolved)]
    assert (resolved.person, resolved.witness) == ("carl", SUPERVISOR)
    assert unclear.pay("A-2", 1300).verdict == "approved"
    unclear.restart()
    assert unclear.view().verdict == verdict


def test_a_clock_that_jumps_does_not_make_it_old(unclear: World) -> None:
    """Some protocols prove a no by the time that has passed since the terminal was asked."""
    unclear.wait(30)
    unclear.outside.set_back = -timedelta(hours=2)
    record = unclear.context.payments.get("A-1")
    assert record is not None
    asked = unclear.context.unclear_command(record)
    assert asked.inquired_at is not None
    assert asked.inquired_at - asked.asked_at <= timedelta(seconds=unclear.outside.now)


def test_it_is_resolved_once(unclear: World) -> None:
    resolve(unclear, "declined")
    with refused("not_unclear"):
        resolve(unclear, "declined")


def test_what_is_clear_or_unknown_cannot_be_resolved(world: World) -> None:
    world.pay()
    with refused("not_unclear"):
        resolve(world, "declined")
    with refused("unknown_payment"):
        resolve(world, "declined", payment_id="A-2")


def test_only_the_right_secret_resolves(unclear: World) -> None:
    for _ in range(MAX_FAILURES):
        with refused("wrong_credential"):
            resolve(unclear, "declined", "000000")
    with refused("locked_out"):
        resolve(unclear, "declined")
    assert unclear.view().verdict == "unclear"


def test_two_resolutions_at_once_are_one(unclear: World) -> None:
    async def both() -> list[object]:
        said = [
            PersonsWord(
                verdict=verdict,
                reason="Looked.",
                credential=GivenCredential("carl", PIN),
                witness=GivenCredential(SUPERVISOR, PIN),
            )
            for verdict in ("approved", "declined")
        ]
        tries = [unclear.service.resolve("A-1", one) for one in said]
        return await asyncio.gather(*tries, return_exceptions=True)

    first, second = unclear.run(both())
    assert isinstance(first, PaymentState)
    assert isinstance(second, Refusal)
    assert second.code == "not_unclear"
    assert unclear.kinds().count("resolved") == 1


def test_many_wrong_guesses_at_once_are_no_more_than_a_person_has(unclear: World) -> None:
    """Each is checked only after the one before has counted."""

    async def guess() -> list[object]:
        word = PersonsWord(
            verdict="declined",
            reason="Looked.",
            credential=GivenCredential("carl", PIN),
            witness=GivenCredential(SUPERVISOR, "0" * 6),
        )
        tries = [unclear.service.resolve("A-1", word) for _ in range(3 * MAX_FAILURES)]
        return await asyncio.gather(*tries, return_exceptions=True)

    codes = Counter(answer.code for answer in unclear.run(guess()) if isinstance(answer, Refusal))
    assert codes == {"wrong_credential": MAX_FAILURES, "locked_out": 2 * MAX_FAILURES}
    assert unclear.kinds().count("credential_failed") == MAX_FAILURES


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ((SUPERVISOR, PIN), (SUPERVISOR, PIN), "same_person"),
        ((SUPERVISOR, PIN), ("Anna", PIN), "same_person"),
        ((SUPERVISOR, PIN), None, "credential_missing"),
        (("anna-2", PIN), (SUPERVISOR, PIN), "wrong_credential"),
        (("carl", "000000"), (SUPERVISOR, PIN), "wrong_credential"),
        (("carl", PIN), ("berta-2", PIN), "wrong_credential"),
        ((SUPERVISOR, PIN), ("carl", PIN), "wrong_credential"),
    ],
    ids=[
        "one",
        "one in two spellings",
        "nobody else",
        "invented",
        "unproven",
        "invented witness",
        "a cashier",
    ],
)
def test_two_persons_are_two_known_and_proven_ones(
    unclear: World, first: tuple[str, str], second: tuple[str, str] | None, why: str
) -> None:
    alone = PersonsWord(
        verdict="approved",
        reason="Looked.",
        credential=GivenCredential(*first),
        witness=GivenCredential(*second) if second else None,
    )
    with refused(why):
        unclear.run(unclear.service.resolve("A-1", alone))
    assert unclear.view().verdict == "unclear"


def lost(make: Make, orders: str, **choices: object) -> World:
    """A world whose second payment is lost."""
    world = make(orders, **choices)
    assert world.pay("A-0").verdict == "approved"
    assert world.pay().verdict == "unclear"
    return world


def resolved(world: World) -> PaymentState:
    world.until(lambda: world.terminal.ready)
    return world.view()


def test_a_payment_that_the_terminal_took_back_is_proven_not_booked(make: Make) -> None:
    world = lost(make, PLAIN + PULLED.replace("5", "200"))
    view = resolved(world)
    assert (view.verdict, world.booked()) == ("declined", [1250])
    assert view.why is not None
    assert view.why.code == "drivers.zvt.same"
    assert world.pay("A-2").verdict == "approved"


def test_a_unsolicited_result_is_written_acknowledged_and_then_proven(make: Make) -> None:
    """The cable comes back; the terminal says again what nobody answered."""
    world = lost(make, STUBBORN + PLAIN + PULLED)
    view = resolved(world)
    (unsolicited,) = unsolicited_results(world)
    assert (unsolicited.result.payment_id, unsolicited.result.verdict, unsolicited.result.amount) == (
        "A-1",
        "approved",
        1250,
    )
    told = world.story[world.story.index("disk unsolicited_result") - 1 :]
    assert told[:3] == ["terminal 040F", "disk unsolicited_result", "till 8000"]
    assert (view.verdict, view.receipt_number) == ("approved", unsolicited.result.receipt_number)
    assert world.booked() == [1250, 1250]


def test_a_result_after_our_time_out_is_acknowledged_and_proven(make: Make) -> None:
    """T4 is 180 s; this cardholder took 200."""
    world = lost(make, PLAIN + "[[payment]]\nsilence_s = 200")
    assert resolved(world).verdict == "approved"
    assert [unsolicited.result.payment_id for unsolicited in unsolicited_results(world)] == ["A-1"]
    assert (world.booked(), world.sent("0601")) == ([1250, 1250], 2)


def test_a_late_decline_is_written_too(make: Make) -> None:
    world = lost(make, PLAIN + '[[payment]]\nsilence_s = 200\noutcome = "decline"')
    world.until(lambda: world.view().verdict != "unclear")  # not before the terminal must have come to an end
    assert world.view().verdict == "declined"
    assert [unsolicited.result.verdict for unsolicited in unsolicited_results(world)] == ["declined"]


def test_a_terminal_that_leaves_out_its_completion_is_asked(make: Make) -> None:
    world = make(PLAIN + '[[payment]]\nskip = ["completion"]')
    world.pay("A-0")
    assert world.pay().verdict == "unclear"
    assert resolved(world).verdict == "approved"


def test_an_approval_that_was_taken_back_is_proven_not_booked(make: Make) -> None:
    world = lost(make, PLAIN + "[[payment]]\nabort_after = 0x6C")
    world.until(lambda: world.view().verdict != "unclear")
    assert (world.view().verdict, world.booked()) == ("declined", [1250])


def test_an_agent_that_was_killed_asks_when_it_is_back(make: Make) -> None:
    world = make(PLAIN)
    world.pay("A-0")
    world.put("A-1")
    world.until(lambda: "disk result" in world.story[world.story.index("told approved") :])
    world.restart()
    assert world.view().verdict in {"approved", "declined"}
    assert (world.view().verdict == "approved") is (world.booked() == [1250, 1250])


def test_a_first_payment_has_nothing_to_compare_with_and_stays_unclear(unclear: World) -> None:
    assert unclear.view().verdict == "unclear"
    assert unclear.kinds().count("became_unclear") == 2  # the second says what the terminal could not prove


def test_a_first_payment_has_its_late_answer_and_proves_nothing(make: Make) -> None:
    """A terminal that keeps its result must not wait for ever; but nothing is known to compare it with."""
    world = make(STUBBORN + PULLED)
    assert world.pay().verdict == "unclear"
    assert resolved(world).verdict == "unclear"
    assert [unsolicited.result.payment_id for unsolicited in unsolicited_results(world)] == [""]
    assert world.booked() == [1250]


def test_after_a_persons_word_an_equal_amount_proves_nothing(make: Make) -> None:
    """Nobody knows what the terminal stored last, so what it tells next cannot be compared."""
    world = lost(make, PLAIN + PULLED + PULLED)
    resolve(world, "declined")
    assert world.context.payments.last_numbers("front") == (None, None)
