"""The shop's computer: starts the agent, lets it live, and buries it when it has died.

The agent is put together of its real parts, as `agent.programs.assembly` does it, over the
simulated disk, clock, key store and cable.
"""

from __future__ import annotations

import asyncio
import json
import selectors
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from agent.journal.damage import DamagedJournal, JournalError
from agent.journal.evolving import EvolvingKey
from agent.journal.recover import Snapshot
from agent.journal.schema.entry import (
    FORMAT_VERSION,
    AnyBody,
    Entry,
    Started,
    Submitted,
    TerminalResult,
    UnsolicitedResult,
    encode,
)
from agent.journal.writer import Journal
from agent.payments import snapshot
from agent.payments.card_keys import CardKeys
from agent.payments.context import Context
from agent.payments.index import PaymentIndex
from agent.payments.people import People
from agent.payments.service import PaymentService
from agent.payments.store import PaymentStore
from agent.payments.unsolicited import UnsolicitedResults
from agent.rules import DayTotals
from agent.settings.load import Settings, parse
from agent.terminals.connection import TerminalConnection
from agent.terminals.options import DRIVERS, options_of, session_of
from drivers.card.card import CardOrdinals, CardSealer, SecretBuffer
from drivers.card.seal import AcquirerKey, SealingKey
from drivers.driver import Options
from drivers.terminal import Command, Event, Operation
from drivers.wires.link import Link
from tests.conformance.table import OWN_KEYS, ZVT, Case
from tests.journal.conftest import ORIGIN, SIGNER
from tests.simulation.cable import PaymentsEnd
from tests.simulation.outside import Outside, OutsideClock, trace_name
from tests.simulation.plan import Plan
from tests.support.delegate import Delegate
from tests.support.still import StillSealer, fill

FRONT = "front"
MONEY = {Operation.SALE, Operation.REFUND, Operation.REVERSAL, Operation.CLOSE_DAY}

SETTINGS = """\
[agent]
name = "shop.example/till-1"
training = true

[acquirer]
vkey = "acquirer.example+0123abcd+AQID"

[terminals.front]
protocol = "{protocol}"
variant = "{variant}"
wire = "{wire}"
receipts = "{receipts}"

[terminals.front.line]
{line}

[terminals.front.{protocol}]
{own}

[rules]
{rules}
"""
# Above the soft limit a person is asked; a peso has no smaller coin.
RULES = {
    978: 'currency = "EUR"\nsoft = "500.00"\nhard = "2000.00"',
    152: 'currency = "CLP"\nsoft = "50000"\nhard = "200000"',
}


@cache
def settings_of(case: Case, receipts: str, tlv: bool) -> Settings:
    """The shop's settings."""
    keys = dict(OWN_KEYS.get(case.protocol, {}), **({"tlv": tlv} if case.protocol == ZVT else {}))
    text = SETTINGS.format(
        protocol=case.protocol,
        variant=case.variant,
        wire="tcp" if case.wire == "tcp" else "serial",
        line='host = "192.0.2.1"' if case.wire == "tcp" else 'device = "/dev/null"',
        own="\n".join(f"{key} = {json.dumps(value)}" for key, value in keys.items()),
        receipts=receipts,
        rules=RULES[case.options.currency],
    )
    return parse(text, Path("tillgate.toml"), DRIVERS)


class Promises:
    """What was promised to anybody, by all agents that lived."""

    def __init__(self) -> None:
        self.lines: dict[int, bytes] = {}
        self.roots: dict[int, bytes] = {}
        self.submitted: set[str] = set()
        self.answered: set[str] = set()

    def applied(self, entry: Entry) -> None:
        """An agent acts on it from now on."""
        self.lines[entry.index] = encode(entry)
        body = entry.body
        if isinstance(body, Submitted):
            self.submitted.add(body.payment_id)
        elif isinstance(body, TerminalResult):
            self.answered.add(body.payment_id)
        elif isinstance(body, UnsolicitedResult):  # it may not be known yet for which payment it is
            self.answered.add(trace_name(body.result.trace))

    def signed(self, size: int, root: bytes) -> None:
        """A checkpoint may be shown to anybody."""
        self.roots[size] = root


