"""A shop in one process: our real parts over a disk, a cable and a terminal in memory.

The agent lives in an event loop that never waits: where it would, the world
outside goes on to the next thing that happens there. What is outside (time, disk,
cable, terminal, bank) outlives the agent: `kill` drops the agent, `start` begins a
new one over the same rest. Nothing here is left to chance.
"""

from __future__ import annotations

import asyncio
import errno
import selectors
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

from agent.assemble import zvt_settings
from agent.journal.entry import Entry, Started, decode
from agent.journal.evolving import EvolvingKey
from agent.journal.journal import Journal
from agent.payments.book import Book
from agent.payments.desk import Desk
from agent.payments.keeper import ShopKeeper
from agent.payments.people import People, hash_secret
from agent.payments.shop import Shop
from agent.payments.store import Store
from agent.payments.terminals import Terminal
from agent.payments.views import Answer, CloseDayRequest, PaymentRequest, PaymentView
from agent.rules import Windows
from agent.settings import Settings, parse, why_not_live
from drivers.card import SecretBuffer
from drivers.link import Link
from drivers.simulator import script
from drivers.simulator.bank import Bank, State
from drivers.simulator.device import SimulatedDevice
from drivers.simulator.faults import Faults
from drivers.simulator.terminal import SimulatedTerminal
from drivers.simulator.units import SerialCutter
from drivers.terminal import Event, WireError
from drivers.zvt.frame import BUFFER_BYTES
from drivers.zvt.line import SerialLine
from drivers.zvt.session import ZvtSession
from drivers.zvt.settling import ZvtSettling
from tests.drivers.zvt.stage import vault
from tests.journal.conftest import MORNING, ORIGIN, SIGNER, MemoryDisk, MemoryKeys

T = TypeVar("T")

# One way over the cable. Anything above zero: an answer must not come before the call has returned.
CABLE_S = 0.001
# Longer than every wait of terminal, line and session together.
LONG_S = 600.0

FRONT, SUPERVISOR, OTHER_SUPERVISOR, PIN = "front", "anna", "berta", "314159"

SETTINGS = """\
[agent]
name = "shop.example/till-1"
training = true

[acquirer]
vkey = "acquirer.example+0123abcd+AQID"

[terminals.front]
device = "/dev/null"
password = "123456"
{terminal}

[rules]
currency = "EUR"
{rules}

[people.anna]
role = "supervisor"
scrypt = "{scrypt}"

[people.berta]
role = "supervisor"
scrypt = "{scrypt}"

[people.carl]
role = "cashier"
scrypt = "{scrypt}"
"""


@cache
def settings(terminal: str, rules: str) -> Settings:
    return parse(SETTINGS.format(terminal=terminal, rules=rules, scrypt=_scrypt()), Path("tillgate.toml"))


@cache
def _scrypt() -> str:
    return hash_secret(PIN)


class ToldDisk(MemoryDisk):
    """Tells the story which entries each sync made durable. The dead cannot touch it."""

    def __init__(self, story: list[str]) -> None:
        super().__init__()
        self.dead = False
        self._story = story

    def _call(self, what: str) -> bool:
        if self.dead:
            raise OSError(errno.EIO, "the agent is dead")
        return super()._call(what)

    def sync(self, name: str) -> None:
        before = len(self.durable.get(name, b""))
        super().sync(name)
        if kinds := [_kind(entry) for entry in _entries(self.durable[name][before:])]:
            self._story.append(f"disk {' '.join(kinds)}")

    def entries(self) -> list[Entry]:
        """Everything that the journal has promised."""
        return [entry for content in self.files.values() for entry in _entries(bytes(content))]


