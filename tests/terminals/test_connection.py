"""Which terminal is let in: a simulator says "approved" and moves no money."""

from __future__ import annotations

import pytest

from tests.payments.conftest import Make, make

__all__ = ["make"]

REAL = '[terminal]\nsoftware = "GER-APP-v2.0.9"\n'


@pytest.mark.parametrize(
    ("orders", "training", "code"),
    [
        ("", False, "drivers.simulator_outside"),
        (REAL, True, "drivers.real_inside"),
    ],
)
def test_a_terminal_of_the_other_kind_is_sent_no_payment(
    make: Make, orders: str, training: bool, code: str
) -> None:
    world = make(orders, training=training)
    assert world.terminal.why is not None
    assert (world.terminal.state, world.terminal.why.code) == ("trouble", code)
    assert world.pay().verdict == "not_sent"
    assert (world.sent("0601"), world.booked()) == (0, [])


@pytest.mark.parametrize(("orders", "training"), [("", True), (REAL, False)])
def test_a_terminal_of_the_right_kind_takes_payments(make: Make, orders: str, training: bool) -> None:
    world = make(orders, training=training)
    assert world.pay().verdict == "approved"
    assert world.booked() == [1250]
