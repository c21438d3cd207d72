"""A line that dies at any byte of a sale, in either direction."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from drivers.terminal import BookingProof, ConnectionLost, Delivery, DialogueEnded, DriverFact, EndReason
from tests.drivers.ecrhub.stage import FORMS, SALE, Counter
from tests.drivers.ecrhub.test_both_ends import registered, resolved


class Cut:
    """Lets so many bytes through and then pulls the cable."""

    def __init__(self, counter: Counter, budget: int) -> None:
        self.passed = 0
        self._counter = counter
        self._budget = budget
        self.over = False

    def __call__(self, data: bytes) -> bytes:
        through = data[: max(0, self._budget - self.passed)]
        self.passed += len(data)
        self.over = self.over or self.passed > self._budget
        return through


def both_ways(counter: Counter, budget: int) -> Cut:
    cut = Cut(counter, budget)
    counter.spoil = cut
    return cut


def size_of_a_sale(variant: str) -> int:
    counter = registered(variant=variant)
    cut = both_ways(counter, 10**9)
    counter.perform(SALE)
    return cut.passed


@pytest.mark.parametrize("variant", FORMS)
def test_whatever_byte_was_the_last_the_till_believes_what_the_bank_did(variant: str) -> None:
    for budget in range(size_of_a_sale(variant)):
        counter = registered(variant=variant)
        cut = both_ways(counter, budget)
        end = pulled(counter, lambda cut=cut: cut.over)  # type: ignore[misc]  # the loop's own value
        counter.spoil = lambda data: data
        money = counter.bank.balance()
        if isinstance(end, DialogueEnded):
            assert (end.end_reason, money) == (EndReason.COMPLETED, 1010)
        elif end.delivery is Delivery.NEVER:
            assert money == 0
        else:
            found = resolved(counter).found
            assert found is BookingProof.BOOKED or money == 0
            assert found is not BookingProof.BOOKED or money == 1010
        assert len(counter.bank.bookings) <= 1


def pulled(counter: Counter, gone: Callable[[], bool]) -> DialogueEnded | ConnectionLost:
    """A sale whose till sees the cable go when it does; the terminal goes on without it."""
    counter.heard.clear()
    counter.session.start(SALE, counter.now)
    counter.run_until(lambda: bool(counter.ends()) or gone())
    if not counter.ends():
        counter.session.disconnected(DriverFact("wires.unplugged"), counter.now)
        counter.heard += list(counter.session.events())
        counter.held.clear()
    counter.terminal.receive(b"", counter.now)
    for _ in range(6):  # the cardholder pays without the till
        due = counter.terminal.deadline()
        if due is not None:
            counter.now = max(counter.now, due)
            counter.terminal.deadline_passed(counter.now)
            counter.terminal.bytes_to_send(counter.now)
    return counter.ends()[0]
