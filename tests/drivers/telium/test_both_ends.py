"""Our session against our terminal: payments from end to end, and what the till may believe."""

from __future__ import annotations

import pytest

from drivers.terminal import Ended, How, Said
from tests.drivers.telium.stage import E_PLUS, REGISTER, STATUS, V3, Counter

both = pytest.mark.parametrize("variant", [E_PLUS, V3])


@both
@pytest.mark.parametrize("cut", [0, 1])
def test_a_sale_is_approved_and_booked_once(variant: str, cut: int) -> None:
    counter = Counter(variant=variant, cut=cut)
    assert counter.perform() == Ended(How.COMPLETED)
    (outcome,) = counter.outcomes()
    assert (outcome.result.said, outcome.result.amount, outcome.late) == (Said.APPROVED, 1010, False)
    assert (len(counter.bank.bookings), counter.bank.balance()) == (1, 1010)


@both
def test_the_simulator_names_itself_at_each_poll(variant: str) -> None:
    counter = Counter(variant=variant)
    for command in (REGISTER, STATUS, STATUS):
        ended = counter.perform(command)
        assert isinstance(ended, Ended)
        assert (ended.simulator, ended.software) == (True, "TILLGATE-SIM 1")
    assert counter.perform().how is How.COMPLETED  # type: ignore[union-attr]  # not Lost
