"""At a start the terminal's last payment is compared with the journal's: one that is ahead is an alarm."""

from __future__ import annotations

from datetime import timedelta

from drivers.simulator.core.bank import BookingKind
from drivers.simulator.core.cards import PUBLISHED
from tests.journal.conftest import MORNING
from tests.payments.conftest import Make
from tests.payments.world import World

EUR_NUMBER = 978


def take_one_by_hand(world: World) -> None:
    """Somebody takes a card on the terminal itself, and no till knows."""
    at = MORNING + timedelta(seconds=world.outside.now)
    card = PUBLISHED["visa"]
    booking = world.bank.authorise(
        BookingKind.SALE, 4711, EUR_NUMBER, at, approved=True, card=card, approval_code="000001"
    )
    world.bank.book(booking.number)


def ahead(world: World) -> list[dict[str, int | str]]:
    return [alarm.figures for alarm in world.context.alarms.all() if alarm.alarm == "terminal_ahead"]


def test_a_payment_that_no_journal_has_is_seen_at_the_next_start(make: Make) -> None:
    world = make("[[payment]]\n")
    known = world.pay("A-1").trace
    world.restart()
    world.until(lambda: world.terminal.ready)
    assert ahead(world) == []
    take_one_by_hand(world)
    world.restart()
    world.until(lambda: world.terminal.ready and bool(ahead(world)))
    (figures,) = ahead(world)
    assert known is not None
    assert figures == {"told": world.bank.bookings[-1].trace, "known": known}
    assert world.pay("A-2").verdict == "approved"  # it is told, and stops nothing


def test_a_new_shop_has_nothing_to_compare(make: Make) -> None:
    world = make("[[payment]]\n")
    take_one_by_hand(world)
    world.restart()
    world.until(lambda: world.terminal.ready)
    assert ahead(world) == []
