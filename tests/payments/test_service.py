"""What the counter answers: one id is one payment, one terminal serves one payment."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import msgspec
import pytest

from agent.journal.schema.entry import Fact
from agent.payments.commands import PaymentCommand
from agent.payments.state import PaymentState
from tests.journal.conftest import MORNING
from tests.payments.conftest import Make
from tests.payments.world import World
from tests.support.refused import refused

EUROS = PaymentCommand(payment_id="A-1", payment="sale", amount=1250, currency="EUR")


def test_the_same_number_with_the_same_content_is_the_same_payment(world: World) -> None:
    first = world.pay()
    assert world.pay() == first
    assert (world.sent("0601"), world.booked()) == (1, [1250])


def test_also_while_it_runs(world: World) -> None:
    world.put("A-1")
    world.until(lambda: world.sent("0601") == 1)
    assert world.put("A-1").phase == "running"
    assert world.follow().verdict == "approved"
    assert (world.sent("0601"), world.booked()) == (1, [1250])


def test_also_when_both_come_at_once(world: World) -> None:
    async def both() -> list[tuple[PaymentState, bool]]:
        return [world.service.put(EUROS), world.service.put(EUROS)]

    (first, created), (second, again) = world.run(both())
    assert (created, again) == (True, False)
    assert msgspec.structs.replace(first, repeated=True) == second
    world.follow()
    assert world.kinds().count("requested") == 1


def test_also_after_a_restart(world: World) -> None:
    first = world.pay()
    world.restart()
    assert world.pay() == first
    assert world.sent("0601") == 1


@pytest.mark.parametrize("when", ["running", "done", "restarted"])
def test_the_same_number_with_other_content_is_a_conflict(world: World, when: str) -> None:
    world.put("A-1")
    world.until(lambda: world.sent("0601") == 1)
    if when != "running":
        world.follow()
    if when == "restarted":
        world.restart()
    with refused("already_used") as told:
        world.put("A-1", 1251)
    assert told.value.payment == world.view()
    assert world.follow().verdict == "approved"
    assert world.booked() == [1250]


def test_also_when_it_comes_in_the_same_moment(world: World) -> None:
    async def both() -> None:
        world.service.put(EUROS)
        world.service.put(replace(EUROS, amount=1251))

    with refused("already_used"):
        world.run(both())
    assert world.follow().verdict == "approved"


def test_two_tills_at_once_on_one_terminal_one_is_told_to_wait(world: World) -> None:
    world.put("A-1")
    with refused("terminal_busy", terminal="front", holder="A-1"):
        world.put("B-1", till="2")
    assert world.follow("A-1").verdict == "approved"
    assert world.pay("B-1", till="2").verdict == "approved"


@pytest.fixture
def slow(make: Make) -> World:
    """A terminal that takes the second status enquiry for its timed work, while a payment comes."""
    world = make('[[status_enquiry]]\n[[status_enquiry]]\nsilence_s = 20\nsilence_before = "completion"')
    world.until(lambda: world.sent("0501") == 2)
    world.put("A-1")
    world.wait(5)
    assert (world.view().phase, world.sent("0601")) == ("running", 0)
    return world


def test_a_payment_waits_for_a_terminal_that_is_at_work(slow: World) -> None:
    assert slow.follow().verdict == "approved"
    assert (slow.sent("0601"), slow.booked()) == (1, [1250])


def test_a_payment_that_is_cancelled_while_it_waits_is_not_sent(slow: World) -> None:
    slow.do(slow.service.cancel, "A-1")
    view = slow.follow()
    assert (view.verdict, slow.sent("0601"), slow.sent("06B0")) == ("cancelled", 0, 0)
    assert view.why == Fact("payment.cancelled_by_till")
    assert slow.pay("A-2").verdict == "approved"


def test_an_unclear_payment_holds_its_terminal(make: Make) -> None:
    world = make('[[payment]]\nreboot = { seconds = 2, at = "status" }')
    assert world.pay().verdict == "unclear"
    world.until(lambda: world.terminal.ready)
    with refused("terminal_unclear", terminal="front", holder="A-1"):
        world.put("A-2")
    with refused("terminal_unclear"):
        world.close_day("Z-1")
    assert world.service.status().unclear == ["A-1"]
    assert world.service.status().terminals[0].state == "unclear"


def test_it_goes_on_holding_it_after_a_restart(make: Make) -> None:
    world = make('[[payment]]\nreboot = { seconds = 2, at = "status" }')
    world.pay()
    world.restart()
    with refused("terminal_unclear"):
        world.put("A-2")
    assert world.pay("A-1").verdict == "unclear"
    assert world.sent("0601") == 1


def test_while_the_acquirers_key_is_over_nothing_is_taken(make: Make) -> None:
    world = make(key_until=date(2026, 3, 27))
    with refused("key_expired", until="2026-03-27"):
        world.put("A-1")


def test_a_key_that_ends_today_serves_until_midnight(make: Make) -> None:
    world = make(key_until=MORNING.date())
    assert world.pay("A-1").verdict == "approved"
    world.wait(24 * 3600)
    with refused("key_expired"):
        world.put("A-2")
    assert world.view("A-1").verdict == "approved"  # what was answered is still told


def test_without_the_acquirers_key_nothing_is_taken_but_what_is_in_doubt_is_resolved(make: Make) -> None:
    world = make('[[payment]]\n[[payment]]\nunplug = { seconds = 200, at = "status" }')
    world.pay("A-1")
    assert world.pay("A-2").verdict == "unclear"
    key, world.sealing.key, world.sealing.trouble = world.sealing.key, None, "no key yet"
    world.restart()
    world.wait(300)
    assert world.pay("A-2").verdict in {"approved", "declined"}
    with refused("no_acquirer_key", text="no key yet"):
        world.put("A-3")
    world.sealing.key = key  # what the watch does within a minute
    assert world.pay("A-3").verdict == "approved"


def test_without_a_hard_limit_nothing_is_taken(make: Make) -> None:
    world = make(rules="")
    with refused("not_started"):
        world.put("A-1")
    assert world.service.status().taking_payments is False
    assert world.sent("0600") == 0


def test_on_a_full_disk_nothing_is_begun(world: World) -> None:
    world.disk.room = 0
    world.restart()
    with refused("disk_full"):
        world.put("A-1")
    assert world.disk.entries()[-1].body.__class__.__name__ == "TerminalState"  # what runs is finished


def test_while_the_agent_stops_it_finishes_and_begins_nothing(world: World) -> None:
    async def stop() -> None:
        world.service.put(EUROS)
        await world.service.finish()

    world.run(stop())
    assert world.view().verdict == "approved"
    with refused("stopping"):
        world.put("A-2")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"payment": "sale", "original": "A-0"}, "not_for_kind"),
        ({"payment": "refund"}, "missing_for_kind"),
        ({"payment": "reversal", "original": "A-0"}, "not_for_kind"),
        ({"payment": "refund", "original": "A-0", "amount": None}, "missing_for_kind"),
        ({"payment": "close_day"}, "not_for_kind"),
        ({"payment": "charge"}, "unknown_kind"),
        ({"currency": None}, "missing_for_kind"),
        ({"terminal": "back"}, "unknown_terminal"),
    ],
)
def test_a_request_that_contradicts_itself_is_refused_unwritten(
    world: World, wrong: dict[str, str | None], code: str
) -> None:
    size = len(world.disk.entries())
    with refused(code):
        world.put("A-1", **{"amount": 1250, "currency": "EUR"} | wrong)  # type: ignore[arg-type]  # on purpose
    assert (len(world.disk.entries()), world.service.get("A-1")) == (size, None)


def test_nobody_knows_a_number_that_was_never_sent(world: World) -> None:
    with refused("unknown_payment"):
        world.service.receipts("A-1")
    with refused("unknown_payment"):
        world.service.cancel("A-1")
    with refused("unknown_payment"):
        world.run(world.service.wait("A-1", 1))


def test_waiting_is_over_after_its_time(world: World) -> None:
    world.put("A-1")
    before = world.outside.now
    view = world.run(world.service.wait("A-1", 0.005))
    assert view.phase == "running"
    assert world.outside.now == pytest.approx(before + 0.005, abs=0.001)


def test_the_last_payments_come_newest_first(world: World) -> None:
    for payment_id in ("A-1", "A-2", "A-3"):
        world.pay(payment_id)
    assert [view.payment_id for view in world.service.last(2)] == ["A-3", "A-2"]


def test_a_cancel_while_it_runs_is_a_wish_that_the_terminal_grants(make: Make) -> None:
    world = make("[[payment]]\nsilence_s = 20")
    world.put("A-1")
    world.until(lambda: world.story.count("terminal 04FF") == 3)
    world.wait(1)
    assert world.do(world.service.cancel, "A-1").phase == "running"
    assert world.follow().verdict == "cancelled"
    assert (world.sent("06B0"), world.booked()) == (1, [])


def test_a_cancel_that_comes_too_late_does_not_hide_the_approval(make: Make) -> None:
    world = make('[[payment]]\nsilence_s = 20\ncancel = "too_late"')
    world.put("A-1")
    world.until(lambda: world.story.count("terminal 04FF") == 3)
    world.wait(1)
    world.do(world.service.cancel, "A-1")
    assert world.follow().verdict == "approved"
    assert world.booked() == [1250]


def test_a_cancel_of_what_is_over_changes_nothing(world: World) -> None:
    view = world.pay()
    assert world.service.cancel("A-1") == view


def test_the_status_tells_who_is_served(world: World) -> None:
    assert world.service.status().terminals[0].state == "ready"
    world.put("A-1")
    assert world.service.status().terminals[0].state == "busy"
    world.follow()
    status = world.service.status()
    assert (status.taking_payments, status.entries) == (True, len(world.disk.entries()))
