"""One terminal as the agent keeps it: connected, registered, awake, and asked one thing at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Literal

from agent.journal.schema.entry import Fact, TerminalState
from agent.terminals import facts
from agent.terminals.guard import DRIVER_FAULT, GuardedResolver
from agent.terminals.handler import UnsolicitedHandler
from agent.terminals.identity import TerminalIdentity
from drivers.terminal import (
    Command,
    CommandRefusedError,
    ConnectionLost,
    Delivery,
    DialogueEnded,
    DriverFact,
    EndReason,
    Event,
    Operation,
    Receipt,
    Resolver,
    Result,
    TransactionResult,
    WireError,
)
from drivers.wires.link import Link

# The first attempt after a break comes soon: most breaks are a plug pulled and pushed back.
# The cap keeps a dead terminal from filling the log.
RECONNECT_FIRST_S = 1.0
RECONNECT_CAP_S = 30.0

# A terminal does its timed work (updates, automatic close) on status enquiries.
# ZVT wants one a minute (reference 11.8).
IDLE_POLL_S = 60.0

# What is in doubt may become clear within minutes: a till waits for it. After these it is a person's matter.
DOUBT_POLL_S = 15.0
MAX_SOON_POLLS = 24

# A terminal that is busy with an earlier dialogue is asked again soon. We go on asking for as long
# as that dialogue may be silent (T4) and its result may be repeated.
BUSY_RETRY_S = 3.0
MAX_BUSY_ANSWERS = 90

# A terminal that does not answer the question for its last payment loses its line each time. After these
# it is left in peace.
MAX_COURTESIES = 3
# Nearly every terminal answers that question at once. Readiness does not wait longer for it.
COURTESY_WAIT_S = 2.0

# Registration, status, and between them the maintenance that the terminal wants. An initialisation
# can lead to a diagnosis and back. A terminal that still wants more needs a person.
MAX_GREETING_STEPS = 8


TerminalCondition = Literal["ready", "busy", "connecting", "away", "trouble", "unclear"]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The till cancelled the payment while it waited for its turn: the terminal never heard of it."""


