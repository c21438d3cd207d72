from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import pytest

from drivers.terminal import DialogueEnded, DisplayText, EndReason, Event, SessionError, TransactionResult
from tests.support.link_shop import APPROVED, DONE, PAY, POSITIVE, SALE, STATUS, WAIT, Shop, in_no_time, turn


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
                case TransactionResult():
                    assert shop.wire.sent == PAY + POSITIVE
                    shop.link.acknowledge()
                    assert shop.wire.sent == PAY + POSITIVE + POSITIVE
                    shop.wire.bring(DONE)
                case DisplayText():
                    shop.wire.bring(STATUS)
        assert seen == [DisplayText(0x17, "wait"), APPROVED, DialogueEnded(EndReason.COMPLETED)]
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


def test_bytes_that_came_while_the_host_was_busy_came_in_time(shop: Shop) -> None:
    async def story() -> None:
        await shop.link.connect()
        paying = asyncio.ensure_future(shop.pay())
        await turn()
        shop.wire.arrived.extend([POSITIVE, DONE])  # there, but nobody was told before the alarm
        assert await paying == [DialogueEnded(EndReason.COMPLETED)]
        await shop.link.close()

    assert in_no_time(story()) == []


def test_a_second_command_is_refused_and_harms_nothing(shop: Shop) -> None:
    async def story() -> None:
        await shop.link.connect()
        paying = asyncio.ensure_future(shop.pay())
        await turn()
        with pytest.raises(SessionError):
            await shop.pay()
        shop.wire.bring(POSITIVE + DONE)
        assert await paying == [DialogueEnded(EndReason.COMPLETED)]
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
            assert shop.outside == [DisplayText(0x17, "wait"), APPROVED]
            shop.link.acknowledge()
            shop.wire.bring(DONE)
            await turn()
            assert shop.outside[2:] == [DialogueEnded(EndReason.COMPLETED)]
            await shop.link.close()

        assert in_no_time(story()) == []

    def test_by_leaving_the_loop_loses_no_event(self, shop: Shop) -> None:
        async def story() -> None:
            await shop.link.connect()
            paying = asyncio.ensure_future(self.first(shop.link.perform(SALE)))
            await turn()
            shop.wire.bring(POSITIVE + WAIT + STATUS)
            assert await paying == DisplayText(0x17, "wait")
            await turn()
            assert shop.outside == [APPROVED]
            with pytest.raises(SessionError):
                await shop.pay()  # the terminal still works on the first
            await shop.link.close()

        assert in_no_time(story()) == []

    @staticmethod
    async def first(events: AsyncIterator[Event]) -> Event:
        async with aclosing(events) as dialogue:  # type: ignore[type-var]  # an AsyncGenerator in truth
            async for event in dialogue:
                return event
        raise AssertionError