def witnessed(promises: Promises) -> type[Journal]:
    """A journal that tells outside of the agent what it has promised."""

    class Witnessed(Journal):
        def commit(self, *bodies: AnyBody) -> tuple[Entry, ...]:
            entries = super().commit(*bodies)
            promises.signed(self.size, self.root)
            return entries

    return Witnessed


class NamedSession(Delegate):
    """A session that tells for which payment it speaks, for the truth about the bank's bookings."""

    owner = ""

    def start(self, command: Command, now: float) -> None:
        self.owner = command.payment_id if command.operation in MONEY else ""
        super().start(command, now)


class Waiting(selectors.SelectSelector):
    """Where a loop would wait, the world outside goes on; before that somebody may look."""

    def __init__(self, outside: Outside) -> None:
        super().__init__()
        self.look: Callable[[], bool] = lambda: False
        self._outside = outside

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if not self.look() and timeout != 0 and not self._outside.dead:
            self._outside.go_on(None if timeout is None else self._outside.now + timeout)
        return []


class Loop(asyncio.SelectorEventLoop):
    """An event loop by the outside's clock. A thread would race with a clock that jumps: there is none."""

    def __init__(self, outside: Outside) -> None:
        self.waiting = Waiting(outside)
        super().__init__(self.waiting)
        self._outside = outside

    def time(self) -> float:
        return self._outside.now

    def run_until(self, true: Callable[[], bool]) -> None:
        """Let everything go on until it is so."""

        def look() -> bool:
            seen = true()
            if seen:
                self.stop()
            return seen

        self.waiting.look = look
        try:
            self.run_forever()
        finally:
            self.waiting.look = lambda: False


