"""The story of one payment: what reaches disk and cable, in which order, and what the till is told."""

from __future__ import annotations

from typing import Any

import pytest

from agent.payments.commands import PaymentCommand
from agent.payments.state import Fact, PaymentChange
from tests.payments.conftest import Make
from tests.payments.world import World

GREETING = [
    *("disk started card_key_began", "till 0600", "terminal 8000", "terminal 060F", "till 8000"),
    *("till 0501", "terminal 8000", "terminal 060F", "till 8000"),
    # What was the last payment? None so far.
    *("till 0620", "terminal 8000", "terminal 061E", "till 8000", "disk terminal_state"),
]
SENT = ["disk requested decided submitted", "till 0601", "terminal 8000"]
SHOWS = ["terminal 04FF", "till 8000"]
RESULT = ["terminal 040F", "disk result", "till 8000"]
RECEIPT = ["terminal 06D3", "disk printed", "till 8000"]
COMPLETED = ["terminal 060F", "till 8000", "disk completed"]
ABORTED = ["terminal 061E", "till 8000"]


def the_story(world: World) -> list[str]:
    """Without the greeting, which is always the same."""
    assert world.story[: len(GREETING)] == GREETING
    return world.story[len(GREETING) :]


def test_each_step_is_on_disk_before_anybody_hears_of_it(world: World) -> None:
    assert world.pay().verdict == "approved"
    assert the_story(world) == [*SENT, *SHOWS * 3, *RESULT, *RECEIPT * 2, *COMPLETED, "told approved"]
    assert world.booked() == [1250]


def test_a_terminal_that_prints_by_itself_is_acknowledged_once(make: Make) -> None:
    world = make(receipts="terminal")
    assert world.pay().verdict == "approved"
    assert the_story(world) == [*SENT, *SHOWS * 3, *RESULT, *COMPLETED, "told approved"]


def test_a_decline_is_on_disk_before_it_is_acknowledged_and_told(make: Make) -> None:
    world = make('[[payment]]\noutcome = "decline"\ntext = "Declined by the bank"', receipts="terminal")
    view = world.pay()
    assert (view.verdict, view.words) == ("declined", "Declined by the bank")
    assert the_story(world) == [*SENT, *SHOWS * 3, *RESULT, *ABORTED, "told declined"]
    assert world.booked() == []


def test_a_stop_at_the_terminal_is_a_cancel(make: Make) -> None:
    world = make('[[payment]]\noutcome = "stop_key"')
    assert world.pay().verdict == "cancelled"
    assert world.booked() == []


def test_a_command_that_the_terminal_refuses_to_begin_was_not_sent(make: Make) -> None:
    world = make('[[payment]]\noutcome = "refuse"\ncode = 0x6B')
    view = world.pay()
    assert (view.verdict, view.why and view.why.code) == ("not_sent", "drivers.not_registered")
    assert world.kinds() == ["requested", "decided", "submitted", "result"]


def test_what_our_rules_refuse_never_reaches_the_cable(world: World) -> None:
    view = world.pay(amount=200_001)
    assert view.verdict == "refused"
    assert ("block", "hard") in {(reason.action, reason.code) for reason in view.reasons}
    assert the_story(world) == ["disk requested decided refused", "told refused"]


def test_a_terminal_that_is_away_never_hears_of_it(world: World) -> None:
    world.unplug()
    world.until(lambda: not world.terminal.ready)
    view = world.pay()
    assert (view.verdict, world.sent("0601")) == ("not_sent", 0)
    assert world.kinds() == ["requested", "decided", "not_sent"]


def test_a_line_that_breaks_before_the_commands_first_byte_is_not_sent(world: World) -> None:
    async def at_once() -> None:
        world.service.put(PaymentCommand(payment_id="A-1", payment="sale", amount=1250, currency="EUR"))
        world.outside.device.plugged = False
        world.outside.pull()

    world.run(at_once())
    view = world.follow()
    assert (view.verdict, world.sent("0601")) == ("not_sent", 0)


