from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from drivers.driver import Options
from drivers.telium.concert import encode_groups
from drivers.telium.driver import DRIVER
from drivers.telium.packet import mark_of
from drivers.terminal import (
    ConnectionLost,
    Delivery,
    DialogueEnded,
    EndReason,
    Event,
    TransactionResult,
    WireError,
)
from drivers.wires.link import (
    CLOSED_BY_US,
    DRIVER_FAULT,
    MAX_WAITING_EVENTS,
    NOT_CONNECTED,
    NOT_READING,
    WRITE_RETRY_S,
    Link,
)
from tests.drivers.telium.stage import MaskingSealer
from tests.support.link_shop import (
    APPROVED,
    CALLS,
    CUT,
    DONE,
    PAY,
    SALE,
    SILENCE,
    STATUS,
    WAIT,
    Shop,
    in_no_time,
    turn,
)


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.buffer.close()


def test_silence_of_three_minutes_is_waited_for_and_then_lost(shop: Shop) -> None:
    async def story() -> None:
        await shop.link.connect()
        assert await shop.pay() == [ConnectionLost(SILENCE.about(at=180), Delivery.PERHAPS)]
        assert not shop.link.connected
        assert not shop.wire.is_open

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
        assert await paying == [ConnectionLost(CUT.about(at=0), Delivery.PERHAPS)]
        assert not shop.wire.is_open
        assert shop.outside == []
        shop.wire.cut = False
        await shop.link.connect()
        assert shop.link.connected
        await shop.link.close()

    assert in_no_time(story()) == []
    assert shop.clean()


def test_an_answer_counts_whose_terminal_hangs_up_behind_it_and_the_owner_hears_of_the_line(
    shop: Shop,
) -> None:
    session = DRIVER.session(shop.buffer, MaskingSealer(), Options(wire="tcp", variant="v3"))
    shop.link = Link(shop.wire, session, shop.buffer, shop.clock, shop.unsolicited)
    answer = encode_groups({"CZ": "0320", "CB": "1010", "CE": "978", "AE": "10", "CF": mark_of(SALE)})
    told: list[Event] = []

    async def pay() -> None:
        async for event in shop.link.perform(SALE):
            told.append(event)
            if isinstance(event, TransactionResult):
                shop.link.acknowledge()

    async def story() -> None:
        await shop.link.connect()
        paying = asyncio.ensure_future(pay())
        await turn()
        shop.wire.hangs_up = True
        shop.wire.bring(answer)
        await paying
        await turn()

    assert in_no_time(story()) == []
    assert [type(event) for event in told] == [TransactionResult, DialogueEnded]
    assert shop.outside == [ConnectionLost(CUT, Delivery.NEVER)]
    assert not shop.link.connected


def test_a_wire_that_dies_at_rest_is_told_to_the_owner(shop: Shop) -> None:
    async def story() -> None:
        await shop.link.connect()
        shop.wire.cut = True
        shop.wire.bring()
        await turn()
        assert shop.outside == [ConnectionLost(CUT, Delivery.NEVER)]

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
        assert await shop.pay() == [ConnectionLost(NOT_CONNECTED, Delivery.NEVER)]

    assert in_no_time(story()) == []
    assert shop.wire.sent == b""


def test_a_line_that_cannot_be_opened_says_so(shop: Shop) -> None:
    async def story() -> None:
        shop.wire.cut = True
        with pytest.raises(WireError, match=r"wires\.no_port"):
            await shop.link.connect()
        assert not shop.link.connected

    assert in_no_time(story()) == []


def test_closing_ends_a_running_command(shop: Shop) -> None:
    async def story() -> None:
        await shop.link.connect()
        paying = asyncio.ensure_future(shop.pay())
        await turn()
        await shop.link.close()
        assert await paying == [ConnectionLost(CLOSED_BY_US.about(at=0), Delivery.PERHAPS)]
        await shop.link.close()
        assert shop.outside == []

    assert in_no_time(story()) == []


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
            shop.link.acknowledge()
            assert await paying == [ConnectionLost(NOT_READING.about(at=0), Delivery.PERHAPS)]

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
        assert seen[-2:] == [APPROVED, DialogueEnded(EndReason.COMPLETED)]
        await shop.link.close()

    assert in_no_time(story()) == []


def test_a_fault_of_ours_is_reported_and_leaves_no_bytes(shop: Shop) -> None:
    async def story() -> None:
        await shop.link.connect()
        paying = asyncio.ensure_future(shop.pay())
        await turn()
        shop.wire.bring(b"\xee\xee\x08" + bytes.fromhex("4111111111111111") + STATUS[:3])
        assert await paying == [ConnectionLost(DRIVER_FAULT, Delivery.PERHAPS)]
        assert not shop.link.connected

    assert in_no_time(story()) == []
    assert [type(fault) for fault in shop.faults] == [ZeroDivisionError]
    assert shop.clean()


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("after", [0, 1, 2, 3, 7])
def test_a_session_that_raises_at_any_call_loses_its_line_and_nothing_else(call: str, after: int) -> None:
    """The driver fails at one call, now or later; a fresh session then takes a payment."""
    shop = Shop(raising=call, after=after)

    async def one_payment() -> list[Event]:
        if not shop.link.connected:
            await shop.link.connect()
        paying = asyncio.ensure_future(shop.pay())
        await turn()
        shop.wire.bring(WAIT)
        shop.link.abort()
        shop.wire.bring(STATUS)
        await turn()
        shop.link.acknowledge()
        shop.wire.bring(DONE)
        return await paying

    async def story() -> None:
        for _ in range(3):
            try:
                ended = (await one_payment())[-1]
            except WireError:
                continue
            if isinstance(ended, DialogueEnded):
                break
        else:
            raise AssertionError("no payment got through")
        await shop.link.close()

    assert in_no_time(story()) == []
    assert len(shop.faults) <= 1
    assert shop.clean()
    shop.buffer.close()


@pytest.mark.parametrize("sent", [False, True])
def test_what_a_fault_proves_of_the_command_is_whether_a_byte_had_left(sent: bool) -> None:
    shop = Shop(raising="receive" if sent else "start")

    async def story() -> None:
        await shop.link.connect()
        paying = asyncio.ensure_future(shop.pay())
        await turn()
        shop.wire.bring(WAIT)
        delivery = Delivery.PERHAPS if sent else Delivery.NEVER
        assert await paying == [ConnectionLost(DRIVER_FAULT, delivery)]

    assert in_no_time(story()) == []
    shop.buffer.close()