class Outside:
    """What goes on without the agent. `story` tells in order what reached the disk and the cable."""

    def __init__(self, orders: str) -> None:
        parsed = script.parse(orders)
        self.now = 0.0
        self.set_back = timedelta()  # by how much somebody has set back the wall clock
        self.story: list[str] = []
        self.disk = ToldDisk(self.story)
        self.keys = MemoryKeys()
        self.bank = Bank()
        terminal = SimulatedTerminal(self.bank, parsed, started=MORNING)
        self.device = SimulatedDevice(terminal, faults=Faults(parsed.faults))
        self.end: CableEnd | None = None  # the agent's end, while it has the port open
        self.frozen = False
        self.bytes_sent = 0
        self._under_way: deque[tuple[float, Callable[[], None]]] = deque()
        self._cutters = {"till": SerialCutter(), "terminal": SerialCutter()}

    def go_on(self, until: float | None) -> None:
        """Let the next thing happen, at the latest at `until`."""
        times = [until, self.device.deadline(), self._under_way[0][0] if self._under_way else None]
        known = [time for time in times if time is not None]
        assert known, "nothing will ever happen again: somebody waits in vain"
        self.now = max(self.now, min(known))
        while self._under_way and self._under_way[0][0] <= self.now:
            self._under_way.popleft()[1]()
        deadline = self.device.deadline()
        if deadline is not None and deadline <= self.now:
            self.device.deadline_passed(self.now)
        self._collect()

    def go_on_for(self, seconds: float) -> None:
        """Let time pass while no agent runs."""
        end = self.now + seconds
        while self.now < end:
            self.go_on(end)

    def send(self, data: bytes) -> None:
        """Bytes leave the agent."""
        self.bytes_sent += len(data)
        self._tell("till", data)
        self._under_way.append((self.now + CABLE_S, partial(self._to_terminal, data)))

    def pull(self) -> None:
        """The plug is pulled: the agent's end is told."""
        if self.end is not None:
            self.end.lose()

    def _to_terminal(self, data: bytes) -> None:
        if self.device.plugged:
            self.device.receive(data, self.now)

    def _to_agent(self, data: bytes) -> None:
        if self.end is not None:
            self.end.bring(data)

    def _collect(self) -> None:
        if data := self.device.bytes_to_send(self.now):
            self._tell("terminal", data)
            self._under_way.append((self.now + CABLE_S, partial(self._to_agent, data)))
        if not self.device.plugged:
            self.pull()

    def _tell(self, side: str, data: bytes) -> None:
        cutter = self._cutters[side]
        controls = [cutter.control(unit) for unit in cutter.cut(data)]
        self.story += [f"{side} {control:04X}" for control in controls if control is not None]


class CableEnd:
    """The agent's end of the cable: `drivers.wire.Wire`."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._arrived = bytearray()
        self._lost = False
        self._callback: Callable[[], None] | None = None

    async def open(self) -> None:
        if not self._outside.device.plugged:
            raise WireError("There is no port. Nothing was sent to the terminal.")
        self._arrived.clear()
        self._lost = False
        self._outside.end = self

    def close(self) -> None:
        self._callback = None
        if self._outside.end is self:
            self._outside.end = None

    def read_into(self, space: memoryview) -> int:
        if self._lost:
            raise WireError("the terminal's cable or power was cut")
        count = min(len(space), len(self._arrived))
        space[:count] = self._arrived[:count]
        del self._arrived[:count]
        return count

    def write(self, data: bytes) -> int:
        if self._lost:
            raise WireError("the terminal's cable or power was cut")
        if not self._outside.disk.dead:
            self._outside.send(data)
        return len(data)

    def on_readable(self, callback: Callable[[], None]) -> None:
        self._callback = callback

    def bring(self, data: bytes) -> None:
        """Bytes have arrived."""
        self._arrived += data
        self._call_back()

    def lose(self) -> None:
        """The other end is gone."""
        self._lost = True
        self._call_back()

    def _call_back(self) -> None:
        if self._callback is not None:
            asyncio.get_running_loop().call_soon(self._callback)


class OutsideClock:
    """The host's clocks: they do not stand still while no agent runs."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def wall(self) -> datetime:
        return MORNING + timedelta(seconds=self._outside.now) - self._outside.set_back

    def monotonic(self) -> float:
        return self._outside.now

    def boot_ms(self) -> int:
        return round(self._outside.now * 1000)

    def boot_id(self) -> str:
        return "aaaa"


class Waiting(selectors.SelectSelector):
    """Where a loop would wait, the world outside goes on; before that somebody may look."""

    def __init__(self, outside: Outside) -> None:
        super().__init__()
        self.look: Callable[[], bool] = lambda: False
        self._outside = outside

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if not self.look() and timeout != 0 and not self._outside.frozen:
            self._outside.go_on(None if timeout is None else self._outside.now + timeout)
        return super().select(0)