@pytest.mark.parametrize("point", ["answer", "display", "status", "receipt", "completion"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cable_pulled_anywhere_leaves_the_truth_or_unclear(make: Make, point: str, when: str) -> None:
    unplug = f'{{ seconds = 2, at = "{point}", when = "{when}" }}'
    world = make(f"[[payment]]\nunplug = {unplug}")
    view = world.pay()
    assert view.verdict in {"unclear", "approved"}
    world.until(lambda: world.terminal.ready)
    assert world.booked() == [1250] or view.verdict == "unclear"
    assert world.sent("0601") == 1


@pytest.mark.parametrize("receipts", ["till", "terminal"])
def test_without_completion_an_approval_is_not_proven(make: Make, receipts: str) -> None:
    world = make('[[payment]]\nskip = ["completion"]', receipts=receipts)
    view = world.pay()
    assert view.verdict == "unclear"
    assert view.why is not None
    assert view.why.code == "drivers.zvt.no_completion"
    assert "result" in world.kinds()


def test_an_approval_that_the_terminal_takes_back_is_unclear_with_both_kept(make: Make) -> None:
    world = make("[[payment]]\nabort_after = 0x6C")
    view = world.pay()
    assert view.verdict == "unclear"
    assert world.kinds()[-1] == "undone"
    assert "result" in world.kinds()
    assert world.booked() == []


@pytest.mark.parametrize(
    ("orders", "said", "fields"),
    [
        ("partial = 500", 500, {"remaining": 750}),
        ("says_amount = 1000", 1000, {}),
    ],
)
def test_another_amount_than_asked_is_reported(
    make: Make, orders: str, said: int, fields: dict[str, int]
) -> None:
    view = make(f"[[payment]]\n{orders}").pay()
    assert (view.verdict, view.amount, view.terminal_amount) == ("approved", 1250, said)
    assert view.differs == ["amount"]
    assert {name: getattr(view, name) for name in fields} == fields
    assert view.next_step == Fact("next.differs", {"fields": "amount"})


def test_an_ordinary_tip_is_no_difference_and_has_a_line_of_its_own(make: Make) -> None:
    view = make("[[payment]]\ntip = 90").pay()
    assert (view.verdict, view.terminal_amount, view.tip, view.differs) == ("approved", 1340, 90, [])
    assert view.next_step == Fact("next.payment.approved")


def test_a_tip_above_its_limit_is_a_difference(make: Make) -> None:
    view = make("[[payment]]\ntip = 376").pay()
    assert (view.differs, view.next_step) == (["tip"], Fact("next.differs", {"fields": "tip"}))


def test_the_same_result_twice_is_one_payment(make: Make) -> None:
    world = make('[[payment]]\ntwice = ["status"]')
    assert world.pay().verdict == "approved"
    assert world.booked() == [1250]


def test_no_verdict_is_told_before_the_payment_is_over(world: World) -> None:
    world.put("A-1")
    world.until(lambda: "disk result" in world.story)
    assert (world.view().phase, world.view().verdict, world.view().card) == ("running", None, None)
    world.until(lambda: "till 8000" in world.story[world.story.index("disk result") :])
    assert world.view().verdict is None
    assert world.follow().verdict == "approved"


def test_the_till_follows_a_payment_event_by_event(world: World) -> None:
    world.put("A-1")

    async def watch() -> list[PaymentChange]:
        return [event async for event in world.service.events("A-1")]

    events = world.run(watch())
    kinds = [event.kind for event in events]
    assert kinds == ["state", "state", "display", "display", "display", "receipt", "receipt", "verdict"]
    assert [event.id for event in events] == list(range(1, 9))
    assert [event.payment.verdict for event in events] == [None] * 7 + ["approved"]
    assert events[2].payment.display
    assert [event.receipt.copy for event in events if event.receipt] == ["merchant", "customer"]
    assert len(world.service.receipts("A-1")) == 2


def test_a_late_watcher_is_told_the_end(world: World) -> None:
    world.pay()

    async def watch() -> list[Any]:
        return [event.payment.verdict async for event in world.service.events("A-1")]

    assert world.run(watch()) == ["approved"]


def test_the_verdict_names_the_line_that_holds_it(world: World) -> None:
    view = world.pay()
    entry = next(entry for entry in world.disk.entries() if entry.index == view.entry)
    assert type(entry.body).__name__ == "Completed"


def test_the_day_is_closed_once_however_often_the_till_asks(world: World) -> None:
    world.pay()
    view = world.close_day("Z-1")
    assert (view.payment, view.verdict) == ("close_day", "approved")
    assert world.close_day("Z-1") == view
    assert (world.bank.day, world.sent("0650")) == (1, 1)


def test_the_same_orders_give_the_same_story(make: Make) -> None:
    """The bed of these tests leaves nothing to chance: what fails once fails again."""
    first, second = (make('[[payment]]\nunplug = { seconds = 2, at = "receipt" }') for _ in range(2))
    for world in (first, second):
        world.pay()
        world.wait(200)
    assert first.story == second.story
    assert first.outside.now == second.outside.now
