"""A late truth has an addressee: whose it is, what it does to the verdict, and whether it is answered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

import pytest

from agent.cli.journal import payment_of as about
from agent.journal.schema.entry import Resolved, TerminalResult, UnsolicitedResult
from agent.payments.commands import GivenCredential, PersonsWord
from agent.payments.state import PaymentState
from agent.payments.unsolicited import UnsolicitedResults
from drivers.ecr17.resolve import Ecr17Resolver
from drivers.ecrhub.commands import order_number
from drivers.ecrhub.resolve import EcrHubResolver
from drivers.telium.packet import mark_of
from drivers.terminal import Command, Resolver, Result, ResultStatus, TransactionResult
from drivers.transbank.packet import ticket
from drivers.transbank.resolve import TransbankResolver
from drivers.zvt.resolve import ZvtResolver
from tests.drivers.telium.test_resolve import E_RESOLVER
from tests.payments.conftest import Make
from tests.payments.world import PIN, SUPERVISOR, World
from tests.support.refused import refused

PLAIN = "[[payment]]\n"
# The line breaks for the till, and the terminal goes on; its result comes when nobody waits.
SILENT = "[[payment]]\nsilence_s = 200\n"
RESTARTED = '[[payment]]\nreboot = { seconds = 5, at = "status" }\n'
STUBBORN = '[terminal]\nsoftware = "TILLGATE-SIM 1"\nauto_reversal = false\n'
DECLINED = '[[payment]]\noutcome = "decline"\n'
CARL = GivenCredential("carl", PIN)
ANNA = GivenCredential(SUPERVISOR, PIN)


def resolve(
    world: World, verdict: Literal["approved", "declined", "not_sent"], payment_id: str = "A-1"
) -> PaymentState:
    word = PersonsWord(verdict=verdict, reason="Looked.", credential=CARL, witness=ANNA)
    return world.run(world.service.resolve(payment_id, word))


def told_late(world: World) -> list[TerminalResult]:
    return [entry.body.result for entry in world.disk.entries() if isinstance(entry.body, UnsolicitedResult)]


def after_the_result(world: World) -> str:
    """What the till answered to the late result."""
    place = next(i for i, line in enumerate(world.story) if line.startswith("disk unsolicited_result"))
    return world.story[place + 1]


# ---- a real terminal, a whole agent ----


def test_said_declined_by_persons_and_then_told_approved(make: Make) -> None:
    """It is in doubt again, shown, and not answered: the terminal takes it back."""
    world = make(SILENT)
    assert world.pay().verdict == "unclear"
    resolve(world, "declined")
    world.until(lambda: world.view().verdict == "unclear")
    view = world.view()
    assert view.why is not None
    assert (view.why.code, view.why.figures["verdict"]) == ("payment.contradicted", "declined")
    assert [told.payment_id for told in told_late(world)] == ["A-1"]
    assert "verdict_contradicted:A-1" in world.context.alarms
    world.until(lambda: world.terminal.ready)
    assert (world.booked(), world.service.status().unclear) == ([], ["A-1"])
    assert after_the_result(world) != "till 8000"
    world.restart()
    assert (world.view().verdict, "verdict_contradicted:A-1" in world.context.alarms) == ("unclear", True)


def test_said_approved_by_persons_and_then_told_approved(make: Make) -> None:
    """It fits: acknowledged and noted, and the customer is charged as everybody was told."""
    world = make(SILENT)
    world.pay()
    resolve(world, "approved")
    world.until(lambda: bool(told_late(world)))
    assert [told.payment_id for told in told_late(world)] == ["A-1"]
    world.until(lambda: world.terminal.ready)
    assert (world.view().verdict, world.booked()) == ("approved", [1250])
    assert after_the_result(world) == "till 8000"
    assert "verdict_contradicted:A-1" not in world.context.alarms


def test_two_persons_accept_it_when_it_is_told_again(make: Make) -> None:
    world = make(SILENT)
    world.pay()
    resolve(world, "declined")
    world.until(lambda: world.view().verdict == "unclear")
    resolve(world, "approved")
    world.until(lambda: world.terminal.ready)
    assert (world.view().verdict, world.booked()) == ("approved", [1250])


def test_the_till_hears_that_it_is_in_doubt_again(make: Make) -> None:
    world = make(SILENT)
    world.pay()
    resolve(world, "declined")
    world.until(lambda: world.view().verdict == "unclear")

    async def first() -> PaymentState:
        return (await anext(world.service.events("A-1"))).payment

    assert world.run(first()).verdict == "unclear"
    assert world.service.status().terminals[0].state == "unclear"
    with refused("terminal_unclear"):
        world.put("A-2")


def test_the_journal_shows_a_late_result_with_its_payment(make: Make) -> None:

    world = make(SILENT)
    world.pay()
    resolve(world, "declined")
    world.until(lambda: world.view().verdict == "unclear")
    shown = [type(entry.body).__name__ for entry in world.disk.entries() if about(entry) == "A-1"]
    assert shown[-3:] == ["UnsolicitedResult", "BecameUnclear", "AlarmRaised"]


def test_what_the_terminal_stored_for_a_later_payment_proves_nothing_about_an_older_one(make: Make) -> None:
    """The older one is in doubt again; the last transaction is the later one's."""
    world = make(PLAIN + RESTARTED + PLAIN)
    world.pay("A-0")
    world.pay("A-1")
    world.until(lambda: world.view("A-1").verdict != "unclear")
    assert world.view("A-1").verdict == "declined"
    assert world.pay("A-2").verdict == "approved"
    tell(world, ZvtResolver(), approval(world, "A-1", trace=77, receipt_number=78))
    assert world.view("A-1").verdict == "unclear"
    world.wait(300)
    assert world.view("A-1").verdict == "unclear"
    why = world.view("A-1").why
    assert why is not None
    assert (why.code, why.figures) == ("payment.result_of_another", {"other": "A-2"})
    assert world.view("A-2").verdict == "approved"


