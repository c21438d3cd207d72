from __future__ import annotations

import asyncio
import selectors
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from drivers.card import SecretBuffer
from drivers.link import (
    CLOSED_BY_US,
    DRIVER_FAULT,
    MAX_WAITING_EVENTS,
    NOT_CONNECTED,
    NOT_READING,
    WRITE_RETRY_S,
    Link,
)
from drivers.terminal import (
    Command,
    Ended,
    Event,
    Heard,
    How,
    Lost,
    Operation,
    Outcome,
    Progress,
    Result,
    Said,
    SessionError,
    WireError,
)
from drivers.zvt.line import TcpLine

PAY = bytes.fromhex("06010A 04000000001010 490978")
POSITIVE = bytes.fromhex("800000")
WAIT = bytes.fromhex("04FF0117")
STATUS = bytes.fromhex("040F022700")
DONE = bytes.fromhex("060F00")
SILENCE_S = 180.0
SALE = Command(Operation.SALE, "till 1", 1010, 978)
APPROVED = Outcome(Result(Said.APPROVED, 0))


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
    loop.time = lambda: selector.now  # type: ignore[method-assign]
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
        self.is_open = False
        self.callback: Callable[[], None] | None = None

    async def open(self) -> None:
        if self.cut:
            raise WireError("no cable")
        self.is_open = True

    def close(self) -> None:
        self.is_open = False
        self.callback = None

    def read_into(self, space: memoryview) -> int:
        if self.cut:
            raise WireError("the cable was cut")
        if not self.arrived:
            return 0
        data = self.arrived.popleft()
        space[: len(data)] = data
        return len(data)

    def write(self, data: bytes) -> int:
        if self.cut:
            raise WireError("the cable was cut")
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
        self.line = TcpLine(buffer)
        self.busy = False
        self.held = False
        self.told: deque[Event] = deque()
        self.silent_at: float | None = None

    def connected(self, now: float) -> None:
        self.line.reset(now)

    def disconnected(self, reason: str, now: float) -> None:
        if self.busy:
            self.end(Lost(f"{reason} at {now:.0f}", Heard.PERHAPS))

    def start(self, command: Command, now: float) -> None:
        if self.busy:
            raise SessionError(f"busy before {command.reference}")
        self.busy, self.silent_at = True, now + SILENCE_S
        self.line.send(PAY, now)

    def abort(self, now: float) -> None:
        self.line.send(b"\x06\xb0\x00", now)

    def receive(self, now: float) -> None:
        for apdu in self.line.receive(now):
            self.silent_at = now + SILENCE_S if self.busy else None
            match bytes(apdu[:2]):
                case b"\x04\xff":
                    self.told.append(Progress(apdu[3], "wait"))
                    self.line.send(POSITIVE, now)
                case b"\x04\x0f":
                    self.held = True
                    self.told.append(APPROVED)
                case b"\x06\x0f":
                    self.end(Ended(How.COMPLETED))
                    self.line.send(POSITIVE, now)
                case b"\xee\xee":
                    raise ZeroDivisionError

    def end(self, event: Event) -> None:
        self.busy, self.silent_at = False, None
        self.told.append(event)

    def accept(self, now: float) -> None:
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
            self.end(Lost(f"silence at {now:.0f}", Heard.PERHAPS))


class Shop:
    """A link with its wire, its session and a list of what came outside of commands."""

    def __init__(self) -> None:
        self.buffer = SecretBuffer(8192)
        self.wire = Wire()
        self.session = SmallSession(self.buffer)
        self.outside: list[Event] = []
        self.accepts = False
        self.link = Link(self.wire, self.session, self.buffer, self.clock, self.unsolicited)

    def clock(self) -> float:
        return asyncio.get_running_loop().time()

    def unsolicited(self, event: Event) -> None:
        self.outside.append(event)
        if self.accepts:
            self.link.accept()

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


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.buffer.close()


