"""Each protocol with everything real but the hardware: agent, journal and a terminal in its own process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.payments.views import PaymentRequest, PaymentView
from agent.programs.demo.environment import House
from agent.programs.demo.network import free_port
from agent.programs.demo.scenarios import Shop
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

Open = Callable[[str], Shop]


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Open]:
    """A shop with a terminal of that protocol, which is ready."""
    houses: list[House] = []

    def furnished(protocol: str) -> Shop:
        house = House(tmp_path, port=free_port(), protocol=protocol)
        houses.append(house)
        house.furnish()
        settings = house.folder / "tillgate.toml"
        settings.write_text(in_its_country(settings.read_text("utf-8"), protocol), "utf-8")
        (house.folder / "terminal.toml").write_text(SCRIPT, "utf-8")
        house.start_terminal()
        house.start("agent", "agent", "--settings", str(settings))
        house.wait_for(lambda: house.terminal_is("ready"), f"the agent and its {protocol} terminal")
        return Shop(house, lambda _text: None)

    yield furnished
    for house in houses:
        house.close()


def sale(protocol: str, amount: int = AMOUNT) -> PaymentRequest:
    return PaymentRequest(amount=amount, currency=CURRENCIES.get(protocol, "EUR"))


def bank_of(house: House) -> list[tuple[str, int]]:
    """State and amount of everything that the simulated bank was asked."""
    bookings = json.loads((house.folder / "bank.json").read_text("utf-8"))["bookings"]
    return [(booking["state"], booking["amount"]) for booking in bookings]


def verify(house: House) -> None:
    """The journal is right in the eyes of its own command."""
    where = ["--journal", str(house.journal), "--vkey", house.journal_vkey]
    command = [sys.executable, "-m", "agent", "journal", "verify", *where]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_sale_is_approved_booked_once_and_in_the_journal(open_shop: Open, protocol: str) -> None:
    shop = open_shop(protocol)
    view = shop.send("A-1", sale(protocol))
    assert (view.verdict, view.differs) == ("approved", [])
    assert bank_of(shop.house) == [("booked", AMOUNT)]
    declined = shop.send("A-2", sale(protocol, 2305))
    assert declined.verdict == "declined"
    assert bank_of(shop.house) == [("booked", AMOUNT), ("declined", 2305)]
    verify(shop.house)


@pytest.mark.parametrize("protocol", sorted(set(PROTOCOLS) - LISTENS_LONG))
def test_a_cable_pulled_before_the_result_never_ends_in_a_false_word(open_shop: Open, protocol: str) -> None:
    shop = open_shop(protocol)
    shop.send("A-1", sale(protocol))  # a last payment that is known
    view = shop.send("A-2", sale(protocol, 7700))
    assert view.verdict == "unclear"
    shop.house.wait_for(lambda: shop.house.terminal_is("ready"), "the terminal to be back")
    resolved = shop.house.door.call("GET", "/payments/A-2", PaymentView)
    booked = ("booked", 7700) in bank_of(shop.house)
    assert resolved.verdict in ({"approved", "unclear"} if booked else {"declined", "unclear"})
    if protocol != "telium":  # E+ has no question to ask: a person looks at the terminal
        assert resolved.verdict != "unclear"