# ---- the word of two persons was wrong ----


def test_a_wrong_resolution_is_corrected_by_a_later_entry(make: Make) -> None:
    world = make(RESTARTED)
    world.pay()
    resolve(world, "approved")
    first = world.view().entry
    view = resolve(world, "declined")
    assert view.verdict == "declined"
    words = [entry.body for entry in world.disk.entries() if isinstance(entry.body, Resolved)]
    assert [(word.verdict, word.corrects) for word in words] == [("approved", None), ("declined", first)]
    alarm = world.context.alarms.get("resolution_corrected:A-1")
    assert alarm is not None
    assert alarm.figures == {
        "before": "approved",
        "verdict": "declined",
        "person": "carl",
        "witness": SUPERVISOR,
    }
    assert world.context.payments.day("front").count == 0
    world.restart()
    assert world.view().verdict == "declined"


def test_a_refund_of_what_was_corrected_to_declined_is_refused(make: Make) -> None:
    world = make(RESTARTED)
    world.pay()
    resolve(world, "approved")
    resolve(world, "declined")
    world.until(lambda: world.terminal.ready)
    assert world.pay("R-1", 100, payment="refund", original="A-1").verdict == "refused"


def test_a_correction_needs_two_persons(make: Make) -> None:
    world = make(RESTARTED)
    world.pay()
    resolve(world, "approved")
    word = PersonsWord(verdict="declined", reason="Looked.", credential=ANNA, witness=ANNA)
    with refused("same_person"):
        world.run(world.service.resolve("A-1", word))
    assert world.view().verdict == "approved"


def test_a_terminals_own_verdict_is_no_resolution_to_correct(make: Make) -> None:
    world = make(PLAIN)
    world.pay()
    with refused("not_unclear"):
        resolve(world, "declined")


# ---- every protocol: the same facts, judged by its own resolver ----


@dataclass
class Told:
    """Stands for a terminal that is at rest and tells something."""

    resolver: Resolver
    name: str = "front"
    terminal_id: str = ""