class Host:
    """One computer. `alive` while an agent runs on it; `refused` is why a start failed for good."""

    def __init__(self, plan: Plan, outside: Outside) -> None:
        self.outside = outside
        self.case = outside.case
        self.settings = settings_of(self.case, plan.receipts, plan.tlv)
        self.promises = Promises()
        outside.bank.written = lambda: (self.promises.submitted, self.promises.answered)
        self.alive = False
        self.refused = ""
        self._buffer = SecretBuffer(self.case.row.buffer_bytes)
        self._stored_state = b""
        self.errors: list[BaseException] = []

    # ---- the agent's life ----

    def start(self) -> bool:
        """A new agent opens the journal; False when the disk did not let it."""
        self.outside.tell("start")
        self.errors = []
        self.outside.dead, self.outside.death = False, None
        self.loop = Loop(self.outside)
        self.loop.set_exception_handler(self._failed)
        try:
            self.context = self._open_context()
        except (JournalError, OSError) as error:
            self.outside.tell("no start", type(error).__name__)
            self.refused = str(error) if isinstance(error, DamagedJournal) else ""
            self.outside.dead = True
        if self.outside.dead:
            self._leave()
            return False
        self.refused = ""
        self.service = PaymentService(self.context, self._broke)
        resolver = self.case.row.resolver(self._options)
        self.terminal = TerminalConnection(
            FRONT, self._link, UnsolicitedResults(self.context), resolver, training=True
        )
        self.context.terminals = {FRONT: self.terminal}
        self.loop.create_task(self.terminal.run()).add_done_callback(self._ended)
        self.alive = True
        return True

    def until(self, true: Callable[[], bool], within_s: float) -> bool:
        """Let everything go on until it is so, the agent is dead or the time is over. True if it is so."""
        give_up = self.outside.now + within_s
        if self.alive:
            self.loop.run_until(lambda: self.outside.dead or self.outside.now >= give_up or true())
            if self.outside.dead:
                self._leave()
        return self.alive and true()

    @property
    def power_failed(self) -> bool:
        """Whether the agent died with its computer."""
        return self.outside.death is not None and self.outside.death.what == "power"

    def do(self, act: Callable[..., Any], *arguments: Any) -> Any:
        """Call something in the agent's loop."""
        asyncio._set_running_loop(self.loop)
        try:
            return act(*arguments)
        finally:
            asyncio._set_running_loop(None)

    def keep_snapshot(self) -> None:
        """As the agent does from time to time; what is left of the file after a crash may be older."""
        if self.alive and not self.outside.dead:
            try:
                snapshot.keep(self.context, self.store)
            except (JournalError, OSError) as error:
                self._broke(error)
            self._stored_state = self.store._db.serialize()

    def close(self) -> None:
        """The run is over."""
        self.outside.dead = True
        if self.alive:
            self._leave()
        self.outside.device.close()
        self._buffer.close()

    def _leave(self) -> None:
        """The process is gone; what it had handed to the disk and the cable is not."""
        outside = self.outside
        outside.dead, self.alive = True, False
        self.loop.set_exception_handler(lambda _loop, _context: None)
        while tasks := asyncio.all_tasks(self.loop):
            for task in tasks:
                task.cancel()
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        # SQLite's WAL may lose the newest in a power cut, never in a kill.
        if not self.power_failed or outside.dice.random() < 0.5:
            self._stored_state = self.store._db.serialize()
        self.store.close()
        outside.cable.end = None
        outside.disk.locked = False
        outside.tell("dead")

    def _broke(self, error: BaseException) -> None:
        """An agent that fails ends itself."""
        self.outside.tell("broke", type(error).__name__)
        self.errors.append(error)
        self.outside.dead = True

    # ---- how an agent is put together ----

    def _open_context(self) -> Context:
        clock, rules = OutsideClock(self.outside), self.settings.rules
        self.store = self._stored()
        context = Context(
            self.settings,
            clock,
            rules,
            PaymentIndex(self.store),
            DayTotals(rules.business_day_starts),
            People(self.settings.people),
            SealingKey(AcquirerKey("acquirer-1", date.min, date.max, b"", b"")),
        )
        context.on_fatal = self._broke
        context.journal = self._open_journal(context, clock)
        recovered = context.recover_open()
        context.card_keys = CardKeys(CardOrdinals(), fill)
        context.begin(
            Started(
                format=FORMAT_VERSION,
                terminals=[FRONT],
                acquirer_key="test-1",
                training=True,
                recovered=recovered,
            )
        )
        return context

    def _open_journal(self, context: Context, clock: OutsideClock) -> Journal:
        def apply(entry: Entry) -> None:
            context.apply(entry)
            self.promises.applied(entry)

        def begin(start: Snapshot | None) -> Journal:
            evolving = EvolvingKey(ORIGIN, self.outside.keys)
            return witnessed(self.promises).open(
                self.outside.disk,
                ORIGIN,
                SIGNER,
                evolving,
                clock,
                "0.1.0",
                self.settings.digest,
                start,
                apply,
            )

        return snapshot.opened(context, self.store, begin)

    def _stored(self) -> PaymentStore:
        """The file of derived state as the last crash left it."""
        store = PaymentStore(":memory:")
        if self._stored_state and self.outside.dice.random() < 0.9:
            store._db.deserialize(self._stored_state)
        return store

    def _link(self, unsolicited: Callable[[Event], None]) -> Link:
        settings, currency = self.settings.terminals[FRONT], self.settings.rules.currency.number
        sealer = CardSealer(StillSealer(), self.context.card_keys.ordinals)
        session = NamedSession(session_of(settings, currency, self._buffer, sealer))
        end = PaymentsEnd(self.outside, lambda: session.owner)
        return Link(end, session, self._buffer, self.context.clock.monotonic, unsolicited)

    @property
    def _options(self) -> Options:
        return options_of(self.settings.terminals[FRONT], self.settings.rules.currency.number)

    def _failed(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._broke(context.get("exception") or RuntimeError(str(context["message"])))

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broke(error)
