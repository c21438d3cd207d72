"""A shop in one process: our real parts over a disk, a cable and a terminal in memory.

The agent lives in an event loop that never waits: where it would, the world
outside goes on to the next thing that happens there. What is outside (time, disk,
cable, terminal, bank) outlives the agent: `kill` drops the agent, `start` begins a
new one over the same rest. Nothing here is left to chance.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Coroutine
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from agent.journal.evolving import EvolvingKey
from agent.journal.recover import Snapshot
from agent.journal.schema.entry import FORMAT_VERSION, Started
from agent.journal.writer import Journal
from agent.payments import snapshot
from agent.payments.card_keys import CardKeys
from agent.payments.commands import PaymentCommand, PromptReply
from agent.payments.context import Context
from agent.payments.index import PaymentIndex
from agent.payments.outcome import ApprovalWatcher
from agent.payments.people import People, hash_secret
from agent.payments.service import PaymentService
from agent.payments.state import PaymentState
from agent.payments.store import PaymentStore
from agent.payments.unsolicited import UnsolicitedResults
from agent.rules import DayTotals
from agent.settings.load import Settings, live_refusal_reason, parse
from agent.terminals.connection import TerminalConnection
from agent.terminals.options import DRIVERS, options_of
from drivers.card.card import CardOrdinals, CardSealer, SecretBuffer
from drivers.card.seal import AcquirerKey, SealingKey
from drivers.simulator.core.bank import BookingState
from drivers.terminal import Event
from drivers.wires.link import Link
from drivers.zvt.config import zvt_settings
from drivers.zvt.frame import BUFFER_BYTES
from drivers.zvt.line import ZvtSerialLine
from drivers.zvt.resolve import ZvtResolver
from drivers.zvt.session import ZvtSession
from tests.drivers.zvt.stage import hpke_sealer
from tests.journal.conftest import ORIGIN, SIGNER
from tests.payments.outside import Loop, Outside, OutsideClock, OutsideEnd, kind_of
from tests.support.still import fill

T = TypeVar("T")

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
{terminal}

[terminals.front.line]
device = "/dev/null"

[terminals.front.zvt]
password = "123456"
{zvt}

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
def settings(terminal: str, rules: str, more: str, zvt: str) -> Settings:
    shop = SETTINGS.format(terminal=terminal, rules=rules, scrypt=_scrypt(), zvt=zvt) + more
    return parse(shop, Path("tillgate.toml"), DRIVERS)


@cache
def _scrypt() -> str:
    return hash_secret(PIN)


class World:
    """The outside and, while it lives, one agent. `errors` are what broke it.

    `training` is what the agent believes of its terminal; the one here is always a simulator
    unless the orders give it another software. Without `at_rest` nobody waits for the greeting.
    `watchers` hear of approvals in every life that begins after they were added.
    """

    def __init__(
        self,
        orders: str = "",
        *,
        receipts: str = "till",
        zvt: str = "",
        rules: str = 'hard = "2000.00"',
        more: str = "",
        key_until: date = date.max,
        state: str = ":memory:",
        training: bool = True,
        at_rest: bool = True,
    ) -> None:
        software = '[terminal]\nsoftware = "TILLGATE-SIM 1"\n' if "[terminal]" not in orders else ""
        self.outside = Outside(software + orders)
        self.story = self.outside.story
        self.bank, self.disk = self.outside.bank, self.outside.disk
        self.settings = settings(f'receipts = "{receipts}"', rules, more, zvt)
        self.sealing = SealingKey(AcquirerKey("acquirer-1", date.min, key_until, b"", b""))
        self.state = state
        self.started_from: Snapshot | None = None
        self.training = training
        self.at_rest = at_rest
        self.errors: list[BaseException] = []
        self.watchers: list[ApprovalWatcher] = []
        self._buffer = SecretBuffer(BUFFER_BYTES)
        self.start()

    # ---- the agent's life ----

    def start(self) -> None:
        """A new agent opens the journal, and its terminal is greeted."""
        self.loop = Loop(self.outside)
        self.loop.set_exception_handler(self._failed)
        self.context = self._open_context()
        self.service = PaymentService(self.context, self.errors.append)
        self.terminal = TerminalConnection(
            FRONT, self._link, UnsolicitedResults(self.context), ZvtResolver(), training=self.training
        )
        if not self.context.startup_error:
            self.context.terminals = {FRONT: self.terminal}
            self.loop.create_task(self.terminal.run()).add_done_callback(self._ended)
            self.until(self._greeted)

    def _greeted(self) -> bool:
        if not self.at_rest:
            return True
        return self.terminal.state != "connecting" and not self.terminal._turn.locked()

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

    def put(self, payment_id: str, amount: int | None = 1250, **more: Any) -> PaymentState:
        """Ask for a payment; the view is what the till gets at once."""
        return self.do(self.service.put, self.command(payment_id, amount, **more))[0]

    def command(self, payment_id: str, amount: int | None = 1250, **more: Any) -> PaymentCommand:
        """A sale, unless `more` says otherwise."""
        currency = None if amount is None else "EUR"
        wanted = {"payment": "sale", "amount": amount, "currency": currency, "till": "1"} | more
        return PaymentCommand(payment_id=payment_id, **wanted)

    def pay(self, payment_id: str = "A-1", amount: int | None = 1250, **more: Any) -> PaymentState:
        """Ask for a payment and wait until it is done or asks something."""
        return self.follow(self.put(payment_id, amount, **more).payment_id)

    def close_day(self, payment_id: str) -> PaymentState:
        """Close the terminal's day and wait for the verdict."""
        self.put(payment_id, None, payment="close_day")
        return self.follow(payment_id)

    def follow(self, payment_id: str = "A-1") -> PaymentState:
        """Wait for the verdict, or a question, and tell the story of it."""
        view = self.service.get(payment_id)
        if view is None or view.phase != "done":
            view = self.run(self.service.wait(payment_id, LONG_S))
        self.story.append(f"told {view.verdict or view.phase}")
        return view

    def answer(self, payment_id: str, word: str, **more: Any) -> PaymentState:
        """Answer the open question."""
        prompt = self.view(payment_id).prompt
        assert prompt is not None
        return self.run(
            self.service.answer(payment_id, PromptReply(**{"prompt": prompt.id, "answer": word, **more}))
        )

    def view(self, payment_id: str = "A-1") -> PaymentState:
        """The payment as the till sees it now."""
        view = self.service.get(payment_id)
        assert view is not None
        return view

    # ---- the truth ----

    def booked(self) -> list[int]:
        """The amounts that stand at the bank."""
        return [booking.amount for booking in self.bank.bookings if booking.state is BookingState.BOOKED]

    def sent(self, control: str) -> int:
        """How often the agent sent this command."""
        return self.story.count(f"till {control}")

    def kinds(self, payment_id: str = "A-1") -> list[str]:
        """The journal's entries of one payment."""
        return [
            kind_of(entry)
            for entry in self.disk.entries()
            if getattr(entry.body, "payment_id", "") == payment_id
        ]

    # ---- how an agent is put together ----

    def _open_context(self) -> Context:
        clock, rules = OutsideClock(self.outside), self.settings.rules
        self.store = PaymentStore(self.state)
        payments, totals = PaymentIndex(self.store), DayTotals(rules.business_day_starts)
        context = Context(
            self.settings, clock, rules, payments, totals, People(self.settings.people), self.sealing
        )
        context.watchers += self.watchers
        context.startup_error, context.on_fatal = live_refusal_reason(self.settings), self.errors.append
        evolving = EvolvingKey(ORIGIN, self.outside.keys)

        def begin(start: Snapshot | None) -> Journal:
            self.started_from = start
            digest = self.settings.digest
            return Journal.open(
                self.disk, ORIGIN, SIGNER, evolving, clock, "0.1.0", digest, start, context.apply
            )

        context.journal = snapshot.opened(context, self.store, begin)
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

    def _link(self, unsolicited: Callable[[Event], None]) -> Link:
        options = options_of(self.settings.terminals[FRONT], self.settings.rules.currency.number)
        sealer = CardSealer(hpke_sealer(), self.context.card_keys.ordinals)
        session = ZvtSession(ZvtSerialLine(self._buffer), sealer, zvt_settings(options))
        monotonic = self.context.clock.monotonic
        return Link(OutsideEnd(self.outside), session, self._buffer, monotonic, unsolicited)

    def _failed(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.errors.append(context.get("exception") or RuntimeError(str(context["message"])))

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.errors.append(error)
