"""Each protocol with everything real but the hardware: agent, journal and a terminal in its own process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.api.v1.bodies import PaymentRequest, PaymentView
from agent.programs.demo.environment import Environment
from agent.programs.demo.network import free_port
from agent.programs.demo.scenarios import DemoTill
from drivers.driver import PROTOCOLS
from tests.support.countries import CURRENCIES, in_its_country

# It listens for half a minute first: tests/conformance has that in simulated time.
LISTENS_LONG = {"transbank"}
# Whole pesos, or cents: both are allowed everywhere.
AMOUNT = 1990
SCRIPT = """
[terminal]
software = "TILLGATE-SIM 1"

[[payment]]
when_amount = 2305
outcome = "decline"

[[payment]]
when_amount = 7700
unplug = { seconds = 2, at = "status", when = "before" }
"""

Open = Callable[[str], DemoTill]


@pytest.fixture
def open_till(tmp_path: Path) -> Iterator[Open]:
    """A shop with a terminal of that protocol, which is ready."""
    houses: list[Environment] = []

    def provisioned(protocol: str) -> DemoTill:
        environment = Environment(tmp_path, port=free_port(), protocol=protocol)
        houses.append(environment)
        environment.provision()
        settings = environment.folder / "tillgate.toml"
        settings.write_text(in_its_country(settings.read_text("utf-8"), protocol), "utf-8")
        (environment.folder / "terminal.toml").write_text(SCRIPT, "utf-8")
        environment.start_terminal()
        environment.start("agent", "agent", "--settings", str(settings))
        environment.wait_for(
            lambda: environment.terminal_is("ready"), f"the agent and its {protocol} terminal"
        )
        return DemoTill(environment, lambda _text: None)

    yield provisioned
    for environment in houses:
        environment.close()


def sale(protocol: str, amount: int = AMOUNT) -> PaymentRequest:
    return PaymentRequest(payment="sale", amount=amount, currency=CURRENCIES.get(protocol, "EUR"))


def bank_of(environment: Environment) -> list[tuple[str, int]]:
    """State and amount of everything that the simulated bank was asked."""
    bookings = json.loads((environment.folder / "bank.json").read_text("utf-8"))["bookings"]
    return [(booking["state"], booking["amount"]) for booking in bookings]


def verify(environment: Environment) -> None:
    """The journal is right in the eyes of its own command."""
    where = ["--journal", str(environment.journal), "--vkey", environment.journal_vkey]
    command = [sys.executable, "-m", "agent", "journal", "verify", *where]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_sale_is_approved_booked_once_and_in_the_journal(open_till: Open, protocol: str) -> None:
    till = open_till(protocol)
    view = till.send("A-1", sale(protocol))
    assert (view.verdict, view.differs) == ("approved", [])
    assert bank_of(till.environment) == [("booked", AMOUNT)]
    declined = till.send("A-2", sale(protocol, 2305))
    assert declined.verdict == "declined"
    assert bank_of(till.environment) == [("booked", AMOUNT), ("declined", 2305)]
    verify(till.environment)


@pytest.mark.parametrize("protocol", sorted(set(PROTOCOLS) - LISTENS_LONG))
def test_a_cable_pulled_before_the_result_never_ends_in_a_false_word(open_till: Open, protocol: str) -> None:
    till = open_till(protocol)
    till.send("A-1", sale(protocol))  # a last payment that is known
    view = till.send("A-2", sale(protocol, 7700))
    assert view.verdict == "unclear"
    till.environment.wait_for(lambda: till.environment.terminal_is("ready"), "the terminal to be back")
    resolved = till.environment.api.call("GET", "/v1/payments/A-2", PaymentView)
    booked = ("booked", 7700) in bank_of(till.environment)
    assert resolved.verdict in ({"approved", "unclear"} if booked else {"declined", "unclear"})
    if protocol != "telium":  # E+ has no question to ask: a person looks at the terminal
        assert resolved.verdict != "unclear"
