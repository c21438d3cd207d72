"""The shop's rules block an approval: the terminal is asked to take it back, and what it did decides."""

from __future__ import annotations

import pytest

from agent.journal.schema.entry import Rejected
from agent.payments.reject import ended, rejection
from agent.payments.told import told
from drivers.terminal import DialogueEnded, EndReason, Result, ResultStatus
from tests.payments.conftest import Make
from tests.payments.world import World

BLOCK = 'hard = "2000.00"\non_amount_mismatch = "block"'
PLAIN = "[[payment]]\n"
OTHER = "[[payment]]\nsays_amount = 1350\n"
REJECTS = "rejects = true"


def rejected(world: World) -> list[Rejected]:
    return [entry.body for entry in world.disk.entries() if isinstance(entry.body, Rejected)]


def test_a_blocked_approval_is_taken_back_and_nothing_is_charged(make: Make) -> None:
    world = make(PLAIN + OTHER, rules=BLOCK, zvt=REJECTS)
    world.pay("A-0")
    view = world.pay()
    assert (view.verdict, view.release, world.booked()) == ("declined", None, [1250])
    assert view.why is not None
    assert view.why.code == "payment.rejected_taken_back"
    written = world.story.index("disk result rejected alarm_raised release")
    assert world.story[written + 1] == "till 8466"
    assert world.service.status().held == []


def test_where_nobody_has_tried_it_the_goods_are_held(make: Make) -> None:
    """Off by default: acknowledged, and then alarm and hold."""
    world = make(PLAIN + OTHER, rules=BLOCK)
    world.pay("A-0")
    world.pay()
    world.answer("A-1", "no")
    view = world.follow()
    assert (view.verdict, view.release, world.booked()) == ("approved", "withheld", [1250, 1250])
    assert rejected(world) == []


@pytest.mark.parametrize("power", [False, True], ids=["kill", "power cut"])
def test_a_restart_in_between_asks_the_terminal(make: Make, power: bool) -> None:
    world = make(PLAIN + OTHER, rules=BLOCK, zvt=REJECTS)
    world.pay("A-0")
    world.put("A-1")
    world.until(lambda: bool(rejected(world)))
    world.kill(power=power)
    world.start()
    world.until(lambda: world.view().verdict not in {None, "unclear"})
    assert (world.view().verdict, world.booked()) == ("declined", [1250])


def test_an_end_as_if_it_stood_is_a_contradiction(make: Make) -> None:
    """06 0F after our refusal: in doubt, asked, and an alarm. It stays held if it stands."""
    world = make(PLAIN + "[[payment]]\nsilence_s = 200\n", rules=BLOCK, zvt=REJECTS)
    world.pay("A-0")
    world.put("A-1")
    world.until(lambda: world.sent("0601") == 2)
    record = world.context.payments.get("A-1")
    assert record is not None
    said = Result(ResultStatus.APPROVED, 0, amount=1350, currency=978, trace=900, receipt_number=901)

    def happens() -> None:
        result = told(world.context, record, said, world.terminal)
        world.context.write(*result, *rejection(world.context, record, result, world.terminal))
        world.context.write(*ended(world.context, record, DialogueEnded(EndReason.COMPLETED)))

    world.do(happens)
    assert (record.verdict, record.rejected) == ("unclear", True)
    assert record.why is not None
    assert record.why.code == "payment.rejected_stands"
    assert "rejection_ignored:A-1" in world.context.alarms
    assert record.hold is not None
    assert record.hold.state == "held"


def test_a_good_approval_is_never_refused(make: Make) -> None:
    world = make(PLAIN, rules=BLOCK, zvt=REJECTS)
    assert (world.pay().verdict, world.sent("8466")) == ("approved", 0)


def test_a_refund_is_never_refused(make: Make) -> None:
    world = make(PLAIN + "[[refund]]\nsays_amount = 400\n", rules=BLOCK, zvt=REJECTS)
    world.pay()
    world.put("R-1", 300, payment="refund", original="A-1")
    world.until(lambda: world.view("R-1").phase in {"done", "asking"})
    assert world.sent("8466") == 0
