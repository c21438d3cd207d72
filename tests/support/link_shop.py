"""A link with everything real but its cable and its clock."""

from __future__ import annotations

import asyncio
import selectors
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from drivers.card.card import SecretBuffer
from drivers.terminal import (
    Command,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DisplayText,
    DriverFact,
    EndReason,
    Event,
    Operation,
    Result,
    ResultStatus,
    SessionError,
    TransactionResult,
    WireError,
)
from drivers.wires.link import (
    Link,
)
from drivers.zvt.line import ZvtTcpLine

PAY = bytes.fromhex("06010A 04000000001010 490978")
POSITIVE = bytes.fromhex("800000")
WAIT = bytes.fromhex("04FF0117")
STATUS = bytes.fromhex("040F022700")
DONE = bytes.fromhex("060F00")
SILENCE_S = 180.0
NO_CABLE = DriverFact("wires.no_port")
CUT = DriverFact("wires.unplugged")
SILENCE = DriverFact("zvt.no_answer")
SALE = Command(Operation.SALE, "till 1", 1010, 978)
APPROVED = TransactionResult(Result(ResultStatus.APPROVED, 0))


class Jump(selectors.SelectSelector):
    """Where a loop would wait, the clock jumps."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        return ready


def in_no_time(story: Coroutine[Any, Any, None]) -> list[dict[str, Any]]:
    """Run a story in a loop whose hours take no time; gives what callbacks raised."""
    selector = Jump()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]  # simulated time
    failures: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _loop, context: failures.append(context))
    try:
        loop.run_until_complete(story)
        assert asyncio.all_tasks(loop) == set()
    finally:
        loop.close()
    return failures


class Wire:
    """A cable in memory: the test puts bytes in, takes bytes out, and cuts it."""

    def __init__(self) -> None:
        self.arrived: deque[bytes] = deque()
        self.sent = bytearray()
        self.takes = 1 << 20
        self.cut = False
        self.hangs_up = False  # behind what has arrived
        self.is_open = False
        self.callback: Callable[[], None] | None = None

    async def open(self) -> None:
        if self.cut:
            raise WireError(NO_CABLE)
        self.is_open = True

    def close(self) -> None:
        self.is_open = False
        self.callback = None

    def read_into(self, space: memoryview) -> int:
        if self.cut:
            raise WireError(CUT)
        if not self.arrived and self.hangs_up:
            raise WireError(CUT)
        if not self.arrived:
            return 0
        data = self.arrived.popleft()
        space[: len(data)] = data
        return len(data)

    def write(self, data: bytes) -> int:
        if self.cut:
            raise WireError(CUT)
        taken = data[: self.takes]
        self.takes -= len(taken)
        self.sent += taken
        return len(taken)

    def on_readable(self, callback: Callable[[], None]) -> None:
        self.callback = callback

    def bring(self, *data: bytes) -> None:
        self.arrived.extend(data)
        if self.callback is not None:
            self.callback()


class SmallSession:
    """As little of a ZVT session as a link can be tried with, over the real TCP line."""

    def __init__(self, buffer: SecretBuffer) -> None:
        self.line = ZvtTcpLine(buffer)
        self.busy = False
        self.held = False
        self.told: deque[Event] = deque()
        self.silent_at: float | None = None

    def connected(self, now: float) -> None:
        self.line.reset(now)

    def disconnected(self, reason: DriverFact, now: float) -> None:
        if self.busy:
            self.end(ConnectionLost(reason.about(at=int(now)), Delivery.PERHAPS))

    def start(self, command: Command, now: float) -> None:
        if self.busy:
            raise SessionError(f"busy before {command.payment_id}")
        self.busy, self.silent_at = True, now + SILENCE_S
        self.line.send(PAY, now)

    def abort(self, now: float) -> None:
        self.line.send(b"\x06\xb0\x00", now)

    def receive(self, now: float) -> None:
        for apdu in self.line.receive(now):
            self.silent_at = now + SILENCE_S if self.busy else None
            match bytes(apdu[:2]):
                case b"\x04\xff":
                    self.told.append(DisplayText(apdu[3], "wait"))
                    self.line.send(POSITIVE, now)
                case b"\x04\x0f":
                    self.held = True
                    self.told.append(APPROVED)
                case b"\x06\x0f":
                    self.end(DialogueEnded(EndReason.COMPLETED))
                    self.line.send(POSITIVE, now)
                case b"\xee\xee":
                    raise ZeroDivisionError

    def end(self, event: Event) -> None:
        self.busy, self.silent_at = False, None
        self.told.append(event)

    @property
    def can_reject(self) -> bool:
        return False

    def reject(self, now: float) -> None:
        self.acknowledge(now)

    def acknowledge(self, now: float) -> None:
        if self.held:
            self.held = False
            self.line.send(POSITIVE, now)

    def bytes_to_send(self) -> bytes:
        return self.line.bytes_to_send()

    def events(self) -> Iterator[Event]:
        while self.told:
            yield self.told.popleft()

    def deadline(self) -> float | None:
        return self.silent_at

    def deadline_passed(self, now: float) -> None:
        if self.silent_at is not None and now >= self.silent_at:
            self.end(ConnectionLost(SILENCE.about(at=int(now)), Delivery.PERHAPS))


# What a session can be asked, and can fail at.
CALLS = (
    "connected",
    "disconnected",
    "start",
    "abort",
    "receive",
    "acknowledge",
    "bytes_to_send",
    "events",
    "deadline",
    "deadline_passed",
)


class Raising:
    """A session with a fault: it raises at one of its calls, once that was made `after` times."""

    def __init__(self, session: Any, call: str, after: int) -> None:
        self._session, self._call, self._after = session, call, after

    def __getattr__(self, name: str) -> Any:
        if name != self._call:
            return getattr(self._session, name)
        if self._after == 0:
            return self._fail
        self._after -= 1
        return getattr(self._session, name)

    def _fail(self, *_: object) -> None:
        raise ZeroDivisionError


class Shop:
    """A link with its wire, its session and a list of what came outside of commands.

    With `raising` the first session raises at that call; those that follow are sound.
    """

    def __init__(self, raising: str = "", after: int = 0) -> None:
        self.buffer = SecretBuffer(8192)
        self.wire = Wire()
        self.session = SmallSession(self.buffer)
        first: Any = Raising(self.session, raising, after) if raising else self.session
        self.outside: list[Event] = []
        self.faults: list[Exception] = []
        self.accepts = False
        self.link = Link(self.wire, first, self.buffer, self.clock, self.unsolicited, self.renewed)
        self.link.on_fault = self.faults.append

    def renewed(self) -> SmallSession:
        self.session = SmallSession(self.buffer)
        return self.session

    def clock(self) -> float:
        return asyncio.get_running_loop().time()

    def unsolicited(self, event: Event) -> None:
        self.outside.append(event)
        if self.accepts:
            self.link.acknowledge()

    def clean(self) -> bool:
        return self.buffer.start == self.buffer.end and not any(self.buffer.view)

    async def pay(self) -> list[Event]:
        return [event async for event in self.link.perform(SALE)]


def turn(after: float = 0.0) -> asyncio.Future[None]:
    """Until all that is ready then has run."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    loop.call_later(after, loop.call_soon, done.set_result, None)
    return done