def test_a_command_gives_its_events_and_the_acknowledgement_waits_for_accept(shop: Shop) -> None:
    async def story() -> None:
        await shop.link.connect()
        seen: list[Event] = []
        async for event in shop.link.perform(SALE):
            seen.append(event)
            match event:
                case Outcome():
                    assert shop.wire.sent == PAY + POSITIVE
                    shop.link.accept()
                    assert shop.wire.sent == PAY + POSITIVE + POSITIVE
                    shop.wire.bring(DONE)
                case Progress():
                    shop.wire.bring(STATUS)
        assert seen == [Progress(0x17, "wait"), APPROVED, Ended(How.COMPLETED)]
        await shop.link.close()

    async def both() -> None:
        paying = asyncio.ensure_future(story())
        await turn()
        shop.wire.bring(POSITIVE + WAIT)
        await paying

    assert in_no_time(both()) == []
    assert shop.clean()


def test_what_comes_outside_of_a_command_is_given_outside_and_may_be_accepted_from_there(shop: Shop) -> None:
    async def story() -> None:
        shop.accepts = True
        await shop.link.connect()
        shop.wire.bring(STATUS)
        await turn()
        assert shop.outside == [APPROVED]
        assert shop.wire.sent == POSITIVE
        await shop.link.close()

    assert in_no_time(story()) == []


def test_silence_of_three_minutes_is_waited_for_and_then_lost(shop: Shop) -> None:
    async def story() -> None:
        await shop.link.connect()
        assert await shop.pay() == [Lost("silence at 180", Heard.PERHAPS)]
        assert not shop.link.connected
        assert not shop.wire.is_open

    assert in_no_time(story()) == []


def test_bytes_that_came_while_the_host_was_busy_came_in_time(shop: Shop) -> None:
    async def story() -> None:
        await shop.link.connect()
        paying = asyncio.ensure_future(shop.pay())
        await turn()
        shop.wire.arrived.extend([POSITIVE, DONE])  # there, but nobody was told before the alarm
        assert await paying == [Ended(How.COMPLETED)]
        await shop.link.close()

    assert in_no_time(story()) == []


@pytest.mark.parametrize("when", ["reading", "writing"])
def test_a_wire_that_dies_ends_the_command_and_the_line(shop: Shop, when: str) -> None:
    async def story() -> None:
        await shop.link.connect()
        paying = asyncio.ensure_future(shop.pay())
        await turn()
        shop.wire.cut = True
        if when == "reading":
            shop.wire.bring()
        else:
            shop.link.abort()
        assert await paying == [Lost("the cable was cut at 0", Heard.PERHAPS)]
        assert not shop.wire.is_open
        assert shop.outside == []
        shop.wire.cut = False
        await shop.link.connect()
        assert shop.link.connected
        await shop.link.close()

    assert in_no_time(story()) == []
    assert shop.clean()


def test_a_wire_that_dies_at_rest_is_told_to_the_owner(shop: Shop) -> None:
    async def story() -> None:
        await shop.link.connect()
        shop.wire.cut = True
        shop.wire.bring()
        await turn()
        assert shop.outside == [Lost("the cable was cut", Heard.NEVER)]

    assert in_no_time(story()) == []


def test_trouble_of_the_line_is_no_reason_to_keep_bytes(shop: Shop) -> None:
    async def story() -> None:
        await shop.link.connect()
        shop.wire.bring(STATUS[:-1])
        shop.wire.cut = True
        shop.wire.bring()

    assert in_no_time(story()) == []
    assert shop.clean()


def test_a_command_without_a_line_was_never_heard(shop: Shop) -> None:
    async def story() -> None:
        assert await shop.pay() == [Lost(NOT_CONNECTED, Heard.NEVER)]

    assert in_no_time(story()) == []
    assert shop.wire.sent == b""


def test_a_line_that_cannot_be_opened_says_so(shop: Shop) -> None:
    async def story() -> None:
        shop.wire.cut = True
        with pytest.raises(WireError, match="no cable"):
            await shop.link.connect()
        assert not shop.link.connected

    assert in_no_time(story()) == []


def test_closing_ends_a_running_command(shop: Shop) -> None:
    async def story() -> None:
        await shop.link.connect()
        paying = asyncio.ensure_future(shop.pay())
        await turn()
        await shop.link.close()
        assert await paying == [Lost(f"{CLOSED_BY_US} at 0", Heard.PERHAPS)]
        await shop.link.close()
        assert shop.outside == []

    assert in_no_time(story()) == []


