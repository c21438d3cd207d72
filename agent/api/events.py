"""Events of a payment, and of the whole agent, as server-sent events (HTML Living Standard, 9.2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable

import msgspec
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from agent.api.v1.bodies import AgentEvent, PaymentEvent

# Tells a till's program, and any proxy between, that the line is alive. A client should give up
# after two late ones.
KEEP_ALIVE_SECONDS = 15.0
# Longer than any payment; the till resumes with Last-Event-ID, so nothing is lost.
MAX_STREAM_SECONDS = 900.0
# A reader that takes nothing for this much longer is cut off.
GRACE_SECONDS = 15.0
# How soon a client should come back after a break.
RETRY_MS = 1_000


WireEvent = PaymentEvent | AgentEvent


def encode(event: WireEvent) -> bytes:
    """One event on the wire. JSON has no raw line break, so one `data` line holds it."""
    content = msgspec.json.encode(event)
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (str(event.id).encode(), event.event.encode(), content)


async def stream(
    events: AsyncIterator[WireEvent], stop: asyncio.Event, monotonic: Callable[[], float]
) -> AsyncGenerator[bytes]:
    """The events until they end, the agent stops or the bound is reached; comments in the pauses."""
    end = monotonic() + MAX_STREAM_SECONDS
    stopped = asyncio.ensure_future(stop.wait())
    upcoming = asyncio.ensure_future(_next(events))
    try:
        yield b"retry: %d\n\n" % RETRY_MS
        while True:
            pause = min(KEEP_ALIVE_SECONDS, end - monotonic())
            await asyncio.wait({upcoming, stopped}, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            if upcoming.done():
                event = upcoming.result()
                if event is None:
                    return
                yield encode(event)
                upcoming = asyncio.ensure_future(_next(events))
            elif stopped.done() or monotonic() >= end:
                return
            else:
                yield b": the line is alive\n\n"
    finally:
        stopped.cancel()
        upcoming.cancel()
        await asyncio.gather(stopped, upcoming, return_exceptions=True)


async def _next(events: AsyncIterator[WireEvent]) -> WireEvent | None:
    """The next event; None at the end. A coroutine, because a task needs one."""
    async for event in events:
        return event
    return None


class EventResponse(StreamingResponse):
    """A stream that a reader cannot hold open without reading."""

    def __init__(self, content: AsyncGenerator[bytes]) -> None:
        super().__init__(content, media_type="text/event-stream", headers={"cache-control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with asyncio.timeout(MAX_STREAM_SECONDS + GRACE_SECONDS):
            await super().__call__(scope, receive, send)
