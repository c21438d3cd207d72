"""A payment over USB with everything real but the bus: link, session, wire, and our own terminal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drivers.card.card import SecretBuffer
from drivers.simulator.core import script
from drivers.simulator.core.bank import Bank
from drivers.simulator.core.faults import Faults
from drivers.simulator.zvt.device import SimulatedDevice
from drivers.simulator.zvt.terminal import SimulatedTerminal
from drivers.terminal import (
    Command,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DisplayText,
    EndReason,
    Event,
    Operation,
    Receipt,
    ResultStatus,
    TransactionResult,
)
from drivers.wires.link import Link
from drivers.zvt.frame import BUFFER_BYTES
from drivers.zvt.line import ZvtSerialLine
from drivers.zvt.session import ZvtSession, ZvtSettings
from tests.drivers.simulator.conftest import STARTED, Shredder
from tests.drivers.wires.test_usb import adapter, run, terminal, wire_to
from tests.support.usb_gadget import Gadget
from tests.support.usb_world import zeros

SCRIPTS = Path(__file__).parents[3] / "config/simulator"
SPEED = 1000.0  # the terminal's own waits are divided by it
SALE = Command(Operation.SALE, "till 1", 1010, 978)


@dataclass
class Counter:
    """A till's link over one emulated device, behind which the simulated terminal sits."""

    gadget: Gadget
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bank = Bank()
        orders = script.load(SCRIPTS / "clear-cards.toml")  # the cards that a terminal should not give
        inside = SimulatedTerminal(self.bank, orders, started=STARTED, speed=SPEED)
        self.device = self.gadget.terminal = SimulatedDevice(inside, faults=Faults(orders.faults))
        self.buffer = SecretBuffer(BUFFER_BYTES)
        session = ZvtSession(ZvtSerialLine(self.buffer), Shredder(), ZvtSettings(password=123456))
        wire = wire_to(self.gadget)
        self.link = Link(wire, session, self.buffer, time.monotonic, self.events.append)

    async def register(self) -> None:
        *_, end = await self.perform(Command(Operation.REGISTER))
        assert isinstance(end, DialogueEnded)
        assert end.end_reason is EndReason.COMPLETED

    async def perform(self, command: Command, at: Callable[[Event], None] = lambda _: None) -> list[Event]:
        heard = []
        async for event in self.link.perform(command):
            heard.append(event)
            at(event)
            if isinstance(event, TransactionResult | Receipt):
                self.link.acknowledge()
        return heard

    def close(self) -> None:
        self.gadget.wait(self.gadget.released)
        self.device.close()
        self.buffer.close()


async def until(what: Callable[[], bool]) -> None:
    while not what():  # noqa: ASYNC110 - a thread of the wire gets there, and it tells only the link
        await asyncio.sleep(0)


@pytest.fixture(params=[terminal, adapter], ids=["cdc_acm", "ftdi"])
def counter(request: pytest.FixtureRequest) -> Iterator[Counter]:
    one = Counter(request.param(serial="A-1"))
    yield one
    one.close()


def test_a_payment_ends_approved_and_nothing_of_the_card_stays(counter: Counter) -> None:
    async def story() -> None:
        await counter.link.connect()
        await counter.register()
        heard = await counter.perform(SALE)
        [outcome] = [event for event in heard if isinstance(event, TransactionResult)]
        assert (outcome.result.status, outcome.result.amount) == (ResultStatus.APPROVED, 1010)
        assert isinstance(heard[-1], DialogueEnded)
        assert counter.bank.bookings
        assert counter.gadget.landings
        await until(lambda: zeros(counter.gadget.landings))  # the terminal's last ACK is still on its way
        assert not any(counter.buffer.view)
        await counter.link.close()

    run(story())


def test_unplugged_in_the_middle_ends_in_lost_and_comes_back(counter: Counter) -> None:
    def pull(event: Event) -> None:
        if isinstance(event, DisplayText):
            counter.gadget.unplug()

    async def story() -> None:
        await counter.link.connect()
        await counter.register()
        heard = await counter.perform(SALE, pull)
        assert isinstance(heard[-1], ConnectionLost)
        assert heard[-1].delivery is Delivery.PERHAPS
        assert heard[-1].reason.code == "wires.unplugged"
        assert not any(isinstance(event, TransactionResult) for event in heard)
        assert not counter.link.connected
        counter.gadget.plug_in()
        await counter.link.connect()
        assert counter.gadget.log.count(("claim", 0)) == 2
        await counter.link.close()

    run(story())


def test_unplugged_between_payments_is_told_to_the_owner(counter: Counter) -> None:
    async def story() -> None:
        await counter.link.connect()
        counter.gadget.unplug()
        await until(lambda: bool(counter.events))
        assert isinstance(counter.events[0], ConnectionLost)
        assert counter.events[0].delivery is Delivery.NEVER

    run(story())