class TerminalConnection:
    """Keeps one link alive and lends it to one dialogue at a time.

    In training only simulators are let in; outside training none is.
    """

    def __init__(
        self,
        name: str,
        make_link: Callable[[Callable[[Event], None]], Link],
        handler: UnsolicitedHandler,
        resolver: Resolver,
        *,
        training: bool,
    ) -> None:
        self.name = name
        self.resolver = GuardedResolver(resolver, self._fault)
        self.state: TerminalCondition = "connecting"
        self.why: Fact | None = facts.journal_fact(facts.NOT_YET)
        self.text = ""
        self.terminal_id = ""
        self.serial_number = ""
        self.software = ""
        self._link = make_link(self._unsolicited)
        self._link.on_fault = self._fault
        self._handler = handler
        self._training = training
        self._turn = asyncio.Lock()
        self._waiting = False  # a payment waits for the line
        self._unwanted = False  # it was cancelled while waiting
        self._lost = asyncio.Event()
        self._look_now = asyncio.Event()  # there is something to ask or to mend before the next minute
        self._greet_again = False  # it has said that it does not know us any more
        self._courtesies_left = MAX_COURTESIES
        self._soon_left = MAX_SOON_POLLS
        self._asking: asyncio.Future[None] | None = None  # the courtesy question that is under way

    @property
    def ready(self) -> bool:
        """It answered its status enquiry and may be given a payment."""
        return self.state == "ready"

    @property
    def identity(self) -> TerminalIdentity:
        """Its own numbers, as it tells them now."""
        return TerminalIdentity(self.terminal_id, self.serial_number)

    @property
    def connected(self) -> bool:
        """Its line has not broken since it was opened."""
        return not self._lost.is_set()

    @property
    def refusal_reason(self) -> Fact:
        """The reason why it is not ready."""
        return self.why or Fact("payment.terminal_not_ready", {"text": self.text})

    @property
    def can_reject(self) -> bool:
        """Whether it takes an approval back that is refused in the running dialogue."""
        return self._link.can_reject

    def answer(self, *, reject: bool) -> None:
        """The terminal's result is on disk: acknowledge it, or ask the terminal to take it back."""
        if reject:
            self._link.reject()
        else:
            self._link.acknowledge()

    def acknowledge(self) -> None:
        """The terminal's last message is on disk: acknowledge it."""
        self._link.acknowledge()

    def abort(self) -> None:
        """Ask the terminal to stop; its result still decides. A payment that still waits is not sent."""
        if self._waiting:
            self._unwanted = True
        else:
            self._link.abort()

    async def perform(self, command: Command) -> AsyncIterator[Event | Withdrawn]:
        """Send a payment once the terminal is free, and yield its events until the dialogue is over."""
        self._waiting, self._unwanted = True, False
        async with self._turn:
            self._waiting = False
            if self._unwanted:
                yield Withdrawn()
                return
            try:
                async for event in self._dialogue(command):
                    if isinstance(event, TransactionResult) and event.late:
                        self._unsolicited(event)  # another payment's, told in the middle of this one
                    else:
                        yield event
                    self._note_needs(event)
            except CommandRefusedError as error:  # of the driver, before it had sent anything
                yield ConnectionLost(error.fact, Delivery.NEVER)

    def _note_needs(self, event: Event | Withdrawn) -> None:
        """A payment has ended: what the terminal wants, or what must be asked about, is done at once."""
        if isinstance(event, DialogueEnded):
            self._greet_again = self._greet_again or event.maintenance is not None
            if self._greet_again or self._handler.has_unclear(self.name):
                self._look_now.set()

    async def result_of(self, question: Command) -> Result | None:
        """Ask for a result that moves no money; None if the terminal gives none."""
        result = None
        async with self._turn:
            async for event in self._dialogue(question):
                if isinstance(event, TransactionResult) and not event.late:
                    result = event.result
                    self._link.acknowledge()
                elif isinstance(event, TransactionResult | Receipt):
                    self._unsolicited(event)
        return result

    async def _dialogue(self, command: Command) -> AsyncIterator[Event]:
        async for event in self._link.perform(command):
            if isinstance(event, ConnectionLost) and not event.line_kept:
                self._lost.set()
                self._become("away", event.reason)
            yield event

    async def run(self) -> None:
        """Connect, resolve, keep awake; and again whenever the line breaks.

        A terminal that is busy or in trouble keeps its line: it may still have a result to tell.
        """
        delay = RECONNECT_FIRST_S
        while True:
            self._lost.clear()
            try:
                await self._link.connect()
                if self.state != "ready":
                    self.why, self.text = facts.journal_fact(facts.GREETING), ""
                if await self._prepare():
                    delay = RECONNECT_FIRST_S
                    await self._stay()
            except WireError as error:
                self._become("away", error.fact)
            except Exception as error:  # noqa: BLE001 - one terminal's trouble is that one's
                self._fault(error)
                self._link.lose(DRIVER_FAULT)
                self._become("away", DRIVER_FAULT)
            await asyncio.sleep(delay)
            delay = min(2 * delay, RECONNECT_CAP_S)

    def _unsolicited(self, event: Event) -> None:
        match event:
            case ConnectionLost():
                self._lost.set()
                self._become("away", event.reason)
            case TransactionResult() | Receipt():
                self._keep(event)
            case _:
                pass

    def _keep(self, event: TransactionResult | Receipt) -> None:
        """Keep it and acknowledge it; what cannot be kept is not acknowledged, and the line begins anew."""
        try:
            if self._handler.keep_unsolicited(self, event):
                self._link.acknowledge()
        except Exception as error:  # noqa: BLE001 - one terminal's trouble is that one's
            self._fault(error)
            self._link.lose(DRIVER_FAULT)

    def _fault(self, error: Exception) -> None:
        self._handler.note_fault(self.name, error)

    async def _prepare(self) -> bool:
        """Make the terminal behind a fresh line ready for payments; False if that fails."""
        if self._handler.has_unclear(self.name):
            await self._pause(self.resolver.listen_s)
        status = await self._greet()
        if status is None:
            return False
        await self._resolve()
        if not self.connected:
            return False
        asking = self._asking = asyncio.ensure_future(self._learn_last())
        try:
            await asyncio.wait({asking}, timeout=COURTESY_WAIT_S)
        except asyncio.CancelledError:
            asking.cancel()
            raise
        if self._lost.is_set():
            return False
        self._become("ready", status.reason, status.text)
        return True

    async def _greet(self) -> DialogueEnded | None:
        """Register, do the maintenance that the terminal asks for, and check its status."""
        operation, steps, busy = Operation.REGISTER, 0, 0
        while steps < MAX_GREETING_STEPS and busy < MAX_BUSY_ANSWERS:
            ended = await self._exchange(operation)
            if ended is None:
                return None
            if ended.busy:
                busy += 1
                await self._pause(BUSY_RETRY_S)
                continue
            if ended.end_reason is not EndReason.COMPLETED:
                self._become("trouble", ended.reason, ended.text)
                return None
            self.terminal_id = ended.terminal_id or self.terminal_id
            self.serial_number = ended.serial_number or self.serial_number
            self.software = ended.software or self.software
            if ended.maintenance is None and operation is Operation.STATUS:
                return self._with_right_mode(ended)
            operation, steps = ended.maintenance or Operation.STATUS, steps + 1
        self._become("trouble", facts.STILL_ASKS if busy < MAX_BUSY_ANSWERS else facts.STILL_BUSY)
        return None

    def _with_right_mode(self, status: DialogueEnded) -> DialogueEnded | None:
        if (problem := self._handler.identity_problem(self.name, self.identity)) is not None:
            self._be("trouble", problem)
            return None
        if status.simulator is self._training:
            return status
        self._become("trouble", facts.SIMULATOR_OUTSIDE if status.simulator else facts.REAL_INSIDE)
        return None

    async def _resolve(self) -> None:
        """Resolve what is unclear."""
        if self._handler.has_unclear(self.name):
            self._courtesies_left = MAX_COURTESIES  # which payment it stored last will be a new question
            await self._handler.resolve(self)

    async def _learn_last(self) -> None:
        """Learn which payment the terminal stored last, where nobody knows.

        The answer is good to have, but the terminal is ready without it. One that answers and tells no
        payment is not asked again: it may print a copy each time.
        """
        if not self._courtesies_left or self._handler.knows_last_transaction(self.name):
            return
        self._courtesies_left -= 1
        result = await self.result_of(Command(Operation.REPEAT_RECEIPT))
        if result is not None:
            self._handler.note_last_transaction(self.name, result)
        elif self.connected:
            self._courtesies_left = 0

    async def _stay(self) -> None:
        if self._asking is not None:
            await self._asking
        while self.connected:
            if not self._handler.has_unclear(self.name) and not self._turn.locked():
                await self._learn_last()
            await self._pause(self._until_next_poll(), self._look_now)
            self._look_now.clear()
            if self.connected and not self._turn.locked():
                await self._poll()

    def _until_next_poll(self) -> float:
        """How long it is left in peace. What is in doubt is asked about soon, but not for ever."""
        if not self._handler.has_unclear(self.name):
            self._soon_left = MAX_SOON_POLLS
        elif self._soon_left:
            self._soon_left -= 1
            return DOUBT_POLL_S
        return IDLE_POLL_S

    async def _poll(self) -> None:
        """See how it is, and put right what it complains about."""
        status = None if self._greet_again else await self._exchange(Operation.STATUS)
        if self.connected and (self._greet_again or (status is not None and status.maintenance)):
            self._greet_again = False
            status = await self._greet()
            if status is not None:
                self._become("ready", status.reason, status.text)
        if self.connected:
            await self._resolve()

    async def _pause(self, seconds: float, reason: asyncio.Event | None = None) -> None:
        """Wait, but no longer than the line lives, and not beyond a `reason` to go on."""
        events = [self._lost] if reason is None else [self._lost, reason]
        waits = [asyncio.ensure_future(event.wait()) for event in events]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _exchange(self, operation: Operation) -> DialogueEnded | None:
        """A dialogue that moves no money; a result or receipt in it belongs to an earlier one."""
        ended = None
        async with self._turn:
            async for event in self._dialogue(Command(operation)):
                if isinstance(event, DialogueEnded):
                    ended = event
                elif isinstance(event, TransactionResult | Receipt):
                    self._unsolicited(event)
        return ended

    def _become(
        self, state: Literal["ready", "away", "trouble"], reason: DriverFact | None, text: str = ""
    ) -> None:
        self._be(state, facts.journal_fact(reason) if reason else None, text)

    def _be(self, state: Literal["ready", "away", "trouble"], why: Fact | None, text: str = "") -> None:
        if (state, why, text) == (self.state, self.why, self.text):
            return
        self.state, self.why, self.text = state, why, text
        self._handler.note(
            TerminalState(
                terminal=self.name,
                state=state,
                text=text,
                why=why,
                terminal_id=self.terminal_id,
                serial_number=self.serial_number,
                software=self.software,
            )
        )