class Loop(asyncio.SelectorEventLoop):
    """An event loop by the outside's clock. A thread would race with a clock that jumps: there is none."""

    def __init__(self, outside: Outside) -> None:
        self._waiting = Waiting(outside)
        super().__init__(self._waiting)
        self._outside = outside

    def run_until(self, true: Callable[[], bool], within_s: float) -> None:
        """Let everything go on until it is so."""
        give_up = self._outside.now + within_s

        def look() -> bool:
            seen = true()
            assert seen or self._outside.now < give_up, f"in vain; the story was {self._outside.story}"
            if seen:
                self.stop()
            return seen

        self._waiting.look = look
        try:
            self.run_forever()
        finally:
            self._waiting.look = lambda: False

    def time(self) -> float:
        return self._outside.now

    def run_in_executor(self, _: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        future = self.create_future()
        future.set_result(func(*args))
        return future


class World:
    """The outside and, while it lives, one agent. `errors` are what broke it."""

    def __init__(
        self,
        orders: str = "",
        *,
        receipts: str = "till",
        rules: str = 'hard = "2000.00"',
        key_until: date = date.max,
    ) -> None:
        software = '[terminal]\nsoftware = "TILLGATE-SIM 1"\n' if "[terminal]" not in orders else ""
        self.outside = Outside(software + orders)
        self.story = self.outside.story
        self.bank, self.disk = self.outside.bank, self.outside.disk
        self.settings = settings(f'receipts = "{receipts}"', rules)
        self.key_until = key_until
        self.errors: list[BaseException] = []
        self._buffer = SecretBuffer(BUFFER_BYTES)
        self.start()

    # ---- the agent's life ----

    def start(self) -> None:
        """A new agent opens the journal, and its terminal is greeted."""
        self.loop = Loop(self.outside)
        self.loop.set_exception_handler(self._failed)
        self.shop = self._open_shop()
        self.desk = Desk(self.shop, self.errors.append)
        self.terminal = Terminal(FRONT, self._link, ShopKeeper(self.shop), ZvtSettling(), training=True)
        if not self.shop.trouble:
            self.shop.terminals = {FRONT: self.terminal}
            self.loop.create_task(self.terminal.run()).add_done_callback(self._ended)
            self.until(lambda: self.terminal.state != "connecting")

    def left_behind(self) -> tuple[float, ...]:
        """Changes when an agent that is killed now would leave something else behind."""
        outside = self.outside
        return len(self.disk.log), outside.keys.epoch, outside.bytes_sent, outside.now

    def kill(self, *, power: bool = False) -> None:
        """The agent's memory is gone at once; what it had handed to the disk and the cable is not.

        With a power cut, what was not synced is gone as well.
        """
        if self.loop.is_closed():
            return
        self.disk.dead = self.outside.frozen = True
        self.outside.keys.fail = OSError(errno.EIO, "the agent is dead")
        self.loop.set_exception_handler(lambda _loop, _context: None)
        while tasks := asyncio.all_tasks(self.loop):
            for task in tasks:
                task.cancel()
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        self.outside.end = None
        self.disk.dead = self.outside.frozen = self.disk.locked = False
        if power:
            self.disk.power_cut()
        self.outside.keys.fail = None
        self.errors.clear()

    def restart(self) -> None:
        """Kill it, begin again, and wait until its terminal is well."""
        self.kill()
        self.start()
        self.until(lambda: self.terminal.ready)

    def close(self) -> None:
        """The test is over; an error that nobody looked at is one."""
        errors = list(self.errors)
        self.kill()
        self.outside.device.close()
        self._buffer.close()
        assert errors == []

    def broken(self) -> BaseException:
        """What broke the agent, which ends of it."""
        self.until(lambda: bool(self.errors))
        error = self.errors[0]
        self.kill()
        return error

    def run(self, story: Coroutine[Any, Any, T]) -> T:
        """Run something in the agent's loop."""
        return self.loop.run_until_complete(story)

    def do(self, act: Callable[..., T], *arguments: Any) -> T:
        """Call something in the agent's loop."""

        async def doing() -> T:
            return act(*arguments)

        return self.run(doing())

    def until(self, true: Callable[[], bool]) -> None:
        """Let everything go on until it is so."""
        self.loop.run_until(true, LONG_S)

    def wait(self, seconds: float) -> None:
        """Let everything go on for so long."""
        self.run(asyncio.sleep(seconds))

    def unplug(self) -> None:
        """Somebody pulls the terminal's plug, for good."""
        self.outside.device.plugged = False
        self.do(self.outside.pull)

    # ---- the till ----

    def put(self, number: str, amount: int | None = 1250, **more: Any) -> PaymentView:
        """Ask for a payment; the view is what the till gets at once."""
        currency = None if amount is None else "EUR"
        request = PaymentRequest(**({"amount": amount, "currency": currency} | more))
        return self.do(self.desk.put, number, request)[0]

    def pay(self, number: str = "A-1", amount: int | None = 1250, **more: Any) -> PaymentView:
        """Ask for a payment and wait until it is done or asks something."""
        self.put(number, amount, **more)
        return self.follow(number)

    def close_day(self, number: str) -> PaymentView:
        """Close the terminal's day and wait for the verdict."""
        self.do(self.desk.close_day, CloseDayRequest(till_number=number))
        return self.follow(number)

    def follow(self, number: str = "A-1") -> PaymentView:
        """Wait for the verdict, or a question, and tell the story of it."""
        view = self.run(self.desk.wait(number, LONG_S))
        self.story.append(f"told {view.verdict or view.phase}")
        return view

    def answer(self, number: str, word: str, **more: Any) -> PaymentView:
        """Answer the open question."""
        prompt = self.view(number).prompt
        assert prompt is not None
        return self.run(self.desk.answer(number, Answer(**{"prompt": prompt.id, "answer": word, **more})))

    def view(self, number: str = "A-1") -> PaymentView:
        """The payment as the till sees it now."""
        view = self.desk.get(number)
        assert view is not None
        return view

    # ---- the truth ----

    def booked(self) -> list[int]:
        """The amounts that stand at the bank."""
        return [booking.amount for booking in self.bank.bookings if booking.state is State.BOOKED]

    def sent(self, control: str) -> int:
        """How often the agent sent this command."""
        return self.story.count(f"till {control}")

    def kinds(self, number: str = "A-1") -> list[str]:
        """The journal's entries of one payment."""
        return [
            _kind(entry) for entry in self.disk.entries() if getattr(entry.body, "till_number", "") == number
        ]

    # ---- how an agent is put together ----

    def _open_shop(self) -> Shop:
        clock, rules = OutsideClock(self.outside), self.settings.rules
        book, windows = Book(Store(":memory:")), Windows(rules.business_day_starts)
        shop = Shop(self.settings, clock, rules, book, windows, People(self.settings.people), self.key_until)
        shop.trouble, shop.broken = why_not_live(self.settings), self.errors.append
        evolving = EvolvingKey(ORIGIN, self.outside.keys)
        shop.journal = Journal.open(
            self.disk, ORIGIN, SIGNER, evolving, clock, "0.1.0", self.settings.digest, None, shop.apply
        )
        recovered = shop.close_open()
        shop.write(Started(terminals=[FRONT], acquirer_key="test-1", training=True, recovered=recovered))
        return shop

    def _link(self, unsolicited: Callable[[Event], None]) -> Link:
        zvt = zvt_settings(self.settings.terminals[FRONT], self.settings.rules.currency.number)
        session = ZvtSession(SerialLine(self._buffer), vault(), zvt)
        monotonic = self.shop.clock.monotonic
        return Link(CableEnd(self.outside), session, self._buffer, monotonic, unsolicited)

    def _failed(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.errors.append(context.get("exception") or RuntimeError(str(context["message"])))

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.errors.append(error)


def _entries(content: bytes) -> list[Entry]:
    """The entries before the last checkpoint, whose line is a JSON string; the rest was never promised."""
    lines = content.split(b"\n")[:-1]
    while lines and not lines[-1].startswith(b'"'):
        lines.pop()
    return [decode(line) for line in lines if line.startswith(b"{")]


def _kind(entry: Entry) -> str:
    return str(type(entry.body).__struct_config__.tag)
