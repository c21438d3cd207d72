"""`tillgate agent`: assembles the agent, runs it, and closes it in order."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from contextlib import suppress
from typing import Any

from agent.api.app import serve
from agent.base.notify import notify, watchdog_interval_s
from agent.journal.damage import JournalError
from agent.journal.schema.entry import Stopped
from agent.oplog import log
from agent.programs.assembly import Agent, assemble
from agent.texts import tell

# HMAC keys of the journal must evolve at least every ten minutes, busy or idle.
EVOLVE_CHECK_S = 60.0

# A start replays at most this many entries after a snapshot: about 20 ms.
SNAPSHOT_ENTRIES = 2_000


async def run(agent: Agent) -> int:
    """Serve tills until a signal or a broken journal. The exit status of the process."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    agent.on_fatal(lambda _error: stop.set())
    # An error in a callback of a wire must not be logged and forgotten: the journal may lack a line.
    loop.set_exception_handler(lambda _loop, context: agent.fatal(_error_of(context)))
    tasks = [asyncio.create_task(terminal.run()) for terminal in agent.context.terminals.values()]
    tasks.append(asyncio.create_task(_keep_up(agent)))
    for task in tasks:
        task.add_done_callback(lambda done: _watch(agent, done))
    api_stop = asyncio.Event()
    api = asyncio.create_task(_serve_api(agent, api_stop))
    api.add_done_callback(lambda done: _watch(agent, done))
    await stop.wait()
    notify("STOPPING=1")
    return await _end(agent, tasks, api, api_stop)


async def _serve_api(agent: Agent, stop: asyncio.Event) -> None:
    await serve(agent.service, agent.access, agent.sockets, stop, agent.complain, lambda: notify("READY=1"))


async def _end(
    agent: Agent, tasks: list[asyncio.Task[None]], api: asyncio.Task[None], api_stop: asyncio.Event
) -> int:
    """Finish the running payments, unless the journal is broken: then nothing may go on."""
    if agent.error is None:
        await agent.service.finish()
    api_stop.set()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, api, return_exceptions=True)
    if agent.error is None:
        _leave(agent)
    if agent.error is not None:
        agent.log.error("agent_broken", error=type(agent.error).__name__, text=_told(agent.error))
        return os.EX_SOFTWARE
    return os.EX_OK


def _leave(agent: Agent) -> None:
    """Write down that we stop. If the disk fails now, it still has everything that we told anybody."""
    try:
        agent.context.write(Stopped(reason="asked to stop"))
        agent.keep_snapshot()
        agent.close()
    except JournalError as error:
        agent.fatal(error)
    except OSError as error:
        agent.fatal(JournalError("programs.left_badly", reason=error.strerror))


async def _keep_up(agent: Agent) -> None:
    """Feed the watchdog, evolve the journal's key in time, keep the snapshot near its end, look for alarms.

    One sleeper for all of it: each of its own would wake an idle host on its own.
    """
    watchdog_s = watchdog_interval_s()
    looked_at = agent.context.clock.monotonic()
    agent.alarms.look_soon()
    while True:
        if watchdog_s is not None:
            notify("WATCHDOG=1")
        due_s = looked_at + EVOLVE_CHECK_S - agent.context.clock.monotonic()
        await asyncio.sleep(due_s if watchdog_s is None else min(due_s, watchdog_s))
        if agent.context.clock.monotonic() < looked_at + EVOLVE_CHECK_S:
            continue
        looked_at = agent.context.clock.monotonic()
        agent.context.journal.tick()
        agent.context.turn_card_keys()
        agent.alarms.look_soon()
        if agent.entries_since_snapshot() >= SNAPSHOT_ENTRIES:
            agent.keep_snapshot()


def _error_of(context: dict[str, Any]) -> BaseException:
    return context.get("exception") or RuntimeError(str(context["message"]))


def _watch(agent: Agent, task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        agent.fatal(error)


def _told(error: BaseException) -> str:
    return tell(error) or type(error).__name__


def _spare_the_collector() -> None:
    """What the start has made stays for ever. To walk through it again costs a payment up to 30 ms."""
    gc.collect()
    gc.freeze()


def main(settings_file: str, boot_id: str) -> int:
    """Start the agent of one settings file. Errors of the installation end it with a clear sentence."""
    try:
        agent = assemble(settings_file, boot_id, os.environ)
    except Exception as error:  # noqa: BLE001 - assemble says in words what is wrong; a bug shows its type
        log.drain()
        with suppress(BrokenPipeError):
            sys.stderr.write(f"tillgate agent: {_told(error)}\n")
        return os.EX_CONFIG
    _spare_the_collector()
    return asyncio.run(run(agent))
