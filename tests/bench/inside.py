"""The agent in this process: real context, service, journal and link; a simulated terminal on the wire."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files

from agent import VERSION
from agent.api.access import access_list
from agent.api.v1.bodies import PaymentRequest
from agent.api.v1.mapping import command_of
from agent.base.clock import Clock, SystemClock
from agent.journal.disk import Disk
from agent.journal.evolving import EvolvingKey, KeyFile
from agent.journal.note import Ed25519Signer
from agent.journal.schema.entry import AnyBody
from agent.journal.writer import Journal
from agent.keys import store as keys
from agent.keys.acquirer import AcquirerWatch
from agent.oplog import log
from agent.payments.context import Context
from agent.payments.index import PaymentIndex
from agent.payments.outcome import Road
from agent.payments.people import People
from agent.payments.store import PaymentStore
from agent.payments.unsolicited import UnsolicitedResults
from agent.programs.assembly import STATE_FILE, Agent
from agent.programs.demo.environment import Environment
from agent.rules import DayTotals
from agent.settings.load import load
from agent.terminals.connection import TerminalConnection
from agent.terminals.options import DRIVERS, options_of
from drivers.card.card import CardSealer, SecretBuffer
from drivers.card.seal import HpkeSealer, SealingKey
from drivers.simulator.core import script
from drivers.simulator.core.bank import Bank
from drivers.simulator.core.faults import Faults
from drivers.simulator.zvt.device import SimulatedDevice
from drivers.simulator.zvt.terminal import SimulatedTerminal
from drivers.terminal import Event
from drivers.wires.link import Link
from drivers.zvt.config import zvt_settings
from drivers.zvt.frame import BUFFER_BYTES, encode_frame
from drivers.zvt.line import ZvtSerialLine
from drivers.zvt.packet import POSITIVE, encode
from drivers.zvt.resolve import ZvtResolver
from drivers.zvt.session import ZvtSession

# How the frames begin that a payment is timed by, and the whole answer to a result.
AUTHORISATION = bytes.fromhex("10 02 06 01")
STATUS_INFORMATION = bytes.fromhex("10 02 04 0f")
ANSWER = encode_frame(encode(POSITIVE))

SALE = PaymentRequest(payment="sale", amount=1010, currency="EUR", till="till-1")
PATIENCE_S = 30.0
# Any port: nobody uploads from this process.
NO_PORT = 9


def simulated() -> SimulatedDevice:
    """The demo's terminal: it shows the till a whole card number and track 2."""
    orders = script.parse(files("agent.programs.demo").joinpath("terminal.toml").read_text("utf-8"))
    terminal = SimulatedTerminal(Bank(), orders, started=datetime.now().astimezone())
    return SimulatedDevice(terminal, faults=Faults(()))


class Cable:
    """A wire with the simulated terminal at its other end; its own time is counted apart.

    Stamps in nanoseconds of `clock`: when 06 01 was handed to the wire, when
    04 0F was handed to the link, when its answer was handed to the wire.
    """

    def __init__(self, device: SimulatedDevice, clock: Callable[[], int]) -> None:
        self.device = device
        self.clock = clock
        self.far_ns = 0
        self.asked_ns = self.told_ns = self.answered_ns = self.far_when_told_ns = 0
        self._arrived = bytearray()
        self._callback: Callable[[], None] = lambda: None

    async def open(self) -> None:
        self._arrived.clear()

    def close(self) -> None:
        self._callback = lambda: None

    def on_readable(self, callback: Callable[[], None]) -> None:
        self._callback = callback

    def read_into(self, space: memoryview) -> int:
        count = min(len(space), len(self._arrived))
        space[:count] = self._arrived[:count]
        del self._arrived[:count]
        return count

    def write(self, data: bytes) -> int:
        now = self.clock()
        if AUTHORISATION in data:
            self.asked_ns, self.told_ns, self.answered_ns = now, 0, 0
        elif self.told_ns and not self.answered_ns and ANSWER in data:
            self.answered_ns = now
        asyncio.get_running_loop().call_soon(self._far_end, data)
        return len(data)

    def _far_end(self, data: bytes) -> None:
        began, now = self.clock(), time.monotonic()
        self.device.receive(data, now)
        said = self.device.bytes_to_send(now)
        self._arrived += said
        ended = self.clock()
        self.far_ns += ended - began
        if STATUS_INFORMATION in said:
            self.told_ns, self.far_when_told_ns = ended, self.far_ns
        if said:
            self._callback()


