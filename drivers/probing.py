"""Asks every protocol's question over a wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from drivers.card.secret import SecretBuffer
from drivers.probe import LONGEST_ANSWER_BYTES, Probe, ProbeListener, probes
from drivers.wires.wire import Wire

# Terminals acknowledge within a fraction of a second; a frame takes 20 ms at 9600 bits a second.
ANSWER_WAIT_S: Final = 1.0


async def who_answers(
    wire: Callable[[Probe], Wire], wait_s: float = ANSWER_WAIT_S
) -> tuple[Probe, ProbeListener] | None:
    """The first protocol whose question is answered, with its listener; None if there is none.

    `wire` makes a closed wire with the probe's line settings. Raises `WireError` if it cannot be
    opened: a program that holds the port keeps it.
    """
    for probe in probes():
        listener = await run_probe(wire(probe), probe, wait_s)
        if listener.known:
            return probe, listener
    return None


async def run_probe(wire: Wire, probe: Probe, wait_s: float = ANSWER_WAIT_S) -> ProbeListener:
    """Ask one question and listen until all is said or `wait_s` is over."""
    buffer = SecretBuffer(LONGEST_ANSWER_BYTES)  # an answer that nobody expected may hold a card
    listener = probe.listener(buffer)
    try:
        await wire.open()
        wire.write(probe.question)
        try:
            async with asyncio.timeout(wait_s):
                await _listen(wire, buffer, listener)
        except TimeoutError:
            wire.write(listener.finish())
        return listener
    finally:
        wire.close()
        buffer.close()


async def _listen(wire: Wire, buffer: SecretBuffer, listener: ProbeListener) -> None:
    arrived = asyncio.Event()
    wire.on_readable(arrived.set)
    while not listener.over:
        await arrived.wait()
        arrived.clear()
        count = wire.read_into(buffer.space())
        buffer.filled(count)
        if say := listener.receive():
            wire.write(say)
        if not buffer.space():
            return