RESOLVERS: dict[str, Resolver] = {
    "zvt": ZvtResolver(),
    "ecrhub": EcrHubResolver(),
    "telium": E_RESOLVER,
    "ecr17": Ecr17Resolver(978),
    "transbank": TransbankResolver(),
}


def approval(world: World, payment_id: str, **told: Any) -> Result:
    """An approval of this payment, as a terminal would tell it, with time and amount."""
    record = world.context.payments.get(payment_id)
    assert record is not None
    at = record.requested_at + timedelta(seconds=20)
    fields = {
        "amount": record.amount,
        "currency": 978,
        "trace": 901,
        "receipt_number": 902,
        "date": f"{at:%m%d}",
        "time": f"{at:%H%M%S}",
    } | told
    return Result(ResultStatus.APPROVED, 0, **fields)


def named(protocol: str, result: Result, command: Command) -> Result:
    """The same with the name that the protocol gives back."""
    names = {
        "ecrhub": lambda: order_number(command.payment_id, command.sequence),
        "telium": lambda: mark_of(command),
        "transbank": lambda: ticket(command.sequence),
    }
    return replace(result, order=names[protocol]()) if protocol in names else result


def tell(world: World, resolver: Resolver, result: Result) -> bool:
    handler = UnsolicitedResults(world.context)
    return world.do(handler.keep_unsolicited, Told(resolver), TransactionResult(result))


def decided(make: Make, verdict: Literal["approved", "declined"]) -> World:
    """A-1 was in doubt, and two persons gave it this verdict."""
    world = make(PLAIN + RESTARTED)
    world.pay("A-0", 999)
    world.put("A-1")
    world.until(lambda: world.view().verdict == "unclear")
    resolve(world, verdict)
    return world


@pytest.mark.parametrize("protocol", RESOLVERS)
def test_in_every_protocol_a_late_approval_of_what_was_declined_is_in_doubt(
    make: Make, protocol: str
) -> None:
    world = decided(make, "declined")
    record = world.context.payments.get("A-1")
    assert record is not None
    result = named(protocol, approval(world, "A-1"), world.context.command(record))
    answered = tell(world, RESOLVERS[protocol], result)
    assert (world.view().verdict, "verdict_contradicted:A-1" in world.context.alarms) == ("unclear", True)
    # Where an answer books nothing, it only ends the repeats.
    assert answered is (protocol != "zvt")
    assert tell(world, RESOLVERS[protocol], result) is answered


@pytest.mark.parametrize("protocol", RESOLVERS)
def test_in_every_protocol_a_late_approval_of_what_was_approved_is_noted(make: Make, protocol: str) -> None:
    world = decided(make, "approved")
    record = world.context.payments.get("A-1")
    assert record is not None
    result = named(protocol, approval(world, "A-1"), world.context.command(record))
    assert tell(world, RESOLVERS[protocol], result)
    assert (world.view().verdict, [told.payment_id for told in told_late(world)]) == ("approved", ["A-1"])
    assert "verdict_contradicted:A-1" not in world.context.alarms


@pytest.mark.parametrize("protocol", ["ecrhub", "telium", "transbank"])
def test_a_named_decline_of_what_persons_approved_is_in_doubt_and_answered(make: Make, protocol: str) -> None:
    world = decided(make, "approved")
    record = world.context.payments.get("A-1")
    assert record is not None
    result = named(protocol, Result(ResultStatus.DECLINED, 5), world.context.command(record))
    assert tell(world, RESOLVERS[protocol], result)
    assert (world.view().verdict, "verdict_contradicted:A-1" in world.context.alarms) == ("unclear", True)


@pytest.mark.parametrize("protocol", ["ecrhub", "telium", "transbank"])
def test_another_amount_than_persons_said_is_a_contradiction(make: Make, protocol: str) -> None:
    world = decided(make, "approved")
    record = world.context.payments.get("A-1")
    assert record is not None
    result = named(protocol, approval(world, "A-1", amount=9600), world.context.command(record))
    tell(world, RESOLVERS[protocol], result)
    assert world.view().verdict == "unclear"