@dataclass
class NotingContext(Context):
    """A context that remembers what each commit held."""

    written: list[tuple[AnyBody, ...]] = field(default_factory=list)

    def write(self, *bodies: AnyBody, road: Road | None = None) -> None:
        if bodies:
            self.written.append(bodies)
        super().write(*bodies, road=road)


@dataclass(frozen=True, slots=True)
class Took:
    """Nanoseconds of the agent alone: request to 06 01, 04 0F to its answer, 04 0F to the verdict."""

    request: int
    answer: int
    verdict: int


@dataclass
class Counter:
    """A shop at work. `agent.service` takes payments, `cable` knows when what went over it."""

    agent: Agent
    context: NotingContext
    cable: Cable

    async def pay(self, payment_id: str) -> Took:
        """Take one payment to its verdict. Raises `RuntimeError` if it is not approved."""
        cable, service = self.cable, self.agent.service
        self.context.written.clear()
        began = cable.clock()
        service.put(command_of(payment_id, SALE, "1"))
        view = await service.wait(payment_id, PATIENCE_S)
        ended = cable.clock()
        if view.verdict != "approved":
            raise RuntimeError(f"{payment_id} was to be approved and is {view.verdict}: {view.why}")
        far = cable.far_ns - cable.far_when_told_ns
        return Took(
            request=cable.asked_ns - began,
            answer=cable.answered_ns - cable.told_ns,
            verdict=ended - cable.told_ns - far,
        )


def agent_of(environment: Environment, disk: Disk, clock: Clock | None = None) -> tuple[Agent, NotingContext]:
    """The agent of a provisioned environment, as the program makes it but for disk, clock and API."""
    settings = load(environment.folder / "tillgate.toml", DRIVERS)
    clock = clock or SystemClock()
    today = SystemClock().wall().date()  # the keys are of today, wherever `clock` is
    sealing = SealingKey()
    acquirer = AcquirerWatch(settings.acquirer, settings.origin, sealing)
    acquirer.look(today)
    store = PaymentStore(str(settings.agent.state / STATE_FILE))
    totals, people = DayTotals(settings.rules.business_day_starts), People(settings.people)
    context = NotingContext(
        settings,
        clock,
        settings.rules,
        PaymentIndex(store),
        totals,
        people,
        sealing,
    )
    signer = Ed25519Signer(settings.origin, keys.load_journal_key(settings.agent.credentials))
    evolving = EvolvingKey(settings.origin, KeyFile(settings.agent.state / keys.EVOLVING_KEY))
    context.journal = Journal.open(
        disk, settings.origin, signer, evolving, clock, VERSION, settings.digest, None, context.apply
    )
    return Agent(settings, context, access_list((), ()), [], store, log.logger("bench"), acquirer), context


@asynccontextmanager
async def counter(
    environment: Environment, disk: Disk, clock: Callable[[], int] = time.perf_counter_ns
) -> AsyncIterator[Counter]:
    """The agent of a provisioned environment with its terminal connected and ready."""
    agent, context = agent_of(environment, disk)
    settings = agent.settings
    acquirer = keys.load_acquirer_key(
        settings.acquirer.keys, settings.acquirer.vkey, context.clock.wall().date()
    )
    card_sealer = CardSealer(HpkeSealer(acquirer, settings.origin), context.card_keys.ordinals)
    cable, buffer = Cable(simulated(), clock), SecretBuffer(BUFFER_BYTES)
    zvt = zvt_settings(options_of(settings.terminals["front"], settings.rules.currency.number))
    session = ZvtSession(ZvtSerialLine(buffer), card_sealer, zvt)

    def link(unsolicited: Callable[[Event], None]) -> Link:
        return Link(cable, session, buffer, context.clock.monotonic, unsolicited)

    terminal = TerminalConnection("front", link, UnsolicitedResults(context), ZvtResolver(), training=True)
    context.terminals = {"front": terminal}
    running = asyncio.create_task(terminal.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not terminal.ready:  # noqa: ASYNC110 - it tells only the journal
                await asyncio.sleep(0)
        yield Counter(agent, context, cable)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        agent.close()
        cable.device.close()
        buffer.close()
