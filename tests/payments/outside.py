"""What outlives the agent: time, disk, cable, terminal and bank, and a loop that lets them go on."""

from __future__ import annotations

import asyncio
import errno
import selectors
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from agent.journal.schema.entry import Entry, decode
from drivers.simulator.core import script
from drivers.simulator.core.bank import Bank
from drivers.simulator.core.faults import Faults
from drivers.simulator.core.units import SerialCutter
from drivers.simulator.zvt.device import SimulatedDevice
from drivers.simulator.zvt.terminal import SimulatedTerminal
from tests.journal.conftest import MORNING, MemoryDisk, MemoryKeys
from tests.support.cable_end import CableEnd

# One way over the cable. Anything above zero: an answer must not come before the call has returned.
CABLE_S = 0.001


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
        if kinds := [kind_of(entry) for entry in entries_in(self.durable[name][before:])]:
            self._story.append(f"disk {' '.join(kinds)}")

    def entries(self) -> list[Entry]:
        """Everything that the journal has promised."""
        return [entry for content in self.files.values() for entry in entries_in(bytes(content))]


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


class OutsideEnd(CableEnd):
    """The agent's end of the cable. The dead send nothing."""

    def __init__(self, outside: Outside) -> None:
        super().__init__()
        self._outside = outside

    @property
    def _there(self) -> bool:
        return self._outside.device.plugged

    def _opened(self) -> None:
        self._outside.end = self

    def _closed(self) -> None:
        if self._outside.end is self:
            self._outside.end = None

    def _send(self, data: bytes) -> None:
        if not self._outside.disk.dead:
            self._outside.send(data)


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

    def run_in_executor(self, _: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]  # narrower
        # In a later turn, as a thread's answer comes: what waits for it and what goes on may interleave.
        future = self.create_future()
        self.call_soon(_done_by, future, func, *args)
        return future


def _done_by(future: asyncio.Future[Any], func: Callable[..., Any], *args: Any) -> None:
    """Do the work of a thread, unless nobody waits for it any more."""
    if future.done():
        return
    try:
        future.set_result(func(*args))
    except Exception as error:  # noqa: BLE001 - whoever waits for it gets it
        future.set_exception(error)


def entries_in(content: bytes) -> list[Entry]:
    """The entries before the last checkpoint, whose line is a JSON string; the rest was never promised."""
    lines = content.split(b"\n")[:-1]
    while lines and not lines[-1].startswith(b'"'):
        lines.pop()
    return [decode(line) for line in lines if line.startswith(b"{")]


def kind_of(entry: Entry) -> str:
    return str(type(entry.body).__struct_config__.tag)