@pytest.mark.parametrize("protocol", RESOLVERS)
def test_an_approval_that_no_payment_accounts_for_is_kept_and_shown(make: Make, protocol: str) -> None:
    world = decided(make, "approved")
    stranger = approval(world, "A-1", amount=4711, order="", date="0101")
    answered = tell(world, RESOLVERS[protocol], stranger)
    assert [told.payment_id for told in told_late(world)] == [""]
    assert "unclaimed_approval:front.902" in world.context.alarms
    assert answered is (protocol != "zvt")


@pytest.mark.parametrize("protocol", RESOLVERS)
@pytest.mark.parametrize("status", [ResultStatus.DECLINED, ResultStatus.CANCELLED])
def test_what_moves_no_money_is_answered_and_changes_nothing(
    make: Make, protocol: str, status: ResultStatus
) -> None:
    world = decided(make, "approved")
    assert tell(world, RESOLVERS[protocol], Result(status, 5))
    assert world.view().verdict == "approved"
    assert not [alarm for alarm in world.context.alarms.all() if alarm.alarm == "unclaimed_approval"]


def test_the_last_result_told_again_is_the_same_payment(make: Make) -> None:
    """A terminal repeats what it has stored: noted, answered, and no alarm."""
    world = make(PLAIN)
    world.pay()
    record = world.context.payments.get("A-1")
    assert record is not None
    assert record.result is not None
    again = approval(
        world, "A-1", trace=record.result.trace, receipt_number=record.result.receipt_number,
        date=record.result.terminal_date, time=record.result.terminal_time,
    )  # fmt: skip
    assert tell(world, ZvtResolver(), again)
    assert [told.payment_id for told in told_late(world)] == ["A-1"]
    assert (world.view().verdict, world.context.alarms.all()) == ("approved", [])


def test_a_terminals_own_no_and_then_an_approval_of_it_is_in_doubt(make: Make) -> None:
    world = make(PLAIN + DECLINED)
    world.pay("A-0", 999)
    world.pay("A-1")
    assert not tell(world, ZvtResolver(), approval(world, "A-1"))
    assert world.view().verdict == "unclear"


def test_the_name_of_a_late_result_is_kept(make: Make) -> None:
    world = decided(make, "declined")
    tell(world, EcrHubResolver(), approval(world, "A-1", order="NOBODYS", amount=4711))
    assert [(told.payment_id, told.order) for told in told_late(world)] == [("", "NOBODYS")]


# ---- a nameless answer in the dialogue of another payment ----


def test_a_nameless_answer_that_fits_two_payments_leaves_both_in_doubt(make: Make) -> None:
    """A-1 was lost and given by persons; the answer during A-2 may be A-1's."""
    world = decided(make, "declined")
    world.until(lambda: world.terminal.ready)
    assert world.pay("A-2").verdict == "unclear"
    assert world.view("A-1").verdict == "unclear"
    first, second = world.view("A-1").why, world.view("A-2").why
    assert first is not None
    assert second is not None
    assert (first.code, second.code) == ("payment.answer_may_be_this_ones", "payment.answer_may_be_anothers")
    assert "answer_without_name:A-2" in world.context.alarms
    world.wait(300)  # the terminal's last transaction fits both: it proves neither
    assert {world.view("A-1").verdict, world.view("A-2").verdict} == {"unclear"}


def test_after_a_dialogue_that_ended_as_it_should_an_answer_is_the_payments_own(make: Make) -> None:
    world = decided(make, "declined")
    world.until(lambda: world.terminal.ready)
    assert world.pay("A-2", 500).verdict == "approved"
    assert world.pay("A-3").verdict == "approved"


def test_an_answer_with_the_amount_of_this_payment_alone_is_this_ones(make: Make) -> None:
    world = decided(make, "declined")
    world.until(lambda: world.terminal.ready)
    assert world.pay("A-2", 1300).verdict == "approved"
    assert world.view("A-1").verdict == "declined"


def test_the_lost_dialogues_are_known_after_a_restart(make: Make) -> None:
    world = decided(make, "declined")
    world.restart()
    assert [record.payment_id for record in world.context.payments.loose("front")] == ["A-1"]