def test_a_second_command_is_refused_and_harms_nothing(shop: Shop) -> None:
    async def story() -> None:
        await shop.link.connect()
        paying = asyncio.ensure_future(shop.pay())
        await turn()
        with pytest.raises(SessionError):
            await shop.pay()
        shop.wire.bring(POSITIVE + DONE)
        assert await paying == [Ended(How.COMPLETED)]
        await shop.link.close()

    assert in_no_time(story()) == []


class TestACallerThatStopsEarly:
    def test_by_cancellation_loses_no_event(self, shop: Shop) -> None:
        async def story() -> None:
            await shop.link.connect()
            paying = asyncio.ensure_future(shop.pay())
            await turn()
            shop.wire.bring(POSITIVE + WAIT)  # waits in the inbox when the cancellation comes
            paying.cancel()
            with pytest.raises(asyncio.CancelledError):
                await paying
            shop.wire.bring(STATUS)
            await turn()
            assert shop.outside == [Progress(0x17, "wait"), APPROVED]
            shop.link.accept()
            shop.wire.bring(DONE)
            await turn()
            assert shop.outside[2:] == [Ended(How.COMPLETED)]
            await shop.link.close()

        assert in_no_time(story()) == []

    def test_by_leaving_the_loop_loses_no_event(self, shop: Shop) -> None:
        async def story() -> None:
            await shop.link.connect()
            paying = asyncio.ensure_future(self.first(shop.link.perform(SALE)))
            await turn()
            shop.wire.bring(POSITIVE + WAIT + STATUS)
            assert await paying == Progress(0x17, "wait")
            await turn()
            assert shop.outside == [APPROVED]
            with pytest.raises(SessionError):
                await shop.pay()  # the terminal still works on the first
            await shop.link.close()

        assert in_no_time(story()) == []

    @staticmethod
    async def first(events: AsyncIterator[Event]) -> Event:
        async with aclosing(events) as dialogue:  # type: ignore[type-var]
            async for event in dialogue:
                return event
        raise AssertionError


class TestWritesThatBlock:
    def test_go_on_later_in_order(self, shop: Shop) -> None:
        async def story() -> None:
            await shop.link.connect()
            shop.wire.takes = 4
            paying = asyncio.ensure_future(shop.pay())
            await turn()
            assert shop.wire.sent == PAY[:4]
            shop.link.abort()
            shop.wire.takes = 1000
            await turn(after=WRITE_RETRY_S * 1.5)
            assert shop.wire.sent == PAY + b"\x06\xb0\x00"
            shop.wire.bring(DONE)
            await paying
            await shop.link.close()

        assert in_no_time(story()) == []

    def test_for_ever_are_a_lost_line(self, shop: Shop) -> None:
        async def story() -> None:
            await shop.link.connect()
            shop.wire.takes = 0
            paying = asyncio.ensure_future(shop.pay())
            await turn()
            shop.session.line.send(bytes(65_536), 0.0)
            shop.link.accept()
            assert await paying == [Lost(f"{NOT_READING} at 0", Heard.PERHAPS)]

        assert in_no_time(story()) == []


def test_a_flood_of_display_texts_that_nobody_reads_has_an_end(shop: Shop) -> None:
    async def story() -> None:
        await shop.link.connect()
        paying = asyncio.ensure_future(shop.pay())
        await turn()
        for _ in range(10):
            shop.wire.bring(WAIT * 500)
        shop.wire.bring(STATUS, DONE)
        seen = await paying
        assert len(seen) == MAX_WAITING_EVENTS + 2
        assert seen[-2:] == [APPROVED, Ended(How.COMPLETED)]
        await shop.link.close()

    assert in_no_time(story()) == []


def test_a_fault_of_ours_is_reported_and_leaves_no_bytes(shop: Shop) -> None:
    async def story() -> None:
        await shop.link.connect()
        paying = asyncio.ensure_future(shop.pay())
        await turn()
        with pytest.raises(ZeroDivisionError):
            shop.wire.bring(b"\xee\xee\x08" + bytes.fromhex("4111111111111111") + STATUS[:3])
        assert await paying == [Lost(f"{DRIVER_FAULT} at 0", Heard.PERHAPS)]
        assert not shop.link.connected

    assert in_no_time(story()) == []
    assert shop.clean()
