"""The status looks at the terminals, and says what holds each."""

from __future__ import annotations

from agent.api.v1.mapping import status_view
from tests.payments.conftest import Make


def test_a_terminal_that_an_unclear_payment_holds_takes_none_and_the_next_step_names_that_payment(
    make: Make,
) -> None:
    world = make('[[payment]]\nreboot = { seconds = 2, at = "status" }')
    assert world.pay().verdict == "unclear"
    status = status_view(world.service.status())
    assert not status.taking_payments
    assert status.refusal_reason.startswith("No terminal takes payments now: front (unclear)")
    (terminal,) = status.terminals
    assert (terminal.unclear, terminal.state) == ("A-1", "unclear")
    assert terminal.since
    assert terminal.next_step.endswith("tillgate resolve A-1")


def test_currency_and_limits_are_told(make: Make) -> None:
    status = status_view(make().service.status())
    assert status.currency == "EUR"
    assert status.limits["hard"] > 0
    assert all("{" not in key for key in status.limits)
